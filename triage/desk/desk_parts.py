"""The parts of the desk that the first frame does without: each is imported and made when it is first asked."""

from functools import cached_property
from typing import TYPE_CHECKING

from triage.desk.desk_audit import AuditOfDesk
from triage.desk.desk_bulk import BulkOfDesk
from triage.desk.desk_cases import CasesOfDesk
from triage.desk.desk_kept import KeptOfDesk
from triage.desk.inbox import Inbox

if TYPE_CHECKING:
    from data.outbox import Outbox
    from triage.desk.bulk import BulkDesk
    from triage.desk.cases import Cases
    from triage.desk.health import HealthDesk
    from triage.desk.interview import InterviewDesk
    from triage.desk.outreach import OutreachDesk
    from triage.desk.queue import Queue
    from triage.desk.remedies import Remedies
    from triage.desk.trail import Trail
    from triage.desk.undo import UndoDesk


class DeskParts(AuditOfDesk, CasesOfDesk, BulkOfDesk, KeptOfDesk):
    """What `Desk` hands its questions to."""

    box: "Outbox"
    _inbox: Inbox

    @cached_property
    def _health(self) -> "HealthDesk":
        from triage.desk.health import HealthDesk

        return HealthDesk(self.session, self.cache)

    @cached_property
    def _remedies(self) -> "Remedies":
        from triage.desk.remedies import Remedies

        return Remedies(self.session, self.cache, self.box, self._inbox)

    @cached_property
    def _bulk(self) -> "BulkDesk":
        from triage.desk.bulk import BulkDesk

        return BulkDesk(self.session, self.cache, self.box, self._inbox, self._remedies)

    @cached_property
    def _undo(self) -> "UndoDesk":
        from triage.desk.undo import UndoDesk

        return UndoDesk(self.session, self.cache, self.box, self._remedies)

    @cached_property
    def _interview(self) -> "InterviewDesk":
        from triage.desk.health import ASSESSMENT
        from triage.desk.interview import InterviewDesk

        remedies = self._remedies
        return InterviewDesk(
            self.session, self.cache, self._inbox.overlay.pending, lambda: remedies.problem(ASSESSMENT)
        )

    @cached_property
    def _cases(self) -> "Cases":
        from triage.desk.cases import Cases

        return Cases(self.session, self.cache, self._inbox.overlay.pending, self._remedies.problem)

    @cached_property
    def _queue(self) -> "Queue":
        from triage.desk.queue import Queue

        return Queue(self.session, self.cache, self.box, self._remedies)

    @cached_property
    def _trail(self) -> "Trail":
        from triage.desk.trail import Trail

        return Trail(self.session, self.cache, self.box)

    @cached_property
    def _outreach(self) -> "OutreachDesk":
        from triage.desk.outreach import OutreachDesk

        return OutreachDesk(self.session, self.cache, self.box, self._remedies)
