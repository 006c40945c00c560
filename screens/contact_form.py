"""Log a conversation: channel, outcome, note; what the repeat check A13 and the handled mark A16 look for."""

from collections.abc import Iterable

from textual.containers import Vertical
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk, Detail
from data.remedy import Change, Order
from screens.form_modal import FormModal
from widgets.block import Lines, Sentence
from widgets.change_words import CHANNELS, OUTCOMES
from widgets.choice_row import ChoiceRow
from widgets.line import Piece
from widgets.numbers import fit
from widgets.reason_field import ReasonField
from widgets.severity_badge import doubt, named

MOST = 500
KIND, NOTE = "log_contact", "note"


class ContactForm(FormModal[Change | None]):
    """A record, not a remedy: it leaves at once, nothing changes for the customer; the note may stay empty."""

    def __init__(self, desk: Desk, detail: Detail) -> None:
        super().__init__(desk, "Log a talk", "Log talk")
        self.detail = detail

    def parts(self) -> Iterable[Widget]:
        """Who, what it is for, the two choices, the note."""
        yield Lines([(self._who(), self._contact())], id="who")
        yield Sentence("Goes into the account's trail. The customer sees nothing.", id="what")
        yield from self.claim_warning(self.detail.row)
        with Vertical(classes="section"):
            channels = [(value, word, "") for value, word in (*CHANNELS, (NOTE, "just a note"))]
            yield ChoiceRow("Channel", channels, id="channel")
            yield ChoiceRow("Outcome", [(value, word, "") for value, word in OUTCOMES], id="outcome")
        with Vertical(classes="section"):
            yield ReasonField("", self._note_problem, label="Note", recent=False)

    def missing(self) -> str:
        """Return the first field without an answer."""
        words = {"channel": "choose a channel first", "outcome": "choose an outcome first"}
        waiting = next((field for field in self.fields() if not field.answered), None)
        long = "write the note first" if not self.query_one(ReasonField).text else "the note is too long"
        return "" if waiting is None else words.get(waiting.id or "", long)

    def notice(self) -> str:
        """A record is not held."""
        return "Leaves at once, under your name." + ("" if self.only_note else " The note may stay empty.")

    @property
    def only_note(self) -> bool:
        """True where nobody was talked to."""
        return self.query_one("#channel", ChoiceRow).value == NOTE

    def _note_problem(self, text: str) -> str | None:
        if self.is_mounted and self.only_note and not text:
            return "is empty"
        return note_problem(text)

    def send(self) -> None:
        """Queue the record."""
        note = self.query_one(ReasonField).text
        talk = {
            "channel": self.query_one("#channel", ChoiceRow).value,
            "outcome": self.query_one("#outcome", ChoiceRow).value,
            "note": note or None,
        }
        try:
            kind, params = (NOTE, {"text": note}) if self.only_note else (KIND, talk)
            change = self.desk.submit(Order(kind=kind, account_id=self.detail.account.id, params=params), hold=False)
        except TriageError as error:
            self.complain(str(error))
            return
        self.leave(change)

    def give_up(self) -> None:
        """Leave without a record."""
        self.leave(None)

    def on_choice_row_changed(self) -> None:
        """The button may work now; a note has no outcome."""
        self.query_one("#outcome").display = not self.only_note
        self._complaint = ""
        self.renew()

    def on_reason_field_changed(self) -> None:
        """The button may work now."""
        self._complaint = ""
        self.renew()

    def _who(self) -> list[Piece]:
        return [(named(self.detail.row, 34, self.look), "strong bold"), *doubt(self.detail.row, self.look)]

    def _contact(self) -> list[Piece]:
        contact = self.detail.row.contact
        if contact is None:
            return [("no admin contact", "muted")]
        return [(fit(f"{contact.name}, {contact.role}", 32, self.look.glyphs).rstrip(), "muted")]


def note_problem(text: str) -> str | None:
    """Return what is wrong with a note: only its length can be."""
    return f"{len(text) - MOST} characters too many" if len(text) > MOST else None
