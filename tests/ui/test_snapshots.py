"""Every screen as it was looked at and found good: 80×24, 140×45 and without colours; `make snapshots` renews them."""

import difflib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kit.picture import picture
from textual.pilot import Pilot

from data.backends.native import NativeBackend
from screens.inbox import InboxScreen
from triage.app import TriageApp
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies
from triage.sandbox.process import Running, start

KEPT = Path(__file__).parent / "snapshots"
SERVER_DAY = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)  # a Wednesday
NOW = SERVER_DAY + timedelta(minutes=10, seconds=30)  # so far from its start that no age is counted in seconds
LOOKS = {
    "narrow dark": ((80, 24), "triage-dark", False),
    "wide light": ((140, 45), "triage-light", False),
    "narrow without colours": ((80, 24), "auto", True),
}
# From the inbox with the cursor on its first row.
SCREENS = {
    "inbox": "",
    "drift": "6",
    "red": "7",
    "filter": "0 slash n o r",
    "row menu": "0 full_stop",
    "reset usage": "R",
    "trial": "T",
    "discount": "D",
    "change tier": "C",
    "account": "enter",
    "why": "w",
    "interview": "6 i",
    "case": "7 c",
    "outreach": "6 o",
    "my day": "d",
    "portfolio": "t",
    "outbox": "b",
    "audit": "a",
    "help": "question_mark",
    "palette": "colon",
    "bulk reset": "space j space R",
    "snooze": "z",
    "log a talk": "n",
    "saved views": "V",
    "columns": "S",
    "themes": "L",
    "jump": "ctrl+o",
    "my items": "M",
}


@pytest.fixture(scope="module")
def fixed_server() -> Iterator[Running]:
    """A server whose book is of the same day in every run."""
    ahead = (SERVER_DAY - datetime.now(UTC)).total_seconds()
    with start(accounts=150, seed=7, clock_offset=ahead) as running:
        yield running


@pytest.fixture(scope="module")
def fixed_home(fixed_server: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after its first sync."""
    home = tmp_path_factory.mktemp("fixed") / "home"
    assert sync_once(session_on(fixed_server, home)).error is None
    return home


def session_on(server: Running, home: Path) -> Session:
    """The session of the lead, whose clock stands still."""
    return Session(
        place=Place(server.url, "production", home / "state", home / "cache", "triage/test", live=False),
        policies=Policies(),
        clock=lambda: NOW,
        connect=NativeBackend,
        token=TokenBox(lambda: server.token, lambda kept: ""),
    )


async def at_rest(pilot: Pilot[Any]) -> str:
    """Return the screen once nothing changes it any more."""
    before, same = "", 0
    for _ in range(400):
        await pilot.pause(0.05)
        now = picture(pilot.app)
        same = same + 1 if now == before and "syncing" not in now else 0
        if same == 3:
            return now
        before = now
    raise AssertionError("the screen does not come to rest")


async def back_to_the_list(pilot: Pilot[Any]) -> None:
    """Close what is open, clear what is filtered, and go to the first row."""
    while not isinstance(pilot.app.screen, InboxScreen):
        await pilot.press("escape")
        await pilot.pause()
    await pilot.press("escape", "0", "g")


@pytest.mark.parametrize("look", LOOKS)
async def test_every_screen_looks_as_it_was_found_good(
    look: str,
    fixed_server: Running,
    fixed_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    size, theme, colourless = LOOKS[look]
    if colourless:
        monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr("screens.inbox.REST", 0.01)
    shutil.copytree(fixed_home, tmp_path / "home")
    desk = Desk.open(session_on(fixed_server, tmp_path / "home"))
    app = TriageApp(desk, glyphs="unicode", theme=theme, clock=lambda: NOW)
    wrong: list[str] = []
    try:
        async with app.run_test(size=size) as pilot:
            for name, keys in SCREENS.items():
                await at_rest(pilot)
                await pilot.press(*keys.split())
                wrong += differs(f"{name}, {look}", await at_rest(pilot), renew=request.config.getoption("renew"))
                await back_to_the_list(pilot)
    finally:
        desk.stop()
        desk.close()
    assert not wrong, "\n".join(wrong)


def differs(name: str, seen: str, *, renew: bool) -> list[str]:
    """Return how a screen differs from the one that was kept; with `renew` it is kept."""
    path = KEPT / f"{name.replace(', ', '-').replace(' ', '_')}.txt"
    if renew:
        path.write_text(seen, encoding="utf-8")
        return []
    kept = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = difflib.unified_diff(
        kept.splitlines(), seen.splitlines(), f"{name}, kept", f"{name}, now", lineterm="", n=0
    )
    return [*lines][:40]
