"""--faults: each kind does what it says, and a change goes through exactly once in spite of all of them."""

from typing import Any

import httpx
import pytest

from triage.sandbox.faults import BadSpec, Faults


def test_a_connection_dropped_before_leaves_nothing(launch: Any) -> None:
    own = launch(faults="drop_before=1,path=/v1/changes")
    body = own.body("note", "acc_0", params={"text": "x"})
    with pytest.raises(httpx.TransportError):
        own.post(body, version=None)
    assert len(own.audit()) == 3


def test_a_connection_dropped_after_leaves_the_change(launch: Any) -> None:
    own = launch(faults="drop_after=1,path=/v1/changes")
    body = own.body("note", "acc_0", params={"text": "x"})
    with pytest.raises(httpx.TransportError):
        own.post(body, version=None)
    assert own.audit()[-1]["change_id"] == body["change_id"]


def test_a_truncated_answer_never_ends(launch: Any) -> None:
    own = launch(faults="truncate=1:0.3,path=/v1/accounts")
    for accept in ("application/json", "application/x-ndjson"):
        with pytest.raises(httpx.TransportError):
            own.client().get("/v1/accounts", headers={"Accept": accept})


@pytest.mark.parametrize(
    ("spec", "status", "kind", "retry_after"),
    [
        ("error=1", 503, "application/problem+json", None),
        ("error=1:500", 500, "application/problem+json", None),
        ("too_many=1:7", 429, "application/problem+json", "7"),
        ("html=1", 502, "text/html; charset=utf-8", None),
    ],
)
def test_refusals_on_demand(launch: Any, spec: str, status: int, kind: str, retry_after: str | None) -> None:
    own = launch(faults=spec + ",path=/v1/changes")
    answer = own.change("note", "acc_0", version=None, params={"text": "x"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    assert answer.headers.get("retry-after") == retry_after
    assert len(own.audit()) == (4 if spec == "html=1" else 3)


def test_a_duplicated_request_is_answered_as_a_replay(launch: Any) -> None:
    own = launch(faults="duplicate=1")
    answer = own.change("reset_usage", {"id": "acc_0", "workspaces": [{"id": "ws_acc_0"}]})
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert [entry["action"] for entry in own.audit()][3:] == ["reset_usage"]
    streamed = own.client().get("/v1/accounts", headers={"Accept": "application/x-ndjson"})
    assert streamed.status_code == 200 and b"next_after" in streamed.content.splitlines()[-1]


def test_delay_waits(launch: Any) -> None:
    own = launch(faults="delay=1:0.4,path=/v1/me")
    assert own.client().get("/v1/me").elapsed.total_seconds() >= 0.4


def test_health_is_always_well(launch: Any) -> None:
    own = launch(faults="error=1,drop_before=1")
    assert own.client("nobody").get("/v1/health").status_code == 200


def test_through_all_of_them_each_change_lands_once(launch: Any) -> None:
    spec = "delay=0.05:0.01,drop_before=0.1,drop_after=0.15,error=0.1,html=0.1,truncate=0.1,duplicate=0.1,seed=3"
    own = launch(faults=spec + ",path=/v1/changes")
    bodies = [own.body("note", f"acc_{n % 3}", params={"text": f"note {n}"}) for n in range(40)]
    for body in bodies:
        for _ in range(50):
            try:
                if own.post(body, version=None).status_code in (200, 201):
                    break
            except httpx.TransportError:
                continue
    assert [entry["change_id"] for entry in own.audit()[3:]] == [body["change_id"] for body in bodies]


def test_the_same_seed_draws_the_same_faults() -> None:
    spec = "delay=0.3,error=0.3,seed=11"
    first, second = Faults.parse(spec), Faults.parse(spec)
    assert [first.draw() for _ in range(50)] == [second.draw() for _ in range(50)]


@pytest.mark.parametrize("spec", ["nonsense=1", "delay=x", "delay", "delay=0.1:x", "seed=x"])
def test_an_unreadable_spec_is_refused(spec: str) -> None:
    with pytest.raises(BadSpec, match="cannot read"):
        Faults.parse(spec)
