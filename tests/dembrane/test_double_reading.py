"""The double keeps the facts on what is read: shapes, times, money, the cache and the rules of the at-risk list."""

import httpx
import pytest
from dembrane.asking import ACCOUNT, AT_RISK, ROW, account, reasons, rollup, row
from dembrane.double import Double


# --- shapes ---
def test_all_keys_are_always_present(staff: httpx.Client) -> None:
    found = rollup(staff)
    assert all(list(one) == ROW for one in found["rows"])
    assert all(list(one) == ACCOUNT for one in found["accounts"])
    assert all(list(one) == AT_RISK for one in staff.get("/admin/at-risk").json())


def test_each_row_is_sent_twice(staff: httpx.Client) -> None:
    found = rollup(staff)
    again = [one for account in found["accounts"] for one in account["workspaces"]]
    assert sorted(map(str, again)) == sorted(map(str, found["rows"]))


def test_gzip_from_1_kib(staff: httpx.Client) -> None:
    assert staff.get("/admin/billing-rollup").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in staff.get("/me").headers
    plain = staff.get("/admin/billing-rollup", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


def test_two_spellings_of_one_instant(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["quiet"]
    answer = staff.post(f"/admin/billing-accounts/{case.account.id}/grant-trial", json={}).json()
    assert answer["tier_expires_at"] == "2026-12-21T12:34:56.123456+00:00"
    assert row(staff, case)["tier_expires_at"] == "2026-12-21T12:34:56.123Z"


def test_no_logins_per_row_only_one_number_for_all(double: Double, staff: httpx.Client) -> None:
    found = rollup(staff)
    assert 0 < found["logins_last_30d"] < len(double.book.people)
    assert not any("login" in key or "access" in key for key in found["rows"][0])


def test_at_most_three_admins_stand_in_a_row(double: Double, staff: httpx.Client) -> None:
    shown = row(staff, double.book.cases["four_admins"])["workspace_admins"]
    assert [set(one) for one in shown] == [{"user_id", "display_name", "email"}] * 3
    assert row(staff, double.book.cases["no_members"])["workspace_admins"] == []


# --- money and seats ---
def test_the_bill_counts_people_where_seat_count_sums(double: Double, staff: httpx.Client) -> None:
    harbor = account(staff, double.book.cases["pooled_1"])
    assert (harbor["label"], harbor["workspace_count"], harbor["seat_count"]) == ("Harbor pooled", 3, 9)
    assert harbor["total_forecast_eur"] == 5 * 75 * 0.9


def test_rows_have_prices_of_a_retired_list(double: Double, staff: httpx.Client) -> None:
    harbor = account(staff, double.book.cases["pooled_1"])
    assert sum(one["total_forecast_eur"] for one in harbor["workspaces"]) > 10 * harbor["total_forecast_eur"]


def test_a_free_workspace_has_no_price(double: Double, staff: httpx.Client) -> None:
    found = row(staff, double.book.cases["at_cap"])
    assert (found["base_price_eur"], found["total_forecast_eur"], found["seats_included"]) == (None, None, None)


def test_one_account_per_pool_and_one_per_workspace_otherwise(double: Double, staff: httpx.Client) -> None:
    found = rollup(staff)["accounts"]
    assert len(found) == len(double.book.accounts)
    pools = [one for one in found if one["account_scope"] == "organisation"]
    assert pools and all(one["workspace_count"] == 1 for one in found if one["account_scope"] == "workspace")


def test_partners_pay_for_workspaces_of_others(double: Double, staff: httpx.Client) -> None:
    found = row(staff, double.book.cases["partner_owned"])
    assert found["is_partner_owned"] and found["billed_to_team_id"] != found["org_id"]
    assert found["billed_to_team_name"] == "Northgate Partners"


@pytest.mark.parametrize(
    ("case", "trial", "managed", "comped", "mode"),
    [
        ("trial", True, False, True, "none"),
        ("managed", False, True, False, "offline"),
        ("subscribed", False, False, False, "mollie"),
        ("staff_discount", False, False, True, "none"),
    ],
)
def test_accounts_say_trial_managed_and_comped(
    double: Double, staff: httpx.Client, case: str, trial: bool, managed: bool, comped: bool, mode: str
) -> None:
    found = account(staff, double.book.cases[case])
    shown = (found["is_trial"], found["is_managed"], found["is_comped"], found["payment_mode"])
    assert shown == (trial, managed, comped, mode)
    assert not comped or found["total_forecast_eur"] == 0


# --- months ---
def test_month_offset_reaches_twelve_months_back(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["locked_but_absent"]
    assert [row(staff, case, -ago)["audio_hours"] for ago in range(4)] == [0, 0.8, 0.8, 0]
    assert len(rollup(staff, -12)["rows"]) == len(double.book.workspaces)


@pytest.mark.parametrize("offset", ["-13", "1", "x"])
def test_month_offset_outside_is_422(staff: httpx.Client, offset: str) -> None:
    answer = staff.get("/admin/billing-rollup", params={"month_offset": offset})
    assert answer.status_code == 422
    (error,) = answer.json()["detail"]
    assert set(error) == {"type", "loc", "msg", "input"} and error["loc"] == ["query", "month_offset"]


def test_hours_are_those_of_the_utc_calendar_month(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    assert row(staff, case)["audio_hours"] == 1.02
    double.clock.move(days=9, hours=11, minutes=25)
    staff.headers["Authorization"] = f"Bearer {double.token()}"
    assert row(staff, case)["audio_hours"] == 1.02  # 23:59 on the last day
    double.clock.move(minutes=6)
    assert row(staff, case)["audio_hours"] == 0


# --- the cache ---
def test_the_rollup_is_cached_for_300_seconds(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["quiet"]
    assert row(staff, case)["workspace_name"] == "Quiet"
    case.name = "Loud"
    double.clock.move(seconds=299)
    assert row(staff, case)["workspace_name"] == "Quiet"
    double.clock.move(seconds=1)
    assert row(staff, case)["workspace_name"] == "Loud"
    assert double.state.computed == 2


def test_the_at_risk_list_is_not_cached(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    assert reasons(staff, case) == ["at_cap"]
    case.recordings.clear()
    assert reasons(staff, case) == []


# --- the at-risk rules ---
@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("quiet", []),
        ("approaching", ["approaching_cap"]),
        ("at_cap", ["at_cap"]),
        ("rounded_to_cap", ["at_cap"]),
        ("downgraded", ["recently_downgraded"]),
        ("approaching_and_downgraded", ["approaching_cap", "recently_downgraded"]),
        ("at_cap_and_downgraded", ["at_cap"]),
        ("downgraded_14_days_and_more", ["recently_downgraded"]),
        ("downgraded_15_days", []),
        ("downgraded_in_future", ["recently_downgraded"]),
        ("pilot_at_cap", ["at_cap"]),
        ("locked_but_absent", []),
    ],
)
def test_reasons(double: Double, staff: httpx.Client, case: str, expected: list[str]) -> None:
    assert reasons(staff, double.book.cases[case]) == expected


def test_hours_are_rounded_before_they_are_compared(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["rounded_to_cap"]
    assert case.hours(double.clock.now()) == pytest.approx(0.9951)
    found = row(staff, case)
    assert (found["audio_hours"], found["at_cap"]) == (1.0, True)


def test_approaching_starts_at_80_percent(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["quiet"]
    now = double.clock.now()
    case.recordings[:] = [(now, 0.79)]
    assert reasons(staff, case) == []
    case.recordings[:] = [(now, 0.8)]
    assert reasons(staff, case) == ["approaching_cap"]


def test_details_are_sentences(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["approaching_and_downgraded"]
    found = [one for one in staff.get("/admin/at-risk").json() if one["workspace_id"] == case.id]
    assert [one["detail"] for one in found] == ["0.9h / 1h (90%)", "Downgraded 2026-11-17 from changemaker"]


def test_the_at_risk_list_is_not_sorted(staff: httpx.Client) -> None:
    order = ["pilot_hard_block", "at_cap", "approaching_cap", "recently_downgraded"]
    found = [order.index(one["reason"]) for one in staff.get("/admin/at-risk").json()]
    assert found != sorted(found) and len(set(found)) == 3


def test_pilot_hard_block_occurs_only_on_older_deployments(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["pilot_at_cap"]
    assert not any(one["pilot_hard_block"] for one in rollup(staff)["rows"])
    double.state.older = True
    double.state.forget()
    assert row(staff, case)["pilot_hard_block"] and reasons(staff, case) == ["pilot_hard_block"]


def test_a_locked_customer_can_be_absent_from_the_list(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["locked_but_absent"]
    assert case.locked and reasons(staff, case) == []


# --- members ---
def test_members_of_a_workspace(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["pooled_1"]
    found = staff.get(f"/admin/workspaces/{case.id}/members").json()
    assert [set(one) for one in found] == [{"membership_id", "user_id", "display_name", "email", "role"}] * 3
    assert [one["role"] for one in found] == ["owner", "member", "member"]


@pytest.mark.parametrize("workspace_id", ["00000000-0000-4000-8000-000000000000", "no-uuid", "%F0%9F%92%A9"])
def test_members_of_an_unknown_workspace_are_an_empty_list(staff: httpx.Client, workspace_id: str) -> None:
    answer = staff.get(f"/admin/workspaces/{workspace_id}/members")
    assert (answer.status_code, answer.json()) == (200, [])
