"""The forms of a case: open, close, choose the root cause, name the owner; each one record, queued at once."""

from collections.abc import Iterable, Sequence

from textual.containers import Vertical
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk
from data.ports_cases import CaseMove, CaseView
from data.remedy import Change
from screens.form_modal import FormModal
from widgets.block import Lines, Sentence
from widgets.choice_row import ChoiceRow
from widgets.severity_badge import doubt, named

Options = Sequence[tuple[str, str, str]]
OUTCOMES: Options = (
    ("recovered", "recovered", "healthy again"),
    ("left_red", "left Red", "no cause any more"),
    ("renewed", "renewed", "the contract goes on"),
    ("churned", "churned", "the customer is lost"),
)


class CaseForm(FormModal[Change | None]):
    """One choice and what it does; the record leaves at once, the customer sees nothing."""

    def __init__(
        self,
        desk: Desk,
        view: CaseView,
        *,
        title: str,
        button: str,
        what: str,
        label: str,
        options: Options,
        value: str | None,
    ) -> None:
        super().__init__(desk, title, button)
        self.view, self._what = view, what
        self._choice = ChoiceRow(label, options, value, id="choice")

    def move(self, chosen: str) -> CaseMove:
        """What the choice does; subclasses say it."""
        raise NotImplementedError

    def parts(self) -> Iterable[Widget]:
        """Who, what it does, the choice."""
        row = self.view.row
        yield Lines([([(named(row, 40, self.look), "strong bold"), *doubt(row, self.look)], [])], id="who")
        yield Sentence(self._what, id="what")
        with Vertical(classes="section"):
            yield self._choice

    def missing(self) -> str:
        """The one choice."""
        return "" if self._choice.answered else "choose first"

    def notice(self) -> str:
        """A record is not held."""
        return "Leaves at once, under your name. The customer sees nothing."

    def send(self) -> None:
        """Queue the record."""
        try:
            change = self.desk.change_case(self.view.row.id, self.move(self._choice.value or ""))
        except TriageError as error:
            self.complain(str(error))
            return
        self.leave(change)

    def give_up(self) -> None:
        """Leave it as it is."""
        self.leave(None)

    def on_choice_row_changed(self) -> None:
        """The button may work now."""
        self._complaint = ""
        self.renew()


class OpenCase(CaseForm):
    """Open a case, or make a recovery case a Red one; the causes are what the rules found."""

    def __init__(self, desk: Desk, view: CaseView) -> None:
        red = view.red.is_red
        causes = ", ".join(view.red.causes)
        upgrade = view.case is not None and view.case.closed_at is None
        options = [("red", "Red case", "designates it: clocks run, four are told")]
        options += [] if upgrade else [("recovery", "Recovery case", "its health fell")]
        super().__init__(
            desk,
            view,
            title="Open a case",
            button="Open case",
            what=f"Causes: {causes}." if causes else "The rules find no cause now.",
            label="Kind",
            options=options,
            value="red" if red or upgrade else "recovery",
        )

    def move(self, chosen: str) -> CaseMove:
        """The kind."""
        return CaseMove(open=chosen)


class CloseCase(CaseForm):
    """Close the case with an outcome."""

    def __init__(self, desk: Desk, view: CaseView) -> None:
        value = {"close": "left_red", "lost": "churned", "recovered": "recovered"}.get(view.move or "")
        what = "It is still Red: no machine opens it again." if view.red.is_red else "Its clocks and tasks end."
        super().__init__(
            desk, view, title="Close the case", button="Close case", what=what, label="Outcome", options=OUTCOMES,
            value=value,
        )  # fmt: skip

    def move(self, chosen: str) -> CaseMove:
        """The outcome."""
        return CaseMove(closed=True, outcome=chosen)


class ChooseCause(CaseForm):
    """Document the root cause; the suggested ones stand first."""

    def __init__(self, desk: Desk, view: CaseView) -> None:
        options = [
            (one.root_cause, one.root_cause, f"{one.name}{', suggested' if one.suggested else ''}")
            for one in view.playbooks
        ]
        chosen = view.chosen.root_cause if view.chosen else None
        super().__init__(
            desk,
            view,
            title="Root cause",
            button="Record cause",
            what="Its playbook becomes the checklist of this case.",
            label="Cause",
            options=options,
            value=chosen or (options[0][0] if view.playbooks and view.playbooks[0].suggested else None),
        )

    def move(self, chosen: str) -> CaseMove:
        """The cause, and the step of the clock."""
        return CaseMove(step="root_cause", root_cause=chosen)


class NameOwner(CaseForm):
    """Who owns the case: me, or the account's CSM."""

    def __init__(self, desk: Desk, view: CaseView) -> None:
        names: dict[str, str] = {}
        if view.me is not None:
            names[view.me.name] = "me"
        if view.row.owner is not None:
            names.setdefault(view.row.owner.name, "its CSM")
        super().__init__(
            desk,
            view,
            title="Owner",
            button="Name owner",
            what="Whose day the case's tasks stand in.",
            label="Owner",
            options=[(name, name, role) for name, role in names.items()],
            value=next(iter(names), None),
        )

    def move(self, chosen: str) -> CaseMove:
        """The name."""
        return CaseMove(owner=chosen)


class RecordStep(CaseForm):
    """Stamp a step: the first time of it is kept, so it asks once."""

    def __init__(self, desk: Desk, view: CaseView, step: str, words: str) -> None:
        super().__init__(
            desk,
            view,
            title="Record a step",
            button="Record step",
            what="The server keeps the first time of a step: it cannot be taken back.",
            label="Step",
            options=[(step, words, "now")],
            value=step,
        )

    def move(self, chosen: str) -> CaseMove:
        """The step."""
        return CaseMove(step=chosen)
