"""Before and after of a change in words: contract field names become labels, values become what people read."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from data.account import Account, Workspace
from data.assessment import WorkspaceReading
from data.safe_text import safe_text
from widgets.before_after import Fact
from widgets.change_words import percent_word, word_of
from widgets.glyphs import UNICODE, Glyphs
from widgets.numbers import cap, day, hours, money_exact

Values = Mapping[str, Any]

LABELS = {
    "tier": "Tier",
    "tier_expires_at": "Trial ends",
    "revenue_class": "Billed as",
    "mrr": "Price a month",
    "discount": "Discount",
    "seats": "Seats",
    "renewal_at": "Renewal",
    "payment_mode": "Payment",
    "downgraded_at": "Downgraded",
    "downgraded_from": "Downgraded from",
    "downgrade_cause": "Downgraded by",
    "hours_used": "Hours used",
    "hours_included": "Hours included",
    "hard_block": "Hard block",
    "locked": "Locked",
    "usage_reset_at": "Last reset",
    "role": "Role",
    "name": "Name",
}
# follow from the others or are bookkeeping; the audit screen still has them in the entry's own text
_IMPLIED = ("blocked_since", "cap_reached_at", "usage_reset_at", "downgraded_at", "downgraded_from", "downgrade_cause")
_RECORDING = ("hard_block", "locked")


class About(NamedTuple):
    """What the words need besides the values: currency, time and glyphs."""

    currency: str | None
    now: datetime
    glyphs: Glyphs = UNICODE


def label_of(field: str) -> str:
    """Return the label of a contract field, `workspace.` before it or not; unknown ones stand as they came."""
    name = field.rpartition(".")[2]
    return LABELS.get(name) or str(safe_text(name.replace("_", " ").capitalize(), cells=32))


def value_of(field: str, value: Any, about: About) -> str:
    """Return a contract value as people read it: money with minor units, local dates, yes and no, none."""
    name = field.rpartition(".")[2]
    if name == "discount" and value is None:
        return "none"
    if name == "discount" and isinstance(value, Mapping):
        return f"{percent_word(float(value.get('percent') or 0))}, {word_of(value.get('kind'))}"
    if name == "hours_included":
        return "no cap" if value is None else f"{cap(float(value), about.glyphs)} h"
    if value is None:
        return about.glyphs.unknown
    if name == "mrr" and isinstance(value, int):
        return money_exact(value, about.currency, about.glyphs)
    if name == "hours_used" and isinstance(value, int | float):
        return f"{hours(float(value), None, about.glyphs)} h"
    if isinstance(value, bool):
        return "yes" if value else "no"
    at = moment_of(value)
    return day(at, about.now) if at is not None else str(word_of(_flat(value)))


def moment_of(value: Any) -> datetime | None:
    """Return a timestamp of the contract, decoded or still as text; None where it is something else."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or len(value) < 19 or value[4:5] != "-" or "T" not in value:
        return None
    try:
        at = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def facts_of(before: Values | None, after: Values | None, about: About) -> list[Fact]:
    """Return a fact for each field of a change; workspaces and members carry their name."""
    facts: list[Fact] = []
    for holder, was, becomes in _parts(before or {}, after or {}):
        facts += _facts_of_part(holder, was, becomes, about)
    return facts


def reset_facts(workspace: Workspace, reading: WorkspaceReading | None, after: Values, about: About) -> list[Fact]:
    """Return the four facts of a reset: hours, recording, when the cap comes again, when the cycle ends."""
    included, glyphs = workspace.hours_included, about.glyphs
    becomes = after.get("workspace") or {}
    used = becomes.get("hours_used")
    facts = [Fact("Hours used", hours_of(workspace.hours_used, included, glyphs), hours_of(used, included, glyphs))]
    stopped = bool(workspace.hard_block or workspace.locked or (reading and reading.stopped))
    works = "works" if stopped and "hard_block" in becomes else None
    facts.append(Fact("Recording", "stopped" if stopped else "works", works))
    mean = reading.mean_daily if reading else None
    at_now = day(reading.projected_at, about.now) if reading and reading.projected_at else glyphs.unknown
    if included is not None:
        facts.append(Fact("Cap again", at_now, _again(workspace, included, mean, about)))
    if workspace.cycle_end is not None:
        facts.append(Fact("Cycle ends", day(workspace.cycle_end, about.now)))
    return facts


