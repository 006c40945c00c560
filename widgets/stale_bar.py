"""The gate of old figures in a form: sync first, or type a word to go on all the same."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from widgets.block import Lines
from widgets.form_button import FormButton
from widgets.look import look_of
from widgets.typed_word import TypedWord
from widgets.warning_bar import WarningBar, WarningLines


class StaleBar(WarningBar):
    """What is old, a button that syncs, the typed word; hidden while the figures are new."""

    DEFAULT_CSS = "StaleBar > Horizontal { height: 1; }"

    class SyncAsked(Message):
        """The button, or r outside a field: fetch first."""

    def __init__(self, words: Sequence[str], *, id: str | None = None) -> None:
        super().__init__((), id=id, classes="section")
        self._words = tuple(words)
        self._told = ("", "")

    def compose(self) -> ComposeResult:
        """The sentence, the button with its key, the typed word."""
        yield WarningLines(())
        with Horizontal():
            yield FormButton("Sync first", enter=True, id="sync")
            yield Lines([([("  ", "text"), (look_of(self).key("form.sync", "r"), "key")], [])])
        yield TypedWord(self._words, id="old")

    def tell(self, message: str, note: str = "") -> None:
        """Show what is old and, after a sync was asked for, how it went; an empty message hides the bar."""
        if message and not self._told[0]:
            self.call_after_refresh(self.button.focus)  # a sync is the first thing to do, not the last
        self.display = bool(message)
        if message and (message, note) != self._told:
            self._told = message, note
            first, _, _ = message.partition(" Sync first")
            word = (self._words[0], "strong bold")
            asked = [("Sync first, or type ", "muted"), word, (" to go on with them:", "muted")]
            self.show(([(first, "cap bold")], asked, *([[(note, "text")]] if note else [])))

    @property
    def word(self) -> TypedWord:
        """The typed word."""
        return self.query_one(TypedWord)

    @property
    def button(self) -> FormButton:
        """The button, for the focus."""
        return self.query_one(FormButton)

    def on_form_button_pressed(self, event: FormButton.Pressed) -> None:
        """Ask for a sync; the form's own buttons are not meant."""
        event.stop()
        self.post_message(self.SyncAsked())
