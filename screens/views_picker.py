"""V: the views of the config and those kept here; open one, name the present list, forget one, copy its TOML."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from data.ports import Desk
from data.saved_view import SavedView, name_problem, toml_lines, view_name
from screens.clipboard import CopyLines
from screens.inbox_words import order
from widgets.block import Lines, Sentence
from widgets.line import Line, Piece
from widgets.look import look_of
from widgets.numbers import fit
from widgets.word_input import WordInput

NAME, FILTER, SHOWN = 20, 34, 10
SAVED = "Kept on this machine. y copies its lines for the config."


class Offered(NamedTuple):
    """A view with whether it is kept here, where it may be forgotten, and not in the config."""

    saved: SavedView
    here: bool


class ViewsPicker(ModalScreen[SavedView | None]):
    """Returns the view to open. `now` is the present list, which may be kept under a name."""

    CSS_PATH = "views_picker.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,V", "close", "back", id="go.back", show=False),
        Binding("enter", "choose", "open", id="list.choose", show=False),
        Binding("down,j", "move(1)", "down", id="list.down", show=False),
        Binding("up,k", "move(-1)", "up", id="list.up", show=False),
        Binding("s", "save", "keep this list under a name", id="views.save", show=False),
        Binding("x", "forget", "forget a view kept here", id="views.forget", show=False),
        Binding("y", "copy", "copy its lines for the config", id="views.copy", show=False),
    ]

    def __init__(self, desk: Desk, now: SavedView) -> None:
        super().__init__()
        self.desk, self._now, self._at = desk, now, 0

    def compose(self) -> ComposeResult:
        """The views, the name's field, the lines for the config, the keys."""
        with Vertical(id="views-box") as box:
            box.border_title = Content("Views")
            yield Lines(id="views-lines")
            yield WordInput(most=40, id="views-name")
            yield Lines(id="views-toml")
            yield Sentence("", "muted", id="views-said")
            yield Lines(id="views-keys")

    def on_mount(self) -> None:
        """First drawing."""
        self.add_class(f"-{look_of(self).glyphs.name}")
        self.query_one("#views-name").display = False
        self._draw()

    @property
    def offered(self) -> Sequence[Offered]:
        """The config's views in their order, then those kept here; a name of the config goes first."""
        named = {one.name for one in self.desk.config_views}
        kept = [Offered(one, True) for one in self.desk.kept().views if one.name not in named]
        return [*(Offered(one, False) for one in self.desk.config_views), *kept]

    @property
    def current(self) -> Offered | None:
        """The one under the cursor."""
        offered = self.offered
        return offered[min(self._at, len(offered) - 1)] if offered else None

    # --- keys ---

    def action_move(self, step: int) -> None:
        """j, k."""
        self._at = max(0, min(len(self.offered) - 1, self._at + step))
        self._draw()

    def action_choose(self) -> None:
        """enter: open it."""
        if self.current is not None:
            self.dismiss(self.current.saved)

    def action_close(self) -> None:
        """esc: out of the name's field, else back."""
        field = self.query_one(WordInput)
        if field.display:
            field.display = False
            self.set_focus(None)
            self._draw()
        else:
            self.dismiss(None)

    def action_save(self) -> None:
        """s: ask for a name."""
        field = self.query_one(WordInput)
        field.value, field.display = "", True
        field.focus()
        self._draw("A name for the list as it stands: letters, digits, - and _.")

    def action_forget(self) -> None:
        """x: forget one that is kept here."""
        found = self.current
        if found is None or not found.here:
            self._draw("That one stands in the config, which only you write." if found else "")
            return
        kept = self.desk.kept()
        self.desk.keep(msgspec.structs.replace(kept, views=tuple(one for one in kept.views if one != found.saved)))
        self._at = max(0, self._at - 1)
        self._draw(f"Forgot {found.saved.name}.")

    def action_copy(self) -> None:
        """y: copy its lines."""
        if self.current is not None:
            self.post_message(CopyLines("\n".join(toml_lines(self.current.saved)) + "\n"))
            self._draw("Copied. Paste the lines into the config file.")

    def on_word_input_done(self) -> None:
        """The name is typed: keep the present list under it."""
        field = self.query_one(WordInput)
        name = field.value.strip()
        problem = name_problem(name)
        if not problem and any(one.name == name for one in self.desk.config_views):
            problem = "is a view of the config. Choose another name."
        if problem:
            self._draw(f"{name or 'That'} {problem}")
            return
        kept = self.desk.kept()
        saved = msgspec.structs.replace(self._now, name=name)
        lasts = self.desk.keep(
            msgspec.structs.replace(kept, views=(*(one for one in kept.views if one.name != name), saved))
        )
        field.display = False
        self.set_focus(None)
        self._at = len(self.offered) - 1
        self._draw(SAVED if lasts else "Kept until you quit: the disk refuses.")

    # --- drawing ---

    def _draw(self, said: str = "") -> None:
        offered, look = self.offered, look_of(self)
        first = max(0, min(self._at - SHOWN // 2, len(offered) - SHOWN))
        lines: list[tuple[Line, Line]] = []
        for place, (saved, here) in enumerate(offered[first : first + SHOWN], first):
            ground = "cursor" if place == self._at else "raised"
            what = " ".join(filter(None, (view_name(saved.view), saved.filter)))
            row: list[Piece] = [(f" {fit(saved.name, NAME, look.glyphs)} ", "strong bold", ground)]
            row += [(fit(what, FILTER, look.glyphs), "text", ground), (" ", "text", ground)]
            row += [(fit("here" if here else "config", 6, look.glyphs), "muted", ground)]
            lines.append((row, ()))
        if not lines:
            lines = [
                ([("No views yet. ", "text"), ("s", "key"), (" keeps the present list under a name.", "text")], ())
            ]
        self.query_one("#views-lines", Lines).show(lines)
        toml = toml_lines(self.current.saved) if self.current is not None else []
        sort = [order(self.current.saved.view, self.current.saved.sort)] if self.current is not None else []
        self.query_one("#views-toml", Lines).show(
            [([], []), *(([(fit(line, 64, look.glyphs).rstrip(), "muted")], ()) for line in toml)]
        )
        self.query_one("#views-said", Sentence).show(said or (f"Opens {sort[0]}." if sort else ""), "text")
        keys: list[Piece] = []
        for key, words in (("enter", "open"), ("s", "keep this list"), ("x", "forget"), ("y", "copy"), ("esc", "back")):
            keys += [(key, "key"), (f" {words}   ", "muted")]
        self.query_one("#views-keys", Lines).show([([], []), (keys, [])])
