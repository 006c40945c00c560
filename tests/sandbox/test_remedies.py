"""The five remedies: each effect as rules.md A says, each guard as 422 `rule` with its pointer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


def ahead(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


def space(world: Any, number: int = 1, **over: Any) -> dict[str, Any]:
    """A workspace unlike the pilot's stopped one only in `over`."""
    base = world.add()["workspaces"][0]
    return {**base, "id": f"{base['id']}_{number}", **over}


def refused(answer: Any, pointer: str) -> str:
    said = answer.json()
    assert (answer.status_code, said["type"]) == (422, "rule"), answer.text
    assert said["errors"][0]["pointer"] == pointer
    assert said["errors"][0]["message"] == said["detail"]
    detail: str = said["detail"]
    return detail


def test_A11_reset_usage_lets_the_cycle_count_from_now(world: Any) -> None:
    made = world.add()
    now = world.change("reset_usage", made).json()["account"]
    was, space_now = made["workspaces"][0], now["workspaces"][0]
    expected = {"hours_used": 0.0, "hard_block": False, "locked": False, "blocked_since": None, "cap_reached_at": None}
    assert space_now == {**was, **expected, "usage_reset_at": space_now["usage_reset_at"]}
    assert now["updated_at"] == space_now["usage_reset_at"]
    assert (now["version"], now["tier"]) == (2, "pilot")
    entry = world.audit(account_id=made["id"])[0]
    assert entry["workspace_id"] == was["id"]
    assert entry["before"]["workspace"].keys() == entry["after"]["workspace"].keys()
    assert entry["before"]["workspace"]["hours_used"] == 10.2
    assert entry["after"]["workspace"]["hours_used"] == 0.0


@pytest.mark.parametrize("used", [0.0, None])
def test_reset_usage_guard_nothing_to_reset(world: Any, used: float | None) -> None:
    quiet = space(world, hours_used=used, hard_block=False)
    refused(world.change("reset_usage", world.add([quiet])), "/workspace_id")
    blocked = space(world, 2, hours_used=used, hard_block=True)
    assert world.change("reset_usage", world.add([blocked])).status_code == 201


def test_grant_trial_raises_the_tier_until_it_expires(world: Any) -> None:
    made = world.add()
    now = world.change("grant_trial", made, params={"tier": "guardian", "months": 3}).json()["account"]
    assert (now["tier"], now["revenue_class"], now["mrr"]) == ("guardian", "trial", made["mrr"])
    left = datetime.fromisoformat(now["tier_expires_at"]) - datetime.fromisoformat(now["updated_at"])
    assert left == timedelta(days=90)
    assert now["downgraded_at"] is None
    one = now["workspaces"][0]
    assert (one["hours_included"], one["hard_block"], one["locked"], one["hours_used"]) == (None, False, False, 10.2)


def test_grant_trial_defaults_to_one_month_of_changemaker(world: Any) -> None:
    now = world.change("grant_trial", world.add()).json()["account"]
    assert now["tier"] == "changemaker"
    left = datetime.fromisoformat(now["tier_expires_at"]) - datetime.fromisoformat(now["updated_at"])
    assert left == timedelta(days=30)


@pytest.mark.parametrize(
    ("over", "tier", "pointer"),
    [
        ({"payment_mode": "subscription"}, "guardian", "/account_id"),
        ({"payment_mode": "managed"}, "guardian", "/account_id"),
        ({"tier": "changemaker"}, "changemaker", "/params/tier"),
        ({"tier": "guardian"}, "innovator", "/params/tier"),
        ({"tier": "innovator", "tier_expires_at": ahead(days=5)}, "guardian", "/account_id"),
    ],
)
def test_grant_trial_guards(world: Any, over: dict[str, Any], tier: str, pointer: str) -> None:
    made = world.add(**over)
    refused(world.change("grant_trial", made, params={"tier": tier}), pointer)
    assert world.now(made["id"]) == made


@pytest.mark.parametrize(
    "params", [{"tier": "pilot"}, {"tier": "free"}, {"months": 0}, {"months": 13}, {"months": 1.5}]
)
def test_grant_trial_parameters(world: Any, params: dict[str, Any]) -> None:
    assert world.change("grant_trial", world.add(), params=params).json()["type"] == "invalid"


@pytest.mark.parametrize(
    ("tier", "seats", "percent", "mrr"),
    [
        ("innovator", 5, 0, 10000),
        ("innovator", 1, 12.5, 1750),
        ("changemaker", 3, 33.33, 15001),  # 22500 × 0.6667 = 15000.75
        ("innovator", 1, 99.975, 1),  # 2000 × 0.00025 = 0.5, half up
        ("guardian", 2, 100, 0),
        ("free", 4, 10, 0),
    ],
)
def test_discount_reprices_a_paying_account(world: Any, tier: str, seats: int, percent: float, mrr: int) -> None:
    made = world.add([space(world, seats_licensed=seats)], tier=tier, revenue_class="paying", mrr=77)
    params = {"kind": "staff_discount", "percent": percent}
    now = world.change("apply_discount", made, params=params).json()["account"]
    assert (now["discount"], now["mrr"]) == (params, mrr)


@pytest.mark.parametrize("revenue_class", ["trial", "managed", "comped"])
def test_discount_keeps_the_mrr_of_others(world: Any, revenue_class: str) -> None:
    made = world.add(tier="guardian", revenue_class=revenue_class, mrr=77)
    now = world.change("apply_discount", made, params={"kind": "scholarship", "percent": 50}).json()["account"]
    assert now["mrr"] == 77


