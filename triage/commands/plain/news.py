"""What has happened since it was last said: in the list, with one's own changes, with the link; each thing once."""

from collections.abc import Iterator

from data.ports_list import Header, Link
from data.remedy import Change, State
from triage.commands.plain import words
from triage.commands.plain.here import Here
from triage.commands.plain.inbox import Inbox

_QUIET = (State.HELD, State.QUEUED, State.SENDING)


class News:
    """Compares what the desk says now with what was said before."""

    def __init__(self, here: Here, inbox: Inbox) -> None:
        self._here, self._inbox = here, inbox
        header = here.desk.header()
        self._link, self._had_data, self._notice = self._down(header), header.synced_at is not None, header.notice
        self._states = {one.change_id: _stands(one) for one in here.desk.outbox()}

    @staticmethod
    def _down(header: Header) -> Link:
        return Link.FINE if header.status.link is Link.SYNCING else header.status.link

    def read(self) -> Iterator[str]:
        """Yield what is new, the gravest first."""
        header = self._here.desk.header()
        yield from self._of_link(header)
        yield from self._of_changes()
        if header.synced_at is not None and not self._had_data:
            self._had_data = True
            yield f"The book is here, {words.plural(header.counts.book, 'account')}."
        if header.notice and header.notice != self._notice:
            yield header.notice
        self._notice = header.notice
        yield from self._inbox.renew()

    def _of_link(self, header: Header) -> Iterator[str]:
        link = self._down(header)
        if link is not self._link:
            self._link = link
            yield words.link_line(header) or "The server answers again."

    def _of_changes(self) -> Iterator[str]:
        for change in self._here.desk.outbox():
            stands = _stands(change)
            before = self._states.get(change.change_id)
            self._states[change.change_id] = stands
            if stands == before or (change.state in _QUIET and not change.needs_you):
                continue
            if change.state is State.APPLIED and before is not None:
                yield f"Applied. {words.change_line(change, self._here.now)}"
            elif change.needs_you:
                yield f"Needs you, b opens the outbox. {words.change_line(change, self._here.now)}"


def _stands(change: Change) -> str:
    return f"{change.state}{change.outcome_unknown}"
