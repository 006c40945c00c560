"""A full refresh beside the book: filled in a shadow, swapped in when it is complete."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from data.cache_write import SHADOW, CacheWrite
from data.schema import CACHE_SQL
from data.unseen import carried_over

OLD = "old_"
TWINS = ("account", "listing", "verdict", "history", "tally")
FINDER = "finder"  # what words are looked up in
FOUND_AT_ONCE = 20_000
# What a list in its first order and a second look need; the other indexes wait until a first sync is complete.
AT_ONCE = ("listing_severity", "listing_good_until")
_GENERATION = re.compile(r"g\d+_")
_STATEMENTS = [statement for statement in CACHE_SQL.strip().split(";\n") if statement.strip()]


class CacheShadow(CacheWrite):
    """The book as a whole: emptied for another backend, or fetched anew without being missed meanwhile."""

    def start_book(self, base_url: str, epoch: str, now: datetime | None = None) -> None:
        """Empty the cache for a first sync of a backend; what was there of another one goes. Numbers are not reused."""
        self.drop_leftovers()
        with self.writing():
            with self._unfollowed():
                for table in (*TWINS, "tombstone", "member", "unseen"):
                    self.connection.execute(f"DELETE FROM {table}")
            self.connection.execute(f"INSERT INTO {FINDER} ({FINDER}) VALUES ('delete-all')")
            for name in self._indexes():
                if _GENERATION.sub("", name) not in AT_ONCE:
                    self.connection.execute(f"DROP INDEX {name}")
            kept = ["next_number", "generation", "identity", "identity_mark", "identity_url", "offers", "outbox"]
            if self.base_url == base_url:
                kept += ["audit_after", "audit_problem"]
            else:
                self.connection.execute("DELETE FROM audit")
                self.connection.execute("DELETE FROM imported")
            marks = ", ".join("?" * len(kept))
            self.connection.execute(f"DELETE FROM meta WHERE key NOT IN ({marks})", kept)
            self.put(base_url=base_url, epoch=epoch, audit_restart=1, book_since=now.timestamp() if now else None)

    def index_book(self) -> None:
        """Make the indexes that `start_book` put off, one by one, so that nobody waits long for the write lock."""
        there = {_GENERATION.sub("", name) for name in self._indexes()}
        for name, table, rest in _indexes():
            if name not in there:
                self.all(f"CREATE INDEX IF NOT EXISTS {name} ON {table} {rest}")

    def _indexes(self) -> list[str]:
        """The names of the indexes that the tables of the book have."""
        marks = ", ".join("?" * len(TWINS))
        sql = f"SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})"
        return [name for (name,) in self.all(sql, TWINS)]

    def drop_leftovers(self, *, shadow: bool = True) -> None:
        """Drop what an interrupted full refresh, or a finished one, left behind; outside a transaction."""
        prefixes = (OLD, SHADOW) if shadow else (OLD,)
        for prefix in prefixes:
            for table in (*TWINS, FINDER):
                self.all(f"DROP TABLE IF EXISTS {prefix}{table}")
        if shadow:
            with self.writing():
                self.put(shadow_epoch=None, shadow_cursor=None, shadow_top=None)

    def shadow_cursor(self) -> tuple[str, int] | None:
        """Epoch and cursor of a full refresh that was interrupted, None when there is none to go on with."""
        epoch, cursor = self.get("shadow_epoch"), self.get("shadow_cursor")
        return (epoch, int(cursor)) if epoch is not None and cursor is not None else None

    def begin_shadow(self, epoch: str) -> None:
        """Make empty twins of the tables, without the indexes that only readers need."""
        self.drop_leftovers()
        with self.writing():
            for table in TWINS:
                head = f"CREATE TABLE {table} ("
                (found,) = (one for one in _STATEMENTS if one.startswith(head))
                self.connection.execute(found.replace(head, f"CREATE TABLE {SHADOW}{table} (", 1))
            top = self.connection.execute("SELECT max(seq) FROM account").fetchone()[0]
            self.put(shadow_epoch=epoch, shadow_top=top or 0, generation=int(self.get("generation") or 0) + 1)

    def shadow_losses(self) -> int:
        """How many cached accounts the shadow does not have."""
        sql = f"SELECT count(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM {SHADOW}account n WHERE n.id = a.id)"
        return int(self.all(sql)[0][0])

    def swap_shadow(self, complete_through: date | None, now: datetime) -> int:
        """Put the complete shadow in the book's place, in one transaction; returns how many accounts went.

        Indexes are made beforehand, one by one, so that nobody waits long for the write lock; the old tables are
        dropped afterwards.
        """
        self._index_shadow()
        losses = self.shadow_losses()
        with self.writing():
            if self._goes_on():
                self._keep_newer()
            else:
                self.put(audit_restart=1, book_since=now.timestamp())
            for statement in carried_over(SHADOW) if self.synced_at is not None else ():
                self.connection.execute(statement)
            with self._unfollowed():
                for table in (*TWINS, FINDER):
                    self.connection.execute(f"ALTER TABLE {table} RENAME TO {OLD}{table}")
                    self.connection.execute(f"ALTER TABLE {SHADOW}{table} RENAME TO {table}")
            self.connection.execute("DELETE FROM tombstone")
            self.put(epoch=self.get("shadow_epoch"), cursor=self.get("shadow_cursor"))
            self.put(shadow_epoch=None, shadow_cursor=None, shadow_top=None, restored=None)
            self.mark_complete(complete_through, now)
        self.drop_leftovers(shadow=False)
        return losses

    def _index_shadow(self) -> None:
        """Make the indexes under names of this generation: a name belongs to one table only."""
        generation = self.get("generation")
        for name, table, rest in _indexes():
            self.all(f"CREATE INDEX IF NOT EXISTS g{generation}_{name} ON {SHADOW}{table} {rest}")
        self._fill_finder()

    def _fill_finder(self) -> None:
        """Fill the shadow's finder from its texts, piece by piece, so that nobody waits long for the write lock."""
        self.all(f"DROP TABLE IF EXISTS {SHADOW}{FINDER}")
        (found,) = (one for one in _STATEMENTS if one.startswith(f"CREATE VIRTUAL TABLE {FINDER} "))
        self.all(found.replace(FINDER, f"{SHADOW}{FINDER}", 1))
        last = self.all(f"SELECT coalesce(max(number), 0) FROM {SHADOW}listing")[0][0]
        for start in range(0, last + 1, FOUND_AT_ONCE):
            with self.writing():
                self._find(f"BETWEEN {start} AND {start + FOUND_AT_ONCE - 1}")

    def _find(self, numbers: str) -> None:
        self.connection.execute(
            f"INSERT INTO {SHADOW}{FINDER} (rowid, text) SELECT number, search || char(10, 10) "
            f"FROM {SHADOW}listing WHERE number {numbers}"
        )

    @contextmanager
    def _unfollowed(self) -> Iterator[None]:
        """Let the finder not follow what happens to `listing`, inside a transaction."""
        followers = [one for one in _STATEMENTS if one.startswith("CREATE TRIGGER ")]
        for one in followers:
            self.connection.execute(f"DROP TRIGGER {one.split(' ')[2]}")
        yield
        for one in followers:
            self.connection.execute(one)

    def _goes_on(self) -> bool:
        """True when the shadow continues the book's history; a server restored from an old copy has lost some of it."""
        if self.restored:
            return False
        return self.get("shadow_epoch") == self.epoch and int(self.get("shadow_cursor") or 0) >= (self.cursor or 0)

    def _keep_newer(self) -> None:
        """Carry over accounts that a push made newer in the book while the shadow was fetched.

        What was newer already before came from a history that the server no longer has.
        """
        sql = f"SELECT a.number FROM account a JOIN {SHADOW}account n USING (id) WHERE a.seq > n.seq AND a.seq > ?"
        newer = self.connection.execute(sql, (int(self.get("shadow_top") or 0),)).fetchall()
        numbers = f"IN ({', '.join(str(number) for (number,) in newer)})"
        if newer:
            self.connection.execute(
                f"INSERT INTO {SHADOW}{FINDER} ({SHADOW}{FINDER}, rowid, text) "
                f"SELECT 'delete', number, search || char(10, 10) FROM {SHADOW}listing WHERE number {numbers}"
            )
        for table in TWINS[:-1]:
            self.connection.executemany(
                f"INSERT OR REPLACE INTO {SHADOW}{table} SELECT * FROM {table} WHERE number = ?", newer
            )
        if newer:
            self._find(numbers)
            self.connection.execute(f"DELETE FROM {SHADOW}tally")
            self.connection.execute(
                f"INSERT INTO {SHADOW}tally SELECT rank, snoozed, has_signal, drift, red, count(*) "
                f"FROM {SHADOW}listing GROUP BY rank, snoozed, has_signal, drift, red"
            )


def _indexes() -> Iterator[tuple[str, str, str]]:
    """Name, table and the rest of every index of the book's tables."""
    for statement in _STATEMENTS:
        words = statement.split(" ", 5)
        if words[:2] == ["CREATE", "INDEX"] and words[4] in TWINS:
            yield words[2], words[4], words[5]
