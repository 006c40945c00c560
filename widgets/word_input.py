"""A one-line field for a word or a number, in the colours of a field; pasted text is made safe first."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from data.safe_text import safe_text
from widgets.field_strip import field_strip


class WordInput(Input):
    """Enter reports `Done` and never anything else; up and down report `Stepped`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "done", show=False),
        Binding("up", "nudge(1)", show=False),
        Binding("down", "nudge(-1)", show=False),
    ]
    DEFAULT_CSS = """
    WordInput.-textual-compact, WordInput.-textual-compact:focus {
        border: none; height: 1; padding: 0 1; width: 24; background: $triage-field; color: $triage-text;
        background-tint: transparent;
    }
    """

    class Done(Message):
        """Enter: on to the next field."""

    class Stepped(Message):
        """Up or down: a number may go that way."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, value: str = "", *, restrict: str | None = None, most: int = 0, id: str | None = None) -> None:
        super().__init__(value, restrict=restrict, max_length=most, compact=True, select_on_focus=False, id=id)
        self.cursor_blink = False

    def action_done(self) -> None:
        """Report Enter."""
        self.post_message(self.Done())

    def action_nudge(self, step: int) -> None:
        """Report an arrow."""
        self.post_message(self.Stepped(step))

    def action_copy(self) -> None:
        """A secret never reaches a clipboard."""
        if not self.password:
            super().action_copy()

    def action_cut(self) -> None:
        """Of a secret, only removed."""
        if self.password:
            self.delete_selection()
        else:
            super().action_cut()

    def render_line(self, y: int) -> Strip:
        """Draw the line in our own inks."""
        at = self.cursor_screen_offset.x - self.content_region.x
        return field_strip(self, super().render_line(y), at if self.has_focus else None)

    def on_paste(self, event: events.Paste) -> None:
        """Insert pasted text without anything a terminal could act on."""
        event.prevent_default()
        event.stop()
        self.insert_text_at_cursor(safe_text(event.text))
