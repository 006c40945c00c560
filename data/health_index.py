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
    """One measured value and its 0-100 score by the policy's anchors (H3); both None where it is missing or stale."""

    name: str
    value: float | None
    score: float | None


class Component(Value, frozen=True):
    """One component: the profile's weight (0-1), the mean of its present metrics (None: none present), contribution.

    `contribution` = weight / coverage x (score - 50), in points of the score (H17): 50 plus all of them is the score.
    None where the component or the account has no score.
    """

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
    `renewal` probability 0-1 and `upsell` (H15) are labelled heuristics, None: not known; `indicators` the leading
    ones of H6; `day` is the assessment day t (P0); `playbook` the name of the one that applies (H16);
    `contributions` are the points of the score by component (H17), those of `components` where they are read.
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
    contributions: dict[str, float]


class Holding(Value, frozen=True):
    """One account of the book, as the portfolio counts it (H8-H12); `mrr` in minor units of `currency`."""

    id: str
    score: float | None
    risk: Risk | None
    value_tier: str | None
    industry: str | None
    mrr: int | None
    currency: str | None


class Slice(Value, frozen=True):
    """Part of the book: how many accounts and their money, `no_mrr` of them without a known MRR."""

    count: int
    mrr: int
    no_mrr: int


class Band(Value, frozen=True):
    """One line of the risk distribution (H9); `risk` None: the unscored."""

    risk: Risk | None
    part: Slice


class Industry(Value, frozen=True):
    """One industry (H10): `count` accounts, `scored` behind the mean and the share at risk; dimmed when too few."""

    name: str
    count: int
    scored: int
    mean: float | None
    at_risk_share: float | None
    dimmed: bool


class Cell(Value, frozen=True):
    """One cell of value tier x health (H12); None: no tier known, not scored."""

    value_tier: str | None
    risk: Risk | None
    part: Slice


class Portfolio(Value, frozen=True):
    """The book (H8-H10, H12): means over the scored accounts, shares, and parts that sum to `whole`.

    `weighted_mean` is weighted by MRR over the scored accounts that have one. `currencies` holds more than one where
    the money adds up different ones (it is not converted).
    """

    whole: Slice
    scored: int
    unscored: int
    mean: float | None
    weighted_mean: float | None
    at_risk: int
    at_risk_share: float | None
    distribution: tuple[Band, ...]
    industries: tuple[Industry, ...]
    grid: tuple[Cell, ...]
    currencies: tuple[str, ...]


class Labelled(Value, frozen=True):
    """One row of labelled data for the back-test (H19): did the customer leave, and the scores before that."""

    churned: bool
    score: float | None
    components: dict[str, float | None]


class Bin(Value, frozen=True):
    """Rows of one bin, worst scores first: churn rate foretold and observed; `lift` = observed / overall rate."""

    rows: float
    foretold: float
    observed: float
    lift: float | None


class Ranking(Value, frozen=True):
    """How one score ranks churn (H19). `auc` 0.5 is chance, 1 perfect; None where all rows have one label.

    `lift` is the churn rate among the worst tenth over the overall one; `brier` the mean squared error of the foretold
    probability, `calibration_error` the mean distance of foretold and observed over the bins, weighted by rows.
    `index_auc` is the index's over the very rows where this score exists too; `beats_index` compares the two.
    """

    name: str
    rows: int
    missing: int
    churned: int
    auc: float | None
    index_auc: float | None
    beats_index: bool | None
    lift: float | None
    brier: float | None
    calibration_error: float | None
    bins: tuple[Bin, ...]


class Backtest(Value, frozen=True):
    """The index against each component alone on labelled data (H19), published even where the index loses."""

    rows: int
    churned: int
    index: Ranking
    components: tuple[Ranking, ...]
    beaten_by: tuple[str, ...]
