"""The part of the desk that screens ask about cases (data.ports_cases.CasesPort)."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.cache import Cache
from data.ports_cases import CaseMove, CaseView, MyDay
from data.ports_outreach import FollowUpDue, Message
from data.remedy import Change, Order
from triage.desk.session import Session

if TYPE_CHECKING:
    from triage.desk.cases import Cases


class CasesOfDesk:
    """What the desk joins from `Cases` and `Day`."""

    session: Session
    cache: Cache

    @property
    @abstractmethod
    def _cases(self) -> "Cases":
        """Cases of the accounts."""

    @abstractmethod
    def submit(self, order: Order, change_id: str | None = None, hold: bool = True) -> Change:
        """Queue a change."""

    @abstractmethod
    def follow_ups(self) -> Sequence[FollowUpDue]:
        """Sent messages that nobody answered."""

    @abstractmethod
    def outreach(self, account_id: str | None = None) -> Sequence[Message]:
        """Messages of this home."""

    def case(self, account_id: str) -> CaseView | None:
        """One account's case, None when the account is not in the cache."""
        return self._cases.view(account_id)

    def change_case(self, account_id: str, move: CaseMove) -> Change:
        """Queue what a person does to a case; raises NotAllowed, NotPossible, Rejected, SignedOut."""
        return self.submit(self._cases.order(account_id, move), hold=False)

    def my_day(self, everyone: bool = False) -> MyDay:
        """What is due today or late: mine, or of the whole book."""
        from triage.desk.my_day import Day

        return Day(self.session, self.cache).read(everyone, self.follow_ups(), self.outreach())
