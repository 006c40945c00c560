"""The live filter: an input in the status line's place."""

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from data.safe_text import drawable, safe_text
from widgets.line import Line, Painted, strip
from widgets.look import Look, look_of


class _Words(Painted):
    """Fixed pieces on one line."""

    def __init__(self, words: Line, *, id: str) -> None:
        super().__init__(id=id)
        self.words = words

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the one line."""
        return [strip(self.words, width, look)]


class FilterInput(Input):
    """Enter keeps the filter, esc clears it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave(False)", "clear the filter", id="filter.clear", show=False),
        Binding("enter,down", "leave(True)", "to the list", id="filter.keep", show=False),
    ]

    def on_paste(self, event: events.Paste) -> None:
        """Insert pasted text without anything a terminal could act on."""
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(safe_text(event.text))

    def render_line(self, y: int) -> Strip:
        """Draw the line without anything a terminal could act on, however it came into the field."""
        drawn = super().render_line(y)
        return Strip([Segment(drawable(part.text), part.style) for part in drawn], None)

    def action_leave(self, keep: bool) -> None:
        """Back to the list."""
        self.post_message(FilterLine.Left(keep))


class FilterLine(Horizontal):
    """`/` and an input; every change is a message."""

    DEFAULT_CSS = """
    FilterLine { height: 1; display: none; background: $triage-bg; }
    FilterLine > #slash { width: 3; height: 1; }
    FilterLine > #filter-keys { width: 26; height: 1; }
    FilterInput { height: 1; width: 1fr; border: none; padding: 0 1; background: $triage-field; color: $triage-text; }
    FilterInput:focus { border: none; }
    FilterInput > .input--placeholder { color: $triage-muted; text-style: none; }
    """

    class Changed(Message):
        """The text to search for is another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The person left the input, keeping the filter or clearing it."""

        def __init__(self, keep: bool) -> None:
            super().__init__()
            self.keep = keep

    def fill(self) -> None:
        """Make prompt, input and keys, once; not for the first frame, since an input's style sheet is the longest."""
        if self.children:
            return
        field = FilterInput(
            placeholder="words, or health:critical drift:severe red:yes", compact=True, id="filter-input"
        )
        key = look_of(self).key
        keep, clear = key("filter.keep", "enter"), key("filter.clear", "esc")
        keys: Line = [("  ", "text"), (keep, "key"), (" list", "muted"), ("  ", "text"), (clear, "key")]
        slash = _Words([(" ", "text"), (key("view.filter", "/"), "key")], id="slash")
        self.mount(slash, field, _Words([*keys, (" clear", "muted")], id="filter-keys"))

    def ask(self, text: str) -> None:
        """Open with a text and take the focus."""
        self.fill()
        field = self.query_one(FilterInput)
        field.cursor_blink = look_of(self).motion
        with self.prevent(Input.Changed):
            field.value = text
        self.display = True
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Every keystroke."""
        event.stop()
        self.post_message(self.Changed(event.value))
