"""A sandbox in its own process, and hands to put accounts into its book and changes onto its wire."""

import copy
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from triage.sandbox import process, seed, store
from triage.sandbox.database import Database

Json = dict[str, Any]
STAFF = [
    {"staff_id": "stf_vera", "name": "Vera Lind", "email": "vera@vendor.example", "role": "viewer"},
    {"staff_id": "stf_tom", "name": "Tom Reyes", "email": "tom@vendor.example", "role": "agent"},
    {"staff_id": "stf_maya", "name": "Maya Okafor", "email": "maya@vendor.example", "role": "lead"},
]
REASON = "They asked for it on the phone"
TODAY = datetime.now(UTC).date()
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()


def stamp(**ago: float) -> str:
    """RFC 3339 text of a moment before now."""
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def workspace(ws_id: str, **over: Any) -> Json:
    """A workspace of a pilot, stopped at its cap."""
    return {
        "id": ws_id,
        "name": f"Space {ws_id}",
        "hours_used": 10.2,
        "hours_included": 10.0,
        "hours_daily": [0.5] * 30,
        "hours_as_of": YESTERDAY,
        "lifetime_hours": 12.9,
        "locked": True,
        "hard_block": True,
        "blocked_since": stamp(days=1),
        "cap_reached_at": stamp(days=1),
        "seats_used": 4,
        "seats_licensed": 5,
        "cycle_start": stamp(days=10),
        "cycle_end": stamp(days=-20),
        "usage_reset_at": None,
        **over,
    }


def account(account_id: str, workspaces: list[Json] | None = None, **over: Any) -> Json:
    """A pilot account with one stopped workspace; `over` replaces fields."""
    return {
        "id": account_id,
        "name": "Northwind Pilot",
        "org_id": "org_19",
        "org_name": "Northwind",
        "scope": "organisation",
        "industry": "Public sector",
        "segment": "smb",
        "tier": "pilot",
        "tier_expires_at": None,
        "downgraded_at": None,
        "downgraded_from": None,
        "downgrade_cause": None,
        "payment_mode": "none",
        "revenue_class": "trial",
        "currency": "EUR",
        "mrr": 34900,
        "discount": None,
        "created_at": "2025-03-02T09:00:00Z",
        "renewal_at": None,
        "csm": {"staff_id": "stf_maya", "name": "Maya Okafor", "email": "maya@vendor.example"},
        "contacts": [],
        "admin_logins": None,
        "workspaces": [workspace(f"ws_{account_id}")] if workspaces is None else workspaces,
        "signals": None,
        "flags": [],
        "claim": None,
        "snooze": None,
        "case": None,
        "updated_at": stamp(hours=1),
        "deleted": False,
        **over,
    }


def member(number: int, role: str) -> Json:
    """A member of a workspace."""
    return {
        "membership_id": f"mem_{number}",
        "user_id": f"usr_{number}",
        "name": f"Member {number}",
        "email": f"m{number}@northwind.example",
        "role": role,
        "reachable": True,
    }


MEMBERS = [member(1, "admin"), member(2, "external"), member(3, "member"), member(4, "observer"), member(5, "owner")]


@dataclass
class Small:
    """A seeded account, as seed.write takes it."""

    account: Json
    members: dict[str, list[Json]] = field(default_factory=dict)
    entries: list[Json] = field(default_factory=list)


def write_book(path: Path, count: int = 3) -> Path:
    """A tiny book: `count` accounts acc_0, acc_1, … with one past remedy each."""
    past = {
        "action": "reset_usage",
        "actor": {"staff_id": "stf_tom", "name": "Tom Reyes"},
        "before": {"workspace": {"hours_used": 3.0}},
        "after": {"workspace": {"hours_used": 0.0}},
        "reason": "A past reset, long ago",
        "params": {},
    }
    book = [
        Small(
            account(f"acc_{n}"),
            {f"ws_acc_{n}": copy.deepcopy(MEMBERS)},
            [{**past, "workspace_id": f"ws_acc_{n}", "applied_at": f"2026-01-{28 - n:02}T10:00:00.000000Z"}],
        )
        for n in range(count)
    ]
    seed.write(path, book, STAFF, TODAY)
    return path


