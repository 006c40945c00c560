"""The health index as a list needs it: score, coverage and contributions by a plan made once per policy and segment."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from data.account import Value
from triage.policy_index import IndexRules, Profile
from triage.rules.days import TOLERANCE
from triage.rules.index_metrics import METRICS, Anchors, Values, age_limits, along

MIDDLE = 50.0
RATIO = "ratio"

Plans = dict[str | None, "Plan"]
# A component: name, weight, what picks its metrics of all the values, their anchors, the scores of the values met.
Part = tuple[str, float, Callable[[Values], Values], tuple[Anchors, ...], dict[Values, float] | None]


class Plan(Value, frozen=True):
    """What the accounts of one segment are scored by: the profile, how old metrics may be, and the components."""

    name: str
    weights: Mapping[Any, float]
    limits: tuple[float, ...]
    parts: tuple[Part, ...]


def profile_of(segment: str | None, rules: IndexRules) -> tuple[str, Profile]:
    """H2: the first profile that names the segment, or that is for every account; its name is shown."""
    for name, profile in rules.profiles.items():
        if not profile.segments or segment in profile.segments:
            return name, profile
    raise LookupError("a policy without a profile for every account is refused when it is read")


def plan_for(segment: str | None, rules: IndexRules, plans: Plans) -> Plan:
    """The plan for a segment, from `plans` where it is there; they are the caller's, and serve one policy."""
    plan = plans.get(segment)
    if plan is None:
        name, profile = profile_of(segment, rules)
        parts = tuple(_part(component, weight, rules) for component, weight in profile.weights.items())
        plan = plans[segment] = Plan(name, profile.weights, age_limits(rules), parts)
    return plan


def summed(values: Values, plan: Plan, rules: IndexRules) -> tuple[float | None, float, dict[str, float]]:
    """H3-H5: score, coverage and the means of the components that have one, as `breakdown` finds them."""
    coverage: float = 0
    total = 0.0
    means: dict[str, float] = {}
    for name, weight, pick, anchors, kept in plan.parts:
        picked = pick(values)
        score = None if kept is None else kept.get(picked)
        if score is None:
            score = _mean_along(anchors, picked)
            if score is None:
                continue
            if kept is not None:
                kept[picked] = score
        coverage += weight
        total += weight * score
        means[name] = score
    enough = coverage >= rules.coverage.score_from - TOLERANCE and coverage > 0
    return total / coverage if enough else None, coverage, means


def shares(score: float | None, coverage: float, means: dict[str, float], plan: Plan) -> dict[str, float]:
    """H17: what every component adds to the score, in its points; nothing where there is no score."""
    weights = plan.weights
    return {} if score is None else {name: weights[name] / coverage * (mean - MIDDLE) for name, mean in means.items()}


def _part(component: str, weight: float, rules: IndexRules) -> Part:
    """One component with its metrics in the policy's order; what its scores were is kept, but for a ratio's."""
    found = [(METRICS.index(name), rule) for name, rule in rules.metrics.items() if rule.component == component]
    places = [place for place, _ in found]
    anchors = tuple(rule.anchors for _, rule in found)
    return component, weight, _picker(places), anchors, None if METRICS.index(RATIO) in places else {}


def _picker(places: Sequence[int]) -> Callable[[Values], Values]:
    """All the values to those at `places`, as a tuple whatever their number."""
    if len(places) > 1:
        return itemgetter(*places)
    place = places[0] if places else len(METRICS)
    return itemgetter(slice(place, place + 1))


def _mean_along(anchors: tuple[Anchors, ...], values: Values) -> float | None:
    scores = [along(one, value) for one, value in zip(anchors, values, strict=True) if value is not None]
    return sum(scores) / len(scores) if scores else None
