"""Verdicts carry the rule ids and the inputs by which the arithmetic can be replayed."""

import json
from datetime import datetime, timedelta

from data.wire import encode
from triage.rules.assess import explain


def told(kit, touches=(), through=None, **fields):
    verdicts = explain(kit.account(**fields), touches, kit.policy, kit.now, through or kit.day)
    return [json.loads(encode(one)) for one in verdicts]


def one(verdicts, rule):
    [found] = [verdict for verdict in verdicts if verdict["rule"] == rule]
    return found["verdict"], found["inputs"]


def moment(text):
    return datetime.fromisoformat(text)


def test_A4_the_projection_can_be_replayed(kit):
    hours = [0.0] * 22 + [1.0, None, 2.0, 1.0, 1.0, 2.0, 1.0, 0.5]
    rooms = [{"hours_used": 6.0, "hours_daily": hours}]
    verdict, inputs = one(told(kit, workspaces=rooms, through=kit.day + timedelta(days=1)), "A4")
    assert verdict == "approaching_cap by projection"
    known = [entry for entry in inputs["hours_daily"] if entry is not None] + [0.0] * inputs["zero_days_after"]
    mean = sum(known[-7:]) / 7
    assert abs(inputs["mean_daily"] - mean) < 1e-12
    days = (inputs["included"] - inputs["used"]) / mean
    assert abs(inputs["days_to_cap"] - days) < 1e-9 and days <= inputs["horizon_days"]
    at = moment(inputs["now"]) + timedelta(days=days)
    assert abs(at - moment(inputs["projected_at"])) < timedelta(milliseconds=1)
    assert at < moment(inputs["cycle_end"])


def test_A4_a_healthy_workspace_shows_why_it_did_not_fire(kit):
    verdict, inputs = one(told(kit), "A4")
    assert (verdict, inputs["ratio"], inputs["near_ratio"], inputs["days_to_cap"]) == (
        "not approaching",
        0.2,
        0.8,
        None,
    )
    assert one(told(kit, workspaces=[{"hours_included": None}]), "A3")[0] == "no cap known"


def test_A2_A3_the_rule_that_decided_is_named(kit):
    blocked = told(kit, tier="pilot", workspaces=[{"hard_block": True}])
    assert one(blocked, "A2")[0] == "pilot_hard_block"
    assert one(told(kit, workspaces=[{"hard_block": True}]), "A2")[0] == "at_cap, stopped"
    verdict, inputs = one(told(kit, workspaces=[{"hours_used": 10.5}]), "A3")
    assert verdict == "at_cap" and inputs["used"] >= inputs["included"]
    both = one(told(kit, workspaces=[{"hours_used": 9.0, "hours_daily": [0.5] * 30}]), "A4")[0]
    assert both == "approaching_cap by ratio and projection"


def test_A5_every_stand_of_a_downgrade(kit):
    def stand(offset, cause="chosen"):
        return one(told(kit, downgraded_at=kit.now + offset, downgrade_cause=cause), "A5")[0]

    assert stand(-timedelta(days=3)) == "recently downgraded"
    assert stand(-timedelta(days=3), "trial_ended") == "trial ended"
    assert stand(-timedelta(days=30), "trial_ended") == "downgraded, not recently"
    assert stand(timedelta(days=1)) == "clock skew"


def test_A8_the_class_can_be_replayed(kit):
    verdict, inputs = one(told(kit), "A8")
    age = (moment(inputs["now"]) - moment(inputs["last_at"])).total_seconds() / 86400
    assert verdict == "frequent" and abs(inputs["age_days"] - age) < 1e-12
    assert inputs["count_30d"] >= inputs["frequent_count"] and age <= inputs["frequent_days"]
    assert one(told(kit, admin_logins=None), "A8") == ("unknown", {"admin_logins": None, "policy": kit.policy.version})


def test_A9_to_A17_speak_when_they_have_something_to_say(kit):
    asleep = {
        "staff_id": "stf_tom",
        "name": "Tom",
        "until": kit.now + timedelta(days=1),
        "reason": None,
        "category": "at_cap",
        "wake_on_worse": True,
    }
    touches = (kit.touch("reset_usage", kit.ago(days=1)),)
    rooms = [{"hours_used": 11.0, "cap_reached_at": kit.ago(days=2)}]
    verdicts = told(
        kit, touches, payment_mode="subscription", snooze=asleep, workspaces=rooms, downgraded_at=kit.now + timedelta(1)
    )
    assert [verdict["rule"] for verdict in verdicts] == [
        *("A1", "A3", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "A12", "A13", "A15", "A16", "A17"),
    ]
    assert one(verdicts, "A11")[0] == "cannot work: grant_trial, change_tier"
    assert one(verdicts, "A17")[0] == "snoozed"
    assert one(verdicts, "A16")[1]["begun"] == (kit.ago(days=2)).isoformat().replace("+00:00", "Z")
    assert {verdict["inputs"]["policy"] for verdict in verdicts} == {kit.policy.version}
    quiet = [verdict["rule"] for verdict in told(kit)]
    assert quiet == ["A1", "A4", "A6", "A7", "A8", "A10"]


def test_A15_a_lock_names_its_workspaces(kit):
    assert one(told(kit, workspaces=[{"locked": True}]), "A15")[1]["workspaces"] == ["ws_1"]
