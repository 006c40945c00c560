"""The audit trail as it was pulled: pages for the screen, and one replay of the whole chain."""

from collections.abc import Sequence

from data.account import Entry
from data.cache import Cache
from data.outbox import Outbox
from data.receipts import ChainReport, verify_chain
from triage.desk.session import Session


class Trail:
    """Reads the cached trail; verification hashes the served text and never re-serialises."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox

    def audit(self, account_id: str | None, before: int | None, limit: int) -> Sequence[Entry]:
        """Entries newest first, older than seq `before`."""
        return self._cache.audit(account_id, before, limit)

    def verify(self) -> ChainReport:
        """Replay the chain from its first entry and against the last head we saw."""
        return verify_chain(self._cache.audit_rows(), self._outbox.remembered_head(self._session.place.base_url))

    def state(self) -> str:
        """One sentence on the chain."""
        problem = self._cache.audit_problem
        if problem:
            return problem
        last = self._cache.audit_after
        return f"The chain holds up to entry {last:,}." if last else "No entries yet."
