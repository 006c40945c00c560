"""A keystroke of the filter: the query and the window it shows, over the kept cache, in this process."""

import random
from collections.abc import Iterator
from contextlib import closing
from time import thread_time_ns

from desks import session_on, steps_of
from figures import Row, limit, percentile, ratio
from world import SEED, Site, site

from data.ports_list import Sort, View
from triage.desk.inbox import Inbox

GROUP = "search"
SMALL = 1_000
NAMES, LETTERS, WINDOW = 20, 6, 64
NOBODY = "zqxvkjw"
KEYSTROKE = "filter keystroke, query and window, processor time, p95"


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """All rows of the group."""
    with site(accounts) as made, site(SMALL) as small:
        taken = [_typed(made) for _ in range(rounds)]
        steps, few = _steps(made), _steps(small)
    for letters in (1, 3):
        some = [percentile([value for at, value in one if at >= letters], 0.95) for one in taken]
        what = KEYSTROKE if letters == 1 else f"{KEYSTROKE}, from the third letter on"
        yield limit(GROUP, accounts, what, 5, some)
    versus = f"the same with {SMALL:,} accounts"
    yield ratio(GROUP, accounts, "a word that nobody has, steps of SQLite", versus, 1.3, [steps], [few], "steps")


def _typed(made: Site) -> list[tuple[int, float]]:
    """Milliseconds of each keystroke of some names, with how many letters there were then."""
    session, dice, taken = session_on(made), random.Random(SEED), []
    with closing(session.open_cache()) as cache, closing(session.open_outbox()) as outbox:
        numbers = cache.ids(View.BOOK)
        names = [row.name.casefold() for row in cache.rows(dice.sample(numbers, NAMES))]
        inbox = Inbox(session, cache, outbox)
        for name in names:
            for letters in range(1, min(LETTERS, len(name)) + 1):
                begun = thread_time_ns()
                found = inbox.open_list(View.BOOK, Sort.SEVERITY, name[:letters], False)
                found.window(0, WINDOW)
                taken.append((letters, (thread_time_ns() - begun) / 1e6))
    return taken


def _steps(made: Site) -> int:
    session = session_on(made)
    with closing(session.open_cache()) as cache, closing(session.open_outbox()) as outbox:
        inbox = Inbox(session, cache, outbox)
        inbox.open_list(View.BOOK, Sort.SEVERITY, "", False)
        return steps_of(
            cache.connection, lambda: inbox.open_list(View.BOOK, Sort.SEVERITY, NOBODY, False).window(0, WINDOW)
        )
