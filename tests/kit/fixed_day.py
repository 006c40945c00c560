"""The app on a day that is the same in every run: a server whose book is of that day, and a clock that stands still."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kit.picture import picture
from textual.pilot import Pilot

from data.backends.native import NativeBackend
from screens.inbox import InboxScreen
from triage.app import TriageApp
from triage.desk import Desk, Place, Session, TokenBox
from triage.desk.policies import Policies
from triage.sandbox.process import Running, start

SERVER_DAY = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)  # a Wednesday
NOW = SERVER_DAY + timedelta(minutes=10, seconds=30)  # so far from the server's start that no age is counted in seconds

UNDER_WAY = ("syncing", "Reading the book")


def server() -> Running:
    """Start the server of that day; 150 accounts."""
    return start(accounts=150, seed=7, clock_offset=(SERVER_DAY - datetime.now(UTC)).total_seconds())


def session_on(running: Running, home: Path) -> Session:
    """The session of the lead at that hour."""
    return Session(
        place=Place(running.url, "production", home / "state", home / "cache", "triage/fixed", live=False),
        policies=Policies(),
        clock=lambda: NOW,
        connect=NativeBackend,
        token=TokenBox(lambda: running.token, lambda kept: ""),
    )


@contextmanager
def app_on(running: Running, home: Path, theme: str, glyphs: str = "unicode") -> Iterator[TriageApp]:
    """The app on a home that has been synced."""
    with closing(Desk.open(session_on(running, home))) as desk:
        try:
            yield TriageApp(desk, glyphs=glyphs, theme=theme, clock=lambda: NOW)
        finally:
            desk.stop()


async def at_rest(pilot: Pilot[Any]) -> str:
    """Return the screen once nothing changes it any more."""
    before, same = "", 0
    for _ in range(1200):
        await pilot.pause(0.05)
        now = picture(pilot.app)
        same = same + 1 if now == before and not any(word in now for word in UNDER_WAY) else 0
        if same == 4:
            return now
        before = now
    raise AssertionError("the screen does not come to rest")


async def back_to_the_list(pilot: Pilot[Any]) -> None:
    """Close what is open, clear what is filtered and marked, and go to the first row."""
    while not isinstance(pilot.app.screen, InboxScreen):
        await pilot.press("escape")
        await pilot.pause()
    await pilot.press("escape", "escape", "0", "g")
