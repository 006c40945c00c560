"""The link comes back and the queue empties by itself; a stalled server freezes neither typing nor quitting."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kit.homes import session_on, until, with_reason
from kit.proxy import Proxy

from data.ports_list import Sort, View
from data.remedy import Order, State
from triage.desk import Desk, sync_once
from triage.sandbox.process import Running, start

Terminal = Any
LONG = 25.0  # seconds; the client's own time-outs are longer, quitting must not wait for them


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=120, seed=9) as running:
        yield running


@pytest.fixture
def proxy(server: Running) -> Iterator[Proxy]:
    made = Proxy(server.url, seed=1)
    yield made
    made.close()


@pytest.fixture
def home(server: Running, proxy: Proxy, tmp_path: Path) -> Path:
    """A home synced through the proxy, without a hold."""
    where = tmp_path / "home"
    assert sync_once(session_on(where, server, url=proxy.url)).error is None
    (where / "config.toml").write_text('hold_seconds = 0\nsync_every = "5s"\n')
    return where


def write_note(home: Path, server: Running, proxy: Proxy, reason: str, place: int) -> str:
    """Author a change in this process, beside the app."""
    with closing(Desk.open(session_on(home, server, url=proxy.url))) as desk:
        line = desk.open_list(View.BOOK, Sort.NAME, "").window(place, place + 1)[0]
        return desk.submit(Order("note", line.row.id, None, {"text": "x"}, reason), hold=False).change_id


def state_of(home: Path, server: Running, change_id: str) -> State:
    with closing(session_on(home, server).open_outbox()) as outbox:
        return outbox.get(change_id).state


def test_the_queue_empties_by_itself_when_the_link_is_back(
    server: Running, proxy: Proxy, home: Path, in_pty: Callable[..., Terminal]
) -> None:
    reason = "Written while nobody answered"
    app = in_pty(server, home, TRIAGE_BASE_URL=proxy.url)
    app.until(lambda text: "1 of " in text and "synced" in text)
    proxy.down()
    app.until(lambda text: "Offline" in text)
    app.keys("R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text)
    app.keys(*reason)
    app.keys("\x13")
    app.until(lambda text: "⇡ 1" in text and "1 change waits here" in text or "1 change here" in text)
    assert with_reason(server, reason) == []
    proxy.up()
    # nobody presses a key from here on
    app.until(lambda text: "outbox empty" in text and "Offline" not in text, 100)
    assert len(with_reason(server, reason)) == 1
    app.keys("q")
    assert app.ended() == 0


def test_a_stalled_server_never_freezes_typing(
    server: Running, proxy: Proxy, home: Path, in_pty: Callable[..., Terminal]
) -> None:
    reason = "Typed while the server was silent"
    app = in_pty(server, home, TRIAGE_BASE_URL=proxy.url)
    app.until(lambda text: "1 of " in text and "synced" in text)
    proxy.set(*["stall"] * 200, everywhere=True)
    write_note(home, server, proxy, "Makes the push stall as well", 3)
    until(lambda: proxy.hits["stall"] >= 2)
    begun = proxy.hits["stall"]
    app.keys("/", *"ab")
    app.until(lambda text: "“ab”" in text or "ab" in text.split("\n")[-2], 15)
    for _ in range(2):  # a key right behind an escape would be taken for alt and that key
        app.keys("\x1b")
        app.read(0.5)
    app.until(lambda text: " of 23" in text, 15)
    app.keys("R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text, 15)
    app.keys(*reason)
    app.until(lambda text: "server was silent" in text, 15)
    assert proxy.hits["stall"] <= begun + 2, "the requests did not stall while the keys were typed"
    app.keys("\x1b")
    app.read(0.5)
    app.keys("q")
    assert app.ended() == 0


@pytest.mark.parametrize("what", ["pull", "push"])
def test_quitting_never_waits_for_a_stalled_server_and_the_row_is_right_afterwards(
    what: str, server: Running, proxy: Proxy, home: Path, in_pty: Callable[..., Terminal]
) -> None:
    reason = f"Quit while a {what} stalled"
    app = in_pty(server, home, TRIAGE_BASE_URL=proxy.url)
    app.until(lambda text: "1 of " in text and "synced" in text)
    proxy.set(*["stall"] * 50, everywhere=what == "pull")
    change_id = ""
    if what == "push":
        change_id = write_note(home, server, proxy, reason, 7)
        until(lambda: state_of(home, server, change_id) is State.SENDING)
    until(lambda: proxy.hits["stall"] >= 1)
    begun = time.monotonic()
    app.keys("q")
    assert app.ended(LONG) == 0
    assert time.monotonic() - begun < LONG
    if what == "push":
        assert b"1 wait; triage sync sends them" in app.received
        assert state_of(home, server, change_id) is State.SENDING
    proxy.set()
    again = in_pty(server, home, TRIAGE_BASE_URL=proxy.url)
    again.until(lambda text: "1 of " in text and "outbox empty" in text, 60)
    if what == "push":
        assert state_of(home, server, change_id) is State.APPLIED
        assert len(with_reason(server, reason)) == 1
