"""A compositor that renders only the lines that changed, no widget that others stand before, and makes no codes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import cast

from rich.color import ColorSystem
from rich.console import Console
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from widgets.screen_diff import ScreenDiff


class SparingCompositor(Compositor):
    """Textual's own renders every line of every widget around what changed: for a moved cursor most of the screen.

    What is rendered goes to `screen` as it is, where there is one: codes need not be made to be taken apart there.
    """

    def __init__(self, screen: Callable[[], ScreenDiff | None]) -> None:
        super().__init__()
        self._screen = screen

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return what changed, None where nothing did."""
        made, screen = super().render_partial_update(), self._screen()
        return made if made is None or screen is None else _Pieces(made, screen)

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        """Return for each line its parts by the column where they begin; the foremost widget has each part."""
        cuts = self.cuts
        chops: list[dict[int, Strip | None]] = [dict.fromkeys(line[:-1]) for line in cuts]
        left = {y: set(cuts[y][:-1]) for y in crop.line_range if is_rendered_line(y)}  # parts that nobody has drawn yet
        for widget, (region, clip) in self.visible_widgets.items():  # the foremost first
            shown = region.intersection(clip)
            begin, end = shown.column_span
            lines = [y for y in shown.line_range if y in left and any(begin <= cut < end for cut in left[y])]
            for y, strip in _rendered(widget, region, shown, lines):
                own = [cut for cut in cuts[y] if begin <= cut <= end]
                for cut, part in zip(own, strip.divide([cut - begin for cut in own[1:]]), strict=False):
                    if chops[y][cut] is None:
                        chops[y][cut] = part
                left[y].difference_update(own[:-1])
        return cast("Sequence[Mapping[int, Strip]]", chops)


class _Pieces(ChopsUpdate):
    """A part of the screen that is put where its codes would go."""

    def __init__(self, made: ChopsUpdate, screen: ScreenDiff) -> None:
        super().__init__(made.chops, made.spans, made.chop_ends)
        self._screen = screen

    def render_segments(self, console: Console) -> str:
        """Put the pieces on the screen, sent with what is written next; return the codes of what it won't take."""
        colours, codes = console._color_system or ColorSystem.TRUECOLOR, []
        for y, begin, end in self.spans:
            for stop, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=True):
                if strip is None or x > end or stop <= begin:
                    continue
                piece = strip if end > x >= begin and stop <= end else strip.crop(0, min(stop, end) - x)
                if not self._screen.put(y, x, piece, colours):
                    codes.append(f"\x1b[{y + 1};{x + 1}H{piece.render(console)}")
        return "\n".join(codes)


def _rendered(widget: Widget, region: Region, shown: Region, lines: list[int]) -> Iterator[tuple[int, Strip]]:
    """Return lines of the screen with what a widget shows there; neighbours are rendered together."""
    for _, group in groupby(enumerate(lines), lambda one: one[1] - one[0]):
        run = [y for _, y in group]
        crop = Region(shown.x - region.x, run[0] - region.y, shown.width, len(run))
        yield from zip(run, widget.render_lines(crop), strict=True)
