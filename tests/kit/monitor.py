"""What the monitor's tests share: an account by its daily users, and one reading of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from rules.conftest import SIGNALS, make_account

from data.account import Account
from data.health_book import EMPTY_BOOK
from triage.policy import load_policy
from triage.rules.monitor import read_monitor

DAY = date(2026, 11, 20)
OLD = date(2024, 1, 1)
POLICY = load_policy()
CSM = {"staff_id": "stf_maya", "name": "Maya Okafor", "email": "maya@vendor.example"}


def account(
    daily: Any, *, as_of: Any = DAY, created: Any = OLD, seats: Any = 5, rooms: Any = None, **fields: Any
) -> Account:
    """An innovator whose `active_users_daily` are `daily`; fields of the signals may be given as `health`."""
    health = {**SIGNALS, **fields.pop("health", {}), "active_users_daily": daily, "as_of": as_of}
    at = None if created is None else datetime.combine(created, time(9), UTC)
    tree = {"tier": "innovator", "csm": CSM, "signals": health, **fields}
    return make_account(workspaces=[{"seats_licensed": seats}] if rooms is None else rooms, created_at=at, **tree)


def with_rules(**changed: Any) -> Any:
    """The shipped policy with some of the monitor's values changed."""
    return msgspec.structs.replace(POLICY, monitor=msgspec.structs.replace(POLICY.monitor, **changed))


def clock(day: date) -> datetime:
    """A morning after `day`, when it has become complete."""
    return datetime.combine(day + timedelta(days=1), time(9, 41), UTC)


def read(
    one: Account,
    policy: Any = POLICY,
    *,
    alert: Any = None,
    book: Any = EMPTY_BOOK,
    through: Any = DAY,
    today: Any = None,
) -> Any:
    """One reading; `today` defaults to the feed's day itself."""
    now = datetime.combine(DAY if today is None else today, time(9, 41), UTC)
    return read_monitor(one, policy, book, now, through, alert)
