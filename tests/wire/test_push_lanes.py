"""The push side by side: what is under way at a time, in which order, marked where, and what it costs the disk."""

import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from data.backends.native import CAPABILITIES
from data.backends.native_answers import ours_of
from data.backends.port import NeverSent, NotYet, NoVerdict
from data.errors import FileProblem
from data.outbox import Outbox
from data.push_round import LANES
from data.remedy import State


class Watched:
    """The reference server behind a port that notes what is under way; `beside` is done before a change is sent."""

    capabilities = CAPABILITIES

    def __init__(self, person, beside=lambda ours, number: None):
        self.inner, self.beside = person.backend, beside
        self.base_url, self.keys, self.outcome = self.inner.base_url, self.inner.keys, self.inner.outcome
        self.widths, self.sent, self.twice = [], [], []
        self._lock, self._under_way = threading.Lock(), Counter()

    def submit(self, submission):
        ours = ours_of(submission.body)
        with self._lock:
            self._under_way[ours.account_id] += 1
            self.sent.append(ours.change_id)
            self.widths.append(self._under_way.total())
            if self._under_way[ours.account_id] > 1:
                self.twice.append(ours)
            number = len(self.sent)
        try:
            return self.beside(ours, number) or self.inner.submit(submission)
        finally:
            with self._lock:
                self._under_way[ours.account_id] -= 1


@pytest.fixture
def maya(shop):
    return shop.person()


def a_while(_ours, _number):
    time.sleep(0.01)


def test_I6_one_of_an_account_at_a_time(shop, maya):
    accounts = [shop.account() for _ in range(12)]
    written = [maya.write(account, "note") for _ in range(3) for account in accounts]
    watched = Watched(maya, a_while)
    assert maya.push(watched).pushed == len(written)
    assert watched.twice == []
    assert 2 < max(watched.widths) <= LANES
    seqs = {account.id: [] for account in accounts}
    for change in written:
        seqs[change.account_id].append(maya.row(change).receipt.audit_seq)
    assert all(found == sorted(found) for found in seqs.values())


def test_I5_a_chain_of_remedies_goes_on_from_each_answer(shop, maya):
    accounts = [shop.account() for _ in range(4)]
    written = [maya.write(account) for _ in range(3) for account in accounts]
    assert maya.push().pushed == len(written)
    for account in accounts:
        mine = [maya.row(one) for one in written if one.account_id == account.id]
        assert [row.result_version for row in mine] == [account.version + step for step in (1, 2, 3)]


def test_I1_what_is_under_way_is_marked_on_the_disk(shop, maya):
    found = []

    def look(ours, _number):
        with closing(sqlite3.connect(maya.outbox.directory / "outbox.db", timeout=5)) as other:
            query = "SELECT state, unknown, attempts FROM change WHERE change_id = ?"
            found.extend(other.execute(query, (ours.change_id,)))

    for _ in range(12):
        maya.write(shop.account(), "note")
    assert maya.push(Watched(maya, look)).pushed == 12
    assert found == [("sending", 1, 1)] * 12


def test_nothing_is_shown_before_it_is_on_the_disk(shop, maya):
    told = []

    def shown(items):
        with closing(Outbox.open(maya.outbox.directory)) as other:
            states = {one.account_id: one.state for one in other.changes()}
        told.extend(states[item.account.id] for item in items)

    for _ in range(12):
        maya.write(shop.account(), "note")
    maya.push(on_accounts=shown)
    assert told == [State.APPLIED] * 12


def test_one_goes_ahead_and_finds_out_whether_anybody_listens(shop, maya):
    rows = [maya.write(shop.account(), "note") for _ in range(9)]
    watched = Watched(maya, lambda _ours, _number: NeverSent("nobody listens"))
    pushed = maya.push(watched)
    assert (len(watched.sent), pushed.waiting) == (1, 9)
    assert [maya.row(row).attempts for row in rows] == [1] + [0] * 8
    assert all(maya.row(row).next_try_at for row in rows)


def test_a_server_that_asks_for_patience_gets_it_whatever_else_is_under_way(shop, maya):
    rows = [maya.write(shop.account(), "note") for _ in range(24)]

    def answer(_ours, number):
        if number == LANES + 1:  # the last to be heard of, when the round is over already
            time.sleep(0.3)
            return NoVerdict("lost")
        return None if number == 1 else NotYet("patience", 600.0)

    begun = maya.clock()
    watched = Watched(maya, answer)
    maya.push(watched)
    assert len(watched.sent) == LANES + 1
    untried = [maya.row(row) for row in rows if maya.row(row).attempts == 0]
    assert len(untried) == 24 - LANES - 1
    assert all(row.next_try_at >= begun + timedelta(seconds=599) for row in untried)
    assert maya.push(ignore_backoff=True).pushed == 1  # Retry-After binds a person too, the lost one's backoff does not


def test_a_change_written_meanwhile_does_not_wait_for_the_rest(shop, maya):
    late = []

    def write(_ours, number):
        if number == 3:
            with closing(Outbox.open(maya.outbox.directory)) as other:
                late.append(replace(maya, outbox=other).write(shop.account(), "note"))
        time.sleep(0.01)

    for _ in range(40):
        maya.write(shop.account(), "note")
    watched = Watched(maya, write)
    assert maya.push(watched).pushed == 41
    assert watched.sent.index(late[0].change_id) <= 3 + 2 * LANES


def test_a_hold_that_ends_meanwhile_lets_its_change_go(shop, maya):
    held = maya.write(shop.account(), hold=10.0)
    maya.write(shop.account(), "note")
    watched = Watched(maya, lambda _ours, _number: maya.clock.move(seconds=11))
    assert maya.push(watched).pushed == 2
    assert maya.row(held).state is State.APPLIED


def test_what_a_request_raises_ends_the_push_and_the_rows_stay_unknown(shop, maya):
    def dies(_ours, number):
        if number == 4:
            raise FileProblem("The disk is full.")
        time.sleep(0.02)

    rows = [maya.write(shop.account(), "note") for _ in range(12)]
    with pytest.raises(FileProblem):
        maya.push(Watched(maya, dies))
    states = [maya.row(row) for row in rows]
    assert all(row.unknown == (row.state is State.SENDING) for row in states)
    assert maya.push(ignore_backoff=True).waiting == 0
    assert all(maya.row(row).state is State.APPLIED and len(maya.entries(row)) == 1 for row in rows)


def test_a_change_costs_at_most_a_commit_and_fourteen_statements(shop):
    maya, steps, statements = shop.person(), Counter(), []
    for _ in range(60):
        maya.write(shop.account(), "note")
    maya.push(stop=lambda: True)
    with closing(Outbox.open(maya.outbox.directory, steps=lambda step: steps.update([step]))) as box:
        box._connection.set_trace_callback(statements.append)
        assert replace(maya, outbox=box).push(Watched(maya, a_while)).pushed == 60
    assert steps["outbox: after COMMIT"] <= 60 + 3  # two each when they went one by one; here answers come together too
    assert len(statements) <= 60 * 14 + 20
