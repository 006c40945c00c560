"""The policy of the decision tree (D), as data."""

from collections.abc import Iterator
from typing import Annotated

import msgspec

from triage.policy_part import Count, NotNegative, Part, Positive, Sentence

Score = Annotated[int, msgspec.Meta(ge=0, le=10)]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Names = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class Proxies(Part, frozen=True):
    """D12: benchmarks of the proxies of adoption, and the share of them that is enough."""

    reach: Share
    logins_30d: Count
    features_share: Share


class TreeTask(Part, frozen=True):
    """D13, D16: something to be done, once within so many hours or again every so many days."""

    text: Sentence
    within_hours: Positive | None = None
    every_days: Positive | None = None


class TreeRules(Part, frozen=True):
    """D5-D16: thresholds of the automatic answers, the order of the leaves (best first), cadence and sentences."""

    adoption_pct: NotNegative
    active_days: Positive
    survey_days: Count
    nps_good: Score
    csat_good: Share
    tickets_open: Annotated[int, msgspec.Meta(ge=0)]
    ticket_days: Positive
    renewal_days: Positive
    detractor_max: Score
    promoter_min: Score
    review_days: Positive
    severity: Names
    unsurveyed_leaf: str
    unsurveyed_task: str
    proxies: Proxies
    flags: dict[str, Sentence]
    triggers: dict[str, Sentence]
    cadence: dict[str, tuple[str, ...]]
    tasks: dict[str, TreeTask]


# Tables to which a user may add keys: the leaves of their own tree (D18) and what is to be done at them.
OPEN_TABLES = (("tree", "cadence"), ("tree", "tasks"))


def tree_contradictions(rules: TreeRules) -> Iterator[str]:
    """What does not go together between the keys, one complaint each."""
    if rules.detractor_max >= rules.nps_good:
        yield "'tree.detractor_max' is not below 'tree.nps_good'"
    if rules.nps_good > rules.promoter_min:
        yield "'tree.nps_good' is above 'tree.promoter_min'"
    if len(set(rules.severity)) < len(rules.severity):
        yield "'tree.severity' names a leaf twice"
    named = {task for tasks in rules.cadence.values() for task in tasks} | {rules.unsurveyed_task}
    missing = sorted(named - set(rules.tasks))
    if missing:
        yield f"'tree.tasks' lacks {', '.join(missing)}"
