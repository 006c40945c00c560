"""The health index of one account: profile H2, score H4, coverage H5, band H7, and everything that hangs on it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from data.account import Account
from data.assessment import WorkspaceReading
from data.health_book import NO_DAYS, BookContext, Days
from data.health_index import Component, IndexReading, Metric, Risk
from triage.policy import Policy
from triage.policy_index import IndexRules, Profile
from triage.rules import index_trend as trend
from triage.rules import index_worth as worth
from triage.rules.days import TOLERANCE, assessment_day
from triage.rules.index_metrics import Values, mean, measured, scored
from triage.rules.index_plan import MIDDLE, Plan, Plans, plan_for, shares, summed
from triage.rules.index_worth import SUPPORT


def read_index(
    account: Account,
    ratio: float | None,
    monitor_state: str | None,
    policy: Policy,
    book: BookContext,
    now: datetime,
    complete_through: date | None,
    history: Days = NO_DAYS,
    red: bool = False,
    brief: bool = False,
    workspaces: Sequence[WorkspaceReading] | None = None,
    assessed: date | None = None,
    plans: Plans | None = None,
) -> IndexReading:
    """H1-H17 for one account; `ratio` and `monitor_state` are the monitor's (M7, M9b), `red`: a Red episode is open.

    `brief`: without components, leading indicators (H6) and movers (H17), which no list shows. `workspaces` are A2-A4's
    readings and `assessed` P0's t, where the caller has them; `plans` as in `plan_for`.
    """
    rules, today = policy.index, now.date()
    day = assessed or assessment_day(account, complete_through)
    at, plan = day or today, plan_for(account.segment, rules, {} if plans is None else plans)
    values = measured(account, ratio, monitor_state, plan.limits, day, today)
    score, coverage, components, parts, support = _added_up(values, plan, rules, brief)
    partial = is_partial(coverage, rules)
    risk = None if score is None else band(score, partial, rules)
    tilt, points = trend.slope(score, history, rules.movement, at)
    upsell = worth.upsell(account, score, tilt, red, policy, now, complete_through, workspaces)
    return IndexReading(
        score,
        risk,
        coverage,
        partial,
        plan.name,
        components,
        () if brief else trend.indicators(account, monitor_state, rules, day, today),
        worth.value_tier(account.mrr, book),
        worth.priority(account.mrr, score),
        tilt,
        points,
        trend.drop(score, risk, history, rules.movement, at),
        () if brief else trend.movers(components, history, rules.movement, at),
        None if score is None else worth.renewal(score, rules.heuristics),
        upsell,
        day,
        worth.playbook(account, risk, support, upsell, rules, at),
        parts,
    )


def _added_up(
    values: Values, plan: Plan, rules: IndexRules, brief: bool
) -> tuple[float | None, float, tuple[Component, ...], dict[str, float], float | None]:
    """Score, coverage, components (none when `brief`), contributions, and the score of support."""
    if brief:
        score, coverage, means = summed(values, plan, rules)
        return score, coverage, (), shares(score, coverage, means, plan), means.get(SUPPORT)
    score, coverage, components = breakdown(scored(values, rules), rules.profiles[plan.name], rules)
    support = next((one.score for one in components if one.name == SUPPORT), None)
    return score, coverage, components, trend.contributions(components), support


def breakdown(
    metrics: Mapping[str, tuple[Metric, ...]], profile: Profile, rules: IndexRules
) -> tuple[float | None, float, tuple[Component, ...]]:
    """H4, H5, H17: score, coverage and components; the score is 50 plus every contribution.

    A component without data leaves its weight out: it counts neither as 0 nor as 100. Coverage below 0.5: no score.
    """
    weights: Mapping[Any, float] = profile.weights
    means = {name: mean(metrics.get(name, ())) for name in weights}
    coverage: float = 0
    total = 0.0
    for name, weight in weights.items():
        score = means[name]
        if score is not None:
            coverage += weight
            total += weight * score
    enough = coverage >= rules.coverage.score_from - TOLERANCE and coverage > 0
    components: list[Component] = []
    for name, weight in weights.items():
        score = means[name]
        contribution = weight / coverage * (score - MIDDLE) if enough and score is not None else None
        components.append(Component(name, weight, score, contribution, metrics.get(name, ())))
    return total / coverage if enough else None, coverage, tuple(components)


def is_partial(coverage: float, rules: IndexRules) -> bool:
    """H5: less than three quarters of the weights have data."""
    return coverage < rules.coverage.full_from - TOLERANCE


def band(score: float, partial: bool, rules: IndexRules) -> Risk:
    """H7: critical < 40, high 40-<55, medium 55-<70, low >= 70; a partial score cannot be low (H5)."""
    bands = rules.bands
    if score < bands.high_from - TOLERANCE:
        return Risk.CRITICAL
    if score < bands.medium_from - TOLERANCE:
        return Risk.HIGH
    if score < bands.low_from - TOLERANCE or partial:
        return Risk.MEDIUM
    return Risk.LOW
