"""The app over a real desk, real files and a real server process, driven by Textual's pilot."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from textual.pilot import Pilot

from data.backends.native import NativeBackend
from triage.app import TriageApp
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies
from triage.sandbox.process import Running, start

OpenDesk = Callable[..., Desk]


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal with colours and UTF-8, wherever the tests run."""
    for name in ("NO_COLOR", "TEXTUAL_ANIMATIONS", "SSH_CONNECTION", "SSH_TTY", "EDITOR", "VISUAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause with a time ends only when what became due in it is done and painted, however slow the machine is."""
    paused = Pilot.pause

    async def pause(pilot: Pilot[Any], delay: float | None = None) -> None:
        await paused(pilot, delay)
        if delay:
            await pilot._wait_for_screen()
            await paused(pilot, 0)

    monkeypatch.setattr(Pilot, "pause", pause)


@pytest.fixture(scope="session")
def one_server() -> Iterator[Running]:
    """One server for all modules that leave its book as it is."""
    with start(accounts=150, seed=11) as running:
        yield running


@pytest.fixture(scope="module")
def ui_server(request: pytest.FixtureRequest) -> Iterator[Running]:
    """The server for all, or where a module is marked `own_server`, the same book for it alone."""
    if request.node.get_closest_marker("own_server"):
        with start(accounts=150, seed=11) as running:
            yield running
    else:
        yield request.getfixturevalue("one_server")


@pytest.fixture(scope="session")
def fetched() -> dict[str, Path]:
    """Homes after a first sync, by token: copied by each test, so that only the delta is fetched again."""
    return {}


@pytest.fixture
def open_desk(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, ui_server: Running, fetched: dict[str, Path]
) -> Iterator[OpenDesk]:
    """Open a synced desk on a home of this test's own; `role` picks the token, `url` another server."""
    with ExitStack() as closing:

        def opened(role: str = "lead", home: str = "home", **place: Any) -> Desk:
            url, token = place.pop("url", ui_server.url), place.pop("token", ui_server.tokens[role])
            synced = place.pop("synced", True)
            clock = place.pop("clock", lambda: datetime.now(UTC))
            where = tmp_path / home
            session = Session(
                place=Place(url, "default", where / "state", where / "cache", "triage/test", **place),
                policies=Policies(),
                clock=clock,
                connect=NativeBackend,
                token=TokenBox(lambda: token, lambda kept: ""),
            )
            if synced and token in fetched and not where.exists():
                shutil.copytree(fetched[token], where)
            if synced:
                assert sync_once(session).error is None
            if synced and token not in fetched:
                fetched[token] = tmp_path_factory.mktemp("fetched") / "home"
                shutil.copytree(where, fetched[token])
            desk = Desk.open(session)
            closing.callback(desk.close)
            closing.callback(desk.stop)
            return desk

        yield opened


@pytest.fixture
def app_of() -> Callable[..., TriageApp]:
    """Make the app over a desk."""

    def made(desk: Desk, **over: Any) -> TriageApp:
        return TriageApp(desk, glyphs=over.pop("glyphs", "unicode"), **over)

    return made


@pytest.fixture
def trail_of(ui_server: Running) -> Callable[[str], list[dict[str, Any]]]:
    """Read the server's audit trail of one account without the client."""

    def read(account_id: str) -> list[dict[str, Any]]:
        answer = httpx.get(
            f"{ui_server.url}/v1/audit",
            params={"account_id": account_id, "limit": 1000},
            headers={"Authorization": f"Bearer {ui_server.token}"},
        )
        entries: list[dict[str, Any]] = answer.json()["entries"]
        return entries

    return read


async def until(pilot: Pilot[Any], true: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait until something holds; AssertionError when it does not in time."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen in time\n" + text_of(pilot.app)
        await pilot.pause(0.02)


async def write(pilot: Pilot[Any], text: str) -> None:
    """Type a text, key by key."""
    names = {" ": "space", ",": "comma", ".": "full_stop", ":": "colon", "!": "exclamation_mark", "?": "question_mark"}
    await pilot.press(*[names.get(char, char) for char in text])


def text_of(app: TriageApp) -> str:
    """Return the text of the screen as it is drawn, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines[:height])


@pytest.fixture
def wait() -> Callable[..., Any]:
    """`until`."""
    return until


@pytest.fixture
def typed() -> Callable[..., Any]:
    """`write`."""
    return write


@pytest.fixture
def seen() -> Callable[[TriageApp], str]:
    """`text_of`."""
    return text_of
