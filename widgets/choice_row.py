"""One of several, by keyboard: digits pick, arrows move, a second line shows nothing that is not needed."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from data.safe_text import cell_width
from widgets.block import Block
from widgets.line import Line, Piece, strip
from widgets.look import Look
from widgets.numbers import fit

LABEL = 16
NAME = 24
WINDOW = 6


class ChoiceRow(Block, can_focus=True):
    """A label and its options: side by side where they fit, else one below the other, six at a time.

    Options are (value, label, remark); `value` None means that nothing is chosen yet. Left, right, up, down, digits and
    home/end choose; Enter reports `Done` and never anything else.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,down", "step(1)", show=False),
        Binding("left,up", "step(-1)", show=False),
        Binding("home", "step(-1000)", show=False),
        Binding("end", "step(1000)", show=False),
        Binding("enter", "done", show=False),
    ]

    class Changed(Message):
        """Another option was chosen."""

        def __init__(self, row: "ChoiceRow") -> None:
            super().__init__()
            self.row = row

    class Done(Message):
        """Enter: on to the next field."""

    def __init__(
        self, label: str, options: Sequence[tuple[str, str, str]], value: str | None = None, *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.can_focus = True
        self.label = label
        self.options = tuple(options)
        self.value = value
        self.problem = ""

    @property
    def answered(self) -> bool:
        """True when something is chosen."""
        return self.value is not None

    def complain(self, problem: str) -> None:
        """Show what is wrong beside the field, nothing when it is fine."""
        if problem != self.problem:
            self.problem = problem
            self.renew()

    def offer(self, options: Sequence[tuple[str, str, str]]) -> None:
        """Offer other options; the choice is kept only where it is still among them."""
        self.options = tuple(options)
        if self._place is None:
            self.value = None
        self.renew()

    def choose(self, place: int) -> None:
        """Choose an option by its place."""
        if 0 <= place < len(self.options) and self.options[place][0] != self.value:
            self.value = self.options[place][0]
            self.renew()
            self.post_message(self.Changed(self))

    def action_step(self, step: int) -> None:
        """Choose the next or previous option."""
        place = self._place
        self.choose(max(0, min(len(self.options) - 1, place + step if place is not None else (0 if step > 0 else -1))))

    def action_done(self) -> None:
        """Report Enter."""
        self.post_message(self.Done())

    def on_key(self, event: events.Key) -> None:
        """A digit chooses; nothing else is taken."""
        if event.character and event.character.isdecimal() and event.character.isascii() and event.character != "0":
            event.stop()
            self.choose(int(event.character) - 1)

    def on_click(self, event: events.Click) -> None:
        """A click chooses the option under it."""
        for place, (start, end, line) in enumerate(self._spots(self.size.width)):
            if line == event.y and start <= event.x < end:
                self.choose(place + (self._first if self._stacked(self.size.width) else 0))
                return

    def watch_has_focus(self, has_focus: bool) -> None:
        """The focus is shown."""
        super().watch_has_focus(has_focus)
        self.renew()

    # --- drawing ---

    @property
    def _place(self) -> int | None:
        return next((place for place, option in enumerate(self.options) if option[0] == self.value), None)

    @property
    def _first(self) -> int:
        """The first option shown where they stand below one another."""
        return max(0, min((self._place or 0) - WINDOW // 2, len(self.options) - WINDOW))

    def _stacked(self, width: int) -> bool:
        wide = sum(cell_width(label) + 5 for _, label, _ in self.options) - 1
        return LABEL + wide > width or any(remark for _, _, remark in self.options)

    def _spots(self, width: int) -> list[tuple[int, int, int]]:
        if self._stacked(width):
            return [(0, width, line) for line in range(min(WINDOW, len(self.options)))]
        spots, at = [], LABEL
        for _, label, _ in self.options:
            spots.append((at, at + cell_width(label) + 4, 0))
            at += cell_width(label) + 5
        return spots

    def lines(self, width: int, look: Look) -> list[Strip]:
        """Return the row, or the window of options below one another."""
        ink = "strong bold" if self.has_focus else "muted"
        label: Piece = (fit(self.label, LABEL, look.glyphs), ink)
        if not self._stacked(width):
            pieces: list[Piece] = [label]
            for number, option in enumerate(self.options, 1):
                pieces += [*self._option(number, option, 0, look), (" ", "text")]
            made = [strip(pieces, width, look, self.GROUND)]
            return made + self._complaint(width, look)
        shown = self.options[self._first : self._first + WINDOW]
        made = []
        for line, option in enumerate(shown):
            head: Piece = label if line == 0 else (" " * LABEL, "muted")
            made.append(
                strip([head, *self._option(self._first + line + 1, option, width, look)], width, look, self.GROUND)
            )
        hidden = len(self.options) - len(shown)
        if hidden:
            made.append(strip([(" " * LABEL, "muted"), (f"    {hidden} more", "muted")], width, look, self.GROUND))
        return made + self._complaint(width, look)

    def _option(self, number: int, option: tuple[str, str, str], width: int, look: Look) -> Line:
        """Return an option; `width` 0 where they stand side by side."""
        value, label, remark = option
        chosen = value == self.value
        digit = f"{number}" if number < 10 else " "
        ground = "cursor" if chosen else self.GROUND
        name = fit(label, NAME, look.glyphs) if width else label
        pieces: list[Piece] = [
            (f" {digit} ", "key" if self.has_focus else "muted", ground),
            (f"{name} ", "strong bold" if chosen else "text", ground),
        ]
        room = max(0, width - LABEL - NAME - 5)
        return [*pieces, (f" {fit(remark, room, look.glyphs).rstrip()}", "muted")] if remark else pieces

    def _complaint(self, width: int, look: Look) -> list[Strip]:
        if not self.problem:
            return []
        return [strip([(" " * LABEL, "muted"), (self.problem, "cap bold")], width, look, self.GROUND)]
