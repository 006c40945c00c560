"""Rare turns of a push: a token refused while looking up, keys that cannot be had, an entry that does not follow."""

import json

import pytest

from data.errors import Offline, SignedOut
from data.push import look_up
from data.remedy import State


def problem(status, slug):
    """The bytes of an answer."""
    return answer(status, {"type": slug, "title": "Title", "status": status}, "application/problem+json")


def answer(status, value, kind="application/json"):
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


ME = {
    "staff_id": "stf_maya",
    "name": "Maya Okafor",
    "email": None,
    "role": "lead",
    "permissions": [],
    "discount_limit": 100,
    "server_time": "2026-11-21T12:00:00Z",
}


def lost(bench, tries):
    """A change sent some times without an answer."""
    bench.peer.script = [problem(500, "internal")]
    change = bench.person.write(bench.account)
    for _ in range(tries):
        bench.person.push(ignore_backoff=True)
    assert bench.person.row(change).unknown
    return change


@pytest.mark.parametrize(("status", "slug", "error"), [(401, "unauthorised", SignedOut), (500, "internal", Offline)])
def test_a_look_up_that_brings_nothing_leaves_the_row_as_it_was(bench, status, slug, error):
    change = lost(bench, 1)
    before = bench.person.row(change)
    bench.peer.fixed["/v1/me"] = answer(200, ME)
    bench.peer.fixed[f"/v1/changes/{change.change_id}"] = problem(status, slug)
    with pytest.raises(error):
        look_up(bench.person.backend, bench.person.outbox, change.change_id, bench.person.clock())
    assert bench.person.row(change) == before


def test_a_token_refused_while_looking_first_pauses_the_push(bench):
    change = lost(bench, 5)
    before, posts = bench.person.row(change), sum(asked.method == "POST" for asked in bench.peer.asked)
    bench.peer.fixed[f"/v1/changes/{change.change_id}"] = problem(401, "unauthorised")
    assert bench.person.push(ignore_backoff=True).signed_out
    assert bench.person.row(change) == before
    assert sum(asked.method == "POST" for asked in bench.peer.asked) == posts


def test_without_the_keys_a_receipt_proves_nothing_yet(bench):
    keys = bench.peer.fixed["/v1/keys"]
    bench.peer.fixed["/v1/keys"] = problem(503, "unavailable")
    bench.peer.script = [bench.applied]
    change = bench.person.write(bench.account)
    assert bench.person.push().pushed == 0
    row = bench.person.row(change)
    assert (row.state, row.unknown) == (State.SENDING, True) and "keys could not be had" in row.last_error
    bench.peer.fixed["/v1/keys"] = keys
    assert bench.person.push(ignore_backoff=True).pushed == 1


def test_an_entry_that_does_not_follow_from_the_one_seen_before_is_said(bench):
    bench.peer.seq, bench.peer.hash = 6, "b" * 64
    bench.person.outbox.remember_head(bench.person.backend.base_url, 6, "a" * 64, bench.person.clock())
    bench.peer.script = [bench.applied]
    bench.person.write(bench.account)
    pushed = bench.person.push()
    assert pushed.pushed == 1 and any("does not follow from the one seen before" in told for told in pushed.notices)
