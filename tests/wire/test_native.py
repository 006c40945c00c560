"""Reading over HTTP: the delta as stream and as pages, and a clear error for every bad answer."""

import json
import logging
import socket
import time

import pytest

from data.backends.native import NativeBackend
from data.errors import BadAnswer, ConfigError, Gone, NotAllowed, Offline, RateLimited, ServerFailing, SignedOut


def answer(status, body=b"", kind="application/json", extra=""):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(raw)}\r\n{extra}\r\n"
    return head.encode() + raw


def problem(status, slug, extra=""):
    body = {"type": slug, "title": "T", "status": status, "detail": f"Sentence {slug}"}
    return answer(status, body, "application/problem+json", extra)


@pytest.fixture
def account(example):
    """An account as JSON."""
    from data.wire import plain

    def make(number, **over):
        return {**plain(example(f"acc_{number}")), "seq": number, **over}

    return make


class Book:
    """A peer that serves a delta: a probe page, then a stream of lines or pages."""

    def __init__(self, peer, account):
        self.peer, self.account = peer, account
        self.backend = NativeBackend(peer.url, "tok", timeout=1)
        self.lines, self.kind, self.probe = [], "application/x-ndjson", {}

    def fill(self, count, /, trailer=True, **over):
        self.lines = [json.dumps(self.account(n)) for n in range(1, count + 1)]
        closing = {"epoch": "e1", "next_after": count, "count": count, "complete_through": "2026-11-20", **over}
        self.lines += [json.dumps(closing)] if trailer else []

    def serve(self, raw=None, extra=""):
        body = "\n".join(self.lines).encode() + b"\n" if raw is None else raw

        def step(conn, asked):
            if "limit=1" in asked.path and "limit=1000" not in asked.path:
                page = {"epoch": "e1", "accounts": [], "next_after": 1, "more": True, "complete_through": None}
                conn.sendall(answer(200, {**page, **self.probe}))
            else:
                conn.sendall(answer(200, body, self.kind, extra))
            return True

        self.peer.script = [step]

    def read(self, cursor=None):
        """Return the batches that came and the error that ended it."""
        batches = []
        try:
            for batch in self.backend.accounts(cursor):
                batches.append(batch)
        except (Offline, BadAnswer) as error:
            return batches, error
        return batches, None


@pytest.fixture
def book(peer, account):
    """A peer with a book."""
    made = Book(peer, account)
    yield made
    made.backend.close()


def test_a_stream_comes_in_batches_and_only_the_last_is_last(book):
    book.fill(2500)
    book.serve()
    batches, error = book.read()
    assert error is None and [len(batch.items) for batch in batches] == [1000, 1000, 500]
    assert [batch.last for batch in batches] == [False, False, True]
    assert [batch.cursor for batch in batches] == [1000, 2000, 2500]
    assert batches[-1].complete_through == "2026-11-20" and batches[0].epoch == "e1"
    assert json.loads(batches[0].items[0].raw)["id"] == "acc_1"


def test_tombstones_are_told_from_accounts_that_mention_deletion(book):
    book.lines = [
        json.dumps(book.account(1, extra={"deleted": True})),
        json.dumps({"id": "acc_2", "deleted": True, "seq": 2}),
        json.dumps({"epoch": "e1", "next_after": 2, "count": 2, "complete_through": None}),
    ]
    book.serve()
    (batch,), error = book.read()
    assert error is None and [item.account.id for item in batch.items] == ["acc_1"]
    assert [(one.id, one.seq) for one in batch.tombstones] == [("acc_2", 2)]


def test_unknown_fields_are_ignored_and_names_made_safe(book):
    book.fill(0)
    book.lines.insert(0, json.dumps(book.account(1, name="Evil\x1b[2J", future={"x": 1})))
    book.lines[1] = json.dumps({"epoch": "e1", "next_after": 1, "count": 1, "complete_through": None})
    book.serve()
    (batch,), error = book.read()
    assert error is None and batch.items[0].account.name == "Evil?[2J" and batch.items[0].account.name.suspicious


@pytest.mark.parametrize("cut", ["before the trailer", "inside a line", "inside the trailer"])
def test_a_cut_stream_keeps_what_came_whole_and_is_offline(book, cut):
    book.fill(1500, trailer=cut == "inside the trailer")
    raw = "\n".join(book.lines).encode() + b"\n"
    raw = raw if cut == "before the trailer" else raw[:-20]
    book.serve(raw)
    batches, error = book.read()
    assert type(error) is Offline and not any(batch.last for batch in batches)
    assert sum(len(batch.items) for batch in batches) == (1499 if cut == "inside a line" else 1500)


