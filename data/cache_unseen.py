"""What changed in the cache since a person last looked at an account, and the note that they have looked now."""

import json
from collections.abc import Sequence

from data.cache_imports import CacheImports
from data.unseen import COLUMNS, FACTS, NEW, Stood, differs

_DIFFERENCES = ", ".join(differs("unseen", "listing", columns) for columns in FACTS.values())
_CHUNK = 500


class CacheUnseen(CacheImports):
    """The table `unseen`, which triggers keep in step with `listing`."""

    def unseen(self, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """What changed on those of these accounts that changed, by id: names of data.unseen.FACTS, or `new` alone."""
        found: dict[str, tuple[str, ...]] = {}
        for start in range(0, len(ids), _CHUNK):
            sql = (
                f"SELECT listing.id, unseen.rank, {_DIFFERENCES} FROM account JOIN listing USING (number) "
                "JOIN unseen USING (number) WHERE account.id IN (SELECT value FROM json_each(?))"
            )
            for account_id, rank, *facts in self.all(sql, (json.dumps(list(ids[start : start + _CHUNK])),)):
                names = tuple(name for name, changed in zip(FACTS, facts, strict=True) if changed)
                found[account_id] = ("new",) if rank == NEW else names
        return found

    def stood(self, account_id: str) -> Stood | None:
        """How an account stood when it was last looked at; None where it stands so still."""
        sql = f"SELECT {', '.join(COLUMNS)} FROM unseen JOIN account USING (number) WHERE id = ?"
        found = self.all(sql, (account_id,))
        return Stood(*found[0]) if found else None

    def look_at(self, ids: Sequence[str]) -> int:
        """Note that a person has looked at these accounts as they stand now; returns how many had changed."""
        sql = (
            "DELETE FROM unseen WHERE number IN "
            "(SELECT number FROM account WHERE id IN (SELECT value FROM json_each(?)))"
        )
        with self.writing():
            return self.connection.execute(sql, (json.dumps(list(ids)),)).rowcount

    def is_mine(self, account_id: str, seq: int) -> None:
        """Let no news be what one's own change made of an account, which gave it this seq."""
        sql = "DELETE FROM unseen WHERE at = ? AND number = (SELECT number FROM account WHERE id = ?)"
        with self.writing():
            self.connection.execute(sql, (seq, account_id))

    def look_at_numbers(self, numbers: Sequence[int]) -> int:
        """The same by their numbers."""
        sql = "DELETE FROM unseen WHERE number IN (SELECT value FROM json_each(?))"
        with self.writing():
            return self.connection.execute(sql, (json.dumps(list(numbers)),)).rowcount
