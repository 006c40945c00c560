"""What really happened on the server, and whether the homes of its operators tell it as it was: I1–I6, I8, I9."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from kit.live_server import LiveServer

from data.outbox import Outbox
from data.ports_list import Sort, View
from data.receipts import GENESIS, entry_hash, verify_receipt
from data.remedy import FINISHED, NEEDS_YOU, PENDING, REMEDIES, Change, Receipt, State
from triage.desk import Desk
from triage.sandbox import codec

OPEN = (*PENDING, *NEEDS_YOU)
ASIDE = ("parked", "returned")


@dataclass(frozen=True)
class Applied:
    """One applied change as the server's audit has it."""

    seq: int
    change_id: str
    staff_id: str
    account_id: str
    action: str
    version: int | None
    hash: str


@dataclass
class Truth:
    """The server's history, read by ourselves, step by step; each new entry is checked when it is met."""

    server: LiveServer
    written: dict[str, Change] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    eras: dict[str, int] = field(default_factory=dict)
    era: int = 0
    applied: dict[str, Applied] = field(default_factory=dict)
    served: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    hashes: dict[int, str] = field(default_factory=dict)
    ever: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _versions: dict[str, int] = field(default_factory=dict)
    _seeded: int | None = None
    _proven: dict[str, Receipt] = field(default_factory=dict)

    def wrote(self, change: Change, home: str) -> None:
        """A person wrote a change: nothing else may ever be applied."""
        self.written[change.change_id] = change
        self.homes[change.change_id] = home
        self.eras[change.change_id] = self.era

    def rewound(self) -> None:
        """The server was restored: its history is read anew."""
        self.era += 1
        self.applied.clear()
        self.hashes.clear()
        self._versions.clear()

    def read(self) -> list[Applied]:
        """Meet what is new in the audit; I2, I3, I5 on the server's side. Returns it in order."""
        new = []
        with self.server.reading() as db:
            last = max(self.hashes, default=0)
            for row in db.execute("SELECT * FROM audit WHERE seq > ? ORDER BY seq", (last,)):
                found = self._entry(db, row)
                new += [found] if found else []
            if self._seeded is None:
                self._seeded = max(self.hashes, default=0)
            for row in db.execute("SELECT id, version, body, deleted FROM accounts"):
                self.served[row["id"]].add(row["body"])
                assert row["version"] == self._versions.get(row["id"], 1), "I2: an effect without its audit entry"
            count = db.execute("SELECT count(*) FROM changes").fetchone()[0]
            assert count == len(self.applied), "I2: stored results and audit entries differ"
        return new

    def _entry(self, db: Any, row: Any) -> Applied | None:
        before = self.hashes.get(row["seq"] - 1, GENESIS)
        assert row["prev_hash"] == before and entry_hash(before, row["raw"]) == row["hash"], "the chain is broken"
        self.hashes[row["seq"]] = row["hash"]
        if self._seeded is None or row["seq"] <= self._seeded:
            return None
        if row["result_version"] is not None:
            last = self._versions.get(row["account_id"], 1)
            assert row["result_version"] == last + 1, "I5: a version was skipped or used twice"
            self._versions[row["account_id"]] = row["result_version"]
        if row["change_id"] is None:
            return None
        mine = self.written.get(row["change_id"])
        assert mine is not None, "I3: nobody wrote this"
        assert row["staff_id"] == mine.staff_id or row["outcome"] == "denied", "I3: applied in another's name"
        if row["outcome"] != "applied":
            return None
        assert row["change_id"] not in self.applied, "I1: applied twice"
        stored = db.execute("SELECT * FROM changes WHERE change_id = ?", (row["change_id"],)).fetchone()
        assert stored["body"] == mine.body, "I3: other bytes than were written"
        result = codec.loads(stored["result"])
        assert result["receipt"]["hash"] == row["hash"], "I2: the receipt is not the entry's"
        self.served[row["account_id"]].add(codec.dumps(result["account"]))
        found = Applied(
            row["seq"],
            row["change_id"],
            row["staff_id"],
            row["account_id"],
            row["action"],
            row["result_version"],
            row["hash"],
        )
        self.applied[found.change_id] = found
        self.ever[found.change_id].add(found.hash)
        self._check_base(mine, found)
        return found

    def _check_base(self, mine: Change, found: Applied) -> None:
        """I5: it was applied to the version its author saw, or to what the author's change before it left."""
        if found.version is None or self.eras[mine.change_id] != self.era:
            return  # a number of an earlier history is only a number: see the restore rule
        base = mine.base_version
        if mine.after is not None:
            before = self.applied.get(mine.after)
            if before is None:
                return  # applied in an earlier history; its result can only be in the row
            base = before.version
        assert found.version == (base or 0) + 1, "I5: a lost update"

    # --- one home against it ---
    def check_rows(self, box: Outbox, home: str) -> dict[str, Change]:
        """I1, I3, I4: every row is there as written and says what is true of it."""
        rows = {row.change_id: row for row in box.changes()}
        mine = {key for key, place in self.homes.items() if place == home}
        assert rows.keys() == mine, "I1: a change is gone, or one is there that nobody wrote"
        keys = box.pinned_keys(self.server.url)
        for row in rows.values():
            assert row.body == self.written[row.change_id].body, "other bytes"
            there = row.change_id in self.applied
            if row.state is State.APPLIED:
                assert row.receipt is not None and row.change_id in self.ever and not row.unknown, "I4: not applied"
                if self._proven.get(row.change_id) != row.receipt:
                    wrong = verify_receipt(row.receipt, row.change_id, row.reason or None, keys, row.account_id)
                    assert wrong is None, f"I4: {wrong}"
                    self._proven[row.change_id] = row.receipt
                assert row.receipt.hash in self.ever[row.change_id], "I2: the receipt of an entry that never was"
                # A restored server has forgotten the change: a request that was still on its way makes another entry.
                restored = there and self.eras[row.change_id] < self.era
                assert not there or restored or self.hashes[row.receipt.audit_seq] == row.receipt.hash, (
                    "I2: another entry"
                )
            elif there:
                assert row.unknown, f"I1: applied on the server, but shown as {row.state} and known"
            if row.unknown:
                assert row.state not in FINISHED
            if row.after and rows[row.after].state in (State.DISCARDED, State.CONFLICT, State.REJECTED):
                assert row.state in (*NEEDS_YOU, *FINISHED), "a successor whose predecessor ended otherwise"
        return rows

    def check_order(self, box: Outbox, rows: dict[str, Change]) -> None:
        """I6: my remedies on an account, and my records on it, were applied in the order they were written."""
        lines: dict[tuple[str, str, bool], list[Applied]] = defaultdict(list)
        for one in sorted(self.applied.values(), key=lambda one: one.seq):
            if one.change_id in rows:
                lines[one.account_id, one.staff_id, one.action in REMEDIES].append(one)
        for line in lines.values():
            for first, second in zip(line, line[1:], strict=False):
                if rows[second.change_id].position < rows[first.change_id].position:
                    events = {e.event for e in box.trail() if e.change_id == second.change_id}
                    assert events & set(ASIDE), "I6: out of order"

    def check_screen(self, desk: Desk, rows: dict[str, Change]) -> None:
        """I8, I9: list and pane show the server's accounts as cached plus what is pending; the header counts rows."""
        header = desk.header().outbox
        needs = sum(row.needs_you for row in rows.values())
        moving = [row for row in rows.values() if row.state in PENDING and not row.needs_you]
        assert (header.needs_you, header.waiting) == (needs, len(moving)), "I9: the header's counts"
        assert sorted(row.change_id for row in desk.outbox()) == sorted(rows)
        cached = desk.cache.all("SELECT id, seq, payload FROM account ORDER BY number")
        marks = {line.row.id: line.mark for line in whole_book(desk)}
        assert marks.keys() == {account_id for account_id, _, _ in cached}
        for account_id, seq, payload in cached:
            sent = desk.cache.packing.unpack(payload).decode()
            assert sent in self.served[account_id], "I8: an account the server never had like this"
            pending = [
                row
                for row in rows.values()
                if row.account_id == account_id
                and (row.state in OPEN or (row.state is State.APPLIED and (row.result_seq or 0) > seq))
            ]
            assert marks[account_id] == mark(pending), f"I8: {marks[account_id]!r} marks {pending}"
            if pending:
                detail = desk.detail(account_id)
                assert detail is not None and detail.account.seq == detail.row.seq == seq
                assert [row.change_id for row in detail.pending] == [row.change_id for row in pending], "I8: overlay"

    def current(self, desk: Desk) -> bool:
        """True when the cache holds exactly the server's accounts."""
        with self.server.reading() as db:
            real = {row["id"]: row["body"] for row in db.execute("SELECT id, body FROM accounts WHERE deleted = 0")}
        unpack = desk.cache.packing.unpack
        return real == {key: unpack(body).decode() for key, body in desk.cache.all("SELECT id, payload FROM account")}

    def contradicted(self, desk: Desk) -> bool:
        """True when this home knows of an audit entry that the server's chain does not have."""
        seen = desk.box.remembered_head(self.server.url)
        known = desk.box.known_hashes(self.server.url) | ({seen.seq: seen.hash} if seen and seen.seq else {})
        return any(self.hashes.get(seq) != digest for seq, digest in known.items())


def mark(pending: list[Change]) -> str:
    """The mark of a row of the list, worked out anew."""
    if any(row.needs_you for row in pending):
        return "!"
    if any(row.state in (State.SENDING, State.APPLIED) for row in pending):
        return "…"
    return "⇡" if pending else ""


def whole_book(desk: Desk) -> list[Any]:
    """Every line of the book."""
    opened = desk.open_list(View.BOOK, Sort.SEVERITY, "")
    return list(opened.window(0, opened.total))
