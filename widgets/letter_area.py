"""The text of a letter: several lines, Enter breaks one; ctrl+e is the person's own editor."""

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from data.safe_text import safe_lines
from widgets.field_strip import field_strip


class LetterArea(TextArea):
    """Text with line breaks; tab moves on, pasted text is made safe line by line."""

    DEFAULT_CSS = """
    LetterArea, LetterArea:focus {
        border: none; height: 1fr; min-height: 3; padding: 0 1; scrollbar-size-vertical: 0;
        background: $triage-field; color: $triage-text; background-tint: transparent;
    }
    """

    class Typed(Message):
        """The text has changed."""

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(
            text,
            id=id,
            soft_wrap=True,
            tab_behavior="focus",
            show_cursor=False,
            compact=True,
            highlight_cursor_line=False,
        )
        self.cursor_blink = False

    def fill(self, text: str) -> None:
        """Put another text into the field; the caret goes to its beginning."""
        self.load_text(safe_lines(text))

    def on_text_area_changed(self) -> None:
        """Say that something was typed."""
        self.post_message(self.Typed())

    def on_paste(self, event: events.Paste) -> None:
        """Insert pasted text without anything a terminal could act on; its lines stay lines."""
        event.prevent_default()
        event.stop()
        start, end = self.selection
        self.replace(safe_lines(event.text), start, end)

    def render_line(self, y: int) -> Strip:
        """Draw the line in our own inks."""
        at = self.cursor_screen_offset - self.content_region.offset
        caret = at.x if self.has_focus and at.y == y else None
        return field_strip(self, super().render_line(y), caret)
