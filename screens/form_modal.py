"""The frame of every modal form: title in the border, fields, what is missing, two buttons; Enter only moves on."""

import os
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget

from data.assessment import Row
from data.errors import NotPossible
from data.ports import Desk
from data.safe_text import SafeText, cell_width
from screens.base import TriageScreen, now_of
from screens.reason_editor import edit
from screens.recent_reasons import RecentReasons
from widgets.block import Lines, Sentence
from widgets.choice_row import ChoiceRow
from widgets.form_button import FormButton
from widgets.held_words import others_claim
from widgets.look import Look, look_of
from widgets.number_row import NumberRow
from widgets.reason_field import ReasonField
from widgets.typed_word import TypedWord
from widgets.until_row import UntilRow
from widgets.warning_bar import WarningBar

T = TypeVar("T")
Field = ChoiceRow | NumberRow | TypedWord | UntilRow | ReasonField
TALL = 32
FRAME, FRAME_TALL = 6, 9  # lines of border, padding, notice (two at most) and buttons
BESIDE = 26  # cells left beside the buttons; a longer sentence takes the line above them


class FormFrame(ModalScreen[T], Generic[T]):
    """A form over a screen. Subclasses give `parts`, `missing`, `send` and call `renew` when something has changed."""

    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = ["form_modal.tcss"]
    AUTO_FOCUS = ""
    LEAVE: ClassVar[str] = "Cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", id="form.cancel", show=False),
        Binding("ctrl+s", "submit", "do it", id="form.submit", show=False, priority=True),
        Binding("ctrl+o", "jump", "jump", id="go.jump", show=False),
    ]

    def __init__(self, title: str, button: str) -> None:
        super().__init__()
        self._title, self._button = title, button
        self._complaint = ""
        self._started = False
        self._over = False

    # --- what a form gives ---

    def parts(self) -> Iterable[Widget]:
        """What stands between the title and the line above the buttons."""
        return ()

    def missing(self) -> str:
        """What has to be done before the button works, in a few words; nothing when it works."""
        return ""

    def notice(self) -> str:
        """The muted line above the buttons."""
        return ""

    @abstractmethod
    def send(self) -> None:
        """Do it, and leave by `leave`; called only when nothing is missing."""

    @abstractmethod
    def give_up(self) -> None:
        """Leave without doing it."""

    def recent(self) -> Sequence[SafeText]:
        """Reasons that may be picked by ctrl+r."""
        return ()

    # --- the frame ---

    @property
    def look(self) -> Look:
        """Styles and glyphs."""
        return look_of(self)

    @property
    def now(self) -> datetime:
        """The time, UTC."""
        return now_of(self)

    def compose(self) -> ComposeResult:
        """The frame with the parts in it."""
        with Vertical(id="box") as box:
            box.border_title = Content(self._title)
            with VerticalScroll(id="parts", can_focus=False):
                yield from self.parts()
            with Vertical(id="foot"):
                yield Sentence(id="notice")
                with Horizontal(id="buttons"):
                    yield FormButton(self.LEAVE, enter=True, id="cancel")
                    yield Lines([([(f" {self.look.key('form.cancel', 'esc')}", "muted")], [])], id="cancel-key")
                    yield FormButton(self._button, enter=False, id="submit")
                    yield Lines([([(f" {self.look.key('form.submit', 'ctrl+s')}", "muted")], [])], id="submit-key")
                    yield Sentence(id="why")

    def on_mount(self) -> None:
        """Focus the first field that still needs an answer; Cancel where nothing needs typing."""
        self._fit()
        self.add_class(f"-{self.look.glyphs.name}")
        self._started = True
        self.renew()
        waiting = None if self.hopeless() else self.first_field()
        self.set_focus(entry_of(waiting) if waiting else self.query_one("#cancel"))

    def on_resize(self) -> None:
        """Gaps only where there is room for them."""
        self._fit()

    def _fit(self) -> None:
        height = self.app.size.height
        self.set_class(height >= TALL, "-tall")
        self.query_one("#parts").styles.max_height = max(3, height - (FRAME_TALL if height >= TALL else FRAME))

    def first_field(self) -> Field | None:
        """The first field that still needs an answer, None where nothing needs typing."""
        return next((field for field in self.fields() if not field.answered), None)

    def hopeless(self) -> bool:
        """True when no answer in any field can make the button work."""
        return False

    def fields(self) -> list[Field]:
        """The fields that are shown, from the top."""
        shown = (widget for widget in self.walk_children(Widget) if isinstance(widget, Field))
        return [
            field for field in shown if field.display and all(getattr(up, "display", True) for up in field.ancestors)
        ]

    def renew(self) -> None:
        """Bring the button and the two lines by it up to date."""
        if not self._started:
            return
        missing = self.missing()
        self.query_one("#submit", FormButton).show(not missing)
        beside = missing if cell_width(missing) <= BESIDE else ""
        above = self._complaint or (missing if missing and not beside else "")
        self.query_one("#why", Sentence).show(beside, "muted")
        self.query_one("#notice", Sentence).show(above or self.notice(), "cap bold" if above else "muted")

    def complain(self, sentence: str) -> None:
        """Show why it was not done; nothing takes the sentence away again."""
        self._complaint = sentence
        self.renew()

    def leave(self, result: T | None) -> None:
        """Close the form, once."""
        if not self._over:
            self._over = True
            self.dismiss(result)

    def tell_below(self, sentence: str) -> None:
        """Put a sentence on the status line of the screen under the form."""
        below = next((one for one in reversed(self.app.screen_stack) if isinstance(one, TriageScreen)), None)
        if below is not None:
            below.tell(sentence)

    # --- keys ---

    def action_cancel(self) -> None:
        """Leave without doing it."""
        self.give_up()

    def action_jump(self) -> None:
        """ctrl+o: a letter goes to a field or a button."""
        from screens.jump import open_jump

        open_jump(self)

    def action_submit(self) -> None:
        """Do it, or go to the first field that still needs an answer."""
        self._complaint = ""
        if self.missing():
            self.renew()
            waiting = self.first_field()
            if waiting is not None:
                self.set_focus(entry_of(waiting))
        elif not self._over:
            self.send()

    def on_form_button_pressed(self, event: FormButton.Pressed) -> None:
        """The two buttons."""
        event.stop()
        if event.button.id == "cancel":
            self.action_cancel()
        else:
            self.action_submit()

    def on_form_button_ignored(self) -> None:
        """A bare Enter never submits."""
        self.query_one("#why", Sentence).show(
            self.missing() or f"space or {self.look.key('form.submit', 'ctrl+s')} does it", "muted"
        )

    def on_choice_row_done(self) -> None:
        """Enter moves on."""
        self._move_on()

    def on_word_input_done(self) -> None:
        """Enter moves on."""
        self._move_on()

    def on_reason_area_done(self) -> None:
        """Enter moves on."""
        self._move_on()

    def _move_on(self) -> None:
        fields = self.fields()
        at = next((place for place, field in enumerate(fields) if entry_of(field) is self.focused), len(fields))
        after = fields[at + 1] if at + 1 < len(fields) else None
        waiting = after or self.first_field()
        self.set_focus(entry_of(waiting) if waiting else self.query_one("#submit"))

    # --- the reason's two keys ---

    def on_reason_area_recent_asked(self) -> None:
        """Offer the recent reasons; the picked one is put into the field, to be edited."""
        reasons = self.recent()
        if not reasons:
            self.complain("There are no recent reasons yet.")
            return
        self.app.push_screen(RecentReasons(reasons), self._take_reason)

    def on_reason_area_editor_asked(self) -> None:
        """Open the person's editor on the text."""
        field = self.query_one(ReasonField)
        try:
            text = edit(self.app, field.entry.text, os.environ)
        except NotPossible as error:
            self.complain(str(error))
            return
        field.fill(text)
        self.set_focus(entry_of(field))

    def _take_reason(self, reason: SafeText | None) -> None:
        if reason is not None:
            field = self.query_one(ReasonField)
            field.fill(reason)
            self.set_focus(entry_of(field))


class FormModal(FormFrame[T]):
    """A form that acts on a desk."""

    def __init__(self, desk: Desk, title: str, button: str) -> None:
        super().__init__(title, button)
        self.desk = desk

    def claim_warning(self, row: Row) -> Iterable[Widget]:
        """A sentence where somebody else has claimed the account; nothing where nobody has."""
        who = self.desk.header().who
        warning = others_claim(row, who.staff_id if who is not None else None, self.now)
        if warning:
            yield WarningBar(([(warning, "strong bold"), (" Ask before you go on.", "text")],), classes="section")


def entry_of(field: Field) -> Widget:
    """Return the widget of a field that takes the focus."""
    return field if isinstance(field, ChoiceRow) else field.entry
