"""Two to eight operators at once on the same few accounts: what each heard must fit one order of events."""

import itertools
import os
import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit.proxy import FAULTS, Proxy
from kit.soak import trials

from data.backends.native import NativeBackend
from data.backends.port import Applied, Item
from data.errors import Busy, NotPossible, TriageError
from data.outbox import Outbox
from data.push import look_up, push
from data.receipts import verify_receipt
from data.remedy import NEEDS_YOU, PENDING, REMEDIES, Change, Order, Preview, State
from triage.sandbox import process

HISTORIES, PARTS, ACTS, ACCOUNTS = 52, 4, 4, 3
QUICK = tuple(one for one in FAULTS if one not in ("stall", "slow drip"))
numbers = itertools.count(1)


@dataclass(frozen=True)
class Call:
    """One submission as the client saw it: when it left and came back (monotonic), what was sent, what was heard."""

    change_id: str
    began: float
    ended: float
    if_match: int | None
    applied: Applied | None


@dataclass
class Recorder:
    """The real backend with every submission written down."""

    inner: NativeBackend
    calls: list[Call] = field(default_factory=list)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def submit(self, submission):
        """Send it, and note when and what came of it."""
        began = time.monotonic()
        answer = self.inner.submit(submission)
        heard = answer if isinstance(answer, Applied) else None
        self.calls.append(Call(submission.change_id, began, time.monotonic(), submission.if_match, heard))
        return answer


class Worker(threading.Thread):
    """One operator: looks at an account, writes, pushes, looks something up; over and over."""

    def __init__(self, home: Path, url: str, way: str, token: str, accounts: list[str], number: int) -> None:
        super().__init__(daemon=True)
        self.url, self.dice = url, random.Random(number)
        self.home, self.accounts = home, accounts
        self.reading = NativeBackend(url, token, timeout=5)
        self.backend = Recorder(NativeBackend(way, token, timeout=1))
        self.backend.inner.base_url = url  # the proxy is only a road: receipts and rows belong to the server
        self.identity = self.reading.identity()
        self.written: dict[str, Change] = {}
        self.failed: BaseException | None = None

    def run(self) -> None:
        """Work; what goes wrong is told by the test's own thread."""
        try:
            outbox = Outbox.open(self.home)
            for _ in range(ACTS):
                self.act(outbox)
            self.rest(outbox)
            outbox.close()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shall say it
            self.failed = error

    def act(self, outbox: Outbox) -> None:
        item = self.reading.account(self.dice.choice(self.accounts))
        for _ in range(self.dice.choice([1, 1, 2, 3])):
            self.write(outbox, item)
        if self.dice.random() < 0.8:
            self.push(outbox)
        unknown = [row for row in outbox.changes() if row.unknown]
        if unknown and self.dice.random() < 0.5:
            self.ask(outbox, self.dice.choice(unknown))

    def write(self, outbox: Outbox, item: Item) -> None:
        kind = self.dice.choice(["apply_discount", "apply_discount", "note"])
        number = next(numbers)
        wanted = {"kind": "scholarship", "percent": number % 2000 / 100 + 0.001}
        params = wanted if kind == "apply_discount" else {"text": f"Note {number}"}
        order = Order(kind, item.account.id, None, params, f"A good enough reason, {number}")
        change_id = f"{self.dice.getrandbits(32):08x}-0000-4000-8000-{number:012x}"
        self.written[change_id] = outbox.author(
            order,
            change_id=change_id,
            account=item.account,
            identity=self.identity,
            base_url=self.url,
            client="tests/1 here",
            preview=Preview(kind, order.account_id, None, {}, {"discount": wanted}, ()),
            now=datetime.now(UTC),
        )

    def push(self, outbox: Outbox) -> None:
        push(
            self.backend,
            outbox,
            identity=self.identity,
            base_url=self.url,
            now=lambda: datetime.now(UTC),
            rng=self.dice,
            ignore_backoff=True,
        )

    def ask(self, outbox: Outbox, row: Change) -> None:
        try:
            look_up(self.backend, outbox, row.change_id, datetime.now(UTC))
        except (NotPossible, Busy, TriageError):
            return

    def rest(self, outbox: Outbox) -> None:
        """The link is good again: everything that waits goes, however often the server asks for patience."""
        self.backend.inner = self.reading
        deadline = time.monotonic() + 60
        while outbox.changes(*PENDING):
            assert time.monotonic() < deadline, outbox.changes(*PENDING)
            for row in outbox.changes(*PENDING):
                outbox.retry(row.change_id, datetime.now(UTC))
            self.push(outbox)
        self.rows = {row.change_id: row for row in outbox.changes()}
        self.keys = outbox.pinned_keys(self.url)


