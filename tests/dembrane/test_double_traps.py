"""The double lays every trap that was seen on the running server."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from dembrane import names
from dembrane.asking import ACCOUNT, ROW, WHY, account, discount, promote, reset, rollup, row, tier, trial
from dembrane.double import Double


# --- 1: an outage looks like "all clear" ---
def test_an_empty_store_is_200_with_nothing_in_it(double: Double, staff: httpx.Client) -> None:
    double.degrade(["empty"])
    assert (rollup(staff)["accounts"], rollup(staff)["rows"]) == ([], [])
    answer = staff.get("/admin/at-risk")
    assert (answer.status_code, answer.json()) == (200, [])


def test_a_store_without_hours_guts_the_at_risk_list(double: Double, staff: httpx.Client) -> None:
    well = staff.get("/admin/at-risk").json()
    double.degrade(["no_hours"])
    left = staff.get("/admin/at-risk").json()
    assert {one["audio_hours"] for one in rollup(staff)["rows"]} == {0}
    assert {one["reason"] for one in left} == {"recently_downgraded"} and 0 < len(left) < len(well)


def test_a_store_without_seats_counts_nobody_and_bills_nothing(double: Double, staff: httpx.Client) -> None:
    double.degrade(["no_seats"])
    found = rollup(staff)
    assert {one["seat_count"] for one in found["rows"] + found["accounts"]} == {0}
    assert account(staff, double.book.cases["pooled_1"])["total_forecast_eur"] == 0


def test_a_store_without_names_sends_empty_ones(double: Double, staff: httpx.Client) -> None:
    double.degrade(["no_org_names"])
    found = rollup(staff)
    assert {one["org_name"] for one in found["rows"] + found["accounts"]} == {""}


def test_a_degraded_answer_carries_no_flag(double: Double, staff: httpx.Client) -> None:
    well = rollup(staff)
    double.degrade(["no_hours", "no_seats", "no_org_names"])
    found = rollup(staff)
    assert list(found) == list(well)
    assert (list(found["rows"][0]), list(found["accounts"][0])) == (ROW, ACCOUNT)


def test_an_outage_is_slow(double: Double, staff: httpx.Client) -> None:
    double.degrade(["no_hours"], slow=0.3)
    assert staff.get("/admin/billing-rollup").elapsed.total_seconds() >= 0.3
    assert staff.get("/admin/at-risk").elapsed.total_seconds() >= 0.3


def test_a_degraded_answer_is_cached_too(double: Double, staff: httpx.Client) -> None:
    double.degrade(["empty"])
    rollup(staff)
    double.state.degraded = frozenset()
    double.clock.move(seconds=299)
    assert rollup(staff)["rows"] == []
    double.clock.move(seconds=1)
    assert rollup(staff)["rows"]


# --- 2: a 500 does not mean that nothing happened ---
def test_a_500_after_the_write(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["guardian"]
    double.fault("fail_after", "/tier")
    assert tier(staff, case, "innovator").status_code == 500
    assert case.account.tier == "innovator"


def test_a_500_before_the_write(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["guardian"]
    double.fault("fail_before", "/tier")
    assert tier(staff, case, "innovator").status_code == 500
    assert case.account.tier == "guardian"


@pytest.mark.parametrize(("kind", "resets"), [("hang_before", 0), ("hang_after", 1)])
def test_a_hanging_store_answers_500_in_the_end(double: Double, staff: httpx.Client, kind: str, resets: int) -> None:
    case = double.book.cases["at_cap"]
    double.fault(kind, "/reset-usage", seconds=0.3)
    answer = reset(staff, case)
    assert answer.status_code == 500 and answer.elapsed.total_seconds() >= 0.3
    assert case.resets == resets


def test_who_does_not_wait_does_not_know(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    double.fault("hang_after", "/reset-usage")
    staff.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        reset(staff, case)
    assert case.resets == 1


def test_the_server_may_repeat_a_write_three_times(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    double.fault("repeat", "/reset-usage")
    assert reset(staff, case).status_code == 200
    assert case.resets == 3 and len(double.received("/reset-usage")) == 1


# --- 3: parallel tier changes ---
def test_parallel_equal_tier_changes_all_say_upgrade_and_notify(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["quiet"]
    double.gather(3)
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda new: tier(staff, case, new).json(), ["guardian"] * 3))
    assert [(one["previous_tier"], one["direction"]) for one in answers] == [("free", "upgrade")] * 3
    assert double.book.notified == [case.members[0].person.email] * 3


def test_parallel_different_tier_changes_both_say_200(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["quiet"]
    double.gather(2)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda new: tier(staff, case, new), ("guardian", "innovator")))
    assert [one.status_code for one in answers] == [200, 200]
    assert {one.json()["previous_tier"] for one in answers} == {"free"}
    assert case.account.tier in ("guardian", "innovator")


def test_parallel_writes_of_all_kinds_are_all_done(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    double.fault("delay", "/admin/", method="POST", times=8, seconds=0.1)
    together = threading.Barrier(8)

    def write(number: int) -> int:
        together.wait()
        return (reset(staff, case) if number % 2 else trial(staff, case)).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, range(8))) == [200] * 8
    assert case.resets == 4 and len(double.writes) == 8


# --- 4, 5, 6 and 7 stand with the writes ---
# --- 8: names come through raw ---
@pytest.mark.parametrize("key", names.HOSTILE)
def test_names_come_through_raw(double: Double, staff: httpx.Client, key: str) -> None:
    found = row(staff, double.book.cases[f"hostile_{key}"])
    assert (found["workspace_name"], found["org_name"]) == (names.HOSTILE[key], names.HOSTILE[key])


def test_there_is_a_name_of_every_hostile_kind() -> None:
    every = "".join(names.HOSTILE.values())
    assert all(character in every for character in "\x1b\n\r\u202e\u200b\x00\x9b")
    assert any(len(name) == 250 for name in names.HOSTILE.values())
    assert any(name.startswith("=HYPERLINK") for name in names.HOSTILE.values())


# --- 9: forms of errors ---
def test_500_may_be_plain_text(double: Double, staff: httpx.Client) -> None:
    double.fault("fail_after", "/grant-trial")
    answers = [trial(staff, double.book.cases["quiet"])]
    double.state.plain_errors = True
    answers.append(tier(staff, double.book.cases["quiet"], "pioneer"))
    for answer in answers:
        assert (answer.status_code, answer.text) == (500, "Internal Server Error")
        assert answer.headers["content-type"].startswith("text/plain")


def test_422_is_an_array_that_echoes_the_reason(double: Double, staff: httpx.Client) -> None:
    secret = "Their budget was cut, said Ms Example. " * 20
    (error,) = reset(staff, double.book.cases["quiet"], secret).json()["detail"]
    assert set(error) == {"type", "loc", "msg", "input"}
    assert (error["loc"], error["input"]) == (["body", "reason"], secret)


# --- 10: order of refusals, redirects ---
def test_validation_comes_before_the_staff_check(double: Double, staff: httpx.Client) -> None:
    staff.headers["Authorization"] = f"Bearer {double.token('nils@customer.example')}"
    case = double.book.cases["quiet"]
    assert tier(staff, case, "gold").status_code == 422
    assert tier(staff, case, "guardian").status_code == 403


def test_a_trailing_slash_is_a_307_to_an_absolute_http_address(double: Double, staff: httpx.Client) -> None:
    for path in ("/me/", "/admin/billing-rollup/", "/admin/at-risk/"):
        answer = staff.get(path)
        assert answer.status_code == 307
        assert answer.headers["location"] == f"{double.url}/api/v2{path.rstrip('/')}"
        assert answer.headers["location"].startswith("http://")


# --- 11: size; unknown ids on members stand with the reading ---
def test_a_workspace_weighs_about_3_kb_and_gzip_shrinks_it(double: Double, staff: httpx.Client) -> None:
    answer = staff.get("/admin/billing-rollup")
    assert 2300 < len(answer.content) / len(double.book.workspaces) < 3300
    assert answer.num_bytes_downloaded * 5 < len(answer.content)


# --- 12: soft-deleted accounts ---
def test_a_soft_deleted_account_is_read_but_not_written(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["soft_deleted"]
    assert account(staff, case)["workspace_count"] == 1
    answers = [discount(staff, case, percent_discount=5), trial(staff, case), tier(staff, case, "guardian")]
    assert [one.status_code for one in answers] == [404] * 3
    assert case.account.tier == "free" and case.account.percent_discount is None


# --- connections ---
def test_there_is_no_rate_limit(staff: httpx.Client) -> None:
    assert {staff.get("/me").status_code for _ in range(100)} == {200}


def test_a_connection_dropped_before_the_write(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    double.fault("drop_before", "/reset-usage")
    with pytest.raises(httpx.TransportError):
        reset(staff, case)
    assert case.resets == 0
    assert reset(staff, case).status_code == 200


def test_a_connection_dropped_after_the_write(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["pooled_1"]
    double.fault("drop_after", "/change-admin")
    with pytest.raises(httpx.TransportError):
        promote(staff, case, case.members[1].membership_id)
    assert case.members[1].role == "admin"
    (came,) = double.writes
    assert (came.status, came.fault, came.json) == (
        None,
        "drop_after",
        {"membership_id": case.members[1].membership_id},
    )


def test_a_delay_only_takes_time(double: Double, staff: httpx.Client) -> None:
    double.fault("delay", "/me", seconds=0.2)
    answer = staff.get("/me")
    assert answer.status_code == 200 and answer.elapsed.total_seconds() >= 0.2


def test_faults_hit_what_they_name_and_then_stop(double: Double, staff: httpx.Client) -> None:
    case = double.book.cases["at_cap"]
    double.fault("fail_before", "/tier", method="PATCH", times=2)
    assert reset(staff, case, WHY).status_code == 200
    assert [tier(staff, case, "guardian").status_code for _ in range(3)] == [500, 500, 200]
    double.fault("fail_before")
    double.well()
    assert staff.get("/me").status_code == 200
