"""The audit trail as it was pulled: pages for the screen, and one replay of the whole chain."""

from collections.abc import Sequence

from data.account import Entry
from data.cache import Cache
from data.errors import UnreadableEntry
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
        """Replay the chain from its first entry and against the last head we saw; a problem of the last pull counts."""
        url = self._session.place.base_url
        seen = self._outbox.remembered_head(url)
        synced_at = self._cache.synced_at
        # A push sees a newer head than the trail that the last pull brought: that is no cut.
        lags = seen is not None and (seen.seen_at is None or synced_at is None or seen.seen_at > synced_at)
        known = self._outbox.known_hashes(url)
        try:
            report = verify_chain(self._cache.audit_rows(), seen, known=known, whole=not lags)
        except UnreadableEntry as damaged:
            return ChainReport(False, damaged.seq - 1, damaged.seq, str(damaged))
        problem = self._cache.audit_problem
        if report.ok and problem:
            return ChainReport(False, report.entries, self._cache.audit_after + 1, problem)
        return report

    def state(self) -> str:
        """One sentence on the chain."""
        problem = self._cache.audit_problem
        if problem:
            return problem
        last = self._cache.audit_after
        return f"The chain holds up to entry {last:,}." if last else "No entries yet."
