"""SIGKILL of the real server at random moments, then the same file on the same port: nothing answered is ever lost."""

import json
import random
import sqlite3
import threading
import time
import uuid
from contextlib import closing, suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from kit.soak import trials

from data.cache import Cache
from data.errors import TriageError
from data.pull import pull
from data.push import check_head
from data.receipts import GENESIS, entry_hash
from data.remedy import State
from triage.policy import load_policy
from triage.rules.assess import judge_all
from triage.rules.health import Rulebook
from triage.sandbox import process
from triage.tree_file import load_tree

RULES = Rulebook(load_policy(), load_tree())
KILLS = 15  # in each of the two ordinary tests
SOAK_PARTS = 2


class Field:
    """A server over a file of its own that is killed and comes back, and one person who works on meanwhile."""

    def __init__(self, db, make_shop, seed):
        self.db, self.dice, self.kills, self.interrupted, self.span = db, random.Random(seed), 0, 0, 0.1
        self.running = process.start(accounts=60, seed=7, db=db, extra=["--rate", "1000000:1000000"])
        self.port = urlsplit(self.running.url).port
        self.shop = make_shop(self.running)
        self.maya = self.shop.person()
        self.accounts = [self.shop.account().id for _ in range(9)]
        self.everything = []

    def written(self):
        """Five changes, three of them a chain."""
        three = [self.maya.backend.account(key).account for key in self.dice.sample(self.accounts, 3)]
        chosen = [three[0], three[1], three[0], three[2], three[0]]
        changes = [self.maya.write(account, reason=f"They asked, number {n}") for n, account in enumerate(chosen)]
        self.everything += changes
        return changes

    def killed_during(self, work):
        """Kill the server at a random moment of some work, which may fail, and let it come back."""
        over, early = threading.Event(), []

        def kill():
            early.append(not over.is_set())
            self.running.kill()

        killer = threading.Timer(self.dice.random() * self.span, kill)
        killer.start()
        with suppress(TriageError):
            work()
        over.set()
        killer.join()
        self.kills += 1
        self.interrupted += early[0]
        self.span *= 1.1 if early[0] else 0.8  # however fast this machine is, most kills should meet the work
        self.running = self.back()

    def back(self):
        """The server over the same file on the same port."""
        for _ in range(50):
            with suppress(process.SandboxFailed):
                extra = ["--rate", "1000000:1000000"]
                return process.start(accounts=60, seed=7, db=self.db, port=self.port, extra=extra)
            time.sleep(0.1)
        raise AssertionError("the server does not come back")

    def pull(self):
        """One pull of the person's, cursor and trail checked as always."""
        now = datetime.now(UTC)
        with closing(Cache.open(self.maya.outbox.directory, self.maya.backend.base_url)) as cache:
            done = pull(
                self.maya.backend,
                cache,
                lambda day: lambda some: judge_all(some, RULES, now, day),
                now,
            )
            assert done.audit_problem is None
            found = cache.all("SELECT id, payload FROM account")
            return {key: json.loads(cache.packing.unpack(raw)) for key, raw in found}

    def settle(self, changes):
        """Time passes with the server up: everything is applied, and no answer that was heard has been forgotten."""
        for _ in range(3):  # the first may meet a connection that died with the server
            self.maya.clock.move(minutes=6)
            self.maya.push()
        assert [self.maya.row(change).state for change in changes] == [State.APPLIED] * 5
        told = check_head(self.maya.backend, self.maya.outbox, self.maya.backend.base_url, self.maya.clock())
        assert told.problem is None

    def check_all(self):
        """Each change once, in order, by a receipt that is the entry; the server's file sound, the chain whole."""
        entries = [entry for page in self.maya.backend.audit(0) for entry in page.entries]
        last = GENESIS
        for number, entry in enumerate(entries, 1):
            assert (entry.seq, entry.prev_hash, entry.hash) == (number, last, entry_hash(last, entry.raw))
            last = entry.hash
        by_id = {}
        for entry in entries:
            by_id.setdefault(entry.change_id, []).append(entry)
        for change in self.everything:
            row, (entry,) = self.maya.row(change), by_id[change.change_id]
            assert (entry.outcome, entry.reason) == ("applied", change.reason)
            assert (row.receipt.audit_seq, row.receipt.hash) == (entry.seq, entry.hash)
            if change.after:
                assert entry.seq > by_id[change.after][0].seq
        assert len({uuid.UUID(change.change_id) for change in self.everything}) == len(self.everything)
        items = [item for batch in self.maya.backend.accounts(None) for item in batch.items]
        assert self.pull() == {item.account.id: json.loads(item.raw) for item in items}
        with closing(sqlite3.connect(self.db)) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def finish(self, tally):
        self.check_all()
        assert self.interrupted * 4 >= self.kills or self.kills < 10, "the kills came too late to mean anything"
        tally("server killed", self.kills)


@pytest.fixture
def field(tmp_path, make_shop):
    made = []

    def make(seed):
        made.append(Field(tmp_path / "server.db", make_shop, seed))
        return made[-1]

    yield make
    for one in made:
        one.running.stop()


@pytest.mark.timeout(180)
def test_I1_a_server_killed_at_any_moment_applies_each_change_exactly_once(field, tally):
    field = field(21)
    while field.kills < KILLS:
        changes = field.written()
        field.killed_during(field.maya.push)
        field.settle(changes)
    field.finish(tally)


@pytest.mark.timeout(180)
def test_I1_killed_again_while_the_client_recovers_and_while_it_fetches(field, tally):
    field = field(22)
    while field.kills < KILLS:
        changes = field.written()
        field.killed_during(field.maya.push)
        field.maya.clock.move(minutes=6)
        field.killed_during(field.maya.push)
        field.settle(changes)
        field.killed_during(field.pull)
        field.pull()
    field.finish(tally)


@pytest.mark.soak
@pytest.mark.timeout(12 * 3600)
@pytest.mark.parametrize("part", range(SOAK_PARTS))
def test_I1_a_server_killed_again_and_again(part, field, tally):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    field = field(seed)
    for _ in trials(1_000, 0.11):
        changes = field.written()
        for _ in range(field.dice.choice((1, 1, 2))):
            field.killed_during(field.maya.push)
            field.maya.clock.move(minutes=6)
        field.settle(changes)
        if field.dice.random() < 0.3:
            field.killed_during(field.pull)
            field.pull()
        if field.kills >= 1_000 // SOAK_PARTS:
            break
    field.finish(tally)
    tally("server killed", 0, seed=f"{part}: {seed}")
