"""Role × action × limit from the server's own table, over real HTTP, and the client's judgement beside it."""

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from kit.orders import CASE, PARAMS

from data.account import Account
from data.backends.native import NativeBackend
from data.remedy import Change, Order, Preview, State
from triage.policy import load_policy
from triage.rules import guards, remedies
from triage.sandbox.permissions import HIGH_DISCOUNT, KINDS, REMEDIES, ROLES

POLICY = load_policy()
ON_WORKSPACE = ("reset_usage", "change_admin")
STAFF = {"viewer": "stf_vera", "agent": "stf_tom", "lead": "stf_maya"}
LATER = "2099-01-01T00:00:00Z"


class Cell(NamedTuple):
    """Who does what on which account, and what the table and the contract say to it."""

    role: str
    kind: str
    params: dict[str, Any]
    claimed_by: str | None
    if_match: str
    status: int
    missing: str | None


def discounts(role: str) -> Iterator[tuple[float, str | None]]:
    """Percentages around every role's limit, with the permission that is missing for them."""
    rights = ROLES[role]
    for limit in sorted({one.discount_limit for one in ROLES.values()}):
        for percent in (limit - 0.1, float(limit), limit + 0.1):
            if 0 <= percent <= 100:
                over = percent > rights.discount_limit and HIGH_DISCOUNT not in rights.permissions
                yield round(percent, 1), HIGH_DISCOUNT if over else None


def cells() -> Iterator[Cell]:
    """Every cell."""
    for role, rights in ROLES.items():
        for kind, needed in KINDS.items():
            lacks = None if needed in rights.permissions else needed
            for params, over in _params(role, kind):
                missing = lacks or over
                for if_match in ("right", "missing", "stale"):
                    for claimed_by in (None, STAFF[role], "stf_other"):
                        status = 403 if missing else _allowed(kind, if_match, claimed_by, rights.takes_over_claims)
                        yield Cell(role, kind, params, claimed_by, if_match, status, missing)


def _params(role: str, kind: str) -> Iterator[tuple[dict[str, Any], str | None]]:
    if kind != "apply_discount":
        yield PARAMS.get(kind, {}), None
        return
    yield {"clear": True}, None
    for percent, over in discounts(role):
        yield {"kind": "staff_discount", "percent": percent}, over


def _allowed(kind: str, if_match: str, claimed_by: str | None, takes_over: bool) -> int:
    if kind in REMEDIES and if_match != "right":
        return {"missing": 428, "stale": 412}[if_match]
    return 422 if kind in ("claim", "release") and claimed_by == "stf_other" and not takes_over else 201


def prepared(world: Any, cell: Cell) -> Any:
    """An account on which the cell's change would do something."""
    claim = cell.claimed_by and {"staff_id": cell.claimed_by, "name": "Somebody", "until": LATER}
    discount = {"kind": "scholarship", "percent": 55.5} if cell.kind == "apply_discount" else None
    case = CASE if cell.kind == "update_case" else None
    return world.add(case=case, claim=claim, discount=discount)


def judged(backend: NativeBackend, cell: Cell, account: Any) -> bool:
    """Whether the client's form forbids it to this role."""
    me, known = backend.identity(), backend.account(account["id"]).account
    if cell.kind not in REMEDIES:
        return bool(guards.permission(cell.kind, me.permissions))
    space = account["workspaces"][0]["id"] if cell.kind in ON_WORKSPACE else None
    members = backend.members(space) if space else None
    order = Order(cell.kind, account["id"], space, cell.params)
    shown = remedies.preview(order, known, members, me.permissions, me.discount_limit, POLICY, datetime.now(UTC))
    blocking = [guard for guard in shown.guards if guard.blocking]
    assert all(guard.rule == guards.PERMISSION for guard in blocking), blocking
    if cell.missing is not None:
        assert any(cell.missing in guard.message for guard in blocking)
    return shown.blocked


@pytest.fixture(scope="module")
def backends(world: Any) -> Iterator[dict[str, NativeBackend]]:
    made = {role: NativeBackend(world.running.url, world.running.tokens[role]) for role in ROLES}
    yield made
    for backend in made.values():
        backend.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", ROLES)
def test_every_cell(world: Any, backends: dict[str, NativeBackend], role: str, kind: str, tally: Any) -> None:
    mine = [cell for cell in cells() if (cell.role, cell.kind) == (role, kind)]
    for cell in mine:
        made = prepared(world, cell)
        body = world.body(kind, made, params=cell.params)
        version = {"right": 1, "missing": None, "stale": 7}[cell.if_match]
        forbidden = judged(backends[role], cell, made)
        assert forbidden is (cell.status == 403), f"the form and the server disagree: {cell}"
        answer = world.post(body, role, version)
        assert answer.status_code == cell.status, (cell, answer.text)
        entries = world.audit(account_id=made["id"])
        if cell.status == 201:
            applied(world, cell, body, entries)
        elif cell.status == 403:
            denied(world, cell, body, answer.json(), made)
        else:
            slug = {428: "precondition-required", 412: "precondition-failed", 422: "claimed"}[cell.status]
            assert (answer.json()["type"], entries, world.now(made["id"])) == (slug, [], made)
    tally("matrix cells (role x action x limit)", len(mine))


