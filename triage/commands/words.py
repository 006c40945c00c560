"""The words and cells of the human output: one row of the list, one line of a change, one of the audit trail."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from data.account import Entry
from data.assessment import Category, Row
from data.health_monitor import DRIFTING
from data.ports_list import View
from data.remedy import Change, Moved, State, ways
from triage.commands.shapes import COMMAND_OF
from widgets.glyphs import Glyphs
from widgets.health_words import cause_words, clock_words, of_leaf, of_red, of_risk, of_state
from widgets.numbers import age, hours_cell, left_until, money, money_exact, utc
from widgets.outbox_story import refusal

WORDS = {
    Category.PILOT_HARD_BLOCK: "Blocked",
    Category.AT_CAP: "At cap",
    Category.APPROACHING_CAP: "Near cap",
    Category.RECENTLY_DOWNGRADED: "Downgraded",
}


def category_cell(row: Row, glyphs: Glyphs) -> str:
    """Mark and word of the severity; where no category applies Red, a drift, or the signal's words."""
    if row.category is None and row.red is not None and row.red.is_red:
        return of_red(True, glyphs).text
    if row.category is None and row.monitor is not None and row.monitor.state in DRIFTING:
        return of_state(row.monitor.state, glyphs)._replace(word="Drift").text
    if row.category is None:
        return ", ".join(signal.replace("_", " ") for signal in row.signals) or glyphs.unknown
    marks = dict(zip(Category, (glyphs.blocked, glyphs.cap, glyphs.near, glyphs.down), strict=True))
    return f"{marks[row.category]} {WORDS[row.category]}"


HIDDEN = "! Hidden characters in a name are shown as ?"


def doubtful(row: Row) -> str:
    """The name for people: an id for a blank one, and the mark of one in which something had to be replaced."""
    return (row.name if row.name.strip() else row.id) + (" !" if row.suspicious else "")


def cells_of(
    columns: Sequence[str],
    row: Row,
    pending: Sequence[Change],
    now: datetime,
    glyphs: Glyphs,
    name: str,
    view: View = View.AT_RISK,
) -> list[str]:
    """The cells of one line of `triage list` under these columns (saved_view.COLUMNS), the account under `name`."""
    first = row.workspaces[0] if row.workspaces else None
    used, included = (first.used, first.included) if first else (None, None)
    sla, health, monitor, tree = system_cells(row, now, glyphs)
    cells = {
        "category": category_cell(row, glyphs),
        "account": name,
        "id": row.id,
        "tier": row.tier,
        "hours": hours_cell(used, included, first is not None and used is not None, glyphs).strip(),
        "projected": utc(first.projected_at) if first and first.projected_at else "",
        "logins": logins_words(row, now, glyphs),
        "mrr": money(row.mrr, row.currency, glyphs),
        "owner": row.owner.name if row.owner else glyphs.unknown,
        "sla": sla,
        "health": health,
        "monitor": monitor,
        "tree": tree,
        "state": state_words(row, pending, now),
        "age": age((now - row.since).total_seconds()) if row.since else "",
        "why": why_words(row, now, view),
    }
    return [cells[column] for column in columns]


def system_cells(row: Row, now: datetime, glyphs: Glyphs) -> list[str]:
    """Time left on the next clock (R11), the index, the monitor and the tree, each as mark, word and figure."""
    health, monitor, tree, red = row.health, row.monitor, row.tree, row.red
    due = red.sla_due_at if red is not None and red.is_red else None
    score = "" if health is None or health.score is None else f" {health.score:.1f}"
    ratio = "" if monitor is None or monitor.ratio is None else f" {monitor.ratio:.3f}"
    return [
        left_until((due - now).total_seconds(), glyphs)[0] if due else "",
        of_risk(health.risk, glyphs).text + score if health else glyphs.unknown,
        of_state(monitor.state, glyphs).text + ratio if monitor else glyphs.unknown,
        of_leaf(tree.leaf, tree.best, tree.worst, glyphs).text if tree else glyphs.unknown,
    ]


