"""What the health index says of an account (H): the score, its parts, its movement, and the heuristics on top."""

from datetime import date
from enum import StrEnum

from data.account import Value


class Risk(StrEnum):
    """The bands of H7, from the gravest."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Metric(Value, frozen=True):
    """One measured value and its 0-100 score by the policy's anchors (H3)."""

    name: str
    value: float | None
    score: float | None


class Component(Value, frozen=True):
    """One component: weight (0-1), mean of its present metrics (None: none present), contribution w(s-50) (H17)."""

    name: str
    weight: float
    score: float | None
    contribution: float | None
    metrics: tuple[Metric, ...]


class Drop(Value, frozen=True):
    """A sharp drop (H13): `fell` points since `since`, or the first entry into critical (`first_critical`)."""

    fell: float | None
    since: date | None
    first_critical: bool


class Mover(Value, frozen=True):
    """A component whose contribution moved since the last snapshot, in points of the score (H17)."""

    name: str
    by: float


class IndexReading(Value, frozen=True):
    """One account's index (H1-H17). `score` 0-100 or None (coverage below 0.5); `risk` None then.

    `slope` in points a week with `slope_points` behind it (H14); `priority` = MRR (minor units) x (100-H)/100 (H12);
    `renewal` probability 0-1 (H15), a labelled heuristic; `indicators` the leading ones of H6.
    """

    score: float | None
    risk: Risk | None
    coverage: float
    partial: bool
    profile: str
    components: tuple[Component, ...]
    indicators: tuple[str, ...]
    value_tier: str | None
    priority: float | None
    slope: float | None
    slope_points: int
    drop: Drop | None
    movers: tuple[Mover, ...]
    renewal: float | None
    upsell: bool | None
    day: date | None
    playbook: str | None
