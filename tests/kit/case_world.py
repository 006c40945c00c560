"""A sandbox whose book the tests change, sessions over it, and what its trail says of cases."""

from datetime import UTC, datetime, timedelta

import httpx

from data.backends.native import NativeBackend
from triage.desk import Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies

FOUR = {"task", "manager", "sales", "executive"}


def session_of(world, home, role="lead", ahead=timedelta(0), **place):
    """A session over a home against the module's server; its clock may go ahead."""
    server, _ = world
    return Session(
        place=Place(server.url, "default", home / "state", home / "cache", "triage/test", **place),
        policies=Policies(),
        clock=lambda: datetime.now(UTC) + ahead,
        connect=NativeBackend,
        token=TokenBox(lambda: server.tokens[role], lambda kept: ""),
    )


def trail(world, account_id):
    """The applied records about cases in the server's trail, without the client."""
    server, _ = world
    answer = httpx.get(
        f"{server.url}/v1/audit",
        params={"account_id": account_id, "limit": 1000},
        headers={"Authorization": f"Bearer {server.token}"},
    )
    kinds = ("open_case", "update_case", "note")
    return [one for one in answer.json()["entries"] if one["action"] in kinds and one["outcome"] == "applied"]


def steps_in(entries):
    """The steps and closings that some entries recorded, in order."""
    said = []
    for one in entries:
        if one["action"] == "update_case":
            said.append(one["after"].get("step") or f"closed {one['after'].get('closed')}")
    return said


def synced(world, home, role="lead", **over):
    session = session_of(world, home, role, **over)
    outcome = sync_once(session)
    assert outcome.error is None
    return session, outcome.summary
