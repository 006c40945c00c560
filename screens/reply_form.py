"""Log a reply: what the customer answered, in a note; the follow-up is cancelled on every machine (M20)."""

from collections.abc import Iterable

from textual.containers import Vertical
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk
from data.ports_outreach import FollowUpDue
from data.remedy import Change
from screens.contact_form import note_problem
from screens.form_modal import FormModal
from widgets.block import Lines, Sentence
from widgets.line import Piece
from widgets.numbers import fit, utc
from widgets.reason_field import ReasonField
from widgets.severity_badge import doubt, named


class ReplyForm(FormModal[Change | None]):
    """A record, not a remedy: it leaves at once; the note may stay empty."""

    def __init__(self, desk: Desk, due: FollowUpDue) -> None:
        super().__init__(desk, "Log a reply", "Log reply")
        self.due = due

    def parts(self) -> Iterable[Widget]:
        """Who, to what, what it does, the note."""
        yield Lines([(self._who(), [(fit(self.due.contact, 32, self.look.glyphs).rstrip(), "muted")])], id="who")
        subject = fit(self.due.subject, 48, self.look.glyphs).rstrip()
        yield Lines([([("To ", "muted"), (f"“{subject}”", "text")], [(utc(self.due.sent_at), "muted")])])
        yield Sentence("The follow-up is cancelled, on every machine. The customer sees nothing.", id="what")
        with Vertical(classes="section"):
            yield ReasonField("", note_problem, label="Note", recent=False)

    def first_field(self) -> ReasonField:
        """The note, though it may stay empty."""
        return self.query_one(ReasonField)

    def missing(self) -> str:
        """Only a note that is too long keeps it back."""
        return "" if self.query_one(ReasonField).answered else "the note is too long"

    def notice(self) -> str:
        """A record is not held."""
        return "Leaves at once, under your name. The note may stay empty."

    def send(self) -> None:
        """Queue the record."""
        note = self.query_one(ReasonField).text
        try:
            change = self.desk.log_reply(self.due.account_id, self.due.outreach_id, note)
        except TriageError as error:
            self.complain(str(error))
            return
        self.leave(change)

    def give_up(self) -> None:
        """Leave without a record."""
        self.leave(None)

    def on_reason_field_changed(self) -> None:
        """The button may work now."""
        self._complaint = ""
        self.renew()

    def _who(self) -> list[Piece]:
        detail = self.desk.detail(self.due.account_id)
        if detail is None:
            return [(fit(self.due.account_name, 34, self.look.glyphs).rstrip(), "strong bold")]
        return [(named(detail.row, 34, self.look), "strong bold"), *doubt(detail.row, self.look)]
