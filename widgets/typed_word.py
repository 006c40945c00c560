"""A word that has to be typed before something goes on, with how many letters are still missing beside it."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from widgets.block import Sentence
from widgets.word_input import WordInput


class TypedWord(Horizontal):
    """Compares without case against the words that will do; the first is the one the person is asked for."""

    DEFAULT_CSS = """
    TypedWord { height: 1; }
    TypedWord > Sentence { width: 1fr; margin-left: 2; }
    """

    class Changed(Message):
        """Something was typed."""

    def __init__(self, words: Sequence[str], value: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._words = tuple(words)
        self._first = value

    def compose(self) -> ComposeResult:
        """Field and remark."""
        yield WordInput(self._first, most=130)
        yield Sentence(letters_to_go(self._first, self._words[0]), "cap")

    def expect(self, words: Sequence[str]) -> None:
        """Ask for another word from now on."""
        if tuple(words) != self._words:
            self._words = tuple(words)
            self._remark()

    @property
    def entry(self) -> WordInput:
        """The field itself, for the focus."""
        return self.query_one(WordInput)

    @property
    def word(self) -> str:
        """The word the person is asked for."""
        return self._words[0]

    @property
    def text(self) -> str:
        """What was typed."""
        return self.entry.value.strip()

    @property
    def answered(self) -> bool:
        """True when it is one of the words."""
        return self.text.casefold() in {word.casefold() for word in self._words}

    def on_input_changed(self) -> None:
        """Say how far it is."""
        self._remark()
        self.post_message(self.Changed())

    def _remark(self) -> None:
        self.query_one(Sentence).show("" if self.answered else letters_to_go(self.text, self._words[0]))


def letters_to_go(typed: str, word: str) -> str:
    """Return `4 letters to go`, or that it is another word; of a number only whether it is the one."""
    if word.isdecimal():
        return "" if not typed else "another number"
    if not word.casefold().startswith(typed.casefold()):
        return "another word"
    left = len(word) - len(typed)
    return f"{left} letter{'' if left == 1 else 's'} to go" if left else ""