def hours_of(used: float | None, included: float | None, glyphs: Glyphs) -> str:
    """Return `10.2 of 10 h`, `3.10 h, no cap`."""
    if included is None:
        return f"{hours(used, None, glyphs)} h, no cap"
    return f"{hours(used, included, glyphs)} of {cap(included, glyphs)} h"


def account_facts(account: Account, before: Values, after: Values, about: About) -> list[Fact]:
    """Return the facts of a change on the account, with the price and the discount also where they stay."""
    facts = facts_of(before, after, about)
    known = {fact.label for fact in facts}
    if "Price a month" not in known:
        facts.append(Fact("Price a month", value_of("mrr", account.mrr, about)))
    if "Discount" not in known and account.discount is not None:
        percent = percent_word(account.discount.percent)
        facts.append(Fact("Discount", f"{percent}, {word_of(account.discount.kind)}"))
    return facts


def _again(workspace: Workspace, included: float, mean: float | None, about: About) -> str:
    if not mean:
        return "no date"
    rate = f"at {hours(mean, None, about.glyphs)} h a day"
    at = about.now + timedelta(days=included / mean)
    if workspace.cycle_end is not None and at >= workspace.cycle_end:
        return f"not this cycle, {rate}"
    return f"{day(at, about.now)}, {rate}"


def _parts(before: Values, after: Values) -> Iterator[tuple[str, Values, Values]]:
    """Split a change into what is on the account, on each workspace and on a member, each with its name."""
    names = [key for key in {**before, **after} if key not in ("workspace", "workspaces", "member")]
    yield "", _only(before, names), _only(after, names)
    if before.get("workspace") or after.get("workspace"):
        yield "", before.get("workspace") or {}, after.get("workspace") or {}
    became = {_id(one): one for one in _list(after.get("workspaces"))}
    for one in _list(before.get("workspaces")):
        yield str(safe_text(str(one.get("name") or ""))), one, became.get(_id(one), {})
    if before.get("member") or after.get("member"):
        was, becomes = before.get("member") or {}, after.get("member") or {}
        yield str(safe_text(str(was.get("name") or becomes.get("name") or ""))), was, becomes


def _only(values: Values, names: list[str]) -> Values:
    return {name: values[name] for name in names if name in values}


def _list(value: Any) -> list[Values]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _id(one: Values) -> Any:
    return one.get("id")


def _facts_of_part(holder: str, was: Values, becomes: Values, about: About) -> list[Fact]:
    facts = []
    for name in {**was, **becomes}:
        if name in _IMPLIED or name in _RECORDING or name in ("id", "membership_id", "user_id", "name"):
            continue
        now = value_of(name, was[name], about) if name in was else about.glyphs.unknown
        then = value_of(name, becomes[name], about) if name in becomes else None
        if was.get(name) is None and becomes.get(name) is None and name != "hours_included":
            continue  # nothing before, nothing after: no fact
        label = holder or label_of(name)
        facts.append(Fact(label, now, then if then != now or was.get(name) != becomes.get(name) else None))
    stopped, stops = (any(side.get(name) for name in _RECORDING) for side in (was, becomes))
    if any(name in side for name in _RECORDING for side in (was, becomes)):
        words = ("stopped" if stopped else "works", "stopped" if stops else "works")
        facts.append(
            Fact(f"{holder} rec." if holder else "Recording", words[0], words[1] if stopped != stops else None)
        )
    return facts


def _flat(value: Any) -> str:
    """Return a value of a shape nobody foresaw as one short text."""
    if isinstance(value, list | tuple):
        return ", ".join(_flat(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_flat(one)}" for key, one in value.items())
    return value.isoformat() if isinstance(value, date) else f"{value:g}" if isinstance(value, float) else str(value)
