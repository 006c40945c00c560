"""`/v1/events`: what moved is told at once and to all, a bulk change in few words, and nothing outlives the server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from kit.live_server import LiveServer, seed_book

from triage.sandbox import process
from triage.sandbox.events import MOST


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    made = tmp_path / "book.db"
    from datetime import UTC, datetime

    seed_book(made, 30, 3, datetime(2026, 11, 21, tzinfo=UTC))
    running = LiveServer(made)
    running.open(made)
    yield running
    running.end()


class Heard:
    """A connection that is read in a thread: the events so far, and whether it is over."""

    def __init__(self, url: str, token: str) -> None:
        self.events: list[tuple[str, Any]] = []
        self.listening = threading.Event()
        self.over = threading.Event()
        self._asked = (f"{url}/v1/events", {"Authorization": f"Bearer {token}"})
        threading.Thread(target=self._read, daemon=True).start()
        assert self.listening.wait(10)

    def _read(self) -> None:
        url, headers = self._asked
        name = ""
        try:
            with httpx.stream("GET", url, headers=headers, timeout=60) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                assert "content-encoding" not in answer.headers
                for line in answer.iter_lines():
                    self.listening.set()
                    if line.startswith("event: "):
                        name = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        self.events.append((name, json.loads(line.removeprefix("data: "))))
        except httpx.HTTPError:
            pass
        finally:
            self.over.set()

    def until(self, holds: Callable[[list[tuple[str, Any]]], bool]) -> None:
        ends = time.monotonic() + 20
        while not holds(self.events):
            assert time.monotonic() < ends, self.events
            time.sleep(0.02)


def token_of(server: LiveServer, role: str = "lead") -> str:
    assert server.service is not None
    return server.service.tokens[role]


def test_everybody_hears_what_moved(server: LiveServer) -> None:
    first, second = (Heard(server.url, token_of(server, role)) for role in ("lead", "viewer"))
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {token_of(server)}"}) as client:
        account = client.get("/v1/accounts", params={"limit": 1}).json()["accounts"][0]
        change_id = "0b8cd7f4-8f7a-4b57-9a53-2d4f8c1f7b11"
        body = {
            "change_id": change_id,
            "account_id": account["id"],
            "workspace_id": None,
            "kind": "note",
            "params": {"text": "They rang"},
            "dedupe_key": None,
            "audit": {
                "reason": "They rang us up",
                "authored_at": "2026-11-21T12:00:00Z",
                "client": "test",
                "shown_before": {},
                "acknowledged": [],
            },
        }
        answer = client.post("/v1/changes", json=body, headers={"Idempotency-Key": change_id})
        assert answer.status_code == 201, answer.text
        told = answer.json()
    for one in (first, second):
        one.until(lambda events: len(events) == 2)
        assert ("account-changed", {"id": account["id"], "seq": told["account"]["seq"]}) in one.events
        assert ("audit-appended", {"seq": told["receipt"]["audit_seq"]}) in one.events


def test_a_thousand_changes_are_told_in_few_words(server: LiveServer) -> None:
    heard = Heard(server.url, token_of(server))
    assert server.service is not None
    with server.service.database.writing() as connection:
        for seq in range(1000, 1000 + 3 * MOST):
            connection.execute("INSERT INTO accounts (id, seq, version, body) VALUES (?,?,1,'{}')", (f"n{seq}", seq))
    heard.until(lambda events: bool(events) and events[-1][1]["seq"] == 999 + 3 * MOST)
    assert len(heard.events) <= MOST


def test_nobody_listens_without_a_token(server: LiveServer) -> None:
    assert httpx.get(f"{server.url}/v1/events").status_code == 401


@contextmanager
def listening(running: process.Running) -> Iterator[Heard]:
    yield Heard(running.url, running.token)


def test_a_server_with_listeners_ends_at_once_and_well() -> None:
    running = process.start(accounts=5)
    with listening(running) as heard:
        began = time.monotonic()
        assert running.stop() == 0
        assert time.monotonic() - began < 5
        assert heard.over.wait(5)
