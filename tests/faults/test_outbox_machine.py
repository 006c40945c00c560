"""A state machine over the outbox, the push, a clock, a second operator, crashes and lost answers: I1–I7, I9."""

import base64
import hashlib
import json
import os
import random
import shutil
import tempfile
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import seed, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from kit.soak import trials

from data.account import Account
from data.backends.native import CAPABILITIES
from data.backends.port import (
    Applied,
    Denied,
    Identity,
    Item,
    Moved412,
    NeverSent,
    NotThere,
    NotYet,
    NoVerdict,
    RefusedByRule,
    TokenRefused,
)
from data.errors import NotPossible, TriageError
from data.outbox import Outbox
from data.push import look_up, push
from data.receipts import GENESIS, entry_hash, verify_receipt
from data.remedy import FINISHED, NEEDS_YOU, PENDING, REMEDIES, Order, Preview, Receipt, State

URL = "https://billing.example"
ACCOUNTS = ("acc_1", "acc_2")
FAULTS = (
    "fine",
    "fine",
    "fine",
    "refused",
    "lost before",
    "lost after",
    "crash before",
    "crash after",
    "429",
    "401",
    "403",
    "422",
)


class Crash(Exception):
    """The process dies here."""


class Server:
    """The contract's server in memory: applies each change id once, keeps versions and a signed chain."""

    base_url = URL
    capabilities = CAPABILITIES

    def __init__(self):
        self.key = Ed25519PrivateKey.generate()
        self.who = "stf_maya"
        self.answers, self.log, self.versions = {}, [], dict.fromkeys(ACCOUNTS, 1)
        self.seq, self.hash = 0, GENESIS
        self.faults = []
        self.one_at_a_time = threading.Lock()

    def account(self, account_id):
        empty = dict.fromkeys(Account.__struct_fields__)
        known = {"id": account_id, "name": account_id, "tier": "free", "contacts": (), "workspaces": (), "flags": ()}
        return Account(**{**empty, **known, "version": self.versions[account_id], "seq": self.seq + 1})

    def identity(self):
        return Identity(self.who, self.who, None, "lead", (), None, None)

    def keys(self):
        return {"key": base64.b64encode(self.key.public_key().public_bytes_raw()).decode()}

    def submit(self, submission):
        with self.one_at_a_time:
            return self._submit(submission)

    def _submit(self, submission):
        fault = self.faults.pop(0) if self.faults else "fine"
        if fault == "crash before":
            raise Crash
        early = {
            "refused": NeverSent("refused"),
            "lost before": NoVerdict("lost"),
            "429": NotYet("patience", 5.0),
            "401": TokenRefused("no"),
        }
        if fault in early:
            return early[fault]
        answer = self._handle(submission, fault)
        if fault == "crash after":
            raise Crash
        return NoVerdict("lost") if fault == "lost after" else answer

    def outcome(self, sent):
        answer = self.answers.get(sent.change_id)
        return answer or NotThere("none")

    def _handle(self, submission, fault):
        sent = json.loads(submission.body)
        known = self.answers.get(submission.change_id)
        if known:
            return msgspec.structs.replace(known, replayed=True)
        if fault == "403":
            return Denied("lacks it")
        remedy = sent["kind"] in REMEDIES
        if remedy and submission.if_match != self.versions[sent["account_id"]]:
            return Moved412("moved", ())
        if fault == "422":
            return RefusedByRule("a rule")
        self.versions[sent["account_id"]] += remedy
        self.answers[submission.change_id] = self._append(sent, submission)
        return self.answers[submission.change_id]

    def _append(self, sent, submission):
        self.seq += 1
        entry = {
            "seq": self.seq,
            "change_id": sent["change_id"],
            "outcome": "applied",
            "reason": sent["audit"]["reason"],
            "account_id": sent["account_id"],
        }
        raw, prev = json.dumps(entry), self.hash
        self.hash = hashlib.sha256(f"{prev}\n{raw}".encode()).hexdigest()
        signature = base64.b64encode(self.key.sign(f"{self.seq}\n{self.hash}".encode())).decode()
        receipt = Receipt(self.seq, raw, prev, self.hash, self.seq, self.hash, signature, "key")
        self.log.append((submission.change_id, sent["account_id"], bytes(submission.body), submission.if_match))
        return Applied(Item(self.account(sent["account_id"]), b""), receipt, False)


