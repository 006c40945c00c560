"""The portfolio on one page: figures above, parts in one or two columns, a cursor that goes from number to number."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from data.ports_portfolio import BookReport
from widgets.line import Painted, strip
from widgets.look import Look
from widgets.portfolio_parts import industry_part, kpi_lines, risk_part, urgent_part
from widgets.portfolio_red import fleet_lines, outreach_part, red_part
from widgets.spots import Cells, Part, Placed, Spot, below, beside, in_order, pieces, places

TWO_COLUMNS = 120
GAP = 4
LEFT_SHARE, LEFT_MOST, RIGHT_MOST = 0.54, 84, 84
URGENT, URGENT_TALL, TALL = 5, 12, 42


Placing = tuple[int, int, Cells, Part | None]  # column, width, line, and the part whose heading stands there instead


class PortfolioPage(Painted, can_focus=True):
    """Every number with something behind it can be reached by the arrows and chosen by enter or the mouse."""

    DEFAULT_CSS = "PortfolioPage { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "below(1)", "down", id="list.down", show=False),
        Binding("up,k", "below(-1)", "up", id="list.up", show=False),
        Binding("right,l", "beside(1)", "right", id="list.right", show=False),
        Binding("left,h", "beside(-1)", "left", id="list.left", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "a page down", id="list.page_down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "a page up", id="list.page_up", show=False),
        Binding("home,g", "end(0)", "first", id="list.first", show=False),
        Binding("end,G", "end(-1)", "last", id="list.last", show=False),
        Binding("enter", "choose", "open", id="list.choose", show=False),
    ]

    class Moved(Message):
        """The cursor stands on another number."""

    class Chosen(Message):
        """Enter was pressed on a number."""

        def __init__(self, spot: Spot) -> None:
            super().__init__()
            self.spot = spot

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._report: BookReport | None = None
        self._waiting = ""
        self._here = ""
        self._top = 0
        self._rows: list[list[Placing]] = []
        self._placed: list[Placed] = []
        self._made_for: tuple[object, ...] = ()

    def show(self, report: BookReport | None, waiting: str = "", here: str = "") -> None:
        """Show a report, or while there is none the words of `waiting`; `here` puts the cursor on a number."""
        if report is not self._report or waiting != self._waiting or here:
            self._report, self._waiting, self._here = report, waiting, here or self._here
            self.repaint()

    @property
    def current(self) -> Spot | None:
        """The number under the cursor."""
        found = self._at()
        return None if found is None else found.spot

    def in_sight(self) -> list[tuple[int, int, Placed]]:
        """Return column and line of the numbers in sight."""
        shown = range(self._top, self._top + self.size.height)
        return [(one.start, one.line - self._top, one) for one in self._placed if one.line in shown]

    def go_to(self, there: Placed) -> None:
        """Put the cursor on a number."""
        self._go(there)

    # --- drawing ---

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the visible strips."""
        if self._report is None:
            return [strip([(f" {self._waiting}", "muted")], width, look)]
        self._arrange(self._report, width, height, look)
        self._top = max(0, min(self._top, len(self._rows) - height))
        return [self._row(at, width, look) for at in range(self._top, min(len(self._rows), self._top + height))]

    def _arrange(self, report: BookReport, width: int, height: int, look: Look) -> None:
        if (made_for := (report, width, height > TALL, look)) == self._made_for:
            return
        self._made_for = made_for
        inner = width - 2
        top = [*fleet_lines(report, inner, look), *kpi_lines(report, inner, look), []]
        self._placed = places(top, 0, 1, 0, look)
        self._rows = [[(1, inner, line, None)] for line in top]
        two = width >= TWO_COLUMNS
        first = min(int(inner * LEFT_SHARE), LEFT_MOST) if two else inner
        second = min(inner - first - GAP, RIGHT_MOST) if two else inner
        most = URGENT_TALL if height > TALL else URGENT
        ours = [
            risk_part(report, first, look),
            red_part(report, first, look),
            outreach_part(report, first, look),
        ]
        theirs = [industry_part(report, second, look), urgent_part(report, most, second, look)]
        begin = len(self._rows)
        end = self._column(ours, begin, 1, first, 1, look)
        self._column(theirs, begin if two else end + 1, 1 + first + GAP if two else 1, second, 1 + len(ours), look)

    def _column(self, parts: Sequence[Part], line: int, column: int, width: int, number: int, look: Look) -> int:
        """Put parts below each other; returns the line after the last one."""
        for at, part in enumerate(parts):
            lines: list[Cells] = [[], *part.lines]
            self._placed += places(part.lines, line + 1, column, number + at, look)
            for offset, one in enumerate(lines):
                while len(self._rows) <= line + offset:
                    self._rows.append([])
                self._rows[line + offset].append((column, width, one, part if offset == 0 else None))
            line += len(lines) + 1
        return line - 1

    def _row(self, at: int, width: int, look: Look) -> Strip:
        made: list[Strip] = []
        end = 0
        here = self.current
        for column, room, line, part in self._rows[at]:
            made.append(strip([], column - end, look))
            if part is None:
                made.append(strip(pieces(line, here.name if here else "", look), room, look))
            else:
                made.append(
                    strip(
                        [(part.title, "head bold" if look.styles.plain else "strong bold")],
                        room,
                        look,
                        "bg",
                        [(part.rules, "muted")],
                    )
                )
            end = column + room
        return Strip.join(made).adjust_cell_length(width, look.styles("text"))

    # --- moving ---

    def _at(self) -> Placed | None:
        return next(
            (one for one in self._placed if one.spot.name == self._here), self._placed[0] if self._placed else None
        )

    def action_below(self, step: int) -> None:
        """j, k: the next number below or above."""
        if (here := self._at()) is not None:
            self._go(below(self._placed, here, step))

    def action_beside(self, step: int) -> None:
        """h, l: the next number left or right."""
        if (here := self._at()) is not None:
            self._go(beside(self._placed, here, step))

    def action_page(self, step: int) -> None:
        """Pages: as many lines as fit."""
        here = self._at()
        for _ in range(max(1, self.size.height - 2)):
            following = None if here is None else below(self._placed, here, step)
            if here is None or following is None or abs(following.line - here.line) > self.size.height:
                break
            here = following
            if abs(here.line - self._top) >= self.size.height:
                break
        if here is not None:
            self._go(here)

    def action_end(self, place: int) -> None:
        """g, G: the first and the last number."""
        if self._placed:
            self._go(in_order(self._placed)[place])

    def next_part(self) -> None:
        """tab: the first number of the next part, after the last part that of the first."""
        here = self._at()
        if here is not None:
            order = in_order(self._placed)
            self._go(next((one for one in order if one.part > here.part), order[0]))

    def action_choose(self) -> None:
        """enter: what is behind the number."""
        if (spot := self.current) is not None:
            self.post_message(self.Chosen(spot))

    def on_click(self, event: events.Click) -> None:
        """A click on a number goes there; on the number under the cursor it opens."""
        line = event.y + self._top
        for one in self._placed:
            if one.line == line and one.start <= event.x < one.stop:
                same = one is self._at()
                self._go(one)
                if same:
                    self.action_choose()

    def on_mouse_scroll_down(self) -> None:
        """The wheel."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel."""
        self._scroll(-3)

    def _scroll(self, lines: int) -> None:
        self._top = max(0, min(self._top + lines, len(self._rows) - self.size.height))
        self.repaint()

    def _go(self, there: Placed) -> None:
        height = self.size.height
        first = min((one.line for one in self._placed), default=0)
        margin = 2 if there.line != first else there.line  # the heading above comes into view too
        if there.line - margin < self._top:
            self._top = max(0, there.line - margin)
        elif there.line + 1 >= self._top + height:
            self._top = there.line + 2 - height
        self._here = there.spot.name
        self.repaint()
        self.post_message(self.Moved())
