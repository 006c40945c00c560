"""Record the outcome of an interview: what is written down, a reason that may stay empty."""

from collections.abc import Iterable, Sequence

from textual.containers import Vertical
from textual.widget import Widget

from data.errors import TriageError
from data.health_tree import UNDETERMINED
from data.interview_view import InterviewView
from data.ports import Desk
from data.remedy import Change
from data.safe_text import SafeText
from screens.form_modal import FormModal
from widgets.block import Lines, Sentence
from widgets.health_words import leaf_word, step
from widgets.line import Piece
from widgets.reason_field import ReasonField
from widgets.severity_badge import doubt, named


class RecordForm(FormModal[Change | None]):
    """A record, not a remedy: exactly the outcome that was shown, queued once the button is pressed."""

    def __init__(self, desk: Desk, view: InterviewView) -> None:
        super().__init__(desk, "Record assessment", "Record assessment")
        self.interview = view

    def parts(self) -> Iterable[Widget]:
        """Who, the outcome, where it goes, the reason."""
        reading = self.interview.reading
        yield Lines([(self._who(), self._outcome())], id="who")
        yield Sentence(
            f"Outcome, answers with their sources and the tree's mark {reading.tree_hash[:12]} go into the account's "
            "trail. The customer sees nothing.",
            id="what",
        )
        with Vertical(classes="section"):
            yield ReasonField("", self._problem, recent=False)

    def missing(self) -> str:
        """Return that the reason will not do, where there is one."""
        return "" if self.query_one(ReasonField).answered else "the reason is not enough"

    def notice(self) -> str:
        """A record is not held."""
        return "Leaves at once, under your name. The reason may stay empty."

    def recent(self) -> Sequence[SafeText]:
        """No reasons to pick from."""
        return ()

    def send(self) -> None:
        """Queue the record."""
        try:
            change = self.desk.record_assessment(self.interview, self.query_one(ReasonField).text)
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

    def _problem(self, text: str) -> str | None:
        return self.desk.reason_problem(text) if text else None

    def _who(self) -> list[Piece]:
        return [(named(self.interview.row, 34, self.look), "strong bold"), *doubt(self.interview.row, self.look)]

    def _outcome(self) -> list[Piece]:
        reading = self.interview.reading
        if reading.leaf == UNDETERMINED:
            return [("Undetermined", "text")]
        said = step(self.interview.rung, leaf_word(reading.leaf), self.look.glyphs)
        return [(said.text, said.ink)]
