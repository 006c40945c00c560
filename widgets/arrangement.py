"""Where the pane stands and how large it is: by the terminal's size, and by what a person has asked for."""

from dataclasses import dataclass

from data.kept_screen import Panes

SMALLEST = (60, 16)
RIGHT_FROM = 120  # columns
WIDE_FROM = 180
LEAST_RIGHT, LEAST_LIST = 32, 60  # columns
LEAST_BOTTOM, LEAST_ROWS = 4, 4  # lines
AROUND = 6  # lines of the frame: header, tabs, rule, heads, status, keys
BOTTOM = 8
STEP_RIGHT, STEP_BOTTOM = 4, 2


@dataclass(frozen=True)
class Arrangement:
    """Where the pane stands: `right` columns at the right, or `bottom` lines below, both 0 when it is closed."""

    right: int
    bottom: int
    too_small: bool


def arrange(width: int, height: int, panes: Panes) -> Arrangement:
    """Return the arrangement for a screen size: pane right from 120 (40) and 180 (60), below in 8 lines down to 80."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return Arrangement(0, 0, True)
    if not panes.open:
        return Arrangement(0, 0, False)
    asked = panes.place == "right" and width >= LEAST_RIGHT + LEAST_LIST
    if asked or (panes.place == "auto" and width >= RIGHT_FROM):
        return Arrangement(_right(width, panes.right or (60 if width >= WIDE_FROM else 40)), 0, False)
    there = width >= 80 and height >= 20
    return Arrangement(0, _bottom(height, panes.bottom or BOTTOM) if there else 0, False)


def _right(width: int, wanted: int) -> int:
    return max(LEAST_RIGHT, min(wanted, width - LEAST_LIST))


def _bottom(height: int, wanted: int) -> int:
    return max(LEAST_BOTTOM, min(wanted, height - AROUND - LEAST_ROWS))


def moved(width: int, height: int, panes: Panes) -> Panes | None:
    """Return the panes with the other place; None where there is no room for it at the right."""
    if arrange(width, height, panes).right:
        return _with(panes, place="bottom")
    if width < LEAST_RIGHT + LEAST_LIST:
        return None
    return _with(panes, place="auto" if width >= RIGHT_FROM else "right")


def resized(width: int, height: int, panes: Panes, steps: int) -> Panes:
    """Return the panes a step larger or smaller (-1), within what the screen has room for."""
    made = arrange(width, height, panes)
    if made.right:
        return _with(panes, right=_right(width, made.right + steps * STEP_RIGHT))
    if made.bottom:
        return _with(panes, bottom=_bottom(height, made.bottom + steps * STEP_BOTTOM))
    return panes


def _with(panes: Panes, **changes: object) -> Panes:
    values = {name: getattr(panes, name) for name in panes.__struct_fields__}
    return Panes(**{**values, **changes})
