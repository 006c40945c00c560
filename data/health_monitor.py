"""What the health monitor says of an account (M): its usage against its own past, and an open alert."""

from datetime import date
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


class Route(StrEnum):
    """Who takes an alert (M15, M16): the machine, the CSM, the CSM at once, or nobody yet."""

    AUTOMATIC = "automatic"
    CSM = "csm"
    CSM_HIGH = "csm_high"
    UNASSIGNED = "unassigned"


class Alert(Value, frozen=True):
    """An open alert (M12): the day it opened, its severity, the baseline frozen then (user-days per 14 d, 0-100).

    `escalated` is the day it became severe after having been moderate. `calm` are the days on which the ratio stood at
    or above the closing line, at most three. `replayed` is True where it was rebuilt from the series.
    """

    opened: date
    severity: MonitorState
    baseline: float
    escalated: date | None
    calm: tuple[date, ...]


class MonitorReading(Value, frozen=True):
    """One account on one day. `usage` U, `baseline` B and `expected` E are 0-100; `index` is 100 U / E; `ratio` R.

    `days` and `known` count the window's days that exist and those with data, `baseline_*` those of the baseline.
    `expected_from` is `peers` or `policy`. `event` is `opened`, `escalated`, `closed` or None on this very day.
    """

    state: MonitorState
    day: date | None
    tenure_days: int | None
    seats: float | None
    usage: float | None
    baseline: float | None
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
