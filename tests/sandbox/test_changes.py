"""The write path: its order, replays, conflicts that name who moved what, and the receipt."""

import json
import threading
import uuid
from typing import Any

import pytest


def test_an_applied_change_answers_201_with_its_receipt(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    answer = world.post(body)
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"cv-2"'
    said = answer.json()
    assert said.keys() == {"change_id", "account", "receipt"}
    assert said["account"] == world.now(made["id"])
    entry = json.loads(said["receipt"]["raw"])
    assert (entry["change_id"], entry["reason"]) == (body["change_id"], body["audit"]["reason"])
    assert entry["actor"] == {"staff_id": "stf_maya", "name": "Maya Okafor"}
    assert world.client().get(f"/v1/changes/{body['change_id']}").json() == {"outcome": "applied", **said}


def test_a_replay_comes_before_if_match_and_applies_nothing(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    first = world.post(body)
    for version in (1, None, 99):
        again = world.post(body, version=version)
        assert again.status_code == 200
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json() == first.json()
    assert len(world.audit(account_id=made["id"])) == 1


def test_a_replay_by_another_staff_member_is_404(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    world.post(body, "agent")
    assert world.post(body, "lead").status_code == 404
    assert world.post(body, "viewer").status_code == 404
    assert world.client("lead").get(f"/v1/changes/{body['change_id']}").status_code == 404
    assert world.client("agent").get(f"/v1/changes/{body['change_id']}").status_code == 200


def test_the_same_key_with_other_bytes_is_key_reused(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    world.post(body)
    for other in ({**body, "kind": "note", "params": {"text": "x"}}, {**body, "params": {"nonsense": 1}}):
        answer = world.post(other)
        assert (answer.status_code, answer.json()["type"]) == (422, "key-reused")
    respaced = json.dumps(body, indent=1).encode()
    assert world.post(respaced, key=body["change_id"]).json()["type"] == "key-reused"


def test_authorisation_comes_before_if_match(world: Any) -> None:
    made = world.add()
    answer = world.change("change_tier", made, "agent", version=99, params={"tier": "guardian"})
    assert answer.status_code == 403
    assert answer.json()["permission"] == "tier:change"


def test_if_match_comes_before_the_rules(world: Any) -> None:
    made = world.add()
    assert world.change("reset_usage", made, reason="short").json()["type"] == "rule"
    assert world.change("reset_usage", made, version=9, reason="short").status_code == 412


def test_a_remedy_without_if_match_is_428_and_a_record_needs_none(world: Any) -> None:
    made = world.add()
    answer = world.change("reset_usage", made, version=None)
    assert (answer.status_code, answer.json()["moved"]) == (428, [])
    assert world.change("note", made, version=None, params={"text": "hello"}).status_code == 201


@pytest.mark.parametrize("tag", ["1", "*", 'W/"cv-1"', '"cv-"', '"cv-1", "cv-2"'])
def test_if_match_of_another_form_is_400(world: Any, tag: str) -> None:
    body = world.body("reset_usage", world.add())
    headers = {"Idempotency-Key": body["change_id"], "If-Match": tag}
    assert world.client().post("/v1/changes", json=body, headers=headers).status_code == 400


def test_a_conflict_names_what_moved_by_whom_when_and_why(world: Any) -> None:
    made = world.add()
    reset = world.body("reset_usage", made, reason="Blocked in the middle of a session")
    world.post(reset, "agent")
    world.change("log_contact", made, version=None, params={"channel": "phone", "outcome": "reached"})
    discount = world.body("apply_discount", made, params={"kind": "scholarship", "percent": 10})
    world.post(discount, "lead", version=2)
    answer = world.change("reset_usage", made, version=1)
    assert answer.status_code == 412
    assert answer.headers["ETag"] == '"cv-3"'
    moved = {one["field"]: one for one in answer.json()["moved"]}
    assert moved.keys() == {
        "workspace.hours_used",
        "workspace.usage_reset_at",
        "workspace.locked",
        "workspace.hard_block",
        "workspace.blocked_since",
        "workspace.cap_reached_at",
        "discount",
    }
    hours = moved["workspace.hours_used"]
    assert (hours["from"], hours["to"], hours["name"], hours["staff_id"]) == (10.2, 0.0, "Tom Reyes", "stf_tom")
    assert hours["reason"] == "Blocked in the middle of a session"
    assert hours["change_id"] == reset["change_id"]
    assert hours["at"] == world.audit(account_id=made["id"])[0]["applied_at"]
    assert moved["discount"]["to"] == {"kind": "scholarship", "percent": 10}
    since_two = world.change("reset_usage", made, version=2).json()["moved"]
    assert [one["field"] for one in since_two] == ["discount"]


def test_records_move_seq_but_never_version(world: Any) -> None:
    made = world.add()
    assert world.change("claim", made, "agent", version=None, params={"minutes": 60}).json()["account"]["version"] == 1
    now = world.now(made["id"])
    assert now["seq"] > made["seq"]
    assert world.change("reset_usage", made, version=1).status_code == 201


def test_a_whole_number_may_be_written_as_a_float(world: Any) -> None:
    # found by schemathesis: to the document's JSON Schema 65.0 is an integer
    made = world.add()
    for minutes, status in ((65.0, 201), (65.5, 422), (True, 422), ("65", 422), (1e300, 422)):
        assert world.change("claim", made, "agent", version=None, params={"minutes": minutes}).status_code == status


def test_a_taken_dedupe_key_is_already_done(world: Any) -> None:
    made = world.add()
    key = f"monitor:{made['id']}:2026-11-20"
    params = {"stage": "intent", "channel": "email"}
    first = world.body("log_outreach", made, params=params, dedupe_key=key)
    assert world.post(first, "agent", None).status_code == 201
    answer = world.change("log_outreach", made, "lead", None, params=params, dedupe_key=key)
    said = answer.json()
    assert (answer.status_code, said["type"]) == (409, "already-done")
    assert said["detail"] == f"done by Tom Reyes at {said['at']}"
    assert said["change_id"] == first["change_id"]
    assert world.post(first, "agent", None).status_code == 200


def test_a_refused_change_id_may_be_used_again(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made, reason="short")
    assert world.post(body).status_code == 422
    body["audit"]["reason"] = "Long enough to be a reason"
    assert world.post(body).status_code == 201


def test_one_of_two_simultaneous_deliveries_applies(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(world.post(body).status_code)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 5 + [201]
    assert len(world.audit(account_id=made["id"])) == 1


def test_of_two_writers_on_one_version_one_wins(world: Any) -> None:
    made = world.add()
    bodies = [world.body("apply_discount", made, params={"kind": "scholarship", "percent": n}) for n in range(1, 7)]
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda b=b: statuses.append(world.post(b).status_code)) for b in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [412] * 5
    assert world.now(made["id"])["version"] == 2


def test_the_idempotency_key_is_the_change_id(world: Any) -> None:
    body = world.body("reset_usage", world.add())
    assert world.post(body, key=str(uuid.uuid4())).status_code == 400
    answer = world.client().post("/v1/changes", json=body, headers={"If-Match": '"cv-1"'})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("over", "pointer"),
    [
        ({"extra": 1}, "/extra"),
        ({"kind": "delete_everything"}, "/kind"),
        ({"change_id": "not-a-uuid"}, "/change_id"),
        ({"account_id": ""}, "/account_id"),
        ({"account_id": 7}, "/account_id"),
        ({"params": None}, "/params"),
        ({"params": {"surprise": 1}}, "/params/surprise"),
        ({"workspace_id": None}, "/workspace_id"),
        ({"audit": {"reason": "x", "authored_at": "yesterday", "client": "t"}}, "/audit/authored_at"),
        ({"audit": {"authored_at": "2026-11-21T10:00:00Z", "client": "t", "ip": "::1"}}, "/audit/ip"),
    ],
)
def test_fields_that_do_not_fit_are_422_with_a_pointer(world: Any, over: dict[str, Any], pointer: str) -> None:
    body = {**world.body("reset_usage", world.add()), **over}
    if "audit" in over:
        body["audit"] = over["audit"]
    answer = world.post(body)
    assert answer.status_code == 422
    assert answer.json()["type"] == "invalid"
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]


def test_another_accounts_workspace_is_gone(world: Any) -> None:
    made, other = world.add(), world.add()
    answer = world.change("reset_usage", made, workspace_id=other["workspaces"][0]["id"])
    assert answer.status_code == 404
    assert world.audit(account_id=made["id"]) == []
