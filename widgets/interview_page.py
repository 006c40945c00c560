"""The page of the interview: as generous as its height allows, scrolled by lines where even the least does not fit."""

from textual.strip import Strip

from widgets.interview_lines import ROOMS, Lines, Shown, page_lines
from widgets.line import Painted, strip
from widgets.look import Look


class InterviewPage(Painted, can_focus=True):
    """Shows one interview; `whole_hint` keeps the hint as long as it is."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.whole_hint = False
        self.top = 0
        self.length = 0
        self._shown: Shown | None = None

    def show(self, shown: Shown | None) -> None:
        """Show an interview; None where the account has left the book."""
        self._shown = shown
        self.repaint()

    def paint(self, width: int, height: int, look: Look) -> list[Strip]:
        """Return the visible strips."""
        if self._shown is None:
            return [strip([(" This account is no longer in the book.", "muted")], width, look)]
        lines = self._lines(self._shown, width, height, look)
        self.length = len(lines)
        self.top = max(0, min(self.top, self.length - height))
        edge = strip([], 1, look)
        return [
            Strip.join([edge, strip(left, width - 2, look, "bg", right), edge])
            for left, right in lines[self.top : self.top + height]
        ]

    def _lines(self, shown: Shown, width: int, height: int, look: Look) -> Lines:
        """The first of the rooms that fits; the least one where none does."""
        lines: Lines = []
        for room in ROOMS:
            lines = page_lines(shown, width, height, room._replace(hint=0) if self.whole_hint else room, look)
            if len(lines) <= height:
                break
        return lines

    @property
    def cut(self) -> bool:
        """True when there is more of the page than is seen."""
        return self.length > self.size.height

    def scroll_lines(self, lines: int) -> None:
        """Move by lines; the end stays at the bottom."""
        self.top = max(0, min(self.top + lines, self.length - self.size.height))
        self.repaint()

    def on_mouse_scroll_down(self) -> None:
        """The wheel."""
        self.scroll_lines(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel."""
        self.scroll_lines(-3)
