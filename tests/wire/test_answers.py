"""Every row of the answer table of contract.md, from raw HTTP bytes to the state of the row."""

import json
import random
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from data.backends.native import NativeBackend
from data.backends.port import NoVerdict, Submission
from data.errors import NotPossible
from data.outbox_rows import dedupe_key_of
from data.push_round import backoff
from data.remedy import State


def problem(status, slug, detail="So it is.", **more):
    body = json.dumps({"type": slug, "title": "Title", "status": status, "detail": detail, **more}).encode()
    return answer(status, body, "application/problem+json")


def answer(status, body=b"", kind="application/json", extra=""):
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


def with_header(raw, header):
    return raw.replace(b"\r\n", f"\r\n{header}\r\n".encode(), 1)


def cut(after):
    """Close in the middle of an honest answer (a reset when `after` is 0)."""

    def step(conn, asked):
        if after:
            conn.sendall(answer(201, b"{" * 500)[:after])
        else:
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        return False

    return step


def silence(conn, asked):
    """Say nothing until the client, out of patience, hangs up."""
    conn.settimeout(30)
    conn.recv(1)
    return False


def drip(conn, asked):
    for byte in answer(201, b"{}"):
        conn.sendall(bytes([byte]))
        time.sleep(0.02)
    return False


HTML = b"<html><body>Sign in</body></html>"
UNKNOWN = {
    "time-out": silence,
    "reset": cut(0),
    "cut head": cut(20),
    "cut body": cut(200),
    "slow drip of another schema": drip,
    "html 200": answer(200, HTML, "text/html"),
    "html 201": answer(201, HTML, "text/html"),
    "html 404 of a proxy": answer(404, HTML, "text/html"),
    "html 401": answer(401, HTML, "text/html"),
    "html 403": answer(403, HTML, "text/html"),
    "html 502": answer(502, HTML, "text/html"),
    "json 404, no problem document": answer(404, b'{"detail":"Not Found"}'),
    "json 412, no problem document": answer(412, b"{}"),
    "problem of another shape": answer(404, b'{"title":1}', "application/problem+json"),
    "problem that is not JSON": answer(422, b"oops", "application/problem+json"),
    "problem with another status": answer(404, b'{"type":"x","title":"x","status":500}', "application/problem+json"),
    "redirect": answer(307, b"", "text/html", "location: http://127.0.0.1:9/\r\n"),
    "redirect as a problem": with_header(problem(308, "moved"), "location: http://127.0.0.1:9/"),
    "500 as a problem": problem(500, "internal"),
    "503 without Retry-After": problem(503, "unavailable"),
    "201 of another schema": answer(201, b'{"ok":true}'),
    "201 as an array": answer(201, b"[]"),
    "201 nested too deeply": answer(201, b"[" * 100_000),
    "201 in another encoding": answer(201, b'{"change_id":"\xff"}'),
    "204": answer(204),
    "200 without a body": answer(200),
    "409 of an unknown kind": problem(409, "whatever"),
    "418": problem(418, "teapot"),
    "gzip that is none": with_header(answer(201, b"not gzip at all"), "content-encoding: gzip"),
    "garbage instead of HTTP": b"\x00\x01 what is this\r\n\r\n",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_whatever_is_no_verdict_leaves_the_row_unknown(bench, name):
    bench.peer.script = [UNKNOWN[name]]
    change = bench.person.write(bench.account)
    pushed = bench.person.push()
    row = bench.person.row(change)
    assert (row.state, row.unknown, row.attempts, pushed.pushed) == (State.SENDING, True, 1, 0)
    assert row.next_try_at is not None and row.last_error and row.body == change.body
    assert (name == "time-out") == ("did not answer in time" in row.last_error)
    for forbidden in (
        lambda: bench.person.outbox.take_back(change.change_id, bench.person.clock()),
        lambda: bench.person.outbox.discard(change.change_id, "A good reason", bench.person.clock()),
    ):
        with pytest.raises(NotPossible):
            forbidden()
    bench.peer.script = [bench.applied]
    for _ in range(2):  # the first may meet the connection that the peer has just closed
        bench.person.clock.move(seconds=5)
        bench.person.push()
    assert bench.person.row(change).state is State.APPLIED
    sent = [asked for asked in bench.peer.asked if asked.method == "POST"]
    assert {asked.body for asked in sent} == {change.body}
    assert {asked.headers["idempotency-key"] for asked in sent} == {change.change_id}
    assert {asked.headers["if-match"] for asked in sent} == {'"cv-4"'}


VERDICTS = {
    "403": (problem(403, "forbidden", "Lacks discount:write."), State.REJECTED, "discount:write"),
    "404": (problem(404, "not-found", "There is no such account."), State.REJECTED, "no such"),
    "410": (problem(410, "gone"), State.REJECTED, ""),
    "400": (problem(400, "malformed"), State.REJECTED, ""),
    "413": (problem(413, "too-large"), State.REJECTED, ""),
    "422": (
        problem(422, "invalid", "No.", errors=[{"pointer": "/params/months", "message": "at most 12"}]),
        State.REJECTED,
        "/params/months: at most 12",
    ),
    "422 rule": (problem(422, "rule", "A trial runs already."), State.REJECTED, "A trial runs already."),
    "422 key-reused": (problem(422, "key-reused"), State.PARKED, ""),
    "412": (problem(412, "precondition-failed", moved=[{"field": "tier", "from": "free", "to": "pilot"}]), None, ""),
    "428": (problem(428, "precondition-required"), State.CONFLICT, ""),
    "absolute type": (problem(422, "https://api.example/problems/key-reused"), State.PARKED, ""),
}
MOVED = {
    "staff_id": "stf_tom",
    "name": "Tom\x1b[31m",
    "at": "2026-11-20T10:00:00Z",
    "reason": "Because",
    "change_id": None,
}
VERDICTS["412"] = (
    problem(412, "precondition-failed", moved=[{"field": "tier", "from": "free", "to": {"a": "\x1b]0;x"}, **MOVED}]),
    State.CONFLICT,
    "",
)


@pytest.mark.parametrize("earlier", [False, True], ids=["first try", "after an open try"])
@pytest.mark.parametrize("name", VERDICTS)
def test_a_verdict_ends_the_row_and_clears_unknown(bench, name, earlier):
    raw, state, said = VERDICTS[name]
    change = bench.person.write(bench.account)
    if earlier:
        bench.person.outbox.start(change.change_id, bench.person.clock())
    bench.peer.script = [raw]
    bench.person.push()
    row = bench.person.row(change)
    assert (row.state, row.unknown) == (state, False)
    assert said in row.last_error
    if name == "412":
        assert row.conflict[0].name == "Tom?[31m" and row.conflict[0].to == {"a": "?]0;x"}
    asked = len(bench.peer.asked)
    bench.person.clock.move(days=1)
    bench.person.push(ignore_backoff=True)
    assert len(bench.peer.asked) == asked
    bench.person.outbox.discard(change.change_id, "A good reason", bench.person.clock())
    assert bench.person.row(change).state is State.DISCARDED


def test_already_done_discards_only_what_a_machine_wrote(bench):
    machine = bench.person.write(bench.account, "note", dedupe_key="red:acc_1:1")
    person = bench.person.write(bench.another("acc_2"), "note")
    assert dedupe_key_of(machine.body) == "red:acc_1:1"
    bench.peer.script = [problem(409, "already-done", "done by Tom at noon")]
    bench.person.push()
    assert bench.person.row(machine).state is State.DISCARDED
    assert bench.person.row(machine).last_error == "done by Tom at noon"
    assert bench.person.row(person).state is State.REJECTED


def patience(text):
    return {
        "429": with_header(problem(429, "rate-limited"), f"retry-after: {text}"),
        "503": with_header(problem(503, "unavailable"), f"retry-after: {text}"),
        "409": with_header(problem(409, "in-flight"), f"retry-after: {text}"),
    }


@pytest.mark.parametrize("status", ["429", "503", "409"])
@pytest.mark.parametrize(("text", "seconds"), [("7", 7), ("86400", 900), ("date", 60), ("0", 0)])
def test_not_yet_queues_until_retry_after(bench, status, text, seconds):
    asked_at = bench.person.clock()
    text = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True) if text == "date" else text
    bench.peer.script = [patience(text)[status]]
    change = bench.person.write(bench.account)
    bench.person.push()
    row = bench.person.row(change)
    assert row.state is State.QUEUED and row.unknown
    assert abs((row.next_try_at - asked_at).total_seconds() - seconds) < 3
    if seconds:
        before = len(bench.peer.asked)
        bench.person.push(ignore_backoff=True)
        assert len(bench.peer.asked) == before
    bench.peer.script = [bench.applied]
    bench.person.clock.move(seconds=seconds + 3)
    assert bench.person.push().pushed == 1


