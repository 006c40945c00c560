"""Every role × every kind, generated from the server's own tables; denials leave an entry."""

from typing import Any

import pytest
from kit.orders import CASE, PARAMS

from triage.sandbox.permissions import KINDS, ROLES

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