class Loop(RuleBasedStateMachine):
    """One home, one server, two identities."""

    written = Bundle("written")

    def __init__(self):
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="triage-machine-"))
        self.outbox = Outbox.open(self.home)
        self.server = Server()
        self.time = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.bodies, self.foreign_moves = {}, 0

    def teardown(self):
        self.outbox.close()
        shutil.rmtree(self.home)

    @rule(
        target=written, kind=st.sampled_from(["reset_usage", "grant_trial", "note"]), account=st.sampled_from(ACCOUNTS)
    )
    def write(self, kind, account):
        change_id = str(uuid.uuid4())
        change = self.outbox.author(
            Order(kind, account, reason="A good enough reason"),
            change_id=change_id,
            account=self.server.account(account),
            identity=self.server.identity(),
            base_url=URL,
            client="tests",
            preview=Preview(kind, account, None, {}, {}, ()),
            now=self.time,
            hold_seconds=10.0,
        )
        assert change.state is (State.HELD if kind in REMEDIES else State.QUEUED)
        self.bodies[change_id] = change.body
        return change_id

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=6), eager=st.booleans())
    def push(self, faults, eager):
        self.server.faults = list(faults)
        try:
            push(
                self.server,
                self.outbox,
                identity=self.server.identity(),
                base_url=URL,
                now=lambda: self.time,
                rng=random.Random(4),
                ignore_backoff=eager,
            )
        except Crash:
            self.outbox.close()
            self.outbox = Outbox.open(self.home)

    @rule(seconds=st.sampled_from([1, 5, 11, 70, 1000]))
    def wait(self, seconds):
        self.time += timedelta(seconds=seconds)

    @rule(account=st.sampled_from(ACCOUNTS))
    def colleague_moves(self, account):
        self.server.versions[account] += 1

    @rule(who=st.sampled_from(["stf_maya", "stf_maya", "stf_tom"]))
    def sign_in(self, who):
        self.server.who = who

    @rule(change_id=written, act=st.sampled_from(["take_back", "discard", "retry", "look_up"]))
    def person_acts(self, change_id, act):
        before = self.outbox.get(change_id)
        try:
            if act == "look_up":
                look_up(self.server, self.outbox, change_id, self.time)
            elif act == "discard":
                self.outbox.discard(change_id, "A good enough reason", self.time)
            else:
                getattr(self.outbox, act)(change_id, self.time)
        except TriageError as error:
            assert isinstance(error, NotPossible)
            assert self.outbox.get(change_id) == before
            return
        if act in ("take_back", "discard"):
            assert not before.unknown and change_id not in self.server.answers
            assert act == "discard" or before.state in (State.HELD, State.QUEUED)
        if act == "retry":
            assert before.unknown or before.state is State.QUEUED
            assert self.outbox.get(change_id).body == before.body

    @rule(old=written, new_id=st.uuids(version=4).map(str), target=written)
    def write_again(self, old, new_id):
        before = self.outbox.get(old)
        order = Order(before.kind, before.account_id, reason="Said in other words")
        try:
            new = self.outbox.reauthor(
                old,
                order,
                new_id=new_id,
                account=self.server.account(before.account_id),
                identity=self.server.identity(),
                base_url=URL,
                client="tests",
                preview=Preview(before.kind, before.account_id, None, {}, {}, ()),
                now=self.time,
            )
        except NotPossible:
            assert before.unknown or before.state not in NEEDS_YOU
            return multiple()
        assert before.state in NEEDS_YOU and not before.unknown
        assert self.outbox.get(old).last_error == f"rewritten as {new_id}"
        self.bodies[new_id] = new.body
        return new_id

    @rule()
    def everything_comes_to_rest(self):
        """The link is up and time passes: I1, I7."""
        self.server.who = "stf_maya"
        for _ in range(3):
            self.time += timedelta(minutes=16)
            self.push([], False)
        for row in self.outbox.changes():
            if row.staff_id == "stf_maya":
                assert row.state not in PENDING, row
        assert self.outbox.next_due(self.time) is None

    @invariant()
    def the_rows_tell_the_truth(self):
        rows = {row.change_id: row for row in self.outbox.changes()}
        assert {key: row.body for key, row in rows.items()} == self.bodies
        applied = [entry[0] for entry in self.server.log]
        assert len(applied) == len(set(applied))
        for row in rows.values():
            there = row.change_id in self.server.answers
            if row.state is State.APPLIED:
                assert there and not row.unknown
                assert verify_receipt(row.receipt, row.change_id, row.reason, self.server.keys()) is None
            elif there:
                assert row.unknown, "applied on the server, so nothing else may be known"
            if row.unknown:
                assert row.state not in FINISHED
            if row.after and rows[row.after].state in (State.DISCARDED, State.CONFLICT, State.REJECTED):
                assert row.state in (*NEEDS_YOU, *FINISHED), "a successor whose predecessor ended otherwise"

    @invariant()
    def order_is_kept_per_account(self):
        rows = {row.change_id: row for row in self.outbox.changes()}
        for account in ACCOUNTS:
            for lane in (True, False):
                line = [rows[e[0]].position for e in self.server.log if e[1] == account]
                line = [p for p in line if any(r.position == p and r.is_remedy is lane for r in rows.values())]
                mine = {r.position: r for r in rows.values()}
                late = [
                    p for p, q in zip(line, line[1:], strict=False) if q < p and mine[p].staff_id == mine[q].staff_id
                ]
                assert not late or self._was_put_aside(line, mine)

    def _was_put_aside(self, line, rows):
        """A row that somebody retried or that returned after parking may come after later ones."""
        events = {entry.change_id for entry in self.outbox.trail() if entry.event in ("parked", "returned", "retried")}
        return any(rows[p].change_id in events for p in line)

    @invariant()
    def counts_are_the_rows(self):
        counts, rows = self.outbox.counts(), self.outbox.changes()
        needs = [row for row in rows if row.needs_you]
        moving = [row for row in rows if row.state in PENDING and not row.needs_you]
        assert (counts.needs_you, counts.waiting) == (len(needs), len(moving))

    @invariant()
    def our_own_trail_is_a_chain(self):
        last = GENESIS
        for number, entry in enumerate(self.outbox.trail(), 1):
            assert (entry.seq, entry.prev_hash, entry.hash) == (number, last, entry_hash(last, entry.raw))
            last = entry.hash


Loop.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None, derandomize=True)
TestLoop = Loop.TestCase


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_soak_the_outbox_and_the_push():
    """More examples, longer histories, of other seeds."""
    how = settings(max_examples=10, stateful_step_count=60, deadline=None, database=None, print_blob=False)
    first = int.from_bytes(os.urandom(4), "big")
    for number in trials(200, 0.03):
        print("outbox machine seed", first + number)
        run_state_machine_as_test(seed(first + number)(type("LongLoop", (Loop,), {})), settings=how)
