"""`u` after a change was applied: the form of the change that sets it back, with its own reason."""

from collections.abc import Callable

from data.errors import TriageError
from data.ports import Undo
from data.remedy import Change
from screens.base import TriageScreen
from screens.remedy_form import RemedyForm
from widgets.change_words import describe_change
from widgets.numbers import moment


def offer_undo(screen: TriageScreen, ask: Callable[[], Undo], done: Callable[[Change | None], None]) -> None:
    """Open the form, or say on the status line why there is none."""
    try:
        undo = ask()
    except TriageError as error:
        screen.tell(str(error))
        return
    what = describe_change(undo.of, arrow=screen.look.glyphs.becomes)
    at = moment(undo.of.finished_at or undo.of.authored_at, screen.now)
    note = " ".join(filter(None, (f"Sets back: {what}, {at}.", undo.note)))
    screen.app.push_screen(RemedyForm(screen.desk, undo.form, note=note), done)
