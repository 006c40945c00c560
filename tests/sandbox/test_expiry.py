"""What ends by itself: trials, claims, snoozes, looked at from a server whose clock is ahead."""

from datetime import UTC, datetime, timedelta
from typing import Any

DAY = 86400.0


def test_a_trial_runs_out_by_itself(launch: Any) -> None:
    own = launch()
    granted = own.change("grant_trial", "acc_0", params={"tier": "guardian", "months": 1}).json()["account"]
    own.running.stop()
    later = launch(clock_offset=30 * DAY + 60)
    now = later.now("acc_0")
    assert (now["tier"], now["tier_expires_at"]) == ("free", None)
    marks = (now["downgraded_at"], now["downgraded_from"], now["downgrade_cause"])
    assert marks == (granted["tier_expires_at"], "guardian", "trial_ended")
    assert (now["version"], now["workspaces"][0]["hours_included"]) == (3, 1.0)
    assert now["seq"] > granted["seq"]
    entry = later.audit(account_id="acc_0")[-1]
    assert entry["actor"] == {"staff_id": "system", "name": "system"}
    assert (entry["action"], entry["change_id"], entry["outcome"]) == ("trial_expired", None, "applied")
    assert entry["reason"] == f"The trial of guardian ran out on {granted['tier_expires_at']}."
    assert entry["after"]["tier"] == "free"
    later.now("acc_0")
    assert [one["action"] for one in later.audit(account_id="acc_0")][1:] == ["grant_trial", "trial_expired"]


def test_an_expiry_is_a_conflict_named_system(launch: Any) -> None:
    own = launch()
    own.change("grant_trial", "acc_0", params={"tier": "guardian"})
    own.running.stop()
    later = launch(clock_offset=31 * DAY)
    answer = later.change("change_tier", "acc_0", version=2, params={"tier": "innovator"})
    assert answer.status_code == 412
    tier = next(one for one in answer.json()["moved"] if one["field"] == "tier")
    assert (tier["from"], tier["to"], tier["name"], tier["change_id"]) == ("guardian", "free", "system", None)


def test_a_running_trial_stays(launch: Any) -> None:
    own = launch()
    own.change("grant_trial", "acc_0", params={"tier": "guardian"})
    own.running.stop()
    later = launch(clock_offset=30 * DAY - 60)
    assert later.now("acc_0")["tier"] == "guardian"


def test_expiry_needs_no_request_about_the_account(launch: Any) -> None:
    own = launch()
    last = own.client().get("/v1/accounts").json()["next_after"]
    soon = (datetime.now(UTC) + timedelta(seconds=1.2)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    own.add(id="acc_trial", tier="guardian", tier_expires_at=soon)
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    with own.database.reading() as connection:
        before = connection.execute("SELECT count(*) AS n FROM audit").fetchone()["n"]
    count = before
    while count == before and datetime.now(UTC) < deadline:
        with own.database.reading() as connection:
            count = connection.execute("SELECT count(*) AS n FROM audit").fetchone()["n"]
    assert count == before + 1
    page = own.client().get("/v1/accounts", params={"after": last}).json()
    assert [(one["id"], one["tier"]) for one in page["accounts"]] == [("acc_trial", "free")]


def test_claims_and_snoozes_end_and_move_seq_not_version(launch: Any) -> None:
    own = launch()
    own.change("claim", "acc_0", version=None, params={"minutes": 60})
    until = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    held = own.change("snooze", "acc_0", version=None, params={"until": until}).json()["account"]
    own.running.stop()
    hour = launch(clock_offset=3700)
    now = hour.now("acc_0")
    assert (now["claim"], now["snooze"], now["version"]) == (None, held["snooze"], 1)
    assert now["seq"] > held["seq"]
    assert hour.change("claim", "acc_0", "agent", None, params={"minutes": 5}).status_code == 201
    hour.running.stop()
    assert launch(clock_offset=3 * DAY).now("acc_0")["snooze"] is None
