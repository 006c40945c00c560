"""Every role × every kind, generated from the server's own tables; denials leave an entry."""

from typing import Any

import pytest

from triage.sandbox.permissions import KINDS, ROLES

PARAMS: dict[str, dict[str, Any]] = {
    "grant_trial": {"tier": "changemaker", "months": 1},
    "apply_discount": {"kind": "scholarship", "percent": 20},
    "change_tier": {"tier": "guardian"},
    "change_admin": {"membership_id": "mem_3"},
    "log_contact": {"channel": "phone", "outcome": "reached", "note": "will call back"},
    "log_outreach": {
        "stage": "sent",
        "channel": "email",
        "contact": "usr_3",
        "subject": "Checking in",
        "template": "check-in",
        "follow_up_at": "2027-01-01T00:00:00Z",
    },
    "log_reply": {"outreach_id": "x"},
    "open_case": {"kind": "recovery", "causes": ["usage"]},
    "update_case": {"case_id": "case_1", "step": "assessed"},
    "record_assessment": {"leaf": "HEALTHY", "answers": {"Q1": "yes"}, "tree_hash": "abc"},
    "set_flag": {"flag": "complex", "on": True},
    "claim": {"minutes": 60},
    "snooze": {"until": "2099-01-01T00:00:00Z", "wake_on_worse": True, "category": "at_cap"},
    "note": {"text": "hello"},
}
CASE: dict[str, Any] = {
    "id": "case_1",
    "kind": "red",
    "opened_at": "2026-11-01T00:00:00Z",
    "owner": None,
    "root_cause": None,
    "designated_at": "2026-11-01T00:00:00Z",
    **dict.fromkeys(
        [
            f"{step}_at"
            for step in ("assessed", "root_cause", "planned", "reviewed", "intervened", "recovered", "closed")
        ]
    ),
    "outcome": None,
    "causes": [],
}
CELLS = [(role, kind) for role in ROLES for kind in KINDS]


@pytest.mark.parametrize(("role", "kind"), CELLS)
def test_role_by_kind(world: Any, role: str, kind: str) -> None:
    made = world.add(case=CASE if kind == "update_case" else None)
    body = world.body(kind, made, params=PARAMS.get(kind, {}))
    answer = world.post(body, role)
    entries = world.audit(account_id=made["id"])
    if KINDS[kind] in ROLES[role].permissions:
        assert answer.status_code == 201, answer.text
        assert [entry["outcome"] for entry in entries] == ["applied"]
        assert entries[0]["permissions"] == list(ROLES[role].permissions)
        return
    said = answer.json()
    assert (answer.status_code, said["type"], said["permission"]) == (403, "forbidden", KINDS[kind])
    assert KINDS[kind] in said["detail"]
    assert [(entry["outcome"], entry["after"]) for entry in entries] == [("denied", None)]
    assert entries[0]["change_id"] == body["change_id"]
    assert world.now(made["id"]) == made


@pytest.mark.parametrize(
    ("role", "percent", "status"),
    [("agent", 20, 201), ("agent", 20.5, 403), ("agent", 100, 403), ("lead", 20.5, 201), ("lead", 100, 201)],
)
def test_a_discount_above_the_limit_needs_the_high_permission(
    world: Any, role: str, percent: float, status: int
) -> None:
    made = world.add()
    answer = world.change("apply_discount", made, role, params={"kind": "staff_discount", "percent": percent})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["permission"] == "discount:write:high"
        assert world.audit(account_id=made["id"])[0]["outcome"] == "denied"


def test_a_denied_change_sent_twice_is_one_entry(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    assert [world.post(body, "viewer").status_code for _ in range(2)] == [403, 403]
    assert len(world.audit(account_id=made["id"])) == 1


def test_a_denied_change_id_stays_free_for_who_may(world: Any) -> None:
    made = world.add()
    body = world.body("reset_usage", made)
    assert world.post(body, "viewer").status_code == 403
    assert world.post(body, "lead").status_code == 201


ROUTES = ["me", "accounts", "accounts/acc_0", "workspaces/ws_acc_0/members", "changes/x", "audit", "audit/head", "keys"]


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic dTpw", "Bearer", ""])
def test_every_route_but_health_wants_a_token(world: Any, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = world.client("nobody").get(f"/v1/{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["type"] == "unauthenticated"


def test_viewers_read_everything(world: Any) -> None:
    statuses = {path: world.client("viewer").get(f"/v1/{path}").status_code for path in ROUTES}
    assert statuses == {path: 404 if path == "changes/x" else 200 for path in ROUTES}
