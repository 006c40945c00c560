"""What can be done with a message in the outbox: say what became of it, write it again, leave it, take it back."""

from abc import abstractmethod
from collections.abc import Callable

from data.errors import TriageError
from data.ports_outreach import Message, OutreachState
from screens.base import TriageScreen
from screens.outreach_start import ask_about, start_outreach


class OutboxMessages(TriageScreen):
    """Actions on the open message; each returns True where there was one, so that no change is acted on instead."""

    @property
    @abstractmethod
    def message(self) -> Message | None:
        """The open message, None where a change is open."""

    def settle_message(self) -> bool:
        """l: a person's answer to "did this go out?"."""
        return self._act((OutreachState.UNCLEAR,), lambda one: ask_about(self, one), "Its outcome is known.")

    def write_message_again(self) -> bool:
        """e: the same words in a new draft."""
        sentence = "Only what was not sent can be written again."
        return self._act((OutreachState.FAILED,), lambda one: start_outreach(self, one.account_id), sentence)

    def drop_message(self) -> bool:
        """d, u: what never left is taken back; what failed is left."""
        over = (OutreachState.INTENT, OutreachState.FAILED)
        return self._act(over, self._drop, "It can be neither taken back nor discarded.")

    def _drop(self, message: Message) -> None:
        try:
            self.desk.drop_outreach(message.outreach_id)
        except TriageError as error:
            self.tell(str(error))
            return
        self.reload()
        waited = message.state is OutreachState.INTENT
        self.tell("Taken back. Nothing was sent." if waited else "Left as it is. Nothing was sent.")

    def _act(self, states: tuple[OutreachState, ...], act: Callable[[Message], None], otherwise: str) -> bool:
        message = self.message
        if message is None:
            return False
        if message.state in states:
            act(message)
        else:
            self.tell(otherwise)
        return True
