"""The line of a text field in our own inks: Textual's fields bring colours of their own, also with NO_COLOR."""

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from widgets.look import look_of


def field_strip(widget: Widget, drawn: Strip, caret: int | None) -> Strip:
    """Return a line as Textual drew it, in the inks of a field: what is selected marked, the caret at cell `caret`."""
    look = look_of(widget)
    styles, show = look.styles, look.glyphs.cellwise
    field, marked = styles("text", "field"), styles("strong", "cursor")
    paper = widget.rich_style.bgcolor
    segments = [Segment(show(part.text), marked if _selected(part, paper) else field) for part in drawn]
    made = Strip(segments).adjust_cell_length(widget.content_size.width, field)
    if caret is None or not 0 <= caret < made.cell_length:
        return made
    left, cell, right = made.crop(0, caret), made.crop(caret, caret + 1), made.crop(caret + 1)
    return Strip.join([left, Strip([Segment(cell.text or " ", styles("text bold", "chip"))]), right])


def _selected(part: Segment, paper: object) -> bool:
    style = part.style
    return style is not None and bool(style.reverse or (style.bgcolor is not None and style.bgcolor != paper))
