"""The audit trail as it was pulled: pages for the screen, and one replay of the whole chain."""

from collections.abc import Iterator, Sequence

from data.account import Entry
from data.audit_proof import Evidence, Proof, prove
from data.cache import Cache
from data.outbox import Outbox
from data.outbox_memory import TrailEntry
from data.own_chain import prove_own
from data.ports import OWN_CHAIN
from triage.desk.session import Session


class Trail:
    """Reads the cached trail; verification hashes the served text and never re-serialises."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox) -> None:
        self._session = session
        self._cache = cache
        self._outbox = outbox

    def audit(self, account_id: str | None, before: int | None, limit: int) -> Sequence[Entry]:
        """Entries newest first, older than seq `before`."""
        if self.own:
            return self._outbox.own_entries(self._session.place.base_url, account_id, before, limit)
        return self._cache.audit(account_id, before, limit)

    @property
    def own(self) -> bool:
        """True where the backend keeps no trail, so that this home's own chain stands for it."""
        offers = self._cache.offers
        return offers is not None and not offers.audit

    @property
    def keeps(self) -> str:
        """What such a backend keeps of a change, in a sentence."""
        offers = self._cache.offers
        return offers.keeps if offers is not None else ""

    def links(self) -> Iterator[TrailEntry]:
        """This home's own chain from its first link."""
        return self._outbox.trail()

    def verify(self) -> Proof:
        """Replay the trail that lies here and hold it against all that this home has seen; never uses the network."""
        if self.own:
            return prove_own(self.links())
        return prove(self._cache.audit_rows(), self.evidence())

    def evidence(self) -> Evidence:
        """What this home has seen of the trail: its signed head, the pinned keys, the last head, own receipts."""
        url = self._session.place.base_url
        seen, signed = self._outbox.remembered_head(url), self._cache.signed_head
        return Evidence(
            signed=signed,
            keys=self._outbox.pins(url),
            remembered=seen,
            receipts=self._outbox.known_hashes(url),
            orphans=self._outbox.former_hashes(url),
            # A push sees a newer head than the trail that the last pull brought: that is no cut.
            lags=seen is not None and (signed is None or seen.seq > signed.seq),
            noted=self._cache.audit_problem,
        )

    def state(self) -> str:
        """One sentence on the chain."""
        problem = self._cache.audit_problem
        if problem:
            return problem
        if self.own:
            return OWN_CHAIN
        last = self._cache.audit_after
        return f"The chain holds up to entry {last:,}." if last else "No entries yet."
