"""The audit trail and the members of workspaces, as far as the cache holds them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from data.account import Entry, Member
from data.assessment import NO_RANK, Touch
from data.cache_lists import CacheLists
from data.errors import BadAnswer, UnreadableEntry
from data.receipts import GENESIS, entry_hash, shown_problem
from data.remedy import REMEDIES
from data.wire import decode, decoder, encode

TOUCHING = (*REMEDIES, "log_contact", "log_outreach")
_ENTRY_COLUMNS = "seq, change_id, account_id, action, actor_id, outcome, applied_at, payload, raw, prev_hash, hash"

_entry = decoder(Entry)
_members = decoder(tuple[Member, ...])


class CacheTrail(CacheLists):
    """Audit entries by seq, touches of accounts (A13, A16) and prefetched members."""

    # --- the audit trail ---

    def append_audit(self, entries: Sequence[Entry], *, restart: bool = False) -> tuple[tuple[str, ...], str | None]:
        """Append entries in one transaction; returns the accounts that were touched and what is wrong, if anything.

        Each entry has to continue the chain: the next seq, `prev_hash` the last hash we hold, `hash` that of `raw`. The
        first that does not ends the append, and the sentence is kept as `audit_problem`. `restart` forgets the old
        trail in the same transaction (a new epoch or backend).
        """
        with self.writing():
            if restart:
                self.connection.execute("DELETE FROM audit")
                self.put(audit_after=None, audit_restart=None, audit_signed=None, receipts_checked=None)
            seq, head = self.audit_head()
            good: list[Entry] = []
            wrong: str | None = None
            for entry in entries:
                wrong = chain_problem(entry, seq, head)
                if wrong:
                    break
                good.append(entry)
                seq, head = entry.seq, entry.hash
            marks = ", ".join("?" * 11)
            self.connection.executemany(
                f"INSERT INTO audit ({_ENTRY_COLUMNS}) VALUES ({marks})", [_audit_values(entry) for entry in good]
            )
            self.put(audit_after=seq, audit_problem=wrong)
        touched = {entry.account_id for entry in good if _touch(entry) is not None}
        return tuple(sorted(account_id for account_id in touched if account_id)), wrong

    def audit_head(self) -> tuple[int, str]:
        """The seq and hash of the last entry we hold; (0, 64 zeros) when there is none."""
        found = self.all("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        return (found[0][0], found[0][1]) if found else (0, GENESIS)

    def audit_hash(self, seq: int) -> str | None:
        """The hash of one entry of the trail, None when we do not hold it."""
        found = self.all("SELECT hash FROM audit WHERE seq = ?", (seq,))
        return found[0][0] if found else None

    def audit(self, account_id: str | None = None, before: int | None = None, limit: int = 50) -> list[Entry]:
        """Entries newest first, of one account or of all, older than seq `before`."""
        self.check_backend()
        tests = (["account_id = ?"] if account_id is not None else []) + (["seq < ?"] if before is not None else [])
        values = [value for value in (account_id, before) if value is not None]
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        found = self.all(f"SELECT payload FROM audit{where} ORDER BY seq DESC LIMIT ?", [*values, limit])
        return [self.decoded(payload, _entry) for (payload,) in found]

    def audit_rows(self) -> Iterator[Entry]:
        """All entries by seq, as a verifier reads them; UnreadableEntry where one is none."""
        for seq, payload in self.each("SELECT seq, payload FROM audit ORDER BY seq"):
            yield _kept(seq, payload)

    @property
    def audit_begins(self) -> datetime | None:
        """When the first entry we hold was applied, None without any."""
        found = self.all("SELECT applied_at FROM audit ORDER BY seq LIMIT 1")
        return datetime.fromtimestamp(found[0][0], UTC) if found else None

    def records(self, kinds: Sequence[str], account_id: str | None = None) -> Iterator[Entry]:
        """The applied entries of some kinds by seq, of one account or of all; found by index, never by a walk."""
        self.check_backend()
        tests, values = "", [json.dumps(kinds)]
        if account_id is not None:
            tests, values = " AND account_id = ?", [*values, account_id]
        where = f"action IN (SELECT value FROM json_each(?)) AND outcome = 'applied'{tests}"
        for (payload,) in self.each(f"SELECT payload FROM audit WHERE {where} ORDER BY seq", tuple(values)):
            yield self.decoded(payload, _entry)

    # --- touches ---

    def touches(self, account_id: str) -> tuple[Touch, ...]:
        """Who contacted or remedied the account, oldest first."""
        return self.touches_of([account_id]).get(account_id, ())

    def touches_of(self, ids: Sequence[str]) -> dict[str, tuple[Touch, ...]]:
        """The touches of these accounts by id; accounts without any are left out."""
        actions = ", ".join(f"'{kind}'" for kind in TOUCHING)
        sql = (
            "SELECT account_id, payload FROM audit WHERE account_id IN (SELECT value FROM json_each(?)) "
            f"AND outcome = 'applied' AND action IN ({actions}) ORDER BY account_id, seq"
        )
        found: dict[str, list[Touch]] = {}
        for account_id, payload in self.each(sql, (json.dumps(ids),)):
            if (touch := _touch(self.decoded(payload, _entry))) is not None:
                found.setdefault(account_id, []).append(touch)
        return {account_id: tuple(touches) for account_id, touches in found.items()}

    # --- members ---

    def members(self, workspace_id: str) -> tuple[Member, ...] | None:
        """The members of a workspace, promotable first; None when they were never fetched."""
        found = self.all("SELECT payload FROM member WHERE workspace_id = ?", (workspace_id,))
        return self.decoded(found[0][0], _members) if found and found[0][0] is not None else None

    def store_members(
        self, workspace_id: str, account_id: str, members: Sequence[Member] | None, now: datetime
    ) -> None:
        """Keep the members of a workspace; None notes that the server would not tell, what we had stays."""
        payload = encode(tuple(members)) if members is not None else None
        with self.writing():
            self.connection.execute(
                "INSERT INTO member (workspace_id, account_id, payload, fetched_at) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (workspace_id) DO UPDATE SET account_id = excluded.account_id, "
                "payload = coalesce(excluded.payload, payload), fetched_at = excluded.fetched_at",
                (workspace_id, account_id, payload, now.timestamp()),
            )

    def workspaces_without_members(self, older_than: datetime, limit: int) -> list[tuple[str, str]]:
        """(account id, workspace id) of at-risk accounts whose members are missing, gravest first, or older."""
        sql = (
            "SELECT m.account_id, m.workspace_id, l.rank FROM member m LEFT JOIN account a ON a.id = m.account_id "
            "LEFT JOIN listing l ON l.number = a.number WHERE m.fetched_at < ? ORDER BY m.fetched_at LIMIT ?"
        )
        while True:
            due = self.all(sql, (older_than.timestamp(), limit))
            unlisted = [(workspace,) for _, workspace, rank in due if rank is None or rank >= NO_RANK]
            if not unlisted:
                return [(account_id, workspace_id) for account_id, workspace_id, _ in due]
            with self.writing():  # nobody needs them any more; so a later search never meets them again
                self.connection.executemany("DELETE FROM member WHERE workspace_id = ?", unlisted)

    def _want_members(self, wanted: Iterable[tuple[str, str, float]]) -> None:
        """Note the workspaces of at-risk accounts, so that what is to be fetched is found without a walk."""
        self.connection.executemany(
            "INSERT INTO member (workspace_id, account_id, payload, fetched_at) VALUES (?, ?, NULL, ?) "
            "ON CONFLICT (workspace_id) DO UPDATE SET fetched_at = excluded.fetched_at WHERE fetched_at < 0",
            wanted,
        )


def chain_problem(entry: Entry, seq: int, head: str) -> str | None:
    """Return why an entry does not continue the chain that ends with `seq` and hash `head`, None when it does."""
    if entry.seq != seq + 1:
        return f"The audit trail goes on with entry {entry.seq} where {seq + 1} was due: entries are missing."
    if entry.prev_hash != head:
        return f"Audit entry {entry.seq} does not follow the entry {seq} seen before: the trail was rewritten."
    if entry_hash(entry.prev_hash, entry.raw) != entry.hash:
        return f"Audit entry {entry.seq} was altered: its hash does not fit its text."
    return shown_problem(entry)


def _kept(seq: int, payload: bytes) -> Entry:
    """One entry as we kept it; UnreadableEntry names the one that is damaged."""
    try:
        return decode(payload, _entry)
    except BadAnswer:
        raise UnreadableEntry(seq) from None


def _touch(entry: Entry) -> Touch | None:
    """What A13 and A16 need of an entry; None when it is no contact and no remedy that took effect."""
    if entry.outcome != "applied" or entry.action not in TOUCHING:
        return None
    said = entry.after or {}
    if entry.action == "log_outreach" and (said.get("stage") != "sent" or said.get("channel") == "slack"):
        return None  # nothing went out, or only to colleagues (M18)
    who = entry.actor
    return Touch(entry.action, who.staff_id, who.name, entry.applied_at, entry.reason, entry.workspace_id)


def _audit_values(entry: Entry) -> tuple[object, ...]:
    return (
        entry.seq,
        entry.change_id,
        entry.account_id,
        entry.action,
        entry.actor.staff_id,
        entry.outcome,
        entry.applied_at.timestamp(),
        encode(entry),
        entry.raw,
        entry.prev_hash,
        entry.hash,
    )
