"""The metrics of the health index: what is measured and how old it may be (H5), and 0-100 by anchors (H3)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from data.account import Account, Champion, Csat, Nps
from data.health_index import Metric
from data.health_monitor import MonitorState
from triage.policy_index import IndexRules, MetricRule
from triage.rules.days import TOLERANCE

Anchors = tuple[tuple[float, float], ...]
Measured = dict[str, float | None]
NO_RATIO = frozenset({MonitorState.DATA_GAP.value, MonitorState.DORMANT.value, MonitorState.NEW.value})
PERCENT = 100.0
INFINITE = float("inf")


def along(anchors: Anchors, value: float) -> float:
    """H3: the score of a value, piecewise linear between the anchors, clamped beyond the first and the last."""
    left, score = anchors[0]
    if value <= left:
        return score
    for right, next_score in anchors[1:]:
        if value <= right:
            return score + (next_score - score) * (value - left) / (right - left)
        left, score = right, next_score
    return score


def newest_nps(answers: Iterable[Nps], until: date | None) -> Nps | None:
    """The most recent answer not dated after `until`; of two on one day the worse (D7)."""
    newest: Nps | None = None
    for one in answers:
        if (until is None or one.at <= until) and (
            newest is None or one.at > newest.at or (one.at == newest.at and one.score < newest.score)
        ):
            newest = one
    return newest


def newest_csat(answers: Iterable[Csat], until: date | None) -> Csat | None:
    """The most recent score not dated after `until`; of two on one day the worse (D7); without a scale: none."""
    newest: Csat | None = None
    for one in answers:
        if (
            one.scale > 0
            and (until is None or one.at <= until)
            and (
                newest is None
                or one.at > newest.at
                or (one.at == newest.at and one.score / one.scale < newest.score / newest.scale)
            )
        ):
            newest = one
    return newest


def measured(
    account: Account, ratio: float | None, monitor_state: str | None, rules: IndexRules, day: date | None, today: date
) -> Measured:
    """H3, H5: the value of every metric; those that the source does not know or that are too old on `day` as None."""
    signals = account.signals
    known = None if monitor_state in NO_RATIO else ratio
    if signals is None:
        return _fresh({"ratio": known}, None, rules, day)
    last = signals.last_active_at
    found: Measured = {
        "adoption": signals.adoption_pct,
        "ratio": known,
        "last_active": None if last is None or day is None else (day - last.date()).days,
        "days_late": None if signals.payment is None else signals.payment.days_late,
        "champion_left": _champion_left(signals.champion),
        "contraction": signals.contraction_notice,
        "competitor": signals.competitor_evaluation,
    }
    tickets = signals.tickets
    if tickets is not None:
        found["open_tickets"], found["escalated"] = tickets.open, tickets.escalated
        found["oldest_ticket"] = None if tickets.open == 0 else tickets.oldest_open_days
    found = _fresh(found, signals.as_of, rules, day)
    until = today if day is None or today > day else day
    if signals.nps and (nps := newest_nps(signals.nps, until)) is not None:
        found |= _fresh({"nps": nps.score}, nps.at, rules, day)
    if signals.csat and (csat := newest_csat(signals.csat, until)) is not None:
        found |= _fresh({"csat": csat.score / csat.scale * PERCENT}, csat.at, rules, day)
    return found


def scored(values: Mapping[str, float | None], rules: IndexRules) -> dict[str, tuple[Metric, ...]]:
    """H3: every metric of the policy by component, with its value and score; the order is the policy's."""
    by_component: dict[str, list[Metric]] = {}
    for name, rule in rules.metrics.items():
        value = values.get(name)
        score = None if value is None else along(rule.anchors, value)
        by_component.setdefault(rule.component, []).append(Metric(name, None if value is None else float(value), score))
    return {component: tuple(metrics) for component, metrics in by_component.items()}


def component_means(values: Mapping[str, float | None], rules: IndexRules) -> dict[str, float | None]:
    """H3: the score of every component with a present metric, without the metrics themselves."""
    by_component: dict[str, list[float]] = {}
    component, scores = "", list[float]()
    for name, rule in rules.metrics.items():
        value = values.get(name)
        if value is not None:
            if rule.component != component:
                component = rule.component
                scores = by_component.setdefault(component, [])
            scores.append(along(rule.anchors, value))
    return {component: sum(scores) / len(scores) for component, scores in by_component.items()}


def mean(metrics: Iterable[Metric]) -> float | None:
    """H3: a component's score, the mean of its present metrics; None where none is present."""
    present = [metric.score for metric in metrics if metric.score is not None]
    return sum(present) / len(present) if present else None


def too_old(at: date | None, limit: float, day: date | None) -> bool:
    """H5: stale beyond its max age, in whole days to the assessment day; of unknown age counts as stale."""
    if limit == INFINITE:
        return False
    return at is None or day is None or (day - at).days > limit + TOLERANCE


def _fresh(values: Measured, at: date | None, rules: IndexRules, day: date | None) -> Measured:
    """H5: of values that are known since `at` those that are not too old; of unknown age only what never ages is."""
    age = INFINITE if at is None or day is None else (day - at).days - TOLERANCE
    if age <= 0:
        return values  # no limit is negative
    metrics: Mapping[Any, MetricRule] = rules.metrics
    return {name: value for name, value in values.items() if age <= metrics[name].max_age_days}


def _champion_left(champion: Champion | None) -> float | None:
    """1.0 once a departure is dated, 0.0 where a name stands without one; neither: not known."""
    if champion is None:
        return None
    if champion.left_at is not None:
        return 1.0
    return None if champion.name is None else 0.0
