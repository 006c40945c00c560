"""What moves in the health index: leading indicators H6, sharp drop H13, trend H14, movers H17."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from itertools import repeat
from operator import mul, sub
from typing import cast

from data.account import Account, Case, Csat, Nps, Signals
from data.health_book import Days, Scored
from data.health_index import Component, Drop, Mover, Risk
from data.health_monitor import MonitorState
from triage.policy_index import IndexRules, Movement
from triage.rules.days import TOLERANCE
from triage.rules.index_metrics import newest_csat, newest_nps, too_old

ALERTS = frozenset({MonitorState.SEVERE.value, MonitorState.MODERATE.value})
TEN = 10.0
WEEK = 7.0
RECOVERY = "recovery"

Points = list[tuple[date, float]]


def indicators(
    account: Account, monitor_state: str | None, rules: IndexRules, day: date | None, today: date
) -> tuple[str, ...]:
    """H6: an alert of the monitor, a ticket open for over 14 days, a fall of NPS or CSAT by 2 points or by a class."""
    found = ["usage_alert"] if monitor_state in ALERTS else []
    signals = account.signals
    if signals is None:
        return tuple(found)
    tickets = signals.tickets
    oldest = None if tickets is None or tickets.open == 0 else tickets.oldest_open_days
    if oldest is not None and oldest > rules.indicators.ticket_days + TOLERANCE:
        found.append("old_ticket")
    return (*found, *_sentiment(signals, rules, day, today if day is None or today > day else day))


def _sentiment(signals: Signals, rules: IndexRules, day: date | None, until: date) -> tuple[str, ...]:
    fall = rules.indicators.fall_points - TOLERANCE
    found: list[str] = []
    answers = last_two_nps(signals, rules, day, until)
    if answers is not None:
        before, now = answers
        if before.score - now.score >= fall:
            found.append("nps_fall")
        if nps_class(now.score, rules) < nps_class(before.score, rules):
            found.append("nps_class")
    scores = last_two_csat(signals, rules, day, until)
    if scores is not None:
        was, is_now = (one.score / one.scale for one in scores)
        if (was - is_now) * TEN >= fall:
            found.append("csat_fall")
        if satisfied(was, rules) and not satisfied(is_now, rules):
            found.append("csat_class")
    return tuple(found)


def last_two_nps(signals: Signals, rules: IndexRules, day: date | None, until: date) -> tuple[Nps, Nps] | None:
    """The newest answer, if not stale (H5), and the one of the survey day before it, whatever its age."""
    now = newest_nps(signals.nps, until)
    if now is None or too_old(now.at, rules.metrics["nps"].max_age_days, day):
        return None
    before = newest_nps((one for one in signals.nps if one.at < now.at), until)
    return None if before is None else (before, now)


def last_two_csat(signals: Signals, rules: IndexRules, day: date | None, until: date) -> tuple[Csat, Csat] | None:
    """The newest satisfaction score, if not stale (H5), and the one of the survey day before it."""
    now = newest_csat(signals.csat, until)
    if now is None or too_old(now.at, rules.metrics["csat"].max_age_days, day):
        return None
    before = newest_csat((one for one in signals.csat if one.at < now.at), until)
    return None if before is None else (before, now)


def nps_class(score: int, rules: IndexRules) -> int:
    """H6: 0 detractor, 1 passive, 2 promoter."""
    return int(score >= rules.indicators.nps_passive_from) + int(score >= rules.indicators.nps_promoter_from)


def satisfied(share: float, rules: IndexRules) -> bool:
    """H6, D7: a score of so much of its scale or more."""
    return share * 100.0 >= rules.indicators.csat_satisfied_from - TOLERANCE


def before(history: Days, day: date, days: int) -> Points:
    """The scored days before `day`, at most `days` back, oldest first."""
    at, scores = _window(history, day.toordinal(), days)
    return list(zip(map(date.fromordinal, at), scores, strict=True))


def _window(history: Days, today: int, days: int) -> tuple[Sequence[int], Sequence[float]]:
    """The scored days before `today`, at most `days` back, and their scores."""
    low, high = bisect_left(history.at, today - days), bisect_left(history.at, today)
    at, scores = history.at[low:high], history.scores[low:high]
    if None in scores:
        at = tuple([day for day, score in zip(at, scores, strict=True) if score is not None])
        scores = tuple([score for score in scores if score is not None])
    return at, cast(Sequence[float], scores)


def drop(score: float | None, risk: Risk | None, history: Days, rules: Movement, day: date) -> Drop | None:
    """H13: a fall of 15 points or more from any of the last 14 days (the highest), or critical for the first time."""
    if score is None:
        return None
    today, critical = day.toordinal(), history.critical
    days, scores = _window(history, today, rules.drop_days)
    first = risk is Risk.CRITICAL and not (critical and critical[0] < today)
    highest = max(scores, default=score)
    if highest - score >= rules.drop_points - TOLERANCE:
        at = max([day for day, value in zip(days, scores, strict=True) if value == highest])
        return Drop(highest - score, date.fromordinal(at), first)
    return Drop(None, None, True) if first else None


def case_step(found: Drop | None, red: bool, case: Case | None, day: date) -> str | None:
    """H13: `open_recovery`, `open_red`, `upgrade_to_red` (the open recovery case) or None; one open case per account.

    A fall from before the last case was closed has had its case.
    """
    if case is not None and case.closed_at is None:
        return "upgrade_to_red" if red and case.kind == RECOVERY else None
    if red:
        return "open_red"
    if found is None:
        return None
    begun = day if found.since is None or found.first_critical else found.since
    seen = case is not None and case.closed_at is not None and begun <= case.closed_at.date()
    return None if seen else "open_recovery"


def slope(score: float | None, history: Days, rules: Movement, day: date) -> tuple[float | None, int]:
    """H14: the least-squares slope in points a week over the last 90 days and today; None under 4 points."""
    today = day.toordinal()
    days, scores = _window(history, today, rules.trend_days)
    count = len(days) if score is None else len(days) + 1
    if score is None or count < rules.trend_points:
        return None, count
    ago, scores = [*map(sub, days, repeat(today)), 0], [*scores, score]
    middle, mean = sum(ago) / count, sum(scores) / count
    aside = [*map(sub, ago, repeat(middle))]
    across, along = sum(map(mul, aside, aside)), sum(map(mul, aside, map(sub, scores, repeat(mean))))
    return along / across * WEEK, count


def contributions(components: Sequence[Component]) -> dict[str, float]:
    """What a Scored day keeps packed: points of the score by component (H17)."""
    return {one.name: one.contribution for one in components if one.contribution is not None}


def movers(components: Sequence[Component], history: Days, rules: Movement, day: date) -> tuple[Mover, ...]:
    """H17: the contributions that moved most since the last scored snapshot, biggest first; over all their sum is
    the change of the score, so a component that came or went moves by its whole contribution.
    """
    last = last_scored(history, day)
    now = contributions(components)
    if last is None or not now:
        return ()
    names = [one.name for one in components]
    then = last.contributions
    moved = [Mover(name, now.get(name, 0.0) - then.get(name, 0.0)) for name in names]
    moved = [one for one in moved if abs(one.by) > TOLERANCE]
    return tuple(sorted(moved, key=_size)[: rules.movers])


def last_scored(history: Days, day: date) -> Scored | None:
    """The latest day before `day` that had a score (H17)."""
    return next((one for one in reversed(history.scored) if one.day < day), None)


def _size(one: Mover) -> float:
    return -abs(one.by)
