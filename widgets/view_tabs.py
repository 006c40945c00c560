"""The tabs with their counts, the rule with the accent under the active one, and the band that may take its place."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.strip import Strip

from widgets import numbers
from widgets.line import Line, Painted, Piece, cells, strip
from widgets.look import Look

WIDE = 100
LEAST_FACT = 6  # cells: less of a fact of the title says nothing
NAME = 24  # cells of a name in the trail
FACT = 34  # cells that the trail leaves to a fact
# columns between the main tabs, and how short they are: 1 counts, 2 and 3 words too
GAPS = ((3, 0), (2, 0), (2, 1), (1, 1), (2, 2), (1, 2), (1, 3))
CLOSER = ((3, 3), (2, 3), (2, 2), (1, 2), (1, 1))  # columns between the main tabs, and between those aside
SHORT = {"Near cap": "Near", "Downgraded": "Down"}
SHORTEST = {**SHORT, "At risk": "Risk", "At cap": "Cap"}


class Tab(NamedTuple):
    """A view: its digit, mark with its ink, word, count; those `aside` stand right, muted, and go first."""

    key: str
    mark: str
    ink: str
    word: str
    number: int
    aside: bool = False


class Band(NamedTuple):
    """The warning in place of the rule: what is, bold; what happens by itself; the right half."""

    bold: str
    rest: str
    right: str = ""
    short: str = ""


class ViewTabs(Painted):
    """One row below 100 columns, two from there; the band takes the rule's row, or the tabs' when there is no rule."""

    DEFAULT_CSS = "ViewTabs { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._tabs: tuple[Tab, ...] = ()
        self._active = ""
        self._band: Band | None = None
        self._spans: list[tuple[int, int, str]] = []

    def show(self, tabs: Sequence[Tab], active: str, band: Band | None) -> None:
        """Show tabs, the key of the active one, and a band or None."""
        self._tabs, self._active, self._band = tuple(tabs), active, band
        self.repaint()

    def key_at(self, x: int) -> str | None:
        """Return the key of the tab at a column, for the mouse."""
        return next((key for start, stop, key in self._spans if start <= x < stop), None)

    def starts(self) -> list[tuple[str, int]]:
        """Return the keys of the tabs that are shown, each with the column at which it begins."""
        hidden = self.size.height < 2 and self._band is not None
        left = 1 if self.size.width >= WIDE else 2  # where the digit stands, or before the word
        return [] if hidden else [(key, start - left) for start, _, key in self._spans]

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the tabs and, at two rows, rule or band."""
        if height < 2 and self._band is not None:
            return [band_strip(self._band, width, look)]
        left, right, self._spans = self._arrange(width, look)
        tabs = strip(left, width, look, self.GROUND, [*right, (" ", "text")] if right else [])
        if height < 2:
            return [tabs]
        active = next((span for span in self._spans if span[2] == self._active), None)
        rule = band_strip(self._band, width, look) if self._band else rule_strip(width, look, active and active[:2])
        return [tabs, rule]

    def _arrange(self, width: int, look: Look) -> tuple[Line, Line, list[tuple[int, int, str]]]:
        main, aside = [tab for tab in self._tabs if not tab.aside], [tab for tab in self._tabs if tab.aside]
        left, right, spans = self._placed(main, aside, width, look)
        if any(tab.key == self._active for tab in aside) and all(key != self._active for *_, key in spans):
            main = [tab for tab in self._tabs if not tab.aside or tab.key == self._active]
            return self._placed(main, [tab for tab in aside if tab not in main], width, look)
        return left, right, spans

    def _placed(
        self, main: list[Tab], aside: list[Tab], width: int, look: Look
    ) -> tuple[Line, Line, list[tuple[int, int, str]]]:
        """Place the main tabs as wide as they fit, two columns apart where that leaves room for one more aside."""
        digits = width >= WIDE
        fewer = _without_first_dropped(aside, self._active) if digits and len(aside) > 1 else []
        for there in (aside, fewer):
            for gap, between in CLOSER if there else ():  # closer together, rather than without one
                left, spans = self._row(main, digits, gap, 0, look)
                right, right_spans = self._row(there, digits, between, 0, look)
                if cells(left) + 2 + cells(right) <= width:
                    return left, right[1:], spans + _moved(right_spans, width - cells(right) - 1)
        last = list(aside)
        while len(last) > 1:
            last = _without_first_dropped(last, self._active)
        room = cells(self._row(last, digits, 3, 0, look)[0]) + 2 if last else 0
        for beside, gap, short in (*((room, *gap) for gap in GAPS[:2]), *((1, *gap) for gap in GAPS)):
            left, spans = self._row(main, digits, gap, short, look)
            if cells(left) + beside <= width:
                break
        while aside:
            right, right_spans = self._row(aside, digits, 3, 0, look)
            start = width - cells(right)
            if cells(left) + 2 <= start:
                return left, right[1:], spans + _moved(right_spans, start - 1)
            aside = _without_first_dropped(aside, self._active)
        return left, (), spans

    def _row(
        self, tabs: Sequence[Tab], digits: bool, gap: int, short: int, look: Look
    ) -> tuple[list[Piece], list[tuple[int, int, str]]]:
        pieces: list[Piece] = [(" ", "text")]
        spans = []
        for number, tab in enumerate(tabs):
            if number:
                pieces.append((" " * gap, "text"))
            start = cells(pieces)
            pieces += self._tab(tab, digits, short)
            spans.append((start, cells(pieces), tab.key))
        return pieces, spans

    def _tab(self, tab: Tab, digits: bool, short: int) -> Line:
        active = tab.key == self._active
        number = numbers.short_count(tab.number) if short else numbers.count(tab.number)
        word = "strong bold" if active else "muted" if tab.aside else "text"
        figure = "strong bold" if tab.number and not tab.aside else "strong bold" if active and tab.number else "muted"
        pieces: list[Piece] = [(f"{tab.key} ", "muted")] if digits and tab.key else []
        if tab.mark and (digits or not tab.aside):
            pieces += [(tab.mark, tab.ink), (" ", "text")]
        name = (SHORTEST if short > 2 else SHORT if short > 1 else {}).get(tab.word, tab.word)
        return [*pieces, (name, word), (f" {number}", figure)]


