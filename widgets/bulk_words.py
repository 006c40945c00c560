"""Words of one remedy on many accounts: what each line of the table says, and how a run went."""

from collections.abc import Mapping
from typing import Any

from data.ports_bulk import BulkLine, Standing
from data.remedy import Change
from widgets.change_words import TITLES
from widgets.facts import About, hours_of, moment_of, value_of
from widgets.numbers import clock, count, day

MANY_TITLES = TITLES | {"claim": "Claim"}


def becomes(line: BulkLine, about: About) -> tuple[str, str]:
    """Return now and after of a line, in a few words; both empty where nothing is known of it yet."""
    before, after = (line.preview.before, line.preview.after) if line.preview else ({}, {})
    if not after or line.row is None:
        return "", ""
    if line.order.kind == "reset_usage":
        reading = next((one for one in line.row.workspaces if one.id == line.order.workspace_id), None)
        included = reading.included if reading else None
        now, then = (_hours(side, included, about) for side in (before, after))
        return now, f"{then}, block lifts" if reading and reading.stopped else then
    if line.order.kind == "grant_trial":
        ends = moment_of(after.get("tier_expires_at"))
        until = f" until {day(ends, about.now)}" if ends else ""
        return str(before.get("tier")), f"{after.get('tier')}{until}"
    if line.order.kind == "claim":
        until_at = moment_of(after.get("until"))
        return str(before.get("claim") or "nobody"), f"yours until {clock(until_at)}" if until_at else "yours"
    field = "discount" if line.order.kind == "apply_discount" else "tier"
    now, then = (value_of(field, side.get(field), about) for side in (before, after))
    if "mrr" in before and "mrr" in after:
        then += (
            f", {value_of('mrr', before['mrr'], about)} {about.glyphs.becomes} {value_of('mrr', after['mrr'], about)}"
        )
    return now, then


def accounts(number: int) -> str:
    """Return `1 account`, `9 accounts`."""
    return f"{count(number)} account{'' if number == 1 else 's'}"


def queued_words(kind: str, queued: int, refused: int, hold_seconds: float, undo_key: str) -> str:
    """Return what stands on the status line after a run."""
    done = f"{MANY_TITLES.get(kind, kind)}: {count(queued)} of {accounts(queued + refused)} queued."
    if refused:
        done += f" {count(refused)} not, they stay marked."
    return f"{done} {undo_key} takes them back." if queued and hold_seconds > 0 and undo_key else done


def standing_words(standing: Standing) -> str:
    """Return how a run stands: what needs a person, or that all is done; empty while it is on its way."""
    total = count(standing.total)
    if standing.needs_you:
        verb = "needs" if standing.needs_you == 1 else "need"
        applied = f"{count(standing.applied)} of {total} applied. " if not standing.waiting else ""
        return f"{applied}{count(standing.needs_you)} of {total} {verb} you"
    if standing.waiting or standing.discarded == standing.total:
        return ""
    taken = f" {count(standing.discarded)} discarded." if standing.discarded else ""
    return f"{count(standing.applied)} of {total} applied.{taken}"


def held_title(change: Change, many: int) -> str:
    """Return what leaves: `Reset usage for 9 accounts`."""
    return f"{MANY_TITLES.get(change.kind, change.kind)} for {accounts(many)}"


def _hours(side: Mapping[str, Any], included: float | None, about: About) -> str:
    return hours_of((side.get("workspace") or {}).get("hours_used"), included, about.glyphs)
