"""A realistic account as JSON, altered per test and decoded as the wire would: the rules see what production sees."""

import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from data.account import Account, Member
from data.assessment import Touch
from data.remedy import Order
from data.safe_text import SafeText
from data.wire import convert, decoder
from triage.policy import load_policy
from triage.rules.assess import assess
from triage.rules.remedies import preview

NOW = datetime(2026, 11, 21, 9, 41, tzinfo=UTC)
DAY = date(2026, 11, 20)
DECODER = decoder(Account)
LEAD = ("usage:reset", "trial:grant", "discount:write", "discount:write:high", "tier:change", "admin:change")

WORKSPACE: dict[str, Any] = {
    "id": "ws_1",
    "name": "Council sessions",
    "hours_used": 2.0,
    "hours_included": 10.0,
    "hours_daily": [0.0] * 30,
    "hours_as_of": "2026-11-20",
    "lifetime_hours": 12.9,
    "locked": False,
    "hard_block": False,
    "blocked_since": None,
    "cap_reached_at": None,
    "seats_used": 4,
    "seats_licensed": 5,
    "cycle_start": "2026-11-01T00:00:00Z",
    "cycle_end": "2026-12-01T00:00:00Z",
    "usage_reset_at": None,
}
CONTACT = {"user_id": "usr_1", "name": "Iris Blom", "email": "iris@x.example", "role": "admin", "reachable": True}
LOGINS = {"as_of": "2026-11-20", "last_at": "2026-11-21T07:40:00Z", "count_7d": 15, "count_30d": 38, "daily": [1] * 30}
SIGNALS = {
    "as_of": "2026-11-20",
    "adoption_pct": 80.0,
    "most_used_feature": None,
    "last_active_at": None,
    "use_case": None,
    "active_users_daily": None,
    "products": [],
    "features_used": None,
    "features_available": None,
    "last_feature": None,
    "nps": [],
    "csat": [],
    "tickets": None,
    "outreach": None,
    "champion": None,
    "payment": None,
    "contraction_notice": None,
    "competitor_evaluation": None,
    "complex": None,
    "dau_mau": None,
    "session_minutes": None,
    "meetings": None,
    "stakeholders": None,
    "permission_downgrades_30d": None,
}
ACCOUNT: dict[str, Any] = {
    "id": "acc_1",
    "name": "Northwind Pilot",
    "org_id": "org_1",
    "org_name": "Northwind",
    "scope": "organisation",
    "industry": "Public sector",
    "segment": "smb",
    "tier": "free",
    "tier_expires_at": None,
    "downgraded_at": None,
    "downgraded_from": None,
    "downgrade_cause": None,
    "payment_mode": "none",
    "revenue_class": "trial",
    "currency": "EUR",
    "mrr": 34900,
    "discount": None,
    "created_at": "2026-03-02T09:00:00Z",
    "renewal_at": None,
    "csm": {"staff_id": "stf_maya", "name": "Maya Okafor", "email": None},
    "contacts": [CONTACT],
    "admin_logins": LOGINS,
    "workspaces": [WORKSPACE],
    "signals": SIGNALS,
    "flags": [],
    "claim": None,
    "snooze": None,
    "case": None,
    "version": 12,
    "seq": 90133,
    "updated_at": "2026-11-21T07:41:12Z",
}


def stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def make_account(*, workspaces: list[dict[str, Any]] | None = None, **fields: Any) -> Account:
    """The account of this file with `fields` replaced; `workspaces` are differences from the workspace of this file."""
    rooms = [WORKSPACE] if workspaces is None else [{**WORKSPACE, **room} for room in workspaces]
    tree = {**ACCOUNT, "workspaces": rooms, **fields}
    return DECODER.decode(json.dumps(plain(tree)).encode())


def make_touch(kind: str, at: datetime, name: str = "Tom Reyes", reason: str | None = "asked us") -> Touch:
    return Touch(SafeText(kind), "stf_tom", SafeText(name), at, None if reason is None else SafeText(reason), None)


def make_member(membership_id: str, role: str, reachable: bool | None = True) -> Member:
    tree = {"membership_id": membership_id, "user_id": f"usr_{membership_id}", "name": f"Member {membership_id}"}
    return convert({**tree, "email": None, "role": role, "reachable": reachable}, Member)


@pytest.fixture(scope="session")
def kit() -> SimpleNamespace:
    """Everything a rules test needs: builders, the shipped policy, now and the feed day."""
    policy = load_policy()

    def judge(
        account: Account | None = None, touches: Any = (), now: datetime = NOW, through: Any = DAY, **fields: Any
    ):
        return assess(account or make_account(**fields), touches, policy, now, through)

    return SimpleNamespace(
        policy=policy,
        now=NOW,
        day=DAY,
        ago=lambda **span: NOW - timedelta(**span),
        account=make_account,
        touch=make_touch,
        member=make_member,
        contact=lambda **fields: {**CONTACT, **fields},
        logins=lambda **fields: {**LOGINS, **fields},
        signals=lambda **fields: {**SIGNALS, **fields},
        judge=judge,
    )


@pytest.fixture(scope="session")
def ask(kit):
    """Preview one remedy on an account given by its fields."""

    def run(kind, params=None, *, at=None, members=(), permissions=LEAD, limit=100.0, ack=(), earlier=None, **fields):
        order = Order(kind, "acc_1", at, params or {}, acknowledged=tuple(ack))
        account = kit.account(**fields)
        return preview(order, account, members, permissions, limit, kit.policy, kit.now, earlier=earlier)

    return run


@pytest.fixture(scope="session")
def said():
    """A preview's guards as tuples."""
    return lambda found: [(guard.rule, guard.message, guard.blocking) for guard in found.guards]


@pytest.fixture(scope="session")
def blocking():
    """The messages of a preview's blocking guards."""
    return lambda found: [guard.message for guard in found.guards if guard.blocking]
