"""The records: what each leaves on the account, claims between colleagues, the life of a case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest


def record(world: Any, made: Any, kind: str, role: str = "agent", status: int = 201, **over: Any) -> dict[str, Any]:
    answer = world.change(kind, made, role, None, **over)
    assert answer.status_code == status, answer.text
    said: dict[str, Any] = answer.json()
    return said["account"] if status == 201 else said


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("log_contact", {"channel": "phone", "outcome": "reached", "note": "calls back"}),
        ("log_outreach", {"stage": "sent", "channel": "email", "contact": "usr_1", "subject": "Hello"}),
        ("log_reply", {"outreach_id": "x"}),
        ("record_assessment", {"leaf": "HEALTHY", "answers": {"Q1": "yes"}, "tree_hash": "abc"}),
        ("note", {"text": "a note"}),
    ],
)
def test_a_record_without_a_field_lives_in_the_audit_trail(world: Any, kind: str, params: dict[str, Any]) -> None:
    made = world.add()
    now = record(world, made, kind, params=params, reason=None)
    assert {**now, "seq": made["seq"], "updated_at": made["updated_at"]} == made
    assert now["seq"] > made["seq"]
    entry = world.audit(account_id=made["id"])[0]
    assert (entry["action"], entry["before"], entry["after"], entry["reason"]) == (kind, {}, params, None)


def test_a_claim_holds_off_colleagues_but_not_leads(world: Any) -> None:
    made = world.add()
    mine = record(world, made, "claim", params={"minutes": 60})["claim"]
    assert (mine["staff_id"], mine["name"]) == ("stf_tom", "Tom Reyes")
    longer = record(world, made, "claim", params={"minutes": 120})["claim"]
    assert longer["until"] > mine["until"]
    theirs = record(world, made, "claim", "lead", params={"minutes": 30})["claim"]
    assert theirs["staff_id"] == "stf_maya"
    for kind, params in (("claim", {"minutes": 60}), ("release", {})):
        refusal = record(world, made, kind, "agent", 422, params=params)
        assert refusal["type"] == "claimed"
        assert refusal["detail"] == f"claimed by Maya Okafor until {theirs['until']}"
    assert record(world, made, "release", "lead")["claim"] is None
    entry = world.audit(account_id=made["id"])[-1]
    assert (entry["before"], entry["after"]) == ({"claim": theirs}, {"claim": None})


def test_leads_release_anothers_claim(world: Any) -> None:
    made = world.add()
    record(world, made, "claim", params={"minutes": 60})
    assert record(world, made, "release", "lead")["claim"] is None


def test_A17_snooze_is_for_the_whole_team_and_needs_a_reason(world: Any) -> None:
    made = world.add()
    until = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    params = {"until": until, "wake_on_worse": True, "category": "at_cap"}
    now = record(world, made, "snooze", params=params, reason="On holiday")
    who = {"staff_id": "stf_tom", "name": "Tom Reyes", "reason": "On holiday"}
    assert now["snooze"] == {**params, **who}
    assert record(world, made, "snooze", status=422, params=params, reason=None)["type"] == "rule"
    past = {**params, "until": "2020-01-01T00:00:00Z"}
    assert record(world, made, "snooze", status=422, params=past)["errors"][0]["pointer"] == "/params/until"


def test_flags_stand_once(world: Any) -> None:
    made = world.add()
    for _ in range(2):
        assert record(world, made, "set_flag", params={"flag": "complex", "on": True})["flags"] == ["complex"]
    assert record(world, made, "set_flag", params={"flag": "complex", "on": False})["flags"] == []


def test_a_case_from_opening_to_reopening(world: Any) -> None:
    made = world.add()
    case = record(world, made, "open_case", params={"kind": "recovery", "causes": ["usage"]})["case"]
    assert (case["kind"], case["owner"], case["designated_at"]) == ("recovery", "Maya Okafor", None)
    assert record(world, made, "open_case", status=422, params={"kind": "recovery"})["type"] == "rule"
    red = record(world, made, "open_case", params={"kind": "red", "causes": ["usage", "support"]})["case"]
    assert (red["id"], red["kind"], red["causes"]) == (case["id"], "red", ["usage", "support"])
    assert red["designated_at"] is not None
    assert record(world, made, "open_case", status=422, params={"kind": "red"})["type"] == "rule"

    def update(**params: Any) -> dict[str, Any]:
        found: dict[str, Any] = record(world, made, "update_case", params={"case_id": case["id"], **params})["case"]
        return found

    for step in ("assessed", "root_cause", "planned", "reviewed", "intervened", "recovered"):
        assert update(step=step)[f"{step}_at"] is not None
    assert update(root_cause="adoption", owner="Tom Reyes")["root_cause"] == "adoption"
    closed = update(closed=True, outcome="recovered")
    assert (closed["closed_at"] is not None, closed["outcome"], closed["owner"]) == (True, "recovered", "Tom Reyes")
    again = update(closed=False)
    assert (again["closed_at"], again["outcome"], again["recovered_at"]) == (None, None, None)
    assert again["assessed_at"] is not None


def test_R10_the_four_steps_are_written_once_per_episode(world: Any) -> None:
    made = world.add()
    case = record(world, made, "open_case", params={"kind": "red", "causes": []})["case"]
    for step in ("task", "manager", "sales", "executive"):
        key = f"red:{made['id']}:1:{step}"
        params = {"case_id": case["id"], "step": step}
        assert record(world, made, "update_case", params=params, dedupe_key=key)["case"] == case
        assert record(world, made, "update_case", "lead", 409, params=params, dedupe_key=key)["type"] == "already-done"


def test_case_guards(world: Any) -> None:
    made = world.add()
    refusal = record(world, made, "update_case", status=422, params={"case_id": "case_none", "closed": True})
    assert refusal["errors"][0]["pointer"] == "/params/case_id"
    case = record(world, made, "open_case", params={"kind": "recovery", "causes": []})["case"]
    refusal = record(world, made, "update_case", status=422, params={"case_id": case["id"], "closed": False})
    assert refusal["errors"][0]["pointer"] == "/params/closed"


def test_a_closed_case_makes_room_for_a_new_one(world: Any) -> None:
    made = world.add()
    first = record(world, made, "open_case", params={"kind": "recovery", "causes": []})["case"]
    record(world, made, "update_case", params={"case_id": first["id"], "closed": True})
    assert record(world, made, "open_case", params={"kind": "red", "causes": []})["case"]["id"] != first["id"]
