"""What the red-account framework says of an account (R): composite, red lines, episode and clocks."""

from datetime import date, datetime

from data.account import Value


class UsageFacts(Value, frozen=True):
    """What the monitor's series say: U(t), B(t) and U(t-60), 0-100; `days` of data up to t. None is unknown (M10, M11).

    A dormant account has no baseline, an account with a data gap no usage.
    """

    usage: float | None
    baseline: float | None
    usage_60d: float | None
    days: int


class Line(Value, frozen=True):
    """One red line: `name` as `usage.decline`, the number compared, its limit; `red` None where unknown.

    `lapsed` is evidence that was there and is too old or too thin now: it no longer holds an episode open.
    """

    name: str
    value: float | None
    limit: float
    red: bool | None
    lapsed: bool


class Dimension(Value, frozen=True):
    """One dimension: weight (0-1), score 0-100 (None: no data), `red` past its line (None: unknown)."""

    name: str
    weight: float
    score: float | None
    red: bool | None
    lines: tuple[Line, ...]


class Episode(Value, frozen=True):
    """A Red episode (R14): opened when, its frozen usage baseline, and how far its recovery is.

    `better_since` is the first day of the running stretch without any cause, `well_since` that of composite >= 70;
    `left` and `recovered` the days those stretches had lasted 14 days. `reopened` counts re-entries within 30 days,
    the last one on `reopened_on`. `churned` ends it for good (R19b). `standing` are the red lines not yet known to be
    over: an unknown cures nothing. `reference` is U(t-60) frozen beside the baseline; `usage`, `tickets` and `arr`
    (minor units) are as they were at designation, for R13 and R18.
    """

    opened: date
    opened_at: datetime
    baseline: float | None
    better_since: date | None
    well_since: date | None
    left: date | None
    recovered: date | None
    reopened: int
    reopened_on: date | None
    churned: date | None
    standing: tuple[str, ...]
    reference: float | None
    usage: float | None
    tickets: int | None
    arr: int | None


class Clock(Value, frozen=True):
    """One SLA clock of R11: `assessment`, `root_cause`, `plan` or `executive_review`; `late` when it was missed."""

    name: str
    due_at: datetime
    done_at: datetime | None
    late: bool


class Task(Value, frozen=True):
    """One task that follows from an episode (R10, R12); `key` is the same however often it is derived."""

    key: str
    what: str
    who: str
    due_at: datetime
    done: bool


class RedReading(Value, frozen=True):
    """One account's Red state. `causes` in the words of the command line; `threshold` is the segment's (R9).

    `is_red` is the state of the episode: it lasts through the 14 days in which `causes` may be empty already (R14).
    `usage` are the facts as judged, with the frozen baseline and reference. `delayed` is the banner of R20.
    """

    is_red: bool
    causes: tuple[str, ...]
    composite: float | None
    coverage: float
    threshold: float
    segment: str
    dimensions: tuple[Dimension, ...]
    decline: float | None
    usage: UsageFacts
    day: date | None
    episode: Episode | None
    event: str | None
    clocks: tuple[Clock, ...]
    sla_due_at: datetime | None
    tasks: tuple[Task, ...]
    delayed: bool


class Criterion(Value, frozen=True):
    """One success metric of a playbook (R13): `met` None where no signal says so and a person has to."""

    text: str
    signal: str
    value: float | None
    target: float | None
    met: bool | None


class CohortCase(Value, frozen=True):
    """One episode of one account, as its row keeps it for the KPIs; fields as in RedCase.

    `case_id` None: nobody opened a case for it. `arr` None: not known from memory.
    """

    case_id: str | None
    opened_at: datetime
    responded_at: datetime | None
    recovered_at: datetime | None
    churned_at: datetime | None
    ended_at: datetime | None
    arr: int | None
    renewed: int | None = None


class RedCase(Value, frozen=True):
    """One episode as the KPIs count it (R15-R19); money in minor units, `renewed` None while no renewal is due yet.

    `responded_at` is the first step taken, `ended_at` when the account left Red or churned.
    """

    account_id: str
    opened_at: datetime
    responded_at: datetime | None
    recovered_at: datetime | None
    churned_at: datetime | None
    ended_at: datetime | None
    currency: str | None
    arr: int | None
    renewed: int | None


class Kpi(Value, frozen=True):
    """One number with its target: `met` None where there is no value; `n` cases in it, `pending` beside it."""

    rule: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    met: bool | None
    n: int
    pending: int


class Cohort(Value, frozen=True):
    """R16-R19 of one cohort: `matured` opened at least 90 days ago, `maturing` younger; revenue by currency."""

    name: str
    size: int
    recovery: Kpi
    response_hours: Kpi
    revenue: dict[str, Kpi]
    churn: Kpi


class RedKpis(Value, frozen=True):
    """The red-account KPIs: the share of the book that is Red now (R15), and the two cohorts."""

    share: Kpi
    matured: Cohort
    maturing: Cohort