def applied(world: Any, cell: Cell, body: Any, entries: Any) -> None:
    """Once in the trail; a replay is answered to its author alone."""
    assert [(entry["outcome"], entry["actor"]["staff_id"]) for entry in entries] == [("applied", STAFF[cell.role])]
    moved = 2 if cell.kind in REMEDIES else 1
    assert world.now(body["account_id"])["version"] == moved
    for other in ROLES:
        again = world.post(body, other, 1)
        looked = world.client(other).get(f"/v1/changes/{body['change_id']}")
        wanted = 200 if other == cell.role else 404
        assert (again.status_code, looked.status_code) == (wanted, wanted), (cell, other)
        assert (again.headers.get("Idempotent-Replayed") == "true") is (wanted == 200)
    assert world.now(body["account_id"])["version"] == moved
    assert len(world.audit(account_id=body["account_id"])) == 1


def denied(world: Any, cell: Cell, body: Any, said: Any, made: Any) -> None:
    """Nothing happens, the missing permission is named, and it stands once in the trail, however often it is sent."""
    assert (said["type"], said["permission"]) == ("forbidden", cell.missing)
    assert cell.missing in said["detail"]
    assert world.post(body, cell.role, 1).status_code == 403
    entries = world.audit(account_id=made["id"])
    assert [(one["outcome"], one["after"], one["change_id"]) for one in entries] == [
        ("denied", None, body["change_id"])
    ]
    assert world.now(made["id"]) == made
    assert world.client(cell.role).get(f"/v1/changes/{body['change_id']}").status_code == 404


# --- a role that changed while changes waited ---
def reauthored(maya: Any, change: Change, account: Account, kind: str, params: dict[str, Any]) -> Change:
    """The same change written anew, as the outbox screen does."""
    new: Change = maya.outbox.reauthor(
        change.change_id,
        Order(kind, account.id, change.workspace_id, params, change.reason),
        new_id=str(uuid.uuid4()),
        account=account,
        identity=maya.identity,
        base_url=maya.backend.base_url,
        client="tests/1 here",
        preview=Preview(kind, account.id, change.workspace_id, {}, {}, ()),
        now=maya.clock(),
    )
    return new


def give(launch: Callable[..., Any], world: Any, path: Path, roles: dict[str, str]) -> Any:
    """Staff get other roles: the server is stopped, its file changed, and it listens on the same port again."""
    port = int(world.running.url.rpartition(":")[2])
    world.running.stop()
    with closing(sqlite3.connect(path)) as connection, connection:
        changed = [(role, staff_id) for staff_id, role in roles.items()]
        connection.executemany("UPDATE staff SET role = ? WHERE staff_id = ?", changed)
    return launch(port=port)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "lead"])
def test_a_role_that_changed_while_changes_waited(
    launch: Callable[..., Any], make_shop: Any, tmp_path: Path, role: str, tally: Any
) -> None:
    world = launch()
    token = world.running.tokens["lead"]
    maya = make_shop(world.running, iter(())).person("lead")
    rows: dict[str, tuple[str, dict[str, Any]]] = {}
    accounts: dict[str, Account] = {}
    cases: list[Change] = []
    twenties = [{"kind": "scholarship", "percent": percent} for percent in (20, 21)]
    for kind, params in [(kind, PARAMS.get(kind, {})) for kind in KINDS] + [
        ("apply_discount", one) for one in twenties
    ]:
        made = world.add(case=CASE if kind == "update_case" else None)
        account = maya.backend.account(made["id"]).account
        space = made["workspaces"][0]["id"] if kind in ON_WORKSPACE else None
        row = maya.write(account, kind, params=params, workspace_id=space)
        rows[row.change_id], accounts[row.change_id] = (kind, params), account
        cases.append(row)
    world = give(launch, world, tmp_path / "book.db", {"stf_maya": role, STAFF[role]: "lead"})
    rights = ROLES[role]
    assert maya.backend.identity().role == role
    maya.push()
    refused = []
    for change in cases:
        kind, params = rows[change.change_id]
        missing = None if KINDS[kind] in rights.permissions else KINDS[kind]
        if kind == "apply_discount" and missing is None and params["percent"] > rights.discount_limit:
            missing = HIGH_DISCOUNT
        row = maya.row(change)
        if missing is None:
            assert row.state is State.APPLIED, (kind, row.last_error)
            continue
        assert (row.state, row.unknown) == (State.REJECTED, False)
        assert missing in (row.last_error or "")
        outcomes = [entry.outcome for entry in maya.entries(change)]
        assert outcomes == ["denied"]
        refused.append(change)
    assert len(refused) >= 3
    give(launch, world, tmp_path / "book.db", {"stf_maya": "lead", STAFF[role]: role})
    assert maya.backend.identity().permissions == ROLES["lead"].permissions
    again = [reauthored(maya, change, accounts[change.change_id], *rows[change.change_id]) for change in refused]
    maya.push()
    assert {maya.row(change).state for change in again} == {State.APPLIED}
    assert {maya.row(change).state for change in refused} == {State.DISCARDED}
    assert token == maya.backend._client.headers["Authorization"].partition(" ")[2]
    tally("matrix cells (role x action x limit)", len(cases))