def why_words(row: Row, now: datetime, view: View) -> str:
    """Why the account stands in the list: what capacity says, in the views Drift and Red the alert and the causes."""
    red, monitor = row.red, row.monitor
    if row.detail and view not in (View.DRIFT, View.RED):
        return row.detail
    if red is not None and red.is_red and view is not View.DRIFT:
        clock = clock_words(red.next_clock, red.sla_due_at, now)
        return f"Red by {cause_words(red)}" + (f"; {clock}" if clock else "")
    if monitor is not None and monitor.state in DRIFTING:
        ratio = "" if monitor.ratio is None else f" at {monitor.ratio:.3f} of its own past"
        return f"usage{ratio}, {monitor.state}" + (f" since {monitor.opened}" if monitor.opened else "")
    return row.detail


def logins_words(row: Row, now: datetime, glyphs: Glyphs) -> str:
    """How recently and how often an admin logged in (A8): `2h 41 frequent`, `never none recent`, `no data`."""
    logins = row.logins
    if logins.klass == "unknown":
        return "no data"
    last = age((now - logins.last_at).total_seconds()) if logins.last_at else "never"
    count = glyphs.unknown if logins.count_30d is None else str(logins.count_30d)
    return f"{last} {count} {logins.klass}"


def state_words(row: Row, pending: Sequence[Change], now: datetime) -> str:
    """What stands against touching the account blindly: pending changes, claim, snooze, handled (A16)."""
    said = [change_state(change) for change in pending]
    if row.claim and row.claim.until > now:
        said.append(f"claimed by {row.claim.name}")
    if row.snoozed and row.snooze:
        said.append(f"snoozed by {row.snooze.name}")
    if row.handled:
        said.append(f"handled by {row.handled.name}, {age((now - row.handled.at).total_seconds())} ago")
    return "; ".join(said)


def change_state(change: Change) -> str:
    """A change in two words: its kind and its state."""
    state = "outcome unknown" if change.outcome_unknown else str(change.state)
    return f"{kind_words(change.kind)} {state}"


def kind_words(kind: str) -> str:
    """`reset_usage` as `reset usage`."""
    return kind.replace("_", " ")


def change_row(change: Change, now: datetime, name: str) -> list[str]:
    """The cells of one line of `triage outbox`, the account under `name`."""
    return [
        change.change_id[:8],
        "outcome unknown" if change.outcome_unknown else str(change.state),
        kind_words(change.kind),
        name,
        change.account_id,
        age((now - change.authored_at).total_seconds()),
        COMMAND_OF[ways(change)[0]] if change.needs_you or change.unknown else "",
        change_note(change),
    ]


def change_note(change: Change) -> str:
    """What a person has to know about the change: who moved what, what went wrong, what proves it."""
    if change.state is State.CONFLICT and change.conflict:
        return "; ".join(map(moved_words, change.conflict))
    if change.state is State.APPLIED and change.receipt:
        return f"audit {change.receipt.audit_seq:,}"
    return refusal(change) if change.state is State.REJECTED else change.last_error or ""


def moved_words(move: Moved) -> str:
    """Who moved a field to what, when and why; money in minor units says so."""
    value = f"{value_words(move.to)} minor units" if move.field == "mrr" else value_words(move.to)
    when = f", {utc(move.at)}" if move.at else ""
    why = f", “{move.reason}”" if move.reason else ""
    return f"{move.field} is now {value} by {move.name or 'somebody'}{when}{why}"


def entry_row(entry: Entry) -> list[str]:
    """The cells of one line of `triage audit`."""
    return [
        str(entry.seq),
        utc(entry.applied_at),
        entry.actor.name,
        kind_words(entry.action) + (" (denied)" if entry.outcome == "denied" else ""),
        entry.account_id or "",
        entry.workspace_id or "",
        entry.reason or "",
    ]


def fields_words(
    values: dict[str, Any], currency: str | None, glyphs: Glyphs, prefix: str = ""
) -> list[tuple[str, str]]:
    """Contract fields as (dotted name, value in words), money in its currency."""
    said: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            said += fields_words(value, currency, glyphs, f"{prefix}{name}.")
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for one in value:  # workspaces: each by its name
                touched = {field: inner for field, inner in one.items() if field not in ("id", "name")}
                said += fields_words(touched, currency, glyphs, f"{prefix}{one.get('name') or one.get('id')}: ")
        elif name == "mrr" and isinstance(value, int):
            said.append((f"{prefix}{name}", money_exact(value, currency, glyphs)))
        else:
            said.append((f"{prefix}{name}", value_words(value)))
    return said


def value_words(value: Any) -> str:
    """One plain JSON value in words."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value_words(one) for one in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_words(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
