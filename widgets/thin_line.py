"""Between Textual and the terminal: frames that change nothing are not sent, others only by what they change."""

from textual.driver import Driver

from widgets.screen_diff import ScreenDiff

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"  # the marks of a frame that is to appear at once
ANY_MOVE = "\x1b[?1003h"  # asks the terminal to tell each movement of the mouse


class ThinLine:
    """Takes what Textual writes and returns what is worth sending; `still`: over SSH, where the way up is thin too."""

    def __init__(self, *, still: bool) -> None:
        self.screen = ScreenDiff()
        self._still = still
        self._opening = ""
        self._open = False

    def take(self, data: str) -> str:
        """Return what has to be sent for `data`."""
        if data == BEGIN:
            self._opening = BEGIN
            return ""
        if data == END:
            made, self._opening, self._open = END if self._open else "", "", False
            return made
        if data == ANY_MOVE and self._still:
            return ""
        made = self.screen.frame(data)
        if made and self._opening:
            made, self._opening, self._open = self._opening + made, "", True
        return made


def thinned(driver: type[Driver], line: ThinLine) -> type[Driver]:
    """Return the driver with `line` before everything it writes."""

    def write(self: Driver, data: str) -> None:
        if made := line.take(data):
            driver.write(self, made)

    return type(f"Thin{driver.__name__}", (driver,), {"write": write})