def test_an_html_503_with_retry_after_is_unknown_and_still_obeyed(bench):
    bench.peer.script = [answer(503, HTML, "text/html", "retry-after: 120\r\n")]
    change = bench.person.write(bench.account)
    bench.person.push()
    row = bench.person.row(change)
    assert row.state is State.SENDING and row.unknown
    asked = len(bench.peer.asked)
    bench.person.clock.move(seconds=100)
    bench.person.push(ignore_backoff=True)
    assert len(bench.peer.asked) == asked


def test_a_refused_connection_leaves_the_row_undoable(bench):
    bench.peer.close()
    change = bench.person.write(bench.account)
    other = bench.person.write(bench.another("acc_2"))
    pushed = bench.person.push()
    row = bench.person.row(change)
    assert (row.state, row.unknown) == (State.QUEUED, False)
    assert pushed.retry_at == row.next_try_at == bench.person.row(other).next_try_at
    assert bench.person.outbox.next_due(bench.person.clock()) >= row.next_try_at - timedelta(seconds=1)
    assert bench.person.outbox.take_back(change.change_id, bench.person.clock()).state is State.DISCARDED


def test_a_refused_connection_does_not_clear_an_earlier_open_try(bench):
    change = bench.person.write(bench.account)
    bench.person.outbox.start(change.change_id, bench.person.clock())
    bench.peer.close()
    bench.person.push()
    row = bench.person.row(change)
    assert (row.state, row.unknown) == (State.QUEUED, True)
    with pytest.raises(NotPossible):
        bench.person.outbox.take_back(change.change_id, bench.person.clock())
    bench.person.outbox.retry(change.change_id, bench.person.clock())