@dataclass
class World:
    """A running sandbox, its file, and clients signed in as each role."""

    running: process.Running
    path: Path
    database: Database
    clients: dict[str, httpx.Client]

    def client(self, role: str = "lead") -> httpx.Client:
        """The HTTP client of a role; `nobody` has no token."""
        return self.clients[role]

    def add(self, workspaces: list[Json] | None = None, **over: Any) -> Json:
        """Put a fresh account into the running server's book and return it as served."""
        account_id = over.pop("id", f"acc_{uuid.uuid4().hex[:10]}")
        with self.database.writing() as connection:
            made = account(account_id, workspaces, **over)
            members = {one["id"]: copy.deepcopy(MEMBERS) for one in made["workspaces"]}
            store.add(connection, [made], members)
        return made

    def body(self, kind: str, target: Json | str, **over: Any) -> Json:
        """The body of a change; `workspace=True` names the account's first workspace."""
        account_id = target if isinstance(target, str) else target["id"]
        wants_workspace = over.pop("workspace", kind in ("reset_usage", "change_admin"))
        audit = {
            "reason": over.pop("reason", REASON),
            "authored_at": stamp(minutes=1),
            "client": "tests/1 here",
            "shown_before": {},
            "acknowledged": [],
        }
        return {
            "change_id": str(uuid.uuid4()),
            "account_id": account_id,
            "workspace_id": target["workspaces"][0]["id"] if wants_workspace and not isinstance(target, str) else None,
            "kind": kind,
            "params": {},
            "dedupe_key": None,
            "audit": audit,
            **over,
        }

    def post(self, body: Json | bytes, role: str = "lead", version: int | None = 1, key: str | None = None) -> Any:
        """Send a change; `version` None leaves If-Match out."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        headers["Idempotency-Key"] = key or json.loads(raw)["change_id"]
        if version is not None:
            headers["If-Match"] = f'"cv-{version}"'
        return self.client(role).post("/v1/changes", content=raw, headers=headers)

    def change(self, kind: str, target: Json | str, role: str = "lead", version: int | None = 1, **over: Any) -> Any:
        """Make and send a change in one go."""
        return self.post(self.body(kind, target, **over), role, version)

    def now(self, account_id: str) -> Json:
        """The account as served now."""
        found: Json = self.client().get(f"/v1/accounts/{account_id}").json()
        return found

    def audit(self, **query: Any) -> list[Json]:
        """Entries of the audit trail."""
        found: list[Json] = self.client().get("/v1/audit", params={"limit": 1000, **query}).json()["entries"]
        return found


def connect(running: process.Running, path: Path) -> World:
    """A world around a running sandbox."""
    tokens: dict[str, str | None] = {**running.tokens, "nobody": None}
    # plain HTTP on loopback: no need to load the machine's certificates for each client
    clients = {
        role: httpx.Client(
            base_url=running.url, verify=False, headers={"Authorization": f"Bearer {token}"} if token else {}
        )
        for role, token in tokens.items()
    }
    return World(running, path, Database(path), clients)


def close(world: World) -> None:
    """Close the clients and the file."""
    for client in world.clients.values():
        client.close()
    world.database.close()


Launch = Callable[..., World]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One sandbox for all tests that leave each other's accounts alone."""
    path = write_book(tmp_path_factory.mktemp("world") / "book.db")
    # the matrix asks more often than a person does
    with process.start(db=path, extra=["--rate", "10000:100000"]) as running:
        made = connect(running, path)
        yield made
        close(made)


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start sandboxes of one's own on a tiny book in tmp_path/book.db; all are ended after the test."""
    started: list[World] = []

    def start(**options: Any) -> World:
        path = tmp_path / "book.db"
        if not path.exists():
            write_book(path)
        made = connect(process.start(db=path, **options), path)
        started.append(made)
        return made

    yield start
    for made in started:
        close(made)
        made.running.stop()
