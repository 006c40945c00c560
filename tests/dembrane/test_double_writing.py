"""The double keeps the facts on the writes: what they answer, what they move, what they forget to guard."""

from typing import Any

import httpx
import pytest
from dembrane.asking import WHY, account, discount, promote, reasons, reset, row, tier, trial
from dembrane.double import Double

Json = dict[str, Any]


# --- tier ---
def test_a_tier_change_answers_what_it_did(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["quiet"]
    assert tier(staff, case, "innovator").json() == {
        "workspace_id": case.id,
        "previous_tier": "free",
        "new_tier": "innovator",
        "direction": "upgrade",
        "payment_mode": "offline",
        "effects_applied": ["admins_notified"],
    }
    answer = tier(staff, case, "free").json()
    assert (answer["direction"], answer["payment_mode"]) == ("downgrade", "none")


def test_a_downgrade_leaves_its_date_and_the_tier_before(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["guardian"]
    tier(staff, case, "innovator")
    found = row(staff, case)
    assert (found["downgraded_at"], found["downgraded_from_tier"]) == ("2026-11-21T12:34:56.123Z", "guardian")
    assert reasons(staff, case) == ["recently_downgraded"]


def test_a_live_subscription_is_409_with_a_text(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["subscribed"]
    answer = tier(staff, case, "guardian")
    assert answer.status_code == 409 and "subscription" in answer.json()["detail"]
    assert case.account.tier == "innovator"


@pytest.mark.parametrize("legacy", ["pilot", "pioneer"])
def test_legacy_tiers_are_500_unknown_tier_value(double: Double, staff: httpx.Client, legacy: str) -> None:
    answer = tier(staff, double.book.cases["quiet"], legacy)
    assert (answer.status_code, answer.json()) == (500, {"detail": "Unknown tier value"})


def test_legacy_tiers_can_be_left(double: Double, staff: httpx.Client) -> None:
    assert tier(staff, double.book.cases["pioneer"], "innovator").json()["previous_tier"] == "pioneer"


def test_a_change_to_the_same_tier_flips_to_managed(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["paid_unbilled"]
    assert not account(staff, case)["is_managed"]
    answer = tier(staff, case, "innovator").json()
    assert (answer["direction"], answer["effects_applied"]) == ("no-change", [])
    double.clock.move(seconds=300)
    assert account(staff, case)["is_managed"] and account(staff, case)["payment_mode"] == "offline"


def test_a_tier_change_turns_a_trial_into_managed_billing_at_nothing(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["trial"]
    tier(staff, case, "changemaker")
    found = account(staff, case)
    assert (found["payment_mode"], found["tier_expires_at"]) == ("offline", None)
    assert (found["type_discount"], found["is_trial"], found["is_comped"]) == ("trial", True, True)
    assert found["total_forecast_eur"] == 0


def test_one_tier_change_moves_the_whole_pool(double: Double, staff: httpx.Client) -> None:
    named, other = (double.book.cases[f"pooled_managed_{number}"] for number in (1, 2))
    tier(staff, named, "innovator")
    assert [row(staff, one)["tier"] for one in (named, other)] == ["innovator"] * 2
    assert row(staff, named)["downgraded_from_tier"] == "guardian"
    assert row(staff, other)["downgraded_at"] is None  # the effects run for the named one only


def test_the_reason_of_a_tier_change_survives_nowhere(double: Double, staff: httpx.Client) -> None:
    tier(staff, double.book.cases["quiet"], "guardian", "A reason to be found again")
    assert "A reason to be found again" not in repr(double.book)


# --- discount ---
def test_a_discount_answers_what_changed(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["quiet"]
    answer = discount(staff, case, type_discount="scholarship", percent_discount=40).json()
    assert answer.pop("status") == "ok"
    assert answer == {"type_discount": "scholarship", "percent_discount": 40, "account_id": case.account.id}
    assert discount(staff, case, percent_discount=0).json()["percent_discount"] == 0
    found = account(staff, case)
    assert (found["type_discount"], found["percent_discount"]) == ("scholarship", 0)


def test_null_does_not_clear_but_the_flags_do(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["scholarship"]
    for body in ({}, {"type_discount": None, "percent_discount": None}, {"clear_type_discount": False}):
        answer = discount(staff, case, **body)
        assert (answer.status_code, answer.json()) == (400, {"detail": "Nothing to update"})
    assert account(staff, case)["percent_discount"] == 50
    discount(staff, case, clear_type_discount=True, clear_percent_discount=True)
    assert [account(staff, case)[name] for name in ("type_discount", "percent_discount")] == [None, None]


@pytest.mark.parametrize(
    "body",
    [{"percent_discount": 101}, {"percent_discount": -1}, {"percent_discount": 12.5}, {"type_discount": "trial"}],
)
def test_discounts_outside_are_422(double: Double, staff: httpx.Client, body: Json) -> None:
    assert discount(staff, double.book.cases["quiet"], **body).status_code == 422


def test_a_discount_takes_no_reason(double: Double, staff: httpx.Client) -> None:
    answer = discount(staff, double.book.cases["quiet"], percent_discount=5, reason="Gone at once")
    assert answer.status_code == 200 and "reason" not in answer.json() and "Gone at once" not in repr(double.book)


def test_the_route_per_workspace_says_ok_and_stores_nothing(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["quiet"]
    answer = staff.patch(f"/admin/workspaces/{case.id}/discount", json={"percent_discount": 30})
    assert answer.json()["status"] == "ok"
    assert account(staff, case)["percent_discount"] is None


# --- trial ---
@pytest.mark.parametrize(
    ("body", "new", "until"),
    [
        ({}, "changemaker", "2026-12-21T12:34:56.123456+00:00"),
        ({"tier": "guardian", "months": 12}, "guardian", "2027-11-16T12:34:56.123456+00:00"),
    ],
)
def test_a_trial_lasts_30_days_a_month(double: Double, staff: httpx.Client, body: Json, new: str, until: str) -> None:
    case = double.book.cases["quiet"]
    answer = trial(staff, case, **body).json()
    assert answer.pop("status") == "ok"
    assert answer == {"billing_account_id": case.account.id, "tier": new, "tier_expires_at": until}
    assert account(staff, case)["is_trial"]


@pytest.mark.parametrize("body", ["null", "[]", "3", ""])
def test_a_trial_wants_a_json_object(double: Double, staff: httpx.Client, body: str) -> None:
    url = f"/admin/billing-accounts/{double.book.cases['quiet'].account.id}/grant-trial"
    answer = staff.post(url, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize("months", [0, 13])
def test_a_trial_lasts_1_to_12_months(double: Double, staff: httpx.Client, months: int) -> None:
    assert trial(staff, double.book.cases["quiet"], months=months).status_code == 422


def test_a_second_trial_restarts_the_clock(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["trial"]
    assert row(staff, case)["tier_expires_at"].startswith("2026-12-03")
    trial(staff, case)
    assert row(staff, case)["tier_expires_at"].startswith("2026-12-21")


def test_a_trial_on_a_live_subscription_is_accepted_and_orphans_it(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["subscribed"]
    assert trial(staff, case).status_code == 200
    assert case.account.subscriptions_orphaned == 1
    found = account(staff, case)
    assert (found["is_trial"], found["payment_mode"]) == (True, "none")  # nobody sees the subscription any more


def test_a_trial_lowers_a_guardian(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["guardian"]
    assert account(staff, case)["is_managed"]
    assert trial(staff, case).status_code == 200
    assert row(staff, case)["tier"] == "changemaker"
    assert row(staff, case)["downgraded_at"] is None  # nothing says so


# --- reset ---
def test_a_reset_lets_the_hours_fall_and_nothing_else_readable(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    before = row(staff, case)
    answer = reset(staff, case).json()
    assert answer == {"status": "ok", "workspace_id": case.id, "usage_reset_at": "2026-11-21T12:34:56.123456+00:00"}
    after = row(staff, case)
    assert {key for key in after if after[key] != before[key]} == {"audio_hours", "hours_pct", "over_hours", "at_cap"}
    assert reasons(staff, case) == []


def test_a_reset_does_not_unlock_the_customer(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    reset(staff, case)
    assert row(staff, case)["audio_hours"] == 0 and case.locked


def test_the_next_reset_moves_the_floor_and_overwrites_the_reason(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    reset(staff, case, "The first reason")
    double.clock.move(minutes=5)
    case.recordings.append((double.clock.now(), 0.5))
    double.clock.move(minutes=5)
    reset(staff, case, "The second reason")
    assert row(staff, case)["audio_hours"] == 0
    assert (case.usage_reset_reason, case.resets) == ("The second reason", 2)


@pytest.mark.parametrize(("reason", "status"), [("", 422), ("x" * 501, 422), ("   ", 200), ("x" * 500, 200)])
def test_reasons_have_1_to_500_characters_and_spaces_will_do(
    double: Double, staff: httpx.Client, reason: str, status: int
) -> None:
    case = double.book.cases["quiet"]
    assert [reset(staff, case, reason).status_code, tier(staff, case, "free", reason).status_code] == [status] * 2


# --- change admin ---
def test_a_promotion_makes_an_admin_and_demotes_nobody(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["pooled_1"]
    owner, member, _ = case.members
    answer = promote(staff, case, member.membership_id).json()
    assert answer == {
        "status": "ok",
        "workspace_id": case.id,
        "membership_id": member.membership_id,
        "role": "admin",
    }
    assert promote(staff, case, owner.membership_id).json()["role"] == "owner"
    shown = staff.get(f"/admin/workspaces/{case.id}/members").json()
    assert [one["role"] for one in shown] == ["owner", "admin", "member"]
    assert len(row(staff, case)["workspace_admins"]) == 2


def test_an_outsider_is_400(double: Double, staff: httpx.Client) -> None:
    case, elsewhere = double.book.cases["quiet"], double.book.cases["at_cap"]
    external = next(one for one in case.members if one.role == "external")
    for membership in (external, elsewhere.members[0]):
        assert promote(staff, case, membership.membership_id).status_code == 400


# --- all of them ---
def test_what_does_not_exist_is_404(double: Double, staff: httpx.Client) -> None:
    workspace, account_id = "/admin/workspaces/gone", "/admin/billing-accounts/gone"
    answers = [
        staff.patch("/workspaces/gone/tier", json={"tier": "free", "reason": WHY}),
        staff.patch(f"{account_id}/discount", json={"percent_discount": 1}),
        staff.post(f"{account_id}/grant-trial", json={}),
        staff.post(f"{workspace}/reset-usage", json={"reason": WHY}),
        staff.post(f"{workspace}/change-admin", json={"membership_id": "gone"}),
        promote(staff, double.book.cases["quiet"], "gone"),
    ]
    assert [one.status_code for one in answers] == [404] * len(answers)
    assert all(isinstance(one.json()["detail"], str) for one in answers)


def test_tier_and_billing_mode_do_not_clear_the_cache(double: Double, staff: httpx.Client) -> None:
    case, other = double.book.cases["quiet"], double.book.cases["paid_unbilled"]
    row(staff, case)
    tier(staff, case, "guardian")
    double.bill(other.account, "offline")
    double.clock.move(seconds=299)
    assert (row(staff, case)["tier"], row(staff, other)["payment_mode"]) == ("free", "none")
    double.clock.move(seconds=1)
    assert (row(staff, case)["tier"], row(staff, other)["payment_mode"]) == ("guardian", "offline")


@pytest.mark.parametrize("write", ["discount", "trial", "change_admin", "reset", "partner"])
def test_the_other_writes_clear_the_cache(double: Double, staff: httpx.Client, write: str) -> None:
    case = double.book.cases["pooled_1"]
    row(staff, case)
    case.name = "Renamed meanwhile"
    if write == "partner":
        double.mark_partner(case.org, True)
    else:
        {
            "discount": lambda: discount(staff, case, percent_discount=1),
            "trial": lambda: trial(staff, case),
            "change_admin": lambda: promote(staff, case, case.members[1].membership_id),
            "reset": lambda: reset(staff, case),
        }[write]().raise_for_status()
    assert row(staff, case)["workspace_name"] == "Renamed meanwhile"


def test_no_write_knows_an_idempotency_key_or_a_version(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["quiet"]
    url = f"/admin/billing-accounts/{case.account.id}/grant-trial"
    untils = []
    for _ in range(2):
        answer = staff.post(url, json={}, headers={"Idempotency-Key": "one", "If-Match": '"1"'})
        untils.append(answer.json()["tier_expires_at"])
        assert "etag" not in answer.headers
        double.clock.move(minutes=1)
    assert untils[0] != untils[1]
