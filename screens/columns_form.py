"""S: which columns the list has, in which order, and how wide those are that may be wider."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from data.kept import Column
from widgets.block import Lines, Sentence
from widgets.chosen_columns import ALWAYS, FREE, HEADS, LEAST, MOST_CELLS, cells_of, chosen_layout
from widgets.line import Line, Piece
from widgets.look import look_of
from widgets.numbers import fit

USUAL = ("category", "account", "tier", "hours", "why", "logins", "mrr", "sla", "owner")
STEP = 2


class ColumnsForm(ModalScreen[tuple[Column, ...] | None]):
    """Returns the chosen columns in their order, none for the usual ones; None where nothing is to change."""

    CSS_PATH = "columns_form.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "back", id="go.back", show=False),
        Binding("enter,ctrl+s", "keep", "keep them", id="columns.keep", show=False),
        Binding("down,j", "move(1)", "down", id="list.down", show=False),
        Binding("up,k", "move(-1)", "up", id="list.up", show=False),
        Binding("space", "show", "show or hide", id="columns.toggle", show=False),
        Binding("J,shift+down", "carry(1)", "further right", id="columns.later", show=False),
        Binding("K,shift+up", "carry(-1)", "further left", id="columns.earlier", show=False),
        Binding("plus,right", "widen(1)", "wider", id="columns.wider", show=False),
        Binding("minus,left", "widen(-1)", "narrower", id="columns.narrower", show=False),
        Binding("u", "usual", "the usual columns", id="columns.usual", show=False),
    ]

    def __init__(self, columns: tuple[Column, ...]) -> None:
        super().__init__()
        known = {one.name: one for one in columns if one.name in HEADS} or {name: Column(name) for name in USUAL}
        self._shown = set(known)
        self._order = [*known.values(), *(Column(name) for name in HEADS if name not in known)]
        self._at = 0

    def compose(self) -> ComposeResult:
        """The columns, what does not fit, the keys."""
        with Vertical(id="columns-box") as box:
            box.border_title = Content("Columns, left to right")
            yield Lines(id="columns-lines")
            yield Sentence("", "muted", id="columns-said")
            yield Lines(id="columns-keys")

    def on_mount(self) -> None:
        """First drawing."""
        self.add_class(f"-{look_of(self).glyphs.name}")
        self._draw()

    @property
    def chosen(self) -> tuple[Column, ...]:
        """The columns as they stand."""
        return tuple(one for one in self._order if one.name in self._shown)

    # --- keys ---

    def action_move(self, step: int) -> None:
        """j, k."""
        self._at = max(0, min(len(self._order) - 1, self._at + step))
        self._draw()

    def action_show(self) -> None:
        """space: show or hide; the account always stands there."""
        name = self._order[self._at].name
        if name != ALWAYS:
            self._shown ^= {name}
        self._draw("Without the account nobody knows what a row is about." if name == ALWAYS else "")

    def action_carry(self, step: int) -> None:
        """J, K: carry the column along."""
        to = self._at + step
        if 0 <= to < len(self._order):
            self._order.insert(to, self._order.pop(self._at))
            self._at = to
        self._draw()

    def action_widen(self, step: int) -> None:
        """+, -: wider or narrower, where a column may be."""
        one = self._order[self._at]
        if one.name in FREE:
            cells = max(LEAST, min(MOST_CELLS, cells_of(one) + STEP * step))
            self._order[self._at] = Column(one.name, cells)
        self._draw("" if one.name in FREE else "Its figures have one width.")

    def action_usual(self) -> None:
        """u: the usual columns, which go by the terminal's width."""
        self.dismiss(())

    def action_keep(self) -> None:
        """enter: keep them."""
        self.dismiss(self.chosen)

    def action_close(self) -> None:
        """esc: nothing changes."""
        self.dismiss(None)

    # --- drawing ---

    def _draw(self, said: str = "") -> None:
        look = look_of(self)
        lines: list[tuple[Line, Line]] = []
        for place, one in enumerate(self._order):
            ground = "cursor" if place == self._at else "raised"
            shown = one.name in self._shown
            mark = look.glyphs.done if shown else " "
            width = f"{cells_of(one)}" + ("  wider or narrower by + -" if one.name in FREE else "")
            row: list[Piece] = [(f" {mark} ", "accent bold", ground)]
            row += [(fit(HEADS[one.name][0], 16, look.glyphs), "strong bold" if shown else "muted", ground)]
            row += [(fit(width, 34, look.glyphs), "muted", ground)]
            lines.append((row, ()))
        self.query_one("#columns-lines", Lines).show(lines)
        self.query_one("#columns-said", Sentence).show(said or self._left_out())
        keys: list[Piece] = []
        for key, words in (("space", "show"), ("J K", "order"), ("u", "usual"), ("enter", "keep"), ("esc", "back")):
            keys += [(key, "key"), (f" {words}   ", "muted")]
        self.query_one("#columns-keys", Lines).show([(keys, [])])

    def _left_out(self) -> str:
        """What would not fit at the present width, without a pane beside the list."""
        layout = chosen_layout(self.app.size.width, self.chosen)
        out = [HEADS[one.name][0] for one in self.chosen if one.name not in dict(layout.order)]
        return f"Too wide here, so left out: {', '.join(out)}." if out else ""
