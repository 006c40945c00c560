"""Every screen as it was looked at and found good: 80×24, 140×45 and without colours; `make snapshots` renews them."""

import difflib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import screenshot
from kit import fixed_day

from triage.desk import sync_once
from triage.sandbox.process import Running

KEPT = Path(__file__).parent / "snapshots"
LOOKS = {
    "narrow dark": ((80, 24), "triage-dark", False),
    "narrow light": ((80, 24), "triage-light", False),
    "narrow without colours": ((80, 24), "auto", True),
    "wide dark": ((140, 45), "triage-dark", False),
    "wide light": ((140, 45), "triage-light", False),
    "wide without colours": ((140, 45), "auto", True),
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
    with fixed_day.server() as running:
        yield running


@pytest.fixture(scope="module")
def fixed_home(fixed_server: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after its first sync."""
    home = tmp_path_factory.mktemp("fixed") / "home"
    assert sync_once(fixed_day.session_on(fixed_server, home)).error is None
    return home


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setattr("screens.inbox.REST", 0.01)


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
    shutil.copytree(fixed_home, tmp_path / "home")
    wrong: list[str] = []
    with fixed_day.app_on(fixed_server, tmp_path / "home", theme) as app:
        async with app.run_test(size=size) as pilot:
            for name, keys in SCREENS.items():
                await fixed_day.at_rest(pilot)
                await pilot.press(*keys.split())
                seen = await fixed_day.at_rest(pilot)
                wrong += differs(f"{name}, {look}", seen, renew=request.config.getoption("renew"))
                await fixed_day.back_to_the_list(pilot)
    assert not wrong, "\n".join(wrong)


async def test_the_pictures_of_the_docs_are_what_the_app_shows(
    fixed_server: Running, fixed_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TEXTUAL_ANIMATIONS")  # seconds are told, as on most terminals
    for name, keys in screenshot.DOCS.items():
        home = tmp_path / name
        shutil.copytree(fixed_home, home)
        with fixed_day.app_on(fixed_server, home, "auto") as app:
            seen = await screenshot.shoot(app, keys, (140, 40))
        kept = (screenshot.ROOT / "docs" / f"{name}.svg").read_text(encoding="utf-8")
        assert seen == kept, f"docs/{name}.svg is not what the app shows now: `make screenshot`, and look at it"


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