def test_401_pauses_the_push_spends_no_attempt_and_does_not_clear_unknown(bench):
    bench.peer.script = [problem(401, "unauthorized")]
    change = bench.person.write(bench.account)
    other = bench.person.write(bench.another("acc_2"))
    pushed = bench.person.push()
    assert pushed.signed_out and len(bench.peer.asked) == 1
    row = bench.person.row(change)
    assert (row.state, row.attempts, row.unknown) == (State.QUEUED, 0, True)
    assert bench.person.row(other).attempts == 0


def test_a_stale_keep_alive_connection_is_no_verdict_and_repeated(bench):
    def once(conn, asked):
        bench.applied(conn, asked)
        return False

    bench.peer.script = [once]
    first = bench.person.write(bench.account)
    bench.person.push()
    time.sleep(0.05)
    second = bench.person.write(bench.another("acc_2"))
    bench.person.push()
    bench.person.clock.move(seconds=2)
    bench.person.push()
    assert {bench.person.row(one).state for one in (first, second)} == {State.APPLIED}


@pytest.mark.parametrize("over", [{"change_id": "another"}, {"account_id": "acc_other"}], ids=str)
def test_an_answer_about_something_else_is_no_verdict(bench, over):
    change = bench.person.write(bench.account)
    bench.peer.script = [lambda conn, asked: bench.applied(conn, asked, **over)]
    told = bench.person.backend.submit(Submission(change.change_id, change.body, 4))
    assert isinstance(told, NoVerdict) and "another" in told.why


BAD_RECEIPTS = {
    "another change": {"change_id": "someone-elses"},
    "another reason": {"reason": "Not what was written"},
    "another account": {"account_id": "acc_9"},
    "denied": {"outcome": "denied"},
}


@pytest.mark.parametrize("name", BAD_RECEIPTS)
def test_I4_nothing_is_applied_without_a_receipt_that_verifies(bench, name):
    receipts = []

    def lie(conn, asked):
        receipts.append(bench.peer.receipt(asked.body, **BAD_RECEIPTS[name]))
        return bench.applied(conn, asked, receipt=receipts[-1])

    bench.peer.script = [lie]
    change = bench.person.write(bench.account)
    successor = bench.person.write(bench.account)
    pushed = bench.person.push()
    row = bench.person.row(change)
    assert (row.state, row.unknown, pushed.pushed) == (State.PARKED, True, 0)
    assert row.receipt.raw == receipts[-1]["raw"] and pushed.notices
    assert bench.person.row(successor).state is State.QUEUED and bench.person.seen == []
    bench.peer.script = [bench.applied]
    bench.person.outbox.retry(change.change_id, bench.person.clock())
    bench.person.push()
    assert bench.person.row(change).state is State.APPLIED


@pytest.mark.parametrize("field", ["hash", "signature", "head_hash", "raw", "prev_hash"])
def test_I4_a_tampered_receipt_is_not_believed(bench, field):
    def lie(conn, asked):
        receipt = bench.peer.receipt(asked.body)
        swapped = "A" if receipt[field][5] != "A" else "B"
        receipt[field] = receipt[field][:5] + swapped + receipt[field][6:]
        return bench.applied(conn, asked, receipt=receipt)

    bench.peer.script = [lie]
    change = bench.person.write(bench.account)
    bench.person.push()
    assert bench.person.row(change).state is State.PARKED and bench.person.row(change).unknown


