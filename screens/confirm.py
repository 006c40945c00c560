"""A reason for something that is not a form: discarding a change, or writing one again from what the account is now."""

from collections.abc import Callable, Iterable, Sequence

from textual.containers import Vertical
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk
from data.remedy import Change
from data.safe_text import SafeText
from screens.form_modal import FormModal
from widgets.before_after import BeforeAfter, Fact
from widgets.block import Lines, Sentence
from widgets.line import Line
from widgets.numbers import fit
from widgets.reason_field import ReasonField
from widgets.severity_badge import doubt, named


class ConfirmReason(FormModal[Change | None]):
    """Asks for a reason and does it by `act`; refused by a rule it stays open and says so."""

    def __init__(
        self,
        desk: Desk,
        change: Change,
        *,
        title: str,
        button: str,
        what: str,
        act: Callable[[str], Change],
        facts: Sequence[Fact] = (),
        against: str = "",
        recent: Sequence[SafeText] = (),
        needs_reason: bool = True,
    ) -> None:
        super().__init__(desk, title, button)
        self._change, self._what, self._act = change, what, act
        self._facts, self._against, self._recent = tuple(facts), against, tuple(recent)
        self._needs_reason = needs_reason

    def parts(self) -> Iterable[Widget]:
        """Who, what will happen, now and after where there is one, the reason."""
        yield Lines([(self._who(), [])], id="who")
        yield Sentence(self._what, id="what")
        if self._facts:
            with Vertical(classes="section"):
                yield BeforeAfter(self._facts)
        with Vertical(classes="section"):
            yield ReasonField("", self._problem, recent=bool(self._recent))

    def first_field(self) -> ReasonField:
        """A reason is given again, also where the old one would do."""
        return self.query_one(ReasonField)

    def missing(self) -> str:
        """Return what a rule says against it, or that the reason is missing."""
        if self._against:
            return self._against
        field = self.query_one(ReasonField)
        if field.answered:
            return ""
        return "give a reason first" if not field.text else "the reason is not enough"

    def hopeless(self) -> bool:
        """True when a rule speaks against it."""
        return bool(self._against)

    def notice(self) -> str:
        """Where the reason goes."""
        return "Goes into the trail under your name."

    def recent(self) -> Sequence[SafeText]:
        """Reasons to pick from."""
        return self._recent

    def send(self) -> None:
        """Do it."""
        try:
            done = self._act(self.query_one(ReasonField).text)
        except TriageError as error:
            self.complain(str(error))
            return
        self.leave(done)

    def give_up(self) -> None:
        """Leave it as it is."""
        self.leave(None)

    def on_reason_field_changed(self) -> None:
        """The button may work now."""
        self._complaint = ""
        self.renew()

    def _who(self) -> Line:
        """The name as the change noted it; the mark of a doubtful one, and an id for a blank one."""
        detail = self.desk.detail(self._change.account_id)
        if detail is not None:
            return [(named(detail.row, 34, self.look), "strong bold"), *doubt(detail.row, self.look)]
        return [(fit(self._change.account_name, 34, self.look.glyphs).rstrip(), "strong bold")]

    def _problem(self, text: str) -> str | None:
        return self.desk.reason_problem(text) if self._needs_reason or text else None