def test_discount_can_be_cleared(world: Any) -> None:
    old = {"kind": "scholarship", "percent": 50}
    made = world.add(tier="innovator", revenue_class="paying", mrr=5000, discount=old)
    now = world.change("apply_discount", made, params={"clear": True}).json()["account"]
    assert (now["discount"], now["mrr"]) == (None, 10000)
    entry = world.audit(account_id=made["id"])[0]
    assert (entry["before"], entry["after"]) == ({"discount": old, "mrr": 5000}, {"discount": None, "mrr": 10000})


def test_discount_guard_nothing_changes(world: Any) -> None:
    same = {"kind": "scholarship", "percent": 50}
    refused(world.change("apply_discount", world.add(discount=same), params=same), "/params")
    refused(world.change("apply_discount", world.add(), params={"clear": True}), "/params")


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"kind": "scholarship"},
        {"percent": 5},
        {"clear": True, "percent": 5},
        {"kind": "friends", "percent": 5},
        {"kind": "scholarship", "percent": 100.5},
        {"kind": "scholarship", "percent": -1},
        {"kind": "scholarship", "percent": "5"},
    ],
)
def test_discount_parameters(world: Any, params: dict[str, Any]) -> None:
    assert world.change("apply_discount", world.add(), params=params).json()["type"] == "invalid"


def test_change_tier_upwards_lifts_blocks_and_reprices(world: Any) -> None:
    spaces = [space(world, n, hours_used=used) for n, used in enumerate([12.0, 3.0])]
    made = world.add(spaces, revenue_class="paying", tier_expires_at=ahead(days=5))
    now = world.change("change_tier", made, params={"tier": "changemaker"}).json()["account"]
    assert (now["tier"], now["tier_expires_at"], now["mrr"]) == ("changemaker", None, 75000)
    assert now["downgraded_at"] is None
    assert [(one["hours_included"], one["hard_block"], one["locked"]) for one in now["workspaces"]] == [
        (None, False, False)
    ] * 2
    after = world.audit(account_id=made["id"])[0]["after"]
    assert after["workspaces"].keys() == {one["id"] for one in spaces}


def test_change_tier_downwards_is_marked_and_keeps_blocks_over_the_new_hours(world: Any) -> None:
    spaces = [space(world, n, hours_used=used) for n, used in enumerate([1.0, 0.99, None])]
    made = world.add(spaces, tier="guardian")
    now = world.change("change_tier", made, params={"tier": "free"}).json()["account"]
    marks = (now["downgraded_at"], now["downgraded_from"], now["downgrade_cause"])
    assert marks == (now["updated_at"], "guardian", "staff")
    assert [one["hours_included"] for one in now["workspaces"]] == [1.0] * 3
    assert [one["hard_block"] for one in now["workspaces"]] == [True, False, True]
    assert [one["cap_reached_at"] is None for one in now["workspaces"]] == [False, True, False]


def test_change_tier_guards(world: Any) -> None:
    refused(world.change("change_tier", world.add(tier="guardian"), params={"tier": "guardian"}), "/params/tier")
    live = world.add(payment_mode="subscription")
    refused(world.change("change_tier", live, params={"tier": "guardian"}), "/account_id")
    managed = world.add(payment_mode="managed")
    assert world.change("change_tier", managed, params={"tier": "guardian"}).status_code == 201
    assert world.change("change_tier", world.add(), params={"tier": "pilot"}).json()["type"] == "invalid"


def test_change_admin_promotes_and_strands_nobody(world: Any) -> None:
    made = world.add()
    answer = world.change("change_admin", made, params={"membership_id": "mem_3"})
    assert answer.json()["account"]["version"] == 2
    listed = world.client().get(f"/v1/workspaces/{made['workspaces'][0]['id']}/members").json()["members"]
    assert {one["membership_id"] for one in listed if one["role"] == "admin"} == {"mem_1", "mem_3"}
    contacts = answer.json()["account"]["contacts"]
    assert [(one["user_id"], one["role"]) for one in contacts] == [("usr_3", "admin")]
    entry = world.audit(account_id=made["id"])[0]
    assert (entry["before"]["member"]["role"], entry["after"]["member"]["role"]) == ("member", "admin")
    moved = world.change("reset_usage", made, version=1).json()["moved"]
    assert [(one["field"], one["from"], one["to"]) for one in moved] == [("member.role", "member", "admin")]


@pytest.mark.parametrize("membership", ["mem_1", "mem_2", "mem_4", "mem_5", "mem_nobody"])
def test_change_admin_guards(world: Any, membership: str) -> None:
    answer = world.change("change_admin", world.add(), params={"membership_id": membership})
    refused(answer, "/params/membership_id")


@pytest.mark.parametrize("kind", ["reset_usage", "grant_trial"])
@pytest.mark.parametrize(
    ("reason", "accepted"),
    [
        ("123456789", False),
        ("1234567890", True),
        ("   123456789   ", False),
        ("            ", False),
        ("aaaaaaaaaaaa", False),
        ("............", False),
        ("?!?!?!?!?!?!", False),
        (None, False),
        ("ab" * 250, True),
        ("ab" * 250 + "a", False),
    ],
)
def test_A14_every_remedy_needs_a_reason(world: Any, kind: str, reason: str | None, accepted: bool) -> None:
    answer = world.change(kind, world.add(), reason=reason)
    if accepted:
        assert answer.status_code == 201
    else:
        refused(answer, "/audit/reason")
