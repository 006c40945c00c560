"""Listening to `/v1/events`: only the contract's events count, a line has an end, and hanging up ends it at once."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from data.backends.native import NativeBackend
from data.backends.native_events import LONGEST_LINE, Reader
from data.errors import BadAnswer, Gone, Offline, SignedOut, TriageError

KNOWN = b'event: account-changed\ndata: {"id": "acc_1", "seq": 7}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
Http = Callable[..., bytes]


@pytest.mark.parametrize(
    "piece",
    [
        b"event: account-changed\ndata: {}\n\n",
        b'event: account-changed\ndata: {"id": "acc_1", "seq": "7"}\n\n',
        b'event: account-changed\ndata: {"id": "acc_1", "seq": 7\n\n',
        b"event: account-changed\ndata: " + b"[" * 4000 + b"\n\n",
        b"event: audit-appended\ndata: \xff\xfe\n\n",
        b'event: \x1b]0;title\x07\ndata: {"seq": 7}\n\n',
        b'event: deploy\ndata: {"seq": 7}\n\n',
        b'data: {"seq": 7}\n\n',
        b'event: audit-appended\ndata: {"seq": 7}\n',  # not complete yet
        b": still here\n\n",
        b"\n" * 1000,
        b"retry: 0\nid: 4\n\n",
    ],
)
def test_what_is_none_of_the_contracts_events_is_passed_by(piece: bytes) -> None:
    reader = Reader()
    assert reader.feed(piece) is False
    reader.feed(b"\n\n")
    assert reader.feed(KNOWN) is True


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_counts_in_whatever_pieces_it_comes(end: bytes) -> None:
    whole = KNOWN.replace(b"\n", end)
    for size in (1, 3, len(whole)):
        reader = Reader()
        told = [reader.feed(whole[at : at + size]) for at in range(0, len(whole), size)]
        assert any(told), (end, size)


def test_a_line_without_an_end_is_not_kept() -> None:
    reader = Reader()
    with pytest.raises(BadAnswer):
        for _ in range(LONGEST_LINE):
            reader.feed(b"data: data")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n", Gone),
        (b"HTTP/1.1 501 X\r\ncontent-length: 0\r\n\r\n", Gone),
        (b"HTTP/1.1 200 X\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi", BadAnswer),
        (b"HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", BadAnswer),
        (b"HTTP/1.1 401 X\r\ncontent-length: 0\r\n\r\n", SignedOut),
        (HEAD + b"event: account", Offline),
    ],
)
def test_what_is_no_stream_of_events_has_its_error(peer: Any, answer: bytes, error: type[TriageError]) -> None:
    def step(conn: socket.socket, _asked: Any) -> bool:
        conn.sendall(answer)
        return False

    peer.fixed["/v1/events"] = step
    backend = NativeBackend(peer.url, "tok_secret", timeout=5)
    with pytest.raises(error):
        list(backend.events().heard())
    backend.close()


def test_hanging_up_ends_it_at_once(peer: Any) -> None:
    def step(conn: socket.socket, _asked: Any) -> bool:
        conn.sendall(HEAD + KNOWN)
        time.sleep(20)
        return False

    peer.fixed["/v1/events"] = step
    backend = NativeBackend(peer.url, "tok_secret")
    events, heard, over = backend.events(), [], threading.Event()

    def listen() -> None:
        try:
            heard.extend(map(seen, events.heard()))
        except Offline:
            over.set()

    told = threading.Event()

    def seen(one: bool) -> bool:
        told.set()
        return one

    threading.Thread(target=listen, daemon=True).start()
    assert told.wait(10)
    events.hang_up()
    assert over.wait(5)