def test_keys_are_pinned_on_first_use_and_a_changed_one_is_not_believed(bench):
    bench.peer.script = [bench.applied]
    bench.person.write(bench.account)
    assert bench.person.push().pushed == 1
    bench.peer.key = Ed25519PrivateKey.generate()
    change = bench.person.write(bench.another("acc_2"))
    bench.person.push()
    assert bench.person.row(change).state is State.PARKED
    bench.person.outbox.accept_keys(bench.peer.url, bench.person.backend.keys(), bench.person.clock())
    bench.person.outbox.retry(change.change_id, bench.person.clock())
    assert bench.person.push().pushed == 1


def test_a_rolled_back_chain_is_noticed(bench):
    bench.peer.script = [bench.applied]
    for number in range(3):
        bench.person.write(bench.another(f"acc_{number}"))
    assert bench.person.push().notices == ()
    bench.peer.seq, bench.peer.hash = 1, "0" * 64
    bench.person.write(bench.another("acc_7"))
    assert "seen before" in bench.person.push().notices[0]
    assert bench.person.outbox.remembered_head(bench.peer.url).seq == 3


def test_one_stuck_account_never_blocks_another_but_its_own_order_holds(bench):
    def by_account(conn, asked):
        if b"acc_1" in asked.body:
            conn.sendall(problem(500, "internal"))
            return True
        return bench.applied(conn, asked)

    bench.peer.script = [by_account]
    stuck, behind = bench.person.write(bench.account, "note"), bench.person.write(bench.account, "note")
    free = bench.person.write(bench.another("acc_2"))
    bench.person.push()
    assert [bench.person.row(one).state for one in (stuck, behind, free)] == [
        State.SENDING,
        State.QUEUED,
        State.APPLIED,
    ]
    assert bench.person.row(behind).attempts == 0
    due = bench.person.outbox.next_due(bench.person.clock())
    assert due == max(bench.person.row(stuck).next_try_at, due)


def test_backoff_is_full_jitter_between_one_second_and_five_minutes():
    rng = random.Random(3)
    for attempts, ceiling in [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (400, 300)]:
        waits = [backoff(attempts, rng) for _ in range(300)]
        assert 0 <= min(waits) < ceiling * 0.1 and ceiling * 0.9 < max(waits) <= ceiling


def test_after_five_tries_it_is_looked_up_before_it_is_sent_again(bench):
    bench.peer.script = [problem(500, "internal")]
    change = bench.person.write(bench.account)
    for _ in range(5):
        bench.person.push(ignore_backoff=True)
    row = bench.person.row(change)
    assert row.outcome_unknown and row.needs_you and row.attempts == 5
    assert bench.person.outbox.counts().needs_you == 1
    found = []

    def there(conn, asked):
        found.append(asked)
        return bench.applied(conn, replace(asked, body=change.body))

    bench.peer.fixed[f"/v1/changes/{change.change_id}"] = there
    posts = sum(asked.method == "POST" for asked in bench.peer.asked)
    assert bench.person.push(ignore_backoff=True).pushed == 1
    assert found and sum(asked.method == "POST" for asked in bench.peer.asked) == posts
    assert bench.person.row(change).state is State.APPLIED


def test_a_404_to_the_look_up_proves_nothing_within_a_minute(bench):
    bench.peer.script = [problem(500, "internal")]
    change = bench.person.write(bench.account)
    for _ in range(5):
        bench.person.push(ignore_backoff=True)
    bench.peer.fixed[f"/v1/changes/{change.change_id}"] = problem(404, "not-found")
    bench.person.push(ignore_backoff=True)
    assert bench.person.row(change).unknown  # it was sent again, so this says nothing yet about the look-up
    assert "looked_up" not in [entry.event for entry in bench.person.outbox.trail()]
    bench.person.clock.move(seconds=61)
    bench.peer.close()
    bench.person.backend.close()
    bench.person.backend = NativeBackend(bench.peer.url, "tok", timeout=0.5)
    bench.person.push(ignore_backoff=True)
    assert bench.person.row(change).unknown, "a refused look-up proves nothing"


def test_the_token_is_nowhere_but_in_its_header(bench):
    bench.peer.script = [answer(502, HTML, "text/html")]
    change = bench.person.write(bench.account)
    bench.person.push()
    assert bench.peer.asked[0].headers["authorization"] == "Bearer tok_secret"
    stored = (bench.person.outbox.directory / "outbox.db").read_bytes()
    shown = repr(bench.person.backend) + repr(bench.person.row(change))
    assert b"tok_secret" not in stored and "tok_secret" not in shown
