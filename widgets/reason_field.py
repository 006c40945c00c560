"""The reason: a field of several lines with its counter, what is missing, recent reasons and the editor."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from data.safe_text import REASON_CHARS, safe_text
from widgets.block import Lines
from widgets.field_strip import field_strip
from widgets.line import Piece
from widgets.look import look_of


class ReasonArea(TextArea):
    """Text of several lines without line breaks in it; Enter and tab move on, ctrl+e is the editor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "done", show=False),
        Binding("ctrl+e", "editor", "$EDITOR", id="form.editor", show=False),
        Binding("ctrl+r", "recent", "recent reasons", id="form.recent", show=False),
    ]
    DEFAULT_CSS = """
    ReasonArea, ReasonArea:focus {
        border: none; height: auto; min-height: 2; max-height: 5; padding: 0 1;
        background: $triage-field; color: $triage-text; background-tint: transparent; scrollbar-size-vertical: 0;
    }
    """

    class Done(Message):
        """Enter: on to the next field."""

    class EditorAsked(Message):
        """ctrl+e: the text wants the person's own editor."""

    class RecentAsked(Message):
        """ctrl+r: a recent reason may be picked."""

    def __init__(self, text: str = "") -> None:
        super().__init__(
            text, soft_wrap=True, tab_behavior="focus", show_cursor=False, compact=True, highlight_cursor_line=False
        )
        self.cursor_blink = False

    async def on_key(self, event: events.Key) -> None:
        """Enter never becomes a line break: it moves on, as everywhere in a form."""
        if event.key == "enter":
            event.prevent_default()
            event.stop()
            self.action_done()

    def on_paste(self, event: events.Paste) -> None:
        """Insert pasted text without anything a terminal could act on."""
        event.prevent_default()
        event.stop()
        start, end = self.selection
        self.replace(safe_text(event.text, cells=None), start, end)

    def action_done(self) -> None:
        """Report Enter."""
        self.post_message(self.Done())

    def action_editor(self) -> None:
        """Report ctrl+e."""
        self.post_message(self.EditorAsked())

    def action_recent(self) -> None:
        """Report ctrl+r."""
        self.post_message(self.RecentAsked())

    def render_line(self, y: int) -> Strip:
        """Draw the line in our own inks."""
        at = self.cursor_screen_offset - self.content_region.offset
        caret = at.x if self.has_focus and at.y == y else None
        return field_strip(self, super().render_line(y), caret)


class ReasonField(Vertical):
    """Heading with the two keys and the counter, then the field; `problem_of` says what is wrong with a text (A14)."""

    DEFAULT_CSS = "ReasonField { height: auto; }"

    class Changed(Message):
        """The text has changed."""

    def __init__(
        self,
        text: str,
        problem_of: Callable[[str], str | None],
        *,
        label: str = "Reason",
        recent: bool = True,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._first, self._problem_of, self._label, self._recent = text, problem_of, label, recent

    def compose(self) -> ComposeResult:
        """Heading and field."""
        yield Lines(id="reason-head")
        yield ReasonArea(self._first)

    def on_mount(self) -> None:
        """First heading; the caret stands at the end of what is there."""
        self.entry.move_cursor(self.entry.document.end)
        self._renew()

    @property
    def entry(self) -> ReasonArea:
        """The field itself, for the focus."""
        return self.query_one(ReasonArea)

    @property
    def text(self) -> str:
        """What stands in the field, on one line, without blanks around it."""
        return " ".join(self.entry.text.split("\n")).strip()

    @property
    def problem(self) -> str | None:
        """What is wrong with it (A14), None when it will do."""
        return self._problem_of(self.text)

    @property
    def answered(self) -> bool:
        """True when it will do."""
        return self.problem is None

    def fill(self, text: str) -> None:
        """Put another text into the field, to be edited; the caret goes to its end."""
        self.entry.load_text(safe_text(text, cells=None))
        self.entry.move_cursor(self.entry.document.end)

    def on_text_area_changed(self) -> None:
        """Count and check as it is typed."""
        self._renew()
        self.post_message(self.Changed())

    def _renew(self) -> None:
        counted = len(self.text)
        ink = "cap bold" if counted > REASON_CHARS else "muted"
        left: list[Piece] = [(self._label, "strong bold")]
        problem = (self.problem or "").removeprefix("Reason: ").removesuffix(".")
        right: list[Piece] = [(f"{counted} of {REASON_CHARS}", ink)]
        key = look_of(self).key
        keys: list[Piece] = [(key("form.recent", "ctrl+r"), "key"), (" recent   ", "muted")] if self._recent else []
        keys += [(key("form.editor", "ctrl+e"), "key"), (" editor   ", "muted")]
        if problem and self.text and len(problem) <= 28:
            left += [("   ", "text"), (problem, "cap")]
        self.query_one("#reason-head", Lines).show([(left, [*keys, *right])])
