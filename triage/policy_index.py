"""The policy of the health index (H), as data."""

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec

from triage.policy_part import Count, NotNegative, Part, Positive, Sentence

ComponentName = Literal["usage", "support", "sentiment", "risk"]
MetricName = Literal[
    "adoption", "ratio", "last_active",
    "open_tickets", "oldest_ticket", "escalated",
    "nps", "csat",
    "days_late", "champion_left", "contraction", "competitor",
]  # fmt: skip
IndicatorName = Literal["usage_alert", "old_ticket", "nps_fall", "nps_class", "csat_fall", "csat_class"]
PlaybookName = Literal["renewal_outreach", "support_escalation", "upsell"]
Score = Annotated[float, msgspec.Meta(ge=0, le=100)]
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
TOLERANCE = 1e-9


class MetricRule(Part, frozen=True):
    """One metric (H3): its component, its anchors [value, score], and the age in days beyond which it is missing."""

    component: ComponentName
    anchors: Annotated[tuple[tuple[float, Score], ...], msgspec.Meta(min_length=2)]
    max_age_days: NotNegative


class Profile(Part, frozen=True):
    """Weights for the accounts of some segments (H2); no segments: for every account."""

    segments: tuple[str, ...]
    weights: dict[ComponentName, Fraction]


class Coverage(Part, frozen=True):
    """H5: below `score_from` no score, below `full_from` partial."""

    score_from: Fraction
    full_from: Fraction


class Bands(Part, frozen=True):
    """H7: the score from which a band begins; below `high_from` is critical."""

    high_from: Score
    medium_from: Score
    low_from: Score


class IndicatorRules(Part, frozen=True):
    """H6: thresholds of the leading indicators; points on 0-10, ticket age in days, satisfied as % of the scale."""

    ticket_days: NotNegative
    fall_points: Positive
    nps_passive_from: Annotated[int, msgspec.Meta(ge=0, le=10)]
    nps_promoter_from: Annotated[int, msgspec.Meta(ge=0, le=10)]
    csat_satisfied_from: Score
    says: dict[IndicatorName, Sentence]


class ValueTiers(Part, frozen=True):
    """H12: the shares of the cumulative revenue at which tier A and tier B end."""

    a_share: Fraction
    b_share: Fraction


class Movement(Part, frozen=True):
    """H13, H14, H17: falls in points within days; the trend's window and least points; how many movers."""

    drop_points: Positive
    drop_days: Count
    trend_days: Count
    trend_points: Annotated[int, msgspec.Meta(ge=2)]
    movers: Count


class Heuristics(Part, frozen=True):
    """H15: labelled rules of thumb; `label` stands beside every number that comes from them."""

    label: Sentence
    renewal_centre: float
    renewal_scale: Positive
    upsell_score: Score
    upsell_slope: float
    upsell_seats: Positive


class Playbook(Part, frozen=True):
    """H16: one playbook: when it applies and what to do, in order."""

    title: Sentence
    when: Sentence
    steps: Annotated[tuple[Sentence, ...], msgspec.Meta(min_length=1)]


class Playbooks(Part, frozen=True):
    """H16: the playbooks, and what picks one: the support score below which, the days to a renewal within which."""

    support_below: Score
    renewal_days: Count
    books: dict[PlaybookName, Playbook]


class IndexRules(Part, frozen=True):
    """Everything the health index decides with (H1-H19)."""

    metrics: dict[MetricName, MetricRule]
    profiles: dict[str, Profile]
    coverage: Coverage
    bands: Bands
    indicators: IndicatorRules
    value_tiers: ValueTiers
    movement: Movement
    heuristics: Heuristics
    playbooks: Playbooks
    industry_least: Count
    backtest_bins: Annotated[int, msgspec.Meta(ge=2)]

    def playbook(self, name: str) -> Playbook:
        """A playbook by its name."""
        books: dict[Any, Playbook] = self.playbooks.books
        return books[name]

    def says(self, indicator: str) -> str:
        """The sentence of a leading indicator."""
        sentences: dict[Any, str] = self.indicators.says
        return sentences[indicator]


def index_contradictions(index: IndexRules) -> Iterator[str]:
    """What in the table cannot be meant, one sentence each."""
    for name, metric in index.metrics.items():
        values = [value for value, _ in metric.anchors]
        if not all(earlier < later < math.inf for earlier, later in zip([-math.inf, *values], values, strict=False)):
            yield f"the values of 'index.metrics.{name}.anchors' do not rise"
    for profile, rule in index.profiles.items():
        total = sum(rule.weights.values())
        if not abs(total - 1) <= TOLERANCE:
            yield f"the weights of 'index.profiles.{profile}' add up to {total:g}, not to 1"
    if not any(not rule.segments for rule in index.profiles.values()):
        yield "no profile of 'index.profiles' is for every account (empty 'segments')"
    bands, indicators, tiers = index.bands, index.indicators, index.value_tiers
    if not 0 < bands.high_from < bands.medium_from < bands.low_from:
        yield "the bands of 'index.bands' do not rise: high_from, medium_from, low_from"
    if index.coverage.score_from > index.coverage.full_from:
        yield "'index.coverage.score_from' is above 'index.coverage.full_from'"
    if indicators.nps_passive_from > indicators.nps_promoter_from:
        yield "'index.indicators.nps_passive_from' is above 'index.indicators.nps_promoter_from'"
    if tiers.a_share > tiers.b_share:
        yield "'index.value_tiers.a_share' is above 'index.value_tiers.b_share'"
