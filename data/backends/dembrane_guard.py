"""An outage must not look like "all clear": a rollup whose store has failed comes with 200, and is refused here."""

from collections.abc import Callable, Sequence
from datetime import date

from data.account import Value
from data.backends.dembrane_shapes import AtRisk, Rollup
from data.errors import Degraded

GUTTED = 0.5  # of what was there before: less than that is no day's work of staff
FALLEN = 0.9  # the same for an answer that took suspiciously long
SLOW = 3.0  # seconds; a sound answer takes 0.3
SLOW_A_ROW = 0.002  # a book of thousands may take longer
FEW = 5  # workspaces: fewer prove nothing


class Vitals(Value, frozen=True):
    """What a rollup can be recognised by; `took` in seconds, `month` the first day of its UTC month."""

    month: date
    accounts: int
    workspaces: int
    with_hours: int
    seats: int
    named: int
    flagged: int
    listed: int
    took: float = 0.0


def vitals(rollup: Rollup, at_risk: Sequence[AtRisk] | None, month: date, took: float) -> Vitals:
    """Count what an outage would make vanish; `at_risk` None where the list was not asked for."""
    rows = rollup.rows
    flagged = sum(bool(row.at_cap or row.approaching_cap or row.pilot_hard_block) for row in rows)
    return Vitals(
        month=month,
        accounts=len(rollup.accounts),
        workspaces=len(rows),
        with_hours=sum((row.audio_hours or 0.0) > 0 for row in rows),
        seats=sum(row.seat_count or 0 for row in rows),
        named=sum(bool(row.org_name) for row in rows),
        flagged=flagged,
        listed=flagged if at_risk is None else len(at_risk),
        took=took,
    )


def refuse_degraded(now: Vitals, before: Vitals | None, idle_before: Callable[[], bool], host: str) -> None:
    """Raise Degraded when the answer looks like an outage.

    `before` are the vitals of the last book that was believed, None where there is none to compare with.
    `idle_before` asks whether the month before this one has no hours either.
    """
    why = _empty(now) or _fallen(now, before)
    if not why and now.workspaces >= FEW and now.with_hours == 0 and idle_before():
        why = "no workspace has any hours, not even last month"
    if why:
        raise Degraded(
            f"{host} answered, but its book looks like an outage there: {why}. It was not taken over; what is here "
            "stays as it was. Sync again later."
        )


def _empty(now: Vitals) -> str:
    """What is wrong with an answer by itself."""
    if now.workspaces == 0 or now.accounts == 0:
        return "it is empty"
    if now.named == 0:
        return "no organisation has a name"
    if now.seats == 0 and now.workspaces > 1:
        return "no workspace has a seat"
    if now.listed == 0 and now.flagged >= FEW:
        return f"{now.flagged} workspaces are at or near their cap, but its at-risk list is empty"
    return ""


def _fallen(now: Vitals, before: Vitals | None) -> str:
    """What is wrong in comparison: less than half is left, or an answer that took long lacks more than a tenth."""
    if before is None:
        return ""
    slow = now.took > max(SLOW, SLOW_A_ROW * now.workspaces)
    least = FALLEN if slow else GUTTED
    same_month = now.month == before.month  # hours begin anew with the month
    pairs = (
        ("workspaces", now.workspaces, before.workspaces),
        ("seats", now.seats, before.seats),
        ("named organisations", now.named, before.named),
        ("workspaces with hours", now.with_hours, before.with_hours if same_month else 0),
    )
    for what, here, there in pairs:
        if there >= FEW and here < there * least:
            late = f", and the answer took {now.took:.0f} s" if slow else ""
            return f"{here} {what} where there were {there}{late}"
    return ""
