"""Trials of a push that dies: homes with four changes on three accounts, crashed, recovered and checked (I1–I7, I9)."""

import random
import shutil
import sqlite3
import uuid
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from kit.crash import Bomb, Crash
from kit.proxy import Proxy

from data.account import Account, Entry
from data.backends.native import NativeBackend
from data.errors import TriageError
from data.identity import Identity
from data.outbox import Outbox
from data.push import Pushed, check_head, push
from data.receipts import verify_receipt
from data.remedy import PENDING, Change, Order, Preview, State
from triage.sandbox import process

REASON = "They asked for it on the phone"
HOLD = 10.0
ROUNDS = 6
REFUSED = "link: connection.connect_tcp.failed"


@dataclass
class Trial:
    """What one trial did, for the check against the server's history and for a message that finds it again."""

    name: str
    changes: list[Change]
    surely_unsent: dict[str, datetime]
    rows: dict[str, Change] = field(default_factory=dict)


@dataclass
class Scene:
    """A server behind a proxy, and one person's homes; `hits` counts what the client's own socket met."""

    running: process.Running
    proxy: Proxy
    root: Path
    dice: random.Random
    trials: list[Trial] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        with closing(self._backend()) as backend:
            self.identity: Identity = backend.identity()
            found = [item.account for batch in backend.accounts(None) for item in batch.items]
            self.after = backend.head().seq
        self.accounts: list[Account] = self.dice.sample(found, 3)
        self.keys: dict[str, str] = {}
        self.percent = 0
        self.ahead = timedelta()

    def _backend(self, bomb: Bomb | None = None, timeout: float = 5.0) -> NativeBackend:
        return NativeBackend(self.proxy.url, self.running.token, timeout=timeout, steps=bomb)

    def now(self) -> datetime:
        """The movable clock of this machine."""
        return datetime.now(UTC) + self.ahead

    # --- one trial ---
    def run(
        self,
        faults: tuple[str | None, ...],
        at: int,
        again: int = 0,
        timeout: float = 5.0,
        *,
        tried: str | None = None,
        every: bool = False,
    ) -> Bomb:
        """Crash at step `at` under faults, crash once more at step `again` of the recovery, recover, check.

        `tried`: each change that may go was lost five times before by that fault, so that it is looked up first.
        """
        home, changes = self._written()
        trial = Trial(f"faults {faults}, crash {at}, again {again}, home {home.name}", changes, {})
        self.ahead += timedelta(seconds=HOLD + 1)
        if tried:
            self._lost_five_times(home, tried)
        self.proxy.set(*faults)
        first = Bomb(at, home, home.with_name(f"{home.name}-1"), every=every)
        self._dying(first, timeout)
        self.proxy.set()
        trial.name += f" ({first.steps[-1]})" if first.blown else ""
        left = first.left
        self._look_at_the_wreck(trial, left)
        if again and first.blown:
            self.ahead += timedelta(minutes=16)
            second = Bomb(again, left, home.with_name(f"{home.name}-2"), every=every)
            self._dying(second, 5.0)
            left = second.left
            if second.blown:
                trial.name += f", then {second.steps[-1]}"
                self._look_at_the_wreck(trial, left)
        if at % 3 == 0:
            self._nobody_listens(trial, left)
        self._come_to_rest(trial, left)
        for used in home.parent.glob(f"{home.name}*"):
            shutil.rmtree(used)
        self.trials.append(trial)
        return first

    def _written(self) -> tuple[Path, list[Change]]:
        """A home with a chain of two remedies, a record on the same account, a remedy elsewhere and a record."""
        home = self.root / uuid.uuid4().hex[:12]
        one, two, three = self.accounts
        with closing(Outbox.open(home)) as box:
            changes = [
                self._write(box, one, "apply_discount"),
                self._write(box, one, "apply_discount"),
                self._write(box, two, "note"),
                self._write(box, three, "apply_discount"),
            ]
        assert changes[1].after == changes[0].change_id and changes[3].state is State.HELD
        return home, changes

    def _lost_five_times(self, home: Path, fault: str) -> None:
        """One try really lost; the four others are taken as read."""
        self.proxy.set(*[fault] * 4)
        with closing(Outbox.open(home)) as box, closing(self._backend()) as backend:
            self._push(backend, box)
        with closing(sqlite3.connect(home / "outbox.db")) as file, file:
            assert file.execute("UPDATE change SET attempts = 5 WHERE unknown").rowcount == 3
        self.ahead += timedelta(minutes=16)

    def _write(self, box: Outbox, account: Account, kind: str) -> Change:
        self.percent = self.percent % 2000 + 1  # never twice the same in a row: nothing would change
        discount = {"kind": "scholarship", "percent": self.percent / 100}
        return box.author(
            Order(kind, account.id, params={"text": "A note"} if kind == "note" else discount, reason=REASON),
            change_id=str(uuid.uuid4()),
            account=account,
            identity=self.identity,
            base_url=self.proxy.url,
            client="tests/1 here",
            preview=Preview(kind, account.id, None, {"discount": None}, {"discount": {"percent": 5}}, ()),
            now=self.now(),
            hold_seconds=HOLD,
        )

    def _dying(self, bomb: Bomb, timeout: float) -> None:
        """A round under the faults, what is left of it once more, and the check of the audit head."""
        box, backend = None, self._backend(bomb, timeout)
        try:
            box = Outbox.open(bomb.home, steps=bomb)
            self._push(backend, box)
            self.proxy.up()
            if box.counts().waiting:
                self.ahead += timedelta(minutes=16)
                self._push(backend, box)
            check_head(backend, box, self.proxy.url, self.now())
        except (Crash, TriageError):
            pass  # dead, or the link is
        finally:
            backend.close()  # as the kernel closes a dead process's sockets
            if box is not None:
                box.close()
        self.hits["refused"] += bomb.steps.count(REFUSED)

    def _push(self, backend: NativeBackend, box: Outbox) -> Pushed:
        return push(
            backend, box, identity=self.identity, base_url=self.proxy.url, now=self.now, rng=random.Random(self.percent)
        )

    def _look_at_the_wreck(self, trial: Trial, home: Path) -> None:
        """What lies on the disk now: every change is there, and what says it was never sent will be held to that."""
        with closing(Outbox.open(home)) as box:
            rows = {row.change_id: row for row in box.changes()}
        assert {key: row.body for key, row in rows.items()} == {one.change_id: one.body for one in trial.changes}, (
            f"I1: a change is gone: {trial.name}"
        )
        now = datetime.now(UTC)
        for row in rows.values():
            assert row.state in (*PENDING, State.APPLIED), f"I1: {row.state}: {trial.name}"
            assert row.unknown or row.state is not State.SENDING, f"sending and known: {trial.name}"
            if row.state in PENDING and not row.unknown:
                trial.surely_unsent[row.change_id] = now

    def _nobody_listens(self, trial: Trial, home: Path) -> None:
        """It comes back without a link: what may have been applied must not be taken for unsent."""
        self.ahead += timedelta(minutes=16)
        self.proxy.down()
        with closing(Outbox.open(home)) as box, closing(self._backend()) as backend:
            self._push(backend, box)
        self.proxy.up()
        self._look_at_the_wreck(trial, home)

    def _come_to_rest(self, trial: Trial, home: Path) -> None:
        """The link is up and time passes."""
        with closing(Outbox.open(home)) as box, closing(self._backend()) as backend:
            for _ in range(ROUNDS):
                self.ahead += timedelta(minutes=16)
                self._push(backend, box)
                if not box.counts().waiting:
                    break
            trial.rows = {row.change_id: row for row in box.changes()}
            told = check_head(backend, box, self.proxy.url, self.now())
            assert told.problem is None, f"{told.problem}: {trial.name}"
            counts = box.counts()
            self.keys = box.pinned_keys(self.proxy.url)
        states = [trial.rows[one.change_id].state for one in trial.changes]
        assert states == [State.APPLIED] * len(trial.changes), f"I1, I7: {states}: {trial.name}"
        assert (counts.waiting, counts.needs_you) == (0, 0), f"I9: {counts}: {trial.name}"
        for position, last in ((0, 1), (2, 3)):
            result = trial.rows[trial.changes[last].change_id]
            self._move_on(position, result)

    def _move_on(self, position: int, row: Change) -> None:
        index = 0 if position == 0 else 2
        self.accounts[index] = msgspec.structs.replace(
            self.accounts[index], version=row.result_version, seq=row.result_seq
        )

    # --- the server's side, once for all trials ---
    def check_history(self) -> None:
        """I1–I6 against the audit trail: each change once, as written, in order, and as its receipt says."""
        with closing(self._backend()) as backend:
            entries = [entry for page in backend.audit(self.after) for entry in page.entries]
            versions = {account.id: backend.account(account.id).account.version for account in self.accounts}
        assert versions[self.accounts[0].id] == self.accounts[0].version, "I5"
        assert versions[self.accounts[2].id] == self.accounts[2].version, "I5"
        mine: dict[str, list[Entry]] = {one.change_id: [] for trial in self.trials for one in trial.changes}
        for entry in entries:
            if entry.change_id in mine:
                mine[entry.change_id].append(entry)
        ours = {account.id for account in self.accounts}
        strays = [entry for entry in entries if entry.account_id in ours and entry.change_id not in mine]
        assert not strays, f"I3: nobody wrote {strays}"
        for trial in self.trials:
            for change in trial.changes:
                self._check_change(trial, change, mine[change.change_id])
            first, second = (trial.rows[one.change_id] for one in trial.changes[:2])
            assert first.receipt and second.receipt and first.receipt.audit_seq < second.receipt.audit_seq, "I6"
            assert (second.result_version or 0) == (first.result_version or 0) + 1, f"I5: {trial.name}"
            assert first.result_version == (first.base_version or 0) + 1, f"I5: {trial.name}"
        assert self.proxy.leaks == 0, "a request followed a redirect to another place"

    def _check_change(self, trial: Trial, change: Change, entries: list[Entry]) -> None:
        row = trial.rows[change.change_id]
        assert [(one.outcome, one.reason) for one in entries] == [("applied", REASON)], f"I1: {entries}: {trial.name}"
        assert row.receipt is not None
        assert (row.receipt.audit_seq, row.receipt.hash) == (entries[0].seq, entries[0].hash), f"I2: {trial.name}"
        assert verify_receipt(row.receipt, row.change_id, REASON, self.keys, row.account_id) is None, "I4"
        seen = trial.surely_unsent.get(change.change_id)
        assert seen is None or entries[0].applied_at >= seen, f"said it was not sent, but it was: {trial.name}"
