"""What the red-account framework says of an account (R): composite, red lines, episode and clocks."""

from datetime import date, datetime

from data.account import Value


class Dimension(Value, frozen=True):
    """One dimension: weight (0-1), score 0-100 (None: no data), `red` past its line (None: unknown), and why."""

    name: str
    weight: float
    score: float | None
    red: bool | None
    why: str


class Episode(Value, frozen=True):
    """A Red episode (R14): opened when, its frozen usage baseline, and how far its recovery is.

    `better_since` is the first day of the running stretch without any cause, `well_since` that of composite >= 70;
    `left` and `recovered` the days those stretches had lasted 14 days. `reopened` counts re-entries within 30 days.
    `churned` ends it for good (R19b).
    """

    opened: date
    opened_at: datetime
    baseline: float | None
    better_since: date | None
    well_since: date | None
    left: date | None
    recovered: date | None
    reopened: int
    churned: date | None


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

    `delayed` is the banner of R20: 14 days without an intervention.
    """

    is_red: bool
    causes: tuple[str, ...]
    composite: float | None
    coverage: float
    threshold: float
    segment: str
    dimensions: tuple[Dimension, ...]
    decline: float | None
    day: date | None
    episode: Episode | None
    event: str | None
    clocks: tuple[Clock, ...]
    sla_due_at: datetime | None
    tasks: tuple[Task, ...]
    delayed: bool
