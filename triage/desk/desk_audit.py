"""The part of the desk that screens and commands ask about the audit trail, or this home's own chain instead."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.account import Entry
from data.cache import Cache
from data.ports_list import Link
from triage.desk.link import LinkState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.audit_proof import Evidence, Proof
    from data.outbox_memory import TrailEntry
    from triage.desk.trail import Trail


class AuditOfDesk:
    """What the desk joins from `Trail`."""

    cache: Cache
    _link: LinkState

    @property
    @abstractmethod
    def _trail(self) -> "Trail":
        """The trail as it lies here."""

    def audit(self, account_id: str | None, before: int | None, limit: int) -> Sequence[Entry]:
        """Audit entries newest first, older than seq `before`."""
        return self._trail.audit(account_id, before, limit)

    def audit_state(self) -> str:
        """One sentence on the chain; what the last round found wrong with it comes first."""
        return self.audit_problem() or self._trail.state()

    def audit_problem(self) -> str | None:
        """What the last rounds found wrong with the chain or its keys, None where nothing is."""
        status = self._link.status
        return status.sentence if status.link is Link.FINE and status.sentence else self.cache.audit_problem

    def verify_audit(self) -> "Proof":
        """Replay the whole chain, and say what it proves."""
        return self._trail.verify()

    @property
    def own_chain(self) -> str:
        """What stands for a trail where the backend keeps none, in words; empty where it keeps one."""
        return f"This home's own chain. {self._trail.keeps}".strip() if self._trail.own else ""

    def own_links(self) -> "Iterator[TrailEntry]":
        """This home's own chain from its first link."""
        return self._trail.links()

    def audit_evidence(self) -> "Evidence":
        """What this home has seen of the trail, for an export."""
        return self._trail.evidence()
