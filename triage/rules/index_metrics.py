"""The metrics of the health index: what is measured and how old it may be (H5), and 0-100 by anchors (H3)."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from data.account import Account, Champion, Csat, Nps, Signals
from data.health_index import Metric
from data.health_monitor import MonitorState
from triage.policy_index import IndexRules, MetricRule
from triage.rules.days import TOLERANCE

Anchors = tuple[tuple[float, float], ...]
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
    return max((one for one in answers if until is None or one.at <= until), key=_nps_order, default=None)


def newest_csat(answers: Iterable[Csat], until: date | None) -> Csat | None:
    """The most recent score not dated after `until`; of two on one day the worse (D7); without a scale: none."""
    fit = (one for one in answers if one.scale > 0 and (until is None or one.at <= until))
    return max(fit, key=_csat_order, default=None)


def measured(
    account: Account, ratio: float | None, monitor_state: str | None, rules: IndexRules, day: date | None, today: date
) -> dict[str, float]:
    """H3, H5: the value of every metric, without those that the source does not know or that are too old on `day`."""
    signals = account.signals
    if signals is None:
        return _fresh(_ratio(ratio, monitor_state), None, rules, day)
    until = today if day is None or today > day else day
    undated = (*_usage(signals, ratio, monitor_state, day), *_support(signals), *_risk(signals))
    found = _fresh(undated, signals.as_of, rules, day)
    if signals.nps and (nps := newest_nps(signals.nps, until)) is not None:
        found |= _fresh((("nps", float(nps.score)),), nps.at, rules, day)
    if signals.csat and (csat := newest_csat(signals.csat, until)) is not None:
        found |= _fresh((("csat", csat.score / csat.scale * PERCENT),), csat.at, rules, day)
    return found


def scored(values: Mapping[str, float], rules: IndexRules) -> dict[str, tuple[Metric, ...]]:
    """H3: every metric of the policy by component, with its value and score; the order is the policy's."""
    by_component: dict[str, list[Metric]] = {}
    for name, rule in rules.metrics.items():
        value = values.get(name)
        score = None if value is None else along(rule.anchors, value)
        by_component.setdefault(rule.component, []).append(Metric(name, value, score))
    return {component: tuple(metrics) for component, metrics in by_component.items()}


def component_means(values: Mapping[str, float], rules: IndexRules) -> dict[str, float | None]:
    """H3: the score of every component with a present metric, without the metrics themselves."""
    by_component: dict[str, list[float]] = {}
    for name, rule in rules.metrics.items():
        value = values.get(name)
        if value is not None:
            by_component.setdefault(rule.component, []).append(along(rule.anchors, value))
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


def _fresh(
    values: Iterable[tuple[str, float | None]], at: date | None, rules: IndexRules, day: date | None
) -> dict[str, float]:
    """H5: of values that are known since `at` those that are not too old; of unknown age only what never ages is."""
    metrics: Mapping[Any, MetricRule] = rules.metrics
    age = INFINITE if at is None or day is None else (day - at).days - TOLERANCE
    return {name: value for name, value in values if value is not None and age <= metrics[name].max_age_days}


def _ratio(ratio: float | None, monitor_state: str | None) -> tuple[tuple[str, float | None], ...]:
    return (("ratio", None if monitor_state in NO_RATIO else ratio),)


def _usage(
    signals: Signals, ratio: float | None, monitor_state: str | None, day: date | None
) -> tuple[tuple[str, float | None], ...]:
    last = signals.last_active_at
    idle = None if last is None or day is None else float((day - last.date()).days)
    return (("adoption", signals.adoption_pct), *_ratio(ratio, monitor_state), ("last_active", idle))


def _support(signals: Signals) -> tuple[tuple[str, float | None], ...]:
    tickets = signals.tickets
    if tickets is None:
        return ()
    oldest = None if tickets.open == 0 else tickets.oldest_open_days
    return ("open_tickets", _number(tickets.open)), ("oldest_ticket", oldest), ("escalated", _number(tickets.escalated))


def _risk(signals: Signals) -> tuple[tuple[str, float | None], ...]:
    late = None if signals.payment is None else signals.payment.days_late
    return (
        ("days_late", _number(late)),
        ("champion_left", _champion_left(signals.champion)),
        ("contraction", _number(signals.contraction_notice)),
        ("competitor", _number(signals.competitor_evaluation)),
    )


def _champion_left(champion: Champion | None) -> float | None:
    """1.0 once a departure is dated, 0.0 where a name stands without one; neither: not known."""
    if champion is None:
        return None
    if champion.left_at is not None:
        return 1.0
    return None if champion.name is None else 0.0


def _number(value: int | bool | None) -> float | None:
    return None if value is None else float(value)


def _nps_order(one: Nps) -> tuple[date, int]:
    return one.at, -one.score


def _csat_order(one: Csat) -> tuple[date, float]:
    return one.at, -one.score / one.scale
