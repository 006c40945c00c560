"""Did this go out? A person says what no machine knows: yes, no, or later; with the evidence there is."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from data.ports_outreach import Message
from screens.typing_guard import TypingGuard
from widgets.block import Lines, Sentence
from widgets.line import Line, Piece, wrap
from widgets.look import look_of
from widgets.numbers import utc

LABEL, CELLS = 10, 68
Evidence = Sequence[tuple[str, str]]


class AskSent(ModalScreen[bool | None]):
    """y: it went out, n: it did not, esc: nobody knows yet. Nothing has the focus, so Enter answers nothing."""

    CSS_PATH = "ask_sent.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="do.yes"),
        Binding("n", "answer(False)", "no", id="do.no"),
        Binding("escape", "later", "later", id="go.back"),
    ]

    def __init__(self, title: str, evidence: Evidence, sentence: str, answers: tuple[str, str]) -> None:
        super().__init__()
        self._title, self._evidence, self._sentence, self._answers = title, tuple(evidence), sentence, answers

    def compose(self) -> ComposeResult:
        """The evidence, what the answer does, the keys."""
        with Vertical(id="ask-box") as box:
            box.border_title = Content(self._title)
            yield Lines(self._lines(), id="ask-evidence")
            yield Sentence(self._sentence, id="ask-what")
            yield Lines([(self._keys(), ())], id="ask-keys")

    def on_mount(self) -> None:
        """The frame is one of the glyph set's."""
        self.add_class(f"-{look_of(self).glyphs.name}")

    def on_key(self, event: events.Key) -> None:
        """A key poured in at once answers nothing."""
        guard = getattr(self.app, "guard", None)
        if isinstance(guard, TypingGuard) and guard.doubts(event):
            event.stop()
            event.prevent_default()

    def action_answer(self, went_out: bool) -> None:
        """y, n."""
        self.dismiss(went_out)

    def action_later(self) -> None:
        """esc."""
        self.dismiss(None)

    def _lines(self) -> list[tuple[Line, Line]]:
        made: list[tuple[Line, Line]] = []
        for label, words in self._evidence:
            for number, part in enumerate(wrap(words, CELLS - LABEL, 3)):
                head = label if number == 0 else ""
                made.append(([(f"{head:<{LABEL}}", "muted"), (part, "text")], ()))
        return made

    def _keys(self) -> list[Piece]:
        yes, no = self._answers
        return [
            *((look_of(self).key("do.yes", "y"), "key"), (f" {yes}   ", "text")),
            *((look_of(self).key("do.no", "n"), "key"), (f" {no}   ", "text")),
            *((look_of(self).key("go.back", "esc"), "key"), (" later", "muted")),
        ]


def unclear(message: Message, sender: str) -> AskSent:
    """Ask about a message of which nobody knows whether it left: when, to whom, what the server said."""
    evidence = [
        ("Account", str(message.account_name)),
        ("To", str(message.contact)),
        ("Subject", str(message.subject)),
        ("Left", utc(message.left_at) if message.left_at else "not noted"),
        ("Came back", str(message.problem or "nothing")),
        ("Look", f"into the sent mail of {sender}" if sender else "into the sent mail of its sender"),
    ]
    said = "It is never sent again. Your answer is logged; after a no you can write it again."
    return AskSent("Did this go out?", evidence, said, ("it went out", "it did not"))


def by_hand(message: Message, now: datetime, copied: bool) -> AskSent:
    """Ask whether a person has sent a message by their own hand."""
    evidence = [("To", str(message.contact) or "nobody named"), ("Subject", str(message.subject))]
    evidence += [("Copied", "the text is on the clipboard")] if copied else []
    said = f"A yes is logged as sent {utc(now)}, under your name, and the follow-up is counted from it."
    return AskSent("Did you send it?", evidence, said, ("I sent it", "not sent"))
