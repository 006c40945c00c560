"""What a person imported, beside the accounts: kept over syncs of the same backend, lost when the cache is rebuilt."""

import json
from collections.abc import Mapping, Sequence

from data.account import Account
from data.cache_facts import CacheFacts
from data.imported import Imported, merged, with_import
from data.wire import decoder, encode

_imported = decoder(Imported)


class CacheImports(CacheFacts):
    """Imported days by account id (M2)."""

    def imported(self, ids: Sequence[str] | None = None) -> dict[str, Imported]:
        """What was imported for these accounts, or for all."""
        where = "" if ids is None else " WHERE account_id IN (SELECT value FROM json_each(?))"
        values = [] if ids is None else [json.dumps(ids)]
        found = self.all(f"SELECT account_id, usage FROM imported{where}", values)
        return {account_id: self.decoded(usage, _imported) for account_id, usage in found}

    def keep_imported(self, found: Mapping[str, Imported]) -> None:
        """Add days to what was imported before, in one transaction."""
        before = self.imported(list(found))
        with self.writing():
            self.connection.executemany(
                "INSERT INTO imported (account_id, usage) VALUES (?, ?) "
                "ON CONFLICT (account_id) DO UPDATE SET usage = excluded.usage",
                [(key, encode(merged(before.get(key), one))) for key, one in found.items()],
            )

    def forget_imported(self) -> list[str]:
        """Drop everything imported; returns of which accounts."""
        ids = [key for (key,) in self.all("SELECT account_id FROM imported ORDER BY 1")]
        with self.writing():
            self.connection.execute("DELETE FROM imported")
        return ids

    def with_imports(self, accounts: Sequence[Account]) -> list[Account]:
        """The accounts with their imported days (data.imported)."""
        if not self.all("SELECT 1 FROM imported LIMIT 1"):
            return list(accounts)
        found = self.imported([account.id for account in accounts])
        return [with_import(account, found.get(account.id)) for account in accounts]
