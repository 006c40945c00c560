"""What jump mode can go to on a screen: rows, tabs, sections, figures, fields and buttons, with their places."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol, runtime_checkable

from textual.screen import Screen
from textual.widget import Widget

from widgets.account_list import HEADS, AccountList
from widgets.view_tabs import ViewTabs

LETTERS = "asdfghjklqwertyuiopzxcvbnmASDFGHJKLQWERTYUIOPZXCVBNM"

CELLS = 3  # of a letter with its surround


@runtime_checkable
class Reachable(Protocol):
    """A widget with places in it: column, line and what `go_to` takes."""

    def in_sight(self) -> Sequence[tuple[int, int, Any]]:
        """Return the places that are in sight."""
        ...

    def go_to(self, place: Any) -> None:
        """Put the cursor there."""
        ...


class Spot(NamedTuple):
    """A place on the screen, the key that goes there, and how."""

    key: str
    x: int
    y: int
    go: Callable[[], object]


def spots_of(screen: Screen[Any]) -> list[Spot]:
    """Return every place that is in sight, from the top; beyond 52 of them the last get no letter."""
    found: list[tuple[str, int, int, Callable[[], object]]] = []
    for widget in screen.query(Widget):
        if widget.is_mounted and widget.display and widget.visible and widget.region and widget.size.height:
            corner = widget.content_region
            found += [(key, corner.x + x, corner.y + y, go) for key, x, y, go in _inside(screen, widget)]
    letters = iter(LETTERS)
    made = []
    for key, x, y, go in sorted(found, key=lambda one: (one[2], one[1])):
        letter = key or next(letters, "")
        in_sight = 0 <= y < screen.size.height and -CELLS < x < screen.size.width
        if letter and in_sight:
            made.append(Spot(letter, x, y, go))
    return made


def _inside(screen: Screen[Any], widget: Widget) -> Iterator[tuple[str, int, int, Callable[[], object]]]:
    """Yield key (empty: any letter), column and line within the widget, and what goes there."""
    if isinstance(widget, AccountList):
        for y in range(HEADS, widget.size.height):
            line = widget.line_at(widget.top + y - HEADS)
            if line is not None:
                yield "", 0, y, partial(_in_list, widget, line.row.id)
    elif isinstance(widget, ViewTabs):
        for key, x in widget.starts():
            yield key, x, 0, partial(screen.run_action, f"view('{key}')")
    elif isinstance(widget, Reachable):
        for x, y, place in widget.in_sight():
            yield "", x, y, partial(_reach, widget, place)
    elif widget.can_focus and widget.focusable:
        yield "", 0, 0, partial(screen.set_focus, widget)


def _in_list(widget: AccountList, account_id: str) -> None:
    widget.go_to(account_id)
    widget.focus()


def _reach(widget: Reachable, place: Any) -> None:
    widget.go_to(place)
    if isinstance(widget, Widget):
        widget.focus()
