"""Jump mode: a letter over every place in sight; the letter goes there, any other key goes back."""

from collections.abc import Awaitable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import ModalScreen, Screen
from textual.strip import Strip

from screens.jump_spots import CELLS, Spot, spots_of
from widgets.line import Painted, strip
from widgets.look import Look


class _Letter(Painted):
    DEFAULT_CSS = "_Letter { position: absolute; width: 3; height: 1; }"

    def __init__(self, spot: Spot, width: int) -> None:
        super().__init__()
        self._key = spot.key
        self.styles.offset = (max(0, min(spot.x, width - CELLS)), spot.y)

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        return [strip([(f" {self._key} ", "on_accent bold", "chip")], width, look)]


class Jump(ModalScreen[Spot | None]):
    """Returns the place whose letter was typed, or None."""

    CSS_PATH = "jump.tcss"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+o", "close", "back", id="jump.close", show=False),
    ]

    def __init__(self, spots: Sequence[Spot]) -> None:
        super().__init__()
        self._spots, self._over = spots, False
        self._shown_at = Size(0, 0)

    def compose(self) -> ComposeResult:
        """The letters."""
        for spot in self._spots:
            yield _Letter(spot, self.app.size.width)

    def on_key(self, event: events.Key) -> None:
        """A letter goes to its place; what is no letter of a place goes back."""
        if event.is_printable:
            event.stop()
            self._leave(next((spot for spot in self._spots if spot.key == event.character), None))

    def on_click(self) -> None:
        """The mouse needs no letters."""
        self._leave(None)

    def on_resize(self, event: events.Resize) -> None:
        """The places are elsewhere now."""
        if event.size != self._shown_at:
            self._leave(None)

    def on_mount(self) -> None:
        """The size for which the letters are right."""
        self._shown_at = self.app.size

    def _leave(self, result: Spot | None) -> None:
        """Close, once: a second key may come before it has gone."""
        if not self._over:
            self._over = True
            self.dismiss(result)

    def action_close(self) -> None:
        """Back without going anywhere."""
        self._leave(None)


def open_jump(screen: Screen[Any]) -> bool:
    """Put the letters over a screen; False where there is nothing to go to."""
    spots = spots_of(screen)
    if spots:
        screen.app.push_screen(Jump(spots), _go)
    return bool(spots)


async def _go(spot: Spot | None) -> None:
    done = spot.go() if spot is not None else None
    if isinstance(done, Awaitable):
        await done