def _moved(spans: list[tuple[int, int, str]], by: int) -> list[tuple[int, int, str]]:
    return [(start + by, stop + by, key) for start, stop, key in spans]


def _without_first_dropped(aside: list[Tab], active: str) -> list[Tab]:
    """Drop in the order Book, Drift, Signals, Red, the active one last."""
    order = "9657".replace(active, "") + active
    worst = min(aside, key=lambda tab: order.index(tab.key))
    return [tab for tab in aside if tab is not worst]


def rule_strip(width: int, look: Look, active: tuple[int, int] | None) -> Strip:
    """Return the rule, heavy and accent between the columns of `active`."""
    glyphs = look.glyphs
    if active is None:
        return strip([(glyphs.rule * width, "line")], width, look)
    start, stop = active
    pieces: list[Piece] = [(glyphs.rule * start, "line"), (glyphs.heavy * (stop - start), "accent")]
    return strip([*pieces, (glyphs.rule * (width - stop), "line")], width, look)


def band_strip(band: Band, width: int, look: Look) -> Strip:
    """Return the band: dark words on muted, in the plain theme reversed."""
    bold, rest = ("down bold", "down") if look.styles.plain else ("bg bold", "bg")
    ground = "cursor" if look.styles.plain else "muted"
    words = f" {band.rest}"
    right: list[Piece] = [(f"{band.right} ", rest)] if band.right else []
    if 2 + cells([(band.bold + words, "text")]) + cells(right) > width:
        words = f" {band.short}" if band.short else words
    if 2 + cells([(band.bold + words, "text")]) + cells(right) > width:
        right = [("r now ", rest)] if "r now" in band.right else []
    return strip([(" ", rest), (band.bold, bold), (words, rest)], width, look, ground, right)


class TitleTabs(Painted):
    """The same two rows for a screen with one title: where it was opened from, the title, muted facts, right pieces."""

    DEFAULT_CSS = "TitleTabs { height: 2; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = ""
        self._facts: tuple[str, ...] = ()
        self._right: Line = ()
        self._band: Band | None = None
        self._trail: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the screen is called."""
        return self._title

    def show_trail(self, trail: Sequence[str]) -> None:
        """Show the screens below this one, the first opened first."""
        if tuple(trail) != self._trail:
            self._trail = tuple(trail)
            self.repaint()

    def show(self, title: str, facts: Sequence[str] = (), right: Line = (), band: Band | None = None) -> None:
        """Show a title, facts three columns apart, right pieces, and a band or None."""
        self._title, self._facts, self._right, self._band = title, tuple(facts), tuple(right), band
        self.repaint()

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the title row and the rule or band."""
        right: list[Piece] = [*self._right, (" ", "text")] if self._right else []
        facts = [fact for fact in self._facts if fact not in self._trail]
        trail = self._fitting(width - cells(right), facts, look)
        left: list[Piece] = [(f" {trail}", "muted"), (self._title, "strong bold")]
        for fact in facts:
            room = width - cells([*left, *right]) - 3 - 2  # from the last fact on they are left out, or cut with …
            if room >= LEAST_FACT or cells([(fact, "muted")]) <= room:
                left += [
                    ("   ", "text"),
                    (numbers.fit(fact, min(room, cells([(fact, "muted")])), look.glyphs), "muted"),
                ]
        title = strip(left, width, look, self.GROUND, right)
        start = cells(left[:1])
        span = (start, start + cells([(self._title, "text")]))
        return [title, band_strip(self._band, width, look) if self._band else rule_strip(width, look, span)]

    def _fitting(self, room: int, facts: Sequence[str], look: Look) -> str:
        """Return as much of the trail's end as leaves room for the title and its facts."""
        least = 3 + cells([(self._title, "text")]) + sum(3 + min(FACT, cells([(fact, "text")])) for fact in facts)
        for start in range(len(self._trail)):
            names = (numbers.fit(name, min(NAME, cells([(name, "text")])), look.glyphs) for name in self._trail[start:])
            words = "".join(f"{name} > " for name in names)
            if cells([(words, "text")]) + least <= room:
                return words
        return ""