def history(url: str, tokens: dict[str, str], accounts: list[str], directory: Path, number: int) -> int:
    """Let some operators work at once and check what they heard; answers how many changes were applied."""
    dice = random.Random(number)
    proxies, workers = [], []
    first = NativeBackend(url, tokens["lead"])
    before = max((entry.seq for page in first.audit(0) for entry in page.entries), default=0)
    versions = {one: first.account(one).account.version for one in accounts}
    for place in range(dice.randint(2, 8)):
        way = url
        if dice.random() < 0.5:
            proxy = Proxy(url, seed=number)
            proxy.set(*(dice.choice([None, *QUICK]) for _ in range(6)))
            proxies.append(proxy)
            way = proxy.url
        token = tokens[dice.choice(["lead", "agent"])]
        workers.append(Worker(directory / str(place), url, way, token, accounts, number * 10 + place))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(100)
        assert not worker.is_alive(), f"history {number}: an operator hangs"
        if worker.failed is not None:
            raise worker.failed
    for proxy in proxies:
        proxy.close()
    entries = [entry for page in first.audit(before) for entry in page.entries]
    after = {one: first.account(one).account for one in accounts}
    first.close()
    check(entries, versions, after, workers)
    for worker in workers:
        worker.reading.close()
    return len(entries)


def check(entries, versions, after, workers) -> None:
    """No lost update, nothing twice, order per account and author, real-time order, every row at its end."""
    rows = {key: row for worker in workers for key, row in worker.rows.items()}
    heads = {entry.change_id: entry for entry in entries if entry.outcome == "applied"}
    assert len(heads) == len(entries), "an effect twice, or one denied"
    sent = defaultdict(set)
    for worker in workers:
        assert worker.rows.keys() == worker.written.keys(), "a change is gone"
        for call in worker.backend.calls:
            sent[call.change_id].add(call.if_match)
    for entry in entries:
        row = rows[entry.change_id]
        assert (row.state, row.unknown) == (State.APPLIED, False), "applied, and its author does not know"
        assert row.receipt.hash == entry.hash and row.receipt.audit_seq == entry.seq, "receipts are the audit's"
        if row.is_remedy:
            base = versions[entry.account_id]
            assert sent[entry.change_id] == {base}, "a lost update: it was not written on what it was applied to"
            before = rows[row.after].result_version if row.after else row.base_version
            assert before == base, "rebased behind its author's back"
            versions[entry.account_id] += 1
            assert row.result_version == versions[entry.account_id]
    for account_id, account in after.items():
        assert account.version == versions[account_id], "an effect without an entry"
        last = next((e for e in reversed(entries) if (e.account_id, e.action) == (account_id, "apply_discount")), None)
        if last is not None:
            assert account.discount.percent == rows[last.change_id].params["percent"], "the last word was lost"
    for worker in workers:
        check_worker(worker, heads)
    check_real_time([call for worker in workers for call in worker.backend.calls], heads)


def check_worker(worker: Worker, heads) -> None:
    """One operator's rows are at their end, proven where they say so, and in the order they were written."""
    last: dict[tuple[str, bool], int] = {}
    applied = [worker.rows[key] for key in heads if key in worker.rows]
    for row in applied:
        lane = row.account_id, row.kind in REMEDIES
        assert last.get(lane, 0) < row.position, "out of order"
        last[lane] = row.position
    for row in worker.rows.values():
        assert row.state in (State.APPLIED, *NEEDS_YOU), row
        if row.state is State.APPLIED:
            assert row.change_id in heads, "shown as applied, and it is not"
            assert verify_receipt(row.receipt, row.change_id, row.reason, worker.keys, row.account_id) is None


def check_real_time(calls: list[Call], heads) -> None:
    """What was answered before another call began stands before it in the audit."""
    proven: dict[str, tuple[float, float]] = {}
    for call in calls:
        began, ended = proven.get(call.change_id, (call.began, float("inf")))
        heard = call.ended if call.applied is not None else float("inf")
        proven[call.change_id] = min(began, call.began), min(ended, heard)
    known = [(began, ended, heads[key].seq) for key, (began, ended) in proven.items() if key in heads]
    for _, ended, seq in known:
        for other_began, _, other_seq in known:
            assert not (ended < other_began and seq > other_seq), "heard before the other began, and stands behind it"


@pytest.fixture(scope="module")
def server():
    """One server process, patient with eight hasty operators, and its accounts."""
    with process.start(accounts=60, seed=9, extra=["--rate", "100000:100000"]) as running:
        backend = NativeBackend(running.url, running.token)
        items = [item for batch in backend.accounts(None) for item in batch.items]
        backend.close()
        yield running, [item.account.id for item in items if item.account.discount is None]


@pytest.mark.timeout(200)
@pytest.mark.parametrize("part", range(PARTS))
def test_I5_I6_operators_at_once_lose_nothing_and_keep_order(server, part, tmp_path, tally):
    running, accounts = server
    for number in range(part, HISTORIES, PARTS):
        chosen = random.Random(number).sample(accounts, ACCOUNTS)
        print("history", number)
        history(running.url, running.tokens, chosen, tmp_path / str(number), number)
        tally("histories of 2-8 operators", seed=f"0-{HISTORIES - 1}")


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_soak_I5_I6_operators_at_once_lose_nothing_and_keep_order(server, tmp_path, tally):
    running, accounts = server
    first = int.from_bytes(os.urandom(4), "big")
    for number in trials(2000, 0.1):
        chosen = random.Random(first + number).sample(accounts, ACCOUNTS)
        print("history", first + number)
        history(running.url, running.tokens, chosen, tmp_path / str(number), first + number)
        tally("histories of 2-8 operators", seed=f"from {first} on")
