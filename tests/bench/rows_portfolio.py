"""The portfolio: from the key to its figures, and moving in the list while the book is still being added up."""

import time
from collections.abc import Iterator

from figures import Row, limit, percentile, ratio
from rows_list import whole_book
from rows_live import middle, times, typed
from screen import Program
from world import site

GROUP = "portfolio"
FIGURES = " scored, "  # in the title once the book is added up
LONGEST = 600.0  # seconds
SHARE = 0.7  # of the time that the reading took before, in which keys are typed beside it
IDLE_KEYS = 200


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """All rows of the group."""
    with site(accounts) as made, whole_book(made) as program:
        took = [_read(program) for _ in range(max(1, rounds // 2))]
        yield limit(GROUP, accounts, "portfolio, from the key to its figures", None, took)
        calm = typed(program, times(IDLE_KEYS))
        program.press("t", 0.01)
        program.press("\x1b", 0.2)
        ends = time.monotonic() + SHARE * min(took) / 1000
        during = typed(program, lambda: time.monotonic() < ends)
    what, versus = f"key to its effect while the portfolio is read, p99 of {len(during)} keys", "the same otherwise"
    worst = [percentile(during, 0.99)], [percentile(calm, 0.99)]
    yield ratio(GROUP, accounts, what, versus, 3.0, *worst, beside=(middle(during), middle(calm)))


def _read(program: Program) -> float:
    """Milliseconds from the key to the figures; the list is open again afterwards."""
    took = program.press_until("t", lambda text: FIGURES in text, LONGEST)
    program.press_until("\x1b", lambda text: "1 of " in text)
    program.rest(1.0)
    return took
