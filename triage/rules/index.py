"""The health index of one account: profile H2, score H4, coverage H5, band H7, and everything that hangs on it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from data.account import Account
from data.assessment import WorkspaceReading
from data.health_book import BookContext, Snapshot
from data.health_index import Component, IndexReading, Metric, Risk
from triage.policy import Policy
from triage.policy_index import IndexRules, Profile
from triage.rules import index_trend as trend
from triage.rules import index_worth as worth
from triage.rules.days import TOLERANCE, assessment_day
from triage.rules.index_metrics import component_means, mean, measured, scored

MIDDLE = 50.0


def read_index(
    account: Account,
    ratio: float | None,
    monitor_state: str | None,
    policy: Policy,
    book: BookContext,
    now: datetime,
    complete_through: date | None,
    history: Sequence[Snapshot] = (),
    red: bool = False,
    brief: bool = False,
    workspaces: Sequence[WorkspaceReading] | None = None,
) -> IndexReading:
    """H1-H17 for one account; `ratio` and `monitor_state` are the monitor's (M7, M9b), `red`: a Red episode is open.

    `brief`: without metrics, leading indicators (H6) and movers (H17), which no list shows. `workspaces` are A2-A4's
    readings, where the caller has them.
    """
    rules = policy.index
    day, today = assessment_day(account, complete_through), now.date()
    at = day or today
    name, profile = profile_of(account.segment, rules)
    values = measured(account, ratio, monitor_state, rules, day, today)
    if brief:
        score, coverage, components = weighed(component_means(values, rules), {}, profile, rules)
    else:
        score, coverage, components = breakdown(scored(values, rules), profile, rules)
    partial = is_partial(coverage, rules)
    risk = None if score is None else band(score, partial, rules)
    tilt, points = trend.slope(score, history, rules.movement, at)
    upsell = worth.upsell(account, score, tilt, red, policy, now, complete_through, workspaces)
    return IndexReading(
        score,
        risk,
        coverage,
        partial,
        name,
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
        worth.playbook(account, risk, components, upsell, rules, at),
    )


def profile_of(segment: str | None, rules: IndexRules) -> tuple[str, Profile]:
    """H2: the first profile that names the segment, or that is for every account; its name is shown."""
    for name, profile in rules.profiles.items():
        if not profile.segments or segment in profile.segments:
            return name, profile
    raise LookupError("a policy without a profile for every account is refused when it is read")


def breakdown(
    metrics: Mapping[str, tuple[Metric, ...]], profile: Profile, rules: IndexRules
) -> tuple[float | None, float, tuple[Component, ...]]:
    """H4, H5, H17: score, coverage and components; the score is 50 plus every contribution."""
    return weighed({name: mean(metrics.get(name, ())) for name in profile.weights}, metrics, profile, rules)


def weighed(
    means: Mapping[str, float | None], metrics: Mapping[str, tuple[Metric, ...]], profile: Profile, rules: IndexRules
) -> tuple[float | None, float, tuple[Component, ...]]:
    """The same from the means of the components, each with its metrics where they are asked.

    A component without data leaves its weight out: it counts neither as 0 nor as 100. Coverage below 0.5: no score.
    """
    weights: Mapping[Any, float] = profile.weights
    coverage: float = 0
    total = 0.0
    for name, weight in weights.items():
        score = means.get(name)
        if score is not None:
            coverage += weight
            total += weight * score
    enough = coverage >= rules.coverage.score_from - TOLERANCE and coverage > 0
    components: list[Component] = []
    for name, weight in weights.items():
        score = means.get(name)
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
