"""The last filter before the terminal in the plain theme: not even the codes of the default colours leave."""

from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter


@lru_cache(256)
def _without_colour(style: Style) -> Style:
    return style.without_color


class Colourless(LineFilter):
    """Keeps reverse, bold, dim and underline; drops every colour (look.md §2, NO_COLOR)."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without colours."""
        return [Segment(text, style and _without_colour(style), control) for text, style, control in segments]
