"""The metrics of the health index: what is measured and how old it may be (H5), and 0-100 by anchors (H3)."""

from collections.abc import Iterable, Mapping
from datetime import date

from data.account import Account, Champion, Csat, Nps
from data.health_index import Metric
from data.health_monitor import MonitorState
from triage.policy_index import IndexRules, MetricRule
from triage.rules.days import TOLERANCE

Anchors = tuple[tuple[float, float], ...]
Values = tuple[float | None, ...]  # of METRICS, in that order
METRICS = (
    "adoption",
    "ratio",
    "last_active",
    "open_tickets",
    "oldest_ticket",
    "escalated",
    "days_late",
    "champion_left",
    "contraction",
    "competitor",
    "nps",
    "csat",
)
NPS, CSAT = METRICS.index("nps"), METRICS.index("csat")
SURVEYS = NPS  # where those begin that have a day of their own; the others are of the signals' day
UNKNOWN = (None,) * (len(METRICS) - 2)
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


def age_limits(rules: IndexRules) -> tuple[float, ...]:
    """H5: the age in days beyond which each of METRICS is missing; what the policy does not ask for never ages."""
    metrics: Mapping[str, MetricRule] = {str(name): rule for name, rule in rules.metrics.items()}
    return tuple(metrics[name].max_age_days if name in metrics else INFINITE for name in METRICS)


def measured(
    account: Account,
    ratio: float | None,
    monitor_state: str | None,
    limits: tuple[float, ...],
    day: date | None,
    today: date,
) -> Values:
    """H3, H5: METRICS of an account; those that the source does not know or that are too old on `day` as None.

    `limits` are the policy's `age_limits`.
    """
    signals = account.signals
    known = None if monitor_state in NO_RATIO else ratio
    if signals is None:
        return _fresh((None, known, *UNKNOWN), None, limits, day)
    last, tickets, payment = signals.last_active_at, signals.tickets, signals.payment
    until = today if day is None or today > day else day
    nps = newest_nps(signals.nps, until) if signals.nps else None
    csat = newest_csat(signals.csat, until) if signals.csat else None
    found = (
        signals.adoption_pct,
        known,
        None if last is None or day is None else (day - last.date()).days,
        None if tickets is None else tickets.open,
        None if tickets is None or tickets.open == 0 else tickets.oldest_open_days,
        None if tickets is None else tickets.escalated,
        None if payment is None else payment.days_late,
        _champion_left(signals.champion),
        signals.contraction_notice,
        signals.competitor_evaluation,
        None if nps is None or _age(nps.at, day) > limits[NPS] else nps.score,
        None if csat is None or _age(csat.at, day) > limits[CSAT] else csat.score / csat.scale * PERCENT,
    )
    return found if signals.as_of == day and day is not None else _fresh(found, signals.as_of, limits, day)


def scored(values: Values, rules: IndexRules) -> dict[str, tuple[Metric, ...]]:
    """H3: every metric of the policy by component, with its value and score; the order is the policy's."""
    named, by_component = dict(zip(METRICS, values, strict=True)), dict[str, list[Metric]]()
    for name, rule in rules.metrics.items():
        value = named.get(name)
        score = None if value is None else along(rule.anchors, value)
        by_component.setdefault(rule.component, []).append(Metric(name, None if value is None else float(value), score))
    return {component: tuple(metrics) for component, metrics in by_component.items()}


def mean(metrics: Iterable[Metric]) -> float | None:
    """H3: a component's score, the mean of its present metrics; None where none is present."""
    present = [metric.score for metric in metrics if metric.score is not None]
    return sum(present) / len(present) if present else None


def too_old(at: date | None, limit: float, day: date | None) -> bool:
    """H5: stale beyond its max age, in whole days to the assessment day; of unknown age counts as stale."""
    if limit == INFINITE:
        return False
    return at is None or day is None or (day - at).days > limit + TOLERANCE


def _age(at: date | None, day: date | None) -> float:
    """H5: whole days from `at` to the assessment day, less the tolerance; what nobody can tell is older than all."""
    return INFINITE if at is None or day is None else (day - at).days - TOLERANCE


def _fresh(values: Values, at: date | None, limits: tuple[float, ...], day: date | None) -> Values:
    """H5: of values known since `at` those that are not too old; the surveys, which are dated themselves, stay."""
    age = _age(at, day)
    if age <= min(limits[:SURVEYS]):
        return values
    kept = [value if age <= limit else None for value, limit in zip(values[:SURVEYS], limits, strict=False)]
    return *kept, *values[SURVEYS:]


def _champion_left(champion: Champion | None) -> float | None:
    """1.0 once a departure is dated, 0.0 where a name stands without one; neither: not known."""
    if champion is None:
        return None
    if champion.left_at is not None:
        return 1.0
    return None if champion.name is None else 0.0