def test_a_connection_cut_inside_the_stream_is_offline(book):
    book.fill(1500)
    body = "\n".join(book.lines).encode()
    head = b"HTTP/1.1 200 X\r\ncontent-type: application/x-ndjson\r\ncontent-length: 99999999\r\n\r\n"

    def step(conn, asked):
        if "limit=1" in asked.path:
            page = {"epoch": "e1", "accounts": [], "next_after": 1, "more": True, "complete_through": None}
            conn.sendall(answer(200, page))
            return True
        conn.sendall(head + body[: len(body) // 2])
        return False

    book.peer.script = [step]
    batches, error = book.read()
    assert type(error) is Offline and batches and not batches[-1].last


BAD_STREAMS = {
    "another epoch in the trailer": {"epoch": "e2"},
    "a wrong count": {"count": 99},
}


@pytest.mark.parametrize("name", BAD_STREAMS)
def test_a_trailer_that_contradicts_is_a_bad_answer(book, name):
    book.fill(5, **BAD_STREAMS[name])
    book.serve()
    batches, error = book.read()
    assert type(error) is BadAnswer and not any(batch.last for batch in batches)


BAD_LINES = {
    "no JSON": "nonsense",
    "a wrong type": '{"id": 7}',
    "an array": "[]",
    "too deep": "[" * 100_000,
    "too long": '{"id":"' + "x" * (1024 * 1024 + 10) + '"}',
    "a bad id": "BAD ID",
    "out of order": "ORDER",
    "a number too large": "HUGE",
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_is_a_bad_answer_and_what_came_before_is_kept(book, name):
    book.fill(3)
    made = {
        "BAD ID": json.dumps(book.account(2, id="a\x1b b")),
        "ORDER": json.dumps(book.account(1)),
        "HUGE": json.dumps(book.account(2, mrr=10**30)),
    }
    book.lines[1] = made.get(BAD_LINES[name], BAD_LINES[name])
    book.serve()
    batches, error = book.read()
    assert type(error) is BadAnswer
    assert [item.account.id for batch in batches for item in batch.items] in (["acc_1"], [])
    assert not any(batch.last for batch in batches)


def test_a_server_without_a_stream_is_read_page_by_page(book):
    pages = {
        "1": {"epoch": "e1", "accounts": [], "next_after": 0, "more": True, "complete_through": None},
        None: {"epoch": "e1", "accounts": [book.account(1), book.account(2)], "next_after": 2, "more": True},
        "2": {"epoch": "e1", "accounts": [{"id": "acc_9", "deleted": True, "seq": 3}], "next_after": 3, "more": False},
    }

    def step(conn, asked):
        after = "2" if "after=2" in asked.path else "1" if asked.path.endswith("limit=1") else None
        conn.sendall(answer(200, {"complete_through": "2026-11-20", **pages[after]}))
        return True

    book.peer.script = [step]
    batches, error = book.read()
    assert error is None and [batch.last for batch in batches] == [False, True]
    assert [len(batch.items) for batch in batches] == [2, 0] and batches[1].tombstones[0].id == "acc_9"


def test_pages_that_lead_nowhere_are_a_bad_answer(book):
    page = {"epoch": "e1", "accounts": [], "next_after": 0, "more": True, "complete_through": None}
    book.peer.script = [answer(200, page)]
    batches, error = book.read()
    assert type(error) is BadAnswer


def test_an_empty_delta_is_one_last_batch(book):
    page = {"epoch": "e1", "accounts": [], "next_after": 7, "more": False, "complete_through": "2026-11-20"}
    book.peer.script = [answer(200, page)]
    (batch,), error = book.read(7)
    assert error is None and batch.last and batch.cursor == 7 and batch.items == ()
    assert "after=7" in book.peer.asked[0].path


def slow(conn, asked):
    time.sleep(1.3)
    return False


def reset(conn, asked):
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    return False


READING = {
    "401": (problem(401, "unauthorized"), SignedOut),
    "403": (problem(403, "forbidden"), NotAllowed),
    "404": (problem(404, "not-found"), Gone),
    "410": (problem(410, "gone"), Gone),
    "429": (problem(429, "rate-limited", "retry-after: 9\r\n"), RateLimited),
    "500": (problem(500, "internal"), ServerFailing),
    "502 html": (answer(502, b"<html>", "text/html"), ServerFailing),
    "404 html": (answer(404, b"<html>", "text/html"), BadAnswer),
    "captive portal": (answer(200, b"<html>", "text/html"), BadAnswer),
    "redirect": (answer(302, b"", "text/html", "location: http://127.0.0.1:9/x\r\n"), BadAnswer),
    "another schema": (answer(200, {"hello": 1}), BadAnswer),
    "not JSON": (answer(200, b"{{{"), BadAnswer),
    "broken UTF-8": (answer(200, b'{"staff_id":"\xff"}'), BadAnswer),
    "too deep": (answer(200, b"[" * 100_000), BadAnswer),
    "broken gzip": (answer(200, b"nope", extra="content-encoding: gzip\r\n"), BadAnswer),
    "time-out": (slow, Offline),
    "reset": (reset, Offline),
    "garbage": (b"\x00\x01\x02\r\n\r\n", Offline),
}


@pytest.mark.parametrize("name", READING)
def test_reading_raises_the_error_of_its_cause(book, name):
    raw, error = READING[name]
    book.peer.script = [raw]
    with pytest.raises(error) as told:
        book.backend.identity()
    assert type(told.value) is error and len(str(told.value)) > 10 and "tok" not in str(told.value).split()
    if error is RateLimited:
        assert told.value.retry_after == 9


def test_nobody_listening_is_offline(peer):
    peer.close()
    backend = NativeBackend(peer.url, "tok", timeout=1)
    with pytest.raises(Offline):
        backend.identity()
    backend.close()


def test_another_account_than_asked_for_is_a_bad_answer(book):
    book.peer.script = [answer(200, book.account(2))]
    assert book.backend.account("acc_2").account.seq == 2
    with pytest.raises(BadAnswer):
        book.backend.account("acc_1")


def test_the_sandbox_is_read_in_full(sandbox):
    backend = NativeBackend(sandbox.url, sandbox.token)
    items = [item.account for batch in backend.accounts(None) for item in batch.items]
    assert len({account.id for account in items}) == 400
    cursor = max(account.seq for account in items)
    assert [(len(batch.items), batch.last) for batch in backend.accounts(cursor)] == [(0, True)]
    assert backend.account(items[0].id).account.id == items[0].id
    workspace = next(account.workspaces[0].id for account in items if account.workspaces)
    assert backend.members(workspace)
    with pytest.raises(Gone):
        backend.account("acc_nowhere")
    entries = [entry for page in backend.audit(0) for entry in page.entries]
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    head, keys = backend.head(), backend.keys()
    assert head.key_id in keys and head.seq >= entries[-1].seq
    backend.close()


BAD_URLS = ["http://example.com", "ftp://x", "https://u:p@x", "https://x?y=1", "x", "", "http://127.0.0.1.evil.com"]


@pytest.mark.parametrize("url", BAD_URLS)
def test_only_https_or_loopback(url):
    with pytest.raises(ConfigError):
        NativeBackend(url, "tok")


@pytest.mark.parametrize(
    "url", ["https://billing.example/", "http://localhost:1", "http://[::1]:8", "http://127.9.9.9"]
)
def test_https_and_loopback_are_accepted(url):
    backend = NativeBackend(url, "tok")
    assert backend.base_url == url.rstrip("/")
    backend.close()


@pytest.mark.parametrize("token", ["", "two words", "line\nfeed", "tök"])
def test_a_token_that_is_none_is_refused_without_showing_it(token):
    with pytest.raises(ConfigError) as told:
        NativeBackend("https://billing.example", token)
    assert not token or token not in str(told.value)


def test_the_token_reaches_no_log_and_follows_no_redirect(book, caplog):
    caplog.set_level(logging.DEBUG)
    book.peer.script = [answer(302, b"", "text/html", f"location: {book.peer.url}/elsewhere\r\n")]
    backend = NativeBackend(book.peer.url, "tok_canary", timeout=1)
    with pytest.raises(BadAnswer):
        backend.identity()
    backend.close()
    assert len(book.peer.asked) == 1 and "tok_canary" not in caplog.text + repr(backend) + repr(vars(backend))
