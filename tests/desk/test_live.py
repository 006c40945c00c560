"""What a colleague does shows by itself; a server that goes or cannot tell, and a storm of word, cost nothing."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kit.live_server import LiveServer, seed_book
from starlette.types import Receive, Scope, Send

from data.ports_list import Sort, View
from data.remedy import Order
from triage.desk import Desk, sync_once
from triage.desk.listen import Listener
from triage.desk.workers import HINT_PAUSE
from triage.sandbox import process, store
from triage.sandbox.process import Running

RARELY = 3600.0


def eventually(holds: Callable[[], Any], seconds: float = 30.0) -> bool:
    """Wait until something holds; the limit only ends a broken run."""
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def desks() -> Iterator[Callable[..., Desk]]:
    opened: list[Desk] = []

    def open_desk(session: Any, *, start: bool = True) -> Desk:
        assert sync_once(session).error is None
        desk = Desk.open(session)
        opened.append(desk)
        if start:
            desk.start(lambda: None)
        return desk

    yield open_desk
    for desk in opened:
        desk.stop()
        desk.close()


def somebody(desk: Desk) -> str:
    return desk.open_list(View.BOOK, Sort.NAME, "").window(0, 1)[0].row.id


def test_a_colleagues_change_shows_without_a_key(
    shared_server: Running, session_at: Any, desks: Any, tmp_path: Path
) -> None:
    mine = desks(session_at(tmp_path / "a", shared_server.url, shared_server.token, sync_every=RARELY))
    assert eventually(lambda: mine.header().live)
    theirs = session_at(tmp_path / "b", shared_server.url, shared_server.tokens["agent"], sync_every=RARELY)
    other = desks(theirs, start=False)
    account = somebody(mine)
    other.submit(Order("claim", account, params={"minutes": 60}), hold=False)
    assert sync_once(theirs).summary.pushed == 1
    assert eventually(lambda: mine.detail(account).row.claim is not None)
    assert mine.detail(account).row.claim.name == other.header().who.name


def test_a_server_that_goes_and_comes_back_is_heard_again(session_at: Any, desks: Any, tmp_path: Path) -> None:
    port, db = free_port(), tmp_path / "server.db"
    server = process.start(accounts=20, seed=3, db=db, port=port)
    desk = desks(session_at(tmp_path / "home", server.url, server.token, sync_every=RARELY))
    assert eventually(lambda: desk.header().live)
    server.kill()
    assert eventually(lambda: not desk.header().live)
    with process.start(accounts=20, seed=3, db=db, port=port):
        assert eventually(lambda: desk.header().live, 90)


class Counting(LiveServer):
    """Counts what is asked, and can be without events."""

    def __init__(self, template: Path) -> None:
        super().__init__(template)
        self.asked: list[str] = []
        self.has_events = True
        self.closed = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        if scope["path"] == "/v1/events" and not self.has_events:
            scope = {**scope, "path": "/v1/none"}
        await super().__call__(scope, receive, send)
        if scope["path"] == "/v1/events":
            self.closed.set()


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[Counting]:
    path = tmp_path / "book.db"
    seed_book(path, 20, 3, datetime.now(UTC))
    server = Counting(path)
    server.clock.moment = datetime.now(UTC)
    server.open(path)
    yield server
    server.end()


def token_of(server: LiveServer) -> str:
    assert server.service is not None
    return server.service.tokens["lead"]


def test_a_storm_of_word_makes_few_syncs(counting: Counting, session_at: Any, desks: Any, tmp_path: Path) -> None:
    desk = desks(session_at(tmp_path / "home", counting.url, token_of(counting), sync_every=RARELY))
    assert eventually(lambda: desk.header().live)
    account, before, began = somebody(desk), counting.asked.count("/v1/accounts"), time.monotonic()
    assert counting.service is not None
    while time.monotonic() < began + 5:
        with counting.service.database.writing() as connection:
            body = store.get(connection, account)
            assert body is not None
            last = store.put(connection, body, datetime.now(UTC))["seq"]
        time.sleep(0.01)
    assert eventually(lambda: desk.detail(account).account.seq == last)
    rounds = counting.asked.count("/v1/accounts") - before
    assert 1 <= rounds <= (time.monotonic() - began) / HINT_PAUSE + 2, rounds


def test_a_backend_that_tells_nothing_is_asked_as_ever(
    counting: Counting, session_at: Any, desks: Any, tmp_path: Path
) -> None:
    counting.has_events = False
    desk = desks(session_at(tmp_path / "home", counting.url, token_of(counting), sync_every=0.5))
    before = counting.asked.count("/v1/accounts")
    assert eventually(lambda: counting.asked.count("/v1/accounts") > before + 2)
    assert not desk.header().live and counting.asked.count("/v1/events") == 1


def test_the_line_is_closed_on_quit(counting: Counting, session_at: Any, desks: Any, tmp_path: Path) -> None:
    desk = desks(session_at(tmp_path / "home", counting.url, token_of(counting), sync_every=RARELY))
    assert eventually(lambda: desk.header().live)
    listener = desk._listener
    assert isinstance(listener, Listener)
    desk.stop()
    listener.join(5)
    assert not listener.is_alive() and not desk.header().live
    assert counting.closed.wait(20)
