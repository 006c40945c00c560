"""A pull crashed at every step, of a first sync, a delta and a full refresh: the book is never torn."""

import json
import random
import shutil
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from kit.crash import Bomb, Crash, homes
from kit.crash_push import REFUSED
from kit.proxy import FAULTS, Proxy
from kit.soak import trials

from data import pull as journey
from data.backends import native_delta
from data.backends.native import NativeBackend
from data.cache import Cache
from data.database import check_all
from data.errors import TriageError
from data.ports_list import View
from data.pull import pull
from data.receipts import GENESIS, entry_hash
from triage.policy import load_policy
from triage.rules.assess import judge_all
from triage.rules.health import Rulebook
from triage.sandbox import process, store
from triage.sandbox.database import Database
from triage.tree_file import load_tree

RULES = Rulebook(load_policy(), load_tree())
ACCOUNTS = 18
MOST_STEPS = 400
SEED = 41
KINDS = ("first sync", "delta", "full refresh", "history begun anew")


def now() -> datetime:
    return datetime.now(UTC)


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


@dataclass
class Library:
    """A server that has moved on since a cache was filled, both told apart: what a delta starts from and comes to."""

    running: process.Running
    proxy: Proxy
    root: Path
    filled: Path
    old: dict[str, bytes]
    new: dict[str, bytes]
    head: tuple[int, str]
    refused: int = 0

    @property
    def hits(self) -> Counter[str]:
        """Faults really met; what was refused only the client's own socket can see."""
        return Counter({**self.proxy.hits, "refused": self.refused})

    def pull(self, home: Path, kind: str, bomb: Bomb | None = None, timeout: float = 5.0) -> None:
        """One pull as a process would do it, from opening the file on."""
        with (
            closing(NativeBackend(self.proxy.url, self.running.token, timeout=timeout, steps=bomb)) as backend,
            closing(Cache.open(home, self.proxy.url, steps=bomb)) as cache,
        ):
            pull(backend, cache, self._judge, now(), full=kind == "full refresh")

    def _judge(self, through):
        return lambda some: judge_all(some, RULES, now(), through)

    def trial(self, kind: str, at: int, faults: tuple[str | None, ...] = (), again: int = 0, timeout=5.0) -> Bomb:
        """Crash at step `at`, once more at step `again` of the next pull, then pull in peace; the first bomb."""
        home = self.root / uuid.uuid4().hex[:12]
        if kind == "first sync":
            home.mkdir()
        else:
            shutil.copytree(self.filled, home)
        if kind == "history begun anew":
            with closing(Cache.open(home, None)) as cache, cache.writing():
                cache.put(epoch="ep_of_before")
        name = f"{kind}, faults {faults}, crash {at}, again {again}"
        first = Bomb(at, home, home.with_name(f"{home.name}-1"))
        self.proxy.set(*faults, everywhere=True)
        with suppress(Crash, TriageError):
            self.pull(home, kind, first, timeout)
        self.refused += first.steps.count(REFUSED)
        self.proxy.set()
        left = first.left
        self.look(left, kind, name)
        if again:
            second = Bomb(again, left, home.with_name(f"{home.name}-2"))
            with suppress(Crash, TriageError):
                self.pull(left, kind, second)
            left = second.left
            self.look(left, kind, name)
        # An interrupted full refresh may be followed by an ordinary sync too; its shadow then stays for the next one.
        self.pull(left, "delta" if at % 2 else kind)
        self.look(left, kind, name, whole=True, shadow=bool(at % 2))
        for used in self.root.glob(f"{home.name}*"):
            shutil.rmtree(used)
        return first

    def look(self, home: Path, kind: str, name: str, *, whole: bool = False, shadow: bool = False) -> None:
        """What a reader finds: each account as the server had it once, lists and tally of exactly these accounts."""
        with closing(Cache.open(home, None)) as cache:
            assert not cache.rebuilt_why, name
            check_all(cache.connection)
            numbers = [
                cache.all(f"SELECT number FROM {table} ORDER BY 1")
                for table in ("account", "listing", "verdict", "history")
            ]
            assert all(one == numbers[0] for one in numbers), f"a torn list: {name}"
            tally = {(rank, *more): count for rank, *more, count in cache.all("SELECT * FROM tally") if count}
            listed = Counter(cache.all("SELECT rank, snoozed, has_signal, drift, red FROM listing"))
            assert tally == listed, f"the tally is wrong: {name}"
            rows = [row.id for row in cache.first(View.BOOK)]
            found = cache.all("SELECT id, payload FROM account")
            payloads = {key: canonical(json.loads(cache.packing.unpack(raw))) for key, raw in found}
            assert len(set(rows)) == len(rows) and payloads.keys() >= set(rows), f"a torn screen: {name}"
            self._check_trail(cache, name)
            if whole:
                assert payloads == self.new, f"not what the server has: {name}"
                assert cache.synced_at is not None and cache.audit_head() == self.head, name
                tables = {found[0] for found in cache.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
                assert not [table for table in tables if table.startswith(("old_",) if shadow else ("old_", "new_"))], (
                    f"leftovers: {name}"
                )
                assert not cache.all("SELECT 1 FROM tombstone"), name
                return
            known = [set(book) for book in (self.old, self.new)]
            for key, raw in payloads.items():
                assert raw in (self.old.get(key), self.new.get(key)), f"an account the server never had: {name}"
            if kind in ("full refresh", "history begun anew"):
                assert payloads in (self.old, self.new), f"half a refresh is seen: {name}"
            if kind == "delta":
                assert set(payloads) >= known[1] & known[0], f"accounts went: {name}"
                assert cache.synced_at is not None

    def _check_trail(self, cache: Cache, name: str) -> None:
        last = GENESIS
        for number, entry in enumerate(cache.audit_rows(), 1):
            assert (entry.seq, entry.prev_hash, entry.hash) == (number, last, entry_hash(last, entry.raw)), name
            last = entry.hash


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    """A book of eighteen; since the cache was filled eight accounts moved, three went and two came."""
    with homes() as root:
        running = process.start(accounts=ACCOUNTS, seed=7, db=root / "server.db", extra=["--rate", "1000000:1000000"])
        with running:
            made = Library(running, Proxy(running.url, SEED), root, root / "filled", {}, {}, (0, ""))
            made.old = served(made)
            ids = sorted(made.old)
            away = ids[-2:]
            change(root, lambda db: store.remove(db, away))
            made.old = served(made)
            made.pull(made.filled, "first sync")
            change(root, lambda db: move(db, ids[:8], away, ids[8:11]))
            made.new = served(made)
            with closing(NativeBackend(running.url, running.token)) as backend:
                head = backend.head()
            made.head = (head.seq, head.hash)
            yield made
            made.proxy.close()


def change(root: Path, work) -> None:
    """Change the server's book in one transaction of its own file."""
    with Database(root / "server.db").writing() as connection:
        work(connection)


def move(connection, touched, back, gone) -> None:
    """Some accounts move, some come back, some go."""
    for key in touched:
        account = store.get(connection, key)
        assert account is not None
        store.put(connection, account, now())
    store.remove(connection, gone)


def served(library: Library) -> dict[str, bytes]:
    """What the server has, read past the proxy."""
    with closing(NativeBackend(library.running.url, library.running.token)) as backend:
        items = [item for batch in backend.accounts(None) for item in batch.items]
    return {item.account.id: canonical(json.loads(item.raw)) for item in items}


@pytest.fixture(autouse=True)
def several_batches(monkeypatch):
    """Eighteen accounts in several batches, and members of three workspaces only."""
    monkeypatch.setattr(native_delta, "LINES_A_BATCH", 5)
    monkeypatch.setattr(journey, "MEMBERS_A_SYNC", 3)


@pytest.mark.parametrize("kind", KINDS)
def test_crashed_at_every_step_of_a(kind, library, tally):
    dice, crashed = random.Random(SEED), 0
    for at in range(1, MOST_STEPS):
        bomb = library.trial(kind, at, again=dice.randrange(1, 60) if at % 4 == 0 else 0)
        if not bomb.blown:
            break
        crashed += 1
    assert 20 <= crashed < MOST_STEPS - 1, "the sweep did not reach the end of the pull"
    tally("crash trials (point x fault)", crashed)


def finish(tally, library, crashed, before):
    """Hand the counts over."""
    tally("crash trials (point x fault)", crashed)
    for fault, hits in (library.hits - before).items():
        tally(f"fault: {fault}", hits)


@pytest.mark.parametrize("kind", KINDS)
def test_faults_and_crashes_under_faults_of_a(kind, library, tally):
    dice, crashed = random.Random(SEED + 1), 0
    before = Counter(library.hits)
    for fault in FAULTS:
        for at in (0, dice.randrange(1, 40)):
            bomb = library.trial(kind, at, (*(None,) * dice.randrange(1, 4), fault), timeout=0.15)
            crashed += bomb.blown
    finish(tally, library, crashed, before)


@pytest.mark.soak
@pytest.mark.timeout(12 * 3600)
@pytest.mark.parametrize("kind", KINDS)
def test_crashed_anywhere_under_any_fault_of_a(kind, library, tally):
    """Every step × every fault, in a random order; half of the recoveries crash as well."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice, crashed, before = random.Random(seed), 0, Counter(library.hits)
    cells = list(product(FAULTS, range(1, len(library.trial(kind, 0).steps) + 1)))
    dice.shuffle(cells)
    tally("crash trials (point x fault)", 0, seed=f"{kind}: {seed}")
    for number in trials(len(cells), 0.06 / len(KINDS)):
        fault, at = cells[number]
        plan = (*(None,) * dice.randrange(5), fault)
        crashed += library.trial(kind, at, plan, dice.choice((0, dice.randrange(1, 60))), timeout=0.15).blown
    finish(tally, library, crashed, before)
