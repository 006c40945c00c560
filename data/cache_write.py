"""Writing accounts and verdicts: committed in batches, an account overwritten only by a higher seq."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from data.account import Account, Tombstone, Value
from data.backends.port import Item, Line
from data.bulk import Assess, Chunk, Judged, Made, judged, made_of
from data.cache_cases import CacheCases
from data.health_book import Past
from data.listing_columns import VERDICT, Place, place_of, verdict_columns, wanted_members
from data.wire import decoder, encode

BOOK = ""
SHADOW = "new_"

_past = decoder(Past)

_LISTING = ["number", "id", "sort_name", "search", *VERDICT]


class Known(Value, frozen=True):
    """What the cache has of an account: its number, seq and place in the tally."""

    number: int
    seq: int
    place: Place | None


class Last(Value, frozen=True):
    """What the last piece of a delta brings: the feed date, the time, and how many accounts it may remove."""

    complete_through: date | None
    now: datetime
    may_remove: int


class Written(Value, frozen=True):
    """How many accounts a last piece removed, or how many it would have and did not."""

    removed: int = 0
    held: int = 0


class CacheWrite(CacheCases):
    """The writers. Each is one transaction, so a reader sees all of it or nothing."""

    def write_made(
        self, made: Sequence[Made], tombstones: Sequence[Tombstone], cursor: int, last: Last | None = None
    ) -> Written:
        """Commit a piece of a delta with its cursor, an account only where it is newer than ours.

        Tombstones wait in a table of their own until the piece that is `last`: its transaction removes and marks the
        sync complete, unless more would go than `last` permits; then they keep waiting (`Written.held`).
        """
        with self.writing():
            self._write(made, BOOK)
            self._collect(made, tombstones)
            self.put(cursor=cursor)
            return self._finish(last) if last is not None else Written()

    def write_shadow(self, made: Sequence[Made], tombstones: Sequence[Tombstone], cursor: int) -> None:
        """Commit a piece of a full refresh with its cursor; nobody reads the shadow, so tombstones work at once."""
        with self.writing():
            self._write(made, SHADOW)
            self._remove(tombstones, SHADOW)
            self.put(shadow_cursor=cursor)

    def overwrite(self, item: Item, assess: Assess) -> bool:
        """Take over one account as the server answered it after a push; False when ours is as new or newer."""
        made = self.made_of([item], assess)
        with self.writing():
            return self._write(made, BOOK) == 1

    def reassess(self, accounts: Sequence[Account], assess: Assess) -> int:
        """Judge cached accounts again; one of which a newer seq was cached meanwhile is left as it is."""
        ids = [account.id for account in accounts]
        touches, pasts = self.touches_of(ids), self.pasts_of(ids)
        some = [(one, touches.get(one.id, ()), pasts.get(one.id)) for one in accounts]
        return self._store(judged(some, assess))

    def _store(self, judged: Sequence[Judged]) -> int:
        pack = self.packing.pack
        with self.writing():
            known = self._known([row.id for row, _ in judged], BOOK)
            made = [
                (known[row.id], row, past) for row, past in judged if row.id in known and known[row.id].seq == row.seq
            ]
            self.connection.executemany(
                f"UPDATE listing SET {', '.join(f'{name} = ?' for name in VERDICT)} WHERE number = ?",
                [(*verdict_columns(row), one.number) for one, row, _ in made],
            )
            self.connection.executemany(
                'UPDATE verdict SET "row" = ? WHERE number = ?',
                [(pack(encode(row)), one.number) for one, row, _ in made],
            )
            self._write_pasts(
                [(one.number, None if past is None else pack(encode(past))) for one, _, past in made], BOOK
            )
            self._want_members(one for _, row, _ in made for one in wanted_members(row))
            self._count(((one.place, place_of(row)) for one, row, _ in made), BOOK)
        return len(made)

    def remove(self, tombstones: Sequence[Tombstone]) -> int:
        """Remove accounts that are not newer than their tombstone; returns how many went."""
        with self.writing():
            return self._remove(tombstones, BOOK)

    def mark_complete(self, complete_through: date | None, now: datetime) -> None:
        """Note a complete sync, inside its last transaction."""
        self.put(complete_through=complete_through.isoformat() if complete_through else None, synced_at=now.timestamp())

    # --- the parts, inside a transaction ---

    def _finish(self, last: Last) -> Written:
        waiting = "SELECT t.id, t.seq FROM tombstone t JOIN account a USING (id) WHERE a.seq < t.seq"
        stones = [Tombstone(*found) for found in self.connection.execute(waiting)]
        if len(stones) > last.may_remove:
            return Written(held=len(stones))
        removed = self._remove(stones, BOOK)
        self.connection.execute("DELETE FROM tombstone")
        self.mark_complete(last.complete_through, last.now)
        return Written(removed=removed)

    def made_of(self, items: Sequence[Item], assess: Assess) -> list[Made]:
        """Judge accounts, of each the newest; ready to be written."""
        newest = {item.account.id: item for item in sorted(items, key=lambda item: item.account.seq)}
        ids = list(newest)
        touches, pasts = self.touches_of(ids), self.pasts_of(ids)
        accounts = self.with_imports([item.account for item in newest.values()])
        some = [(account, touches.get(account.id, ()), pasts.get(account.id)) for account in accounts]
        told = zip(newest.values(), judged(some, assess), strict=True)
        return [made_of(item, one, self.packing) for item, one in told]

    def chunk_of(self, lines: Sequence[Line]) -> Chunk:
        """Undecoded accounts with what there is to judge them by."""
        ids = [line.id for line in lines]
        return Chunk(tuple(line.raw for line in lines), self.touches_of(ids), self.pasts_of(ids), self.imported(ids))

    def pasts_of(self, ids: Sequence[str]) -> dict[str, Past]:
        """What the book's history holds of these accounts, by id; a full refresh goes on from it too."""
        sql = (
            "SELECT a.id, h.past FROM account a JOIN history h USING (number) "
            "WHERE a.id IN (SELECT value FROM json_each(?))"
        )
        return {found: self.decoded(past, _past) for found, past in self.all(sql, (json.dumps(ids),))}

    def _write(self, judged: Sequence[Made], prefix: str) -> int:
        known = self._known([one.id for one in judged], prefix)
        made = [one for one in judged if (old := known.get(one.id)) is None or one.seq > old.seq]
        numbers = self._numbers([one.id for one in made], known, prefix)
        self.connection.executemany(
            f"INSERT INTO {prefix}account (number, id, seq, version, payload) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, version = excluded.version, payload = excluded.payload "
            "WHERE excluded.seq > seq",
            [(number, one.id, one.seq, one.version, one.payload) for number, one in zip(numbers, made, strict=True)],
        )
        self._write_verdicts(list(zip(numbers, made, strict=True)), prefix)
        if prefix == BOOK:
            listed = {key for key, old in known.items() if old.place is not None}
            self._add_to_finder([number for number, one in zip(numbers, made, strict=True) if one.id not in listed])
        self._write_pasts([(number, one.past) for number, one in zip(numbers, made, strict=True)], prefix)
        self._count(((old.place if (old := known.get(one.id)) else None, one.place) for one in made), prefix)
        return len(made)

    def _write_verdicts(self, made: Sequence[tuple[int, Made]], prefix: str) -> None:
        changes = ", ".join(f"{name} = excluded.{name}" for name in _LISTING[2:])
        self.connection.executemany(
            f"INSERT INTO {prefix}listing ({', '.join(_LISTING)}) VALUES ({', '.join('?' * len(_LISTING))}) "
            f"ON CONFLICT (number) DO UPDATE SET {changes}",
            [(number, *one.listing) for number, one in made],
        )
        self.connection.executemany(
            f'INSERT INTO {prefix}verdict (number, "row") VALUES (?, ?) '
            'ON CONFLICT (number) DO UPDATE SET "row" = excluded."row"',
            [(number, one.row) for number, one in made],
        )
        self._want_members(wanted for _, one in made for wanted in one.members)

    def _add_to_finder(self, numbers: Sequence[int]) -> None:
        """Let words be looked up in rows that are new; what becomes of them later, triggers follow."""
        self.connection.execute(
            "INSERT INTO finder (rowid, text) SELECT number, search || char(10, 10) "
            "FROM listing WHERE number IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )

    def _write_pasts(self, made: Sequence[tuple[int, bytes | None]], prefix: str) -> None:
        self.connection.executemany(
            f"INSERT INTO {prefix}history (number, past) VALUES (?, ?) "
            "ON CONFLICT (number) DO UPDATE SET past = excluded.past",
            [(number, past) for number, past in made if past is not None],
        )

    def _known(self, ids: Sequence[str], prefix: str) -> dict[str, Known]:
        sql = (
            "SELECT a.id, a.number, a.seq, l.rank, l.snoozed, l.has_signal, l.drift, l.red "
            f"FROM {prefix}account a LEFT JOIN {prefix}listing l USING (number) "
            "WHERE a.id IN (SELECT value FROM json_each(?))"
        )
        return {
            found[0]: Known(found[1], found[2], found[3:] if found[3] is not None else None)
            for found in self.connection.execute(sql, (json.dumps(ids),))
        }

    def _numbers(self, ids: Sequence[str], known: dict[str, Known], prefix: str) -> list[int]:
        """Return each account's number: a cached one keeps it for ever, through a full refresh too."""
        numbers = {key: one.number for key, one in known.items()}
        if prefix == SHADOW:
            numbers |= {key: one.number for key, one in self._known(ids, BOOK).items() if key not in numbers}
        following = int(self.get("next_number") or 1)
        for account_id in ids:
            if account_id not in numbers:
                numbers[account_id] = following
                following += 1
        self.put(next_number=following)
        return [numbers[account_id] for account_id in ids]

    def _collect(self, made: Sequence[Made], tombstones: Sequence[Tombstone]) -> None:
        """Keep tombstones until the last page; an account that came back newer takes its own away."""
        self.connection.executemany(
            "INSERT INTO tombstone (id, seq) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET seq = max(seq, excluded.seq)",
            [(stone.id, stone.seq) for stone in tombstones],
        )
        self.connection.executemany(
            "DELETE FROM tombstone WHERE id = ? AND seq < ?", [(one.id, one.seq) for one in made]
        )

    def _remove(self, tombstones: Sequence[Tombstone], prefix: str) -> int:
        known = self._known([stone.id for stone in tombstones], prefix)
        gone = {
            stone.id: known[stone.id] for stone in tombstones if stone.id in known and known[stone.id].seq < stone.seq
        }
        for table in ("account", "listing", "verdict", "history"):
            self.connection.executemany(
                f"DELETE FROM {prefix}{table} WHERE number = ?", [(one.number,) for one in gone.values()]
            )
        if prefix == BOOK:
            self.connection.executemany(
                "DELETE FROM member WHERE account_id = ?", [(account_id,) for account_id in gone]
            )
        self._count(((one.place, None) for one in gone.values()), prefix)
        return len(gone)

    def _count(self, moves: Iterable[tuple[Place | None, Place | None]], prefix: str) -> None:
        """Bring the tally along: accounts that went from one place to another."""
        tally: Counter[Place] = Counter()
        for old, new in moves:
            if old != new:
                if old is not None:
                    tally[old] -= 1
                if new is not None:
                    tally[new] += 1
        self.connection.executemany(
            f"INSERT INTO {prefix}tally (rank, snoozed, has_signal, drift, red, accounts) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (rank, snoozed, has_signal, drift, red) DO UPDATE SET accounts = accounts + excluded.accounts",
            [(*place, by) for place, by in tally.items() if by],
        )
