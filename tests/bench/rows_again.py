"""Re-assessment when nothing has changed: what is looked at must not grow with the book."""

from collections.abc import Iterator
from contextlib import closing

from desks import session_on, steps_of
from figures import Row, limit, ratio
from world import Site, site

from triage.desk.sync import lapsed, look_over

GROUP = "again"
SMALL = 1_000


def rows(accounts: int, rounds: int) -> Iterator[Row]:
    """All rows of the group; counts, so once is enough."""
    with site(accounts) as made, site(SMALL) as small:
        done, steps = _nothing_changed(made)
        _, few = _nothing_changed(small)
    yield limit(GROUP, accounts, "accounts re-assessed when nothing changed", 0, [done], "accounts")
    versus = f"the same with {SMALL:,} accounts"
    yield ratio(GROUP, accounts, "looking for lapsed verdicts, steps of SQLite", versus, 1.3, [steps], [few], "steps")


def _nothing_changed(made: Site) -> tuple[int, int]:
    session = session_on(made)
    with closing(session.open_cache()) as cache:
        look_over(session, cache)
        lapsed(session, cache)
        done: list[int] = []
        steps = steps_of(cache.connection, lambda: done.append(lapsed(session, cache)))
    return done[0], steps
