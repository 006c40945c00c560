"""Now and After of a remedy, a line a fact, with an arrow only where something changes (look.md §11)."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from data.safe_text import cell_width
from widgets.block import Block
from widgets.line import Piece, strip
from widgets.look import Look
from widgets.numbers import fit

LABEL = 16
NOW = 18
ARROW = 3
WIDEST_NOW = 26
WIDEST_LABEL = 24


@dataclass(frozen=True)
class Fact:
    """One fact in words; `after` None means that it stays as it is."""

    label: str
    now: str
    after: str | None = None


class BeforeAfter(Block):
    """The table of facts; `head` False leaves out the line that says Now and After."""

    def __init__(self, facts: Sequence[Fact] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._facts = tuple(facts)

    def show(self, facts: Sequence[Fact]) -> None:
        """Show other facts."""
        if tuple(facts) != self._facts:
            self._facts = tuple(facts)
            self.renew()

    def lines(self, width: int, look: Look) -> list[Strip]:
        """Return the head and a line for each fact."""
        if not self._facts:
            return []
        now, label = now_cells(self._facts), label_cells(self._facts)
        head: list[Piece] = [(f"{'':<{label}}", "muted"), (f"{'Now':<{now + ARROW}}", "muted"), ("After", "muted")]
        rows = [head, *(fact_pieces(fact, width, look, now=now, label=label) for fact in self._facts)]
        return [strip(pieces, width, look, self.GROUND) for pieces in rows]


def now_cells(facts: Sequence[Fact]) -> int:
    """Return the cells of the Now column: 18, more where a value needs them, never more than 26."""
    return max(NOW, min(WIDEST_NOW, max((cell_width(fact.now) + 1 for fact in facts), default=0)))


def label_cells(facts: Sequence[Fact]) -> int:
    """Return the cells of the labels: 16, more where a workspace's name needs them, never more than 24."""
    return max(LABEL, min(WIDEST_LABEL, max((cell_width(fact.label) + 1 for fact in facts), default=0)))


def fact_pieces(fact: Fact, width: int, look: Look, indent: int = 0, now: int = NOW, label: int = LABEL) -> list[Piece]:
    """Return one fact as pieces of `width` cells: label, now, arrow, after."""
    glyphs = look.glyphs
    pieces: list[Piece] = [(" " * indent, "text"), (fit(fact.label, label - 1, glyphs) + " ", "muted")]
    if fact.after is None:
        pieces.append((fit(fact.now, now + ARROW - 1, glyphs) + " ", "text"))
        pieces.append((fit("unchanged", max(0, width - indent - label - now - ARROW), glyphs), "muted"))
        return pieces
    rest = max(0, width - indent - label - now - ARROW)
    pieces.append((fit(fact.now, now - 1, glyphs) + " ", "text"))
    pieces.append((f"{glyphs.becomes:<{ARROW}}", "muted"))
    pieces.append((fit(fact.after, rest, glyphs).rstrip(), "strong bold"))
    return pieces
