"""Between Textual and the terminal: frames that change nothing are not sent, others only by what they change."""

from time import monotonic

from textual.driver import Driver

from widgets.screen_diff import ScreenDiff

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"  # the marks of a frame that is to appear at once
ASK = "\x1b[?2026$p"  # a question that Textual asks at the start too; its answer says that the terminal came so far
ANY_MOVE = "\x1b[?1003h"  # asks the terminal to tell each movement of the mouse
UNASKED = 256  # bytes that may be on their way without a question behind them
LONGEST_WAIT = 15.0  # seconds: an answer that has not come by then is lost


class ThinLine:
    """Takes what Textual writes and returns what is worth sending; `still`: over SSH, where the line may be thin.

    There what is on its way is bounded: behind more than a few bytes goes a question, and until the terminal answers,
    frames become one. So keys that are held down never make a queue of screens that nobody wants to see any more.
    """

    def __init__(self, *, still: bool) -> None:
        self.screen = ScreenDiff()
        self._still = still
        self._answers = False  # whether this terminal does at all
        self._asked_at: float | None = None
        self._since = 0
        self._opening = ""
        self._open = False

    @property
    def waiting(self) -> bool:
        """True while a question is on its way."""
        return self._asked_at is not None and monotonic() - self._asked_at < LONGEST_WAIT

    def answered(self) -> None:
        """The terminal has answered: what was sent before has arrived."""
        self._answers, self._asked_at = True, None

    def take(self, data: str) -> str:
        """Return what has to be sent for `data`; for an empty one what was held back, if it may go."""
        if data == BEGIN:
            self._opening = BEGIN
            return ""
        if data == END:
            made, self._opening, self._open = END if self._open else "", "", False
            return made + self._question(made)
        if data == ANY_MOVE and self._still:
            return ""
        made = self.screen.frame(data, hold=self.waiting) if data else "" if self.waiting else self.screen.rest()
        self._since += len(made)
        if made and self._opening:
            made, self._opening, self._open = self._opening + made, "", True
        return made if self._open else made + self._question(made)

    def _question(self, made: str) -> str:
        if not (made and self._still and self._answers) or self._since < UNASKED or self.waiting:
            return ""
        self._asked_at, self._since = monotonic(), 0
        return ASK


def thinned(driver: type[Driver], line: ThinLine) -> type[Driver]:
    """Return the driver with `line` before everything it writes."""

    def write(self: Driver, data: str) -> None:
        if made := line.take(data):
            driver.write(self, made)

    return type(f"Thin{driver.__name__}", (driver,), {"write": write})
