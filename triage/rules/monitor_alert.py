"""M12: one alert per account: opened on an edge, escalated in place, closed after three calm days."""

from datetime import date

import msgspec

from data.health_monitor import Alert, MonitorState
from triage.policy_monitor import Lines
from triage.rules.days import TOLERANCE

OPENED = "opened"
ESCALATED = "escalated"
CLOSED = "closed"


def severity(ratio: float, lines: Lines) -> MonitorState:
    """M7, M8: moderate strictly below the alert line, severe strictly below the severe line, else ok."""
    if ratio >= lines.alert - TOLERANCE:
        return MonitorState.OK
    return MonitorState.MODERATE if ratio >= lines.severe - TOLERANCE else MonitorState.SEVERE


def standing(alert: Alert | None, day: date) -> Alert | None:
    """The alert that still counts on `day`: an open one, or one that closed on this very day."""
    return alert if alert is None or alert.is_open or alert.closed == day else None


def opened(ratio: float, yardstick: float, lines: Lines, day: date) -> Alert | None:
    """M12: a new alert with its yardstick frozen, where the ratio calls for one."""
    found = severity(ratio, lines)
    return None if found is MonitorState.OK else Alert(day, found, yardstick)


def stepped(alert: Alert, ratio: float, lines: Lines, close_days: int, day: date) -> Alert:
    """M12: an open alert after one day. Told the same day twice, it says the same twice."""
    if severity(ratio, lines) is MonitorState.SEVERE and alert.severity is not MonitorState.SEVERE:
        return msgspec.structs.replace(alert, severity=MonitorState.SEVERE, escalated=day)
    if ratio < lines.close - TOLERANCE or day in alert.calm or day < alert.opened:
        return alert
    calm = (*alert.calm, day)
    return msgspec.structs.replace(alert, calm=calm, closed=day if len(calm) >= close_days else None)


def event(alert: Alert | None, day: date) -> str | None:
    """What happened on `day`: the last of opened, escalated, closed."""
    if alert is None:
        return None
    if alert.closed == day:
        return CLOSED
    if alert.escalated == day:
        return ESCALATED
    return OPENED if alert.opened == day else None
