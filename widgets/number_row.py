"""A whole number or a percentage with its unit: typed or stepped by the arrows, the error beside the field."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message

from widgets.block import Lines, Sentence
from widgets.choice_row import LABEL
from widgets.numbers import fit
from widgets.word_input import WordInput


class NumberRow(Horizontal):
    """A label, a field of six cells, the unit or what is wrong; `low` and `high` are inclusive."""

    DEFAULT_CSS = """
    NumberRow { height: auto; }
    NumberRow > Lines { width: 16; }
    NumberRow > WordInput.-textual-compact, NumberRow > WordInput.-textual-compact:focus { width: 8; }
    NumberRow > Sentence { width: 1fr; margin-left: 2; }
    """

    class Changed(Message):
        """The number has changed, or is none any more."""

    def __init__(
        self, label: str, unit: str, low: float, high: float, value: float | None, *, whole: bool, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._label, self._unit, self._low, self._high, self._whole = label, unit, low, high, whole
        self._first = "" if value is None else f"{value:g}"

    def compose(self) -> ComposeResult:
        """Label, field, unit."""
        yield Lines([([(fit(self._label, LABEL), "muted")], [])])
        yield WordInput(self._first, restrict=r"[0-9]*" if self._whole else r"[0-9]*[.,]?[0-9]*", most=6)
        yield Sentence(self._unit, "muted")

    @property
    def entry(self) -> WordInput:
        """The field itself, for the focus."""
        return self.query_one(WordInput)

    @property
    def value(self) -> float | int | None:
        """The number, None while it is none or out of range."""
        number = self._number
        if number is None or not self._low <= number <= self._high:
            return None
        return int(number) if self._whole or number == int(number) else number

    def complain(self, sentence: str) -> None:
        """Show what a rule says against the number, nothing when it is fine."""
        shown = self.problem or sentence
        self.query_one(Sentence).show(shown or self._unit, "cap bold" if shown else "muted")

    @property
    def answered(self) -> bool:
        """True when the number will do."""
        return self.value is not None

    @property
    def problem(self) -> str:
        """What is missing, in the field's words."""
        if self.value is not None:
            return ""
        return f"{self._low:g} to {self._high:g}"

    def on_input_changed(self) -> None:
        """Validate as it is typed."""
        self.query_one(Sentence).show(self.problem or self._unit, "cap bold" if self.problem else "muted")
        self.post_message(self.Changed())

    def on_word_input_stepped(self, event: WordInput.Stepped) -> None:
        """Step by one; a percentage by five."""
        event.stop()
        by = event.step * (1 if self._whole else 5)
        number = self._number
        wanted = self._low if number is None else max(self._low, min(self._high, number + by))
        self.entry.value = f"{wanted:g}"

    @property
    def _number(self) -> float | None:
        try:
            return float(self.entry.value.replace(",", "."))
        except ValueError:
            return None
