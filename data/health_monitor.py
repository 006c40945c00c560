"""What the health monitor says of an account (M): its usage against its own past, and an open alert."""

from datetime import date, datetime
from enum import StrEnum

from data.account import Value


class MonitorState(StrEnum):
    """The states of M9b, in the words of the command line; `severe` and `moderate` are an open alert's (M12)."""

    DATA_GAP = "data_gap"
    DORMANT = "dormant"
    NEW = "new"
    SEVERE = "severe"
    MODERATE = "moderate"
    OK = "ok"


# the states of an open alert, severe first
DRIFTING = (MonitorState.SEVERE, MonitorState.MODERATE)
# every state as a list keeps it: an open alert above 0, the graver the higher
DRIFT = {
    **{MonitorState.SEVERE: 2, MonitorState.MODERATE: 1, MonitorState.OK: 0},
    **{MonitorState.NEW: -1, MonitorState.DORMANT: -2, MonitorState.DATA_GAP: -3},
}


class Route(StrEnum):
    """Who takes an alert (M15, M16): the machine, the CSM, the CSM at once, or nobody yet."""

    AUTOMATIC = "automatic"
    CSM = "csm"
    CSM_HIGH = "csm_high"
    UNASSIGNED = "unassigned"


class Alert(Value, frozen=True):
    """An alert (M12): the day it opened, its severity, and the yardstick frozen then (0-100, the scale of U).

    `escalated` is the day it became severe after having been moderate. `calm` are the days on which the ratio stood at
    or above the closing line; with the last of them it is `closed`. A closed alert is kept for that one day, so that a
    second look on the same day finds what the first one found; from the next day on it is gone.
    """

    opened: date
    severity: MonitorState
    baseline: float
    escalated: date | None = None
    calm: tuple[date, ...] = ()
    closed: date | None = None
    replayed: bool = False

    @property
    def is_open(self) -> bool:
        """True until it closes."""
        return self.closed is None


class FollowUpKind(StrEnum):
    """Who follows up on a mail without an answer (M20): the machine once, then the CSM."""

    AUTOMATIC = "automatic"
    TASK = "task"


class FollowUp(Value, frozen=True):
    """The follow-up of an unanswered mail (M20)."""

    kind: FollowUpKind
    due_at: datetime
    due: bool


class Effect(Value, frozen=True):
    """What became of an account after `day`, that of an outreach or of an alert nobody answered (M21).

    `change` is R at +14 d minus R on the day; `recovered` None while 28 days are not over or nothing is known.
    """

    day: date
    before: float | None
    change: float | None
    recovered: bool | None


class Effectiveness(Value, frozen=True):
    """Effects together (M21): how many, the mean change with its number, recovered of those that have matured."""

    count: int
    mean_change: float | None
    changes: int
    recovered: int
    matured: int


class MonitorReading(Value, frozen=True):
    """One account on one day. `usage` U, `baseline` and `expected` E are 0-100; `index` is 100 U / E; `ratio` R.

    `baseline` is what `usage` is held against: B, a new user's N, both blended (`baseline_from`: `own`, `new_user`,
    `blend`), or the one frozen when the alert opened (`frozen`, where `baseline_from` says what it would be today).
    `days` and `known` count the window's days that exist and those with data, `baseline_*` those of the baseline.
    `own_baseline` is today's B of a mature account, whatever an alert has frozen, `usage_60d` U(t-60) and `data_days`
    how many days the series holds: what R4 asks. `expected_from` is `peers` or `policy`. `event` is `opened`,
    `escalated`, `closed` or None on this very day.
    """

    state: MonitorState
    day: date | None
    tenure_days: int | None
    seats: float | None
    usage: float | None
    baseline: float | None
    baseline_from: str | None
    frozen: bool
    ratio: float | None
    expected: float | None
    expected_from: str | None
    index: float | None
    days: int
    known: int
    baseline_days: int
    baseline_known: int
    alert: Alert | None
    event: str | None
    route: Route | None
    why: str
    own_baseline: float | None = None
    usage_60d: float | None = None
    data_days: int = 0
