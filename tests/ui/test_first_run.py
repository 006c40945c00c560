"""The first-run guide: asked of a real server, in the pilot and in a real terminal; files are begun, never changed."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kit.terminal import COLUMNS, LINES, Terminal, command

from screens.first_run import FirstRun
from triage.app_look import Wishes
from triage.commands.context import Context
from triage.commands.first_run import LiveGuide
from triage.config import Flags
from triage.first_run import FirstRunApp
from triage.sandbox.process import Running
from widgets.word_input import WordInput


@pytest.fixture
def guide_in(tmp_path: Path) -> Callable[..., LiveGuide]:
    def made(**environ: str) -> LiveGuide:
        return LiveGuide(Context(Flags(home=str(tmp_path / "home")), {"HOME": str(tmp_path), **environ}))

    return made


def fill(app: Any, name: str, text: str) -> None:
    app.screen.query_one(f"#{name}", WordInput).value = text


async def test_address_and_token_are_asked_of_the_server(
    guide_in: Any, ui_server: Running, wait: Any, seen: Any
) -> None:
    guide = guide_in()
    app = FirstRunApp(guide, Wishes())
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: isinstance(app.screen, FirstRun) and "triage demo" in seen(app))
        assert "config.toml" in seen(app) and "type the address first" in seen(app)
        fill(app, "url", "http://billing.example")
        await pilot.press("enter")
        await wait(pilot, lambda: "plain http" in seen(app))
        fill(app, "url", "http://127.0.0.1:9")
        app.screen.set_focus(app.screen.query_one("#url"))
        await pilot.press("enter")
        await wait(pilot, lambda: "127.0.0.1:9" in seen(app) and "Asking" not in seen(app))
        fill(app, "url", ui_server.url + "/")
        app.screen.set_focus(app.screen.query_one("#url"))
        await pilot.press("enter")
        await wait(pilot, lambda: "It answers, in" in seen(app))
        fill(app, "token", "no-such-token")
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: "token" in seen(app).lower() and not app.screen._asking and app.screen._complaint)
        assert app.screen._found is None and "no-such-token" not in seen(app)
        fill(app, "token", ui_server.tokens["agent"])
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: "Signed in as" in seen(app) and "Open triage" in seen(app))
        assert "Permissions: " in seen(app) and "usage:reset" in seen(app)
        assert ui_server.tokens["agent"] not in seen(app)
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: not app.is_running)
    assert app.started == (ui_server.url + "/", "native", ui_server.tokens["agent"])


async def test_what_was_accepted_is_forgotten_when_something_else_is_typed(
    guide_in: Any, ui_server: Running, wait: Any, seen: Any
) -> None:
    app = FirstRunApp(guide_in(), Wishes())
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: isinstance(app.screen, FirstRun) and app.screen.is_mounted)
        fill(app, "url", ui_server.url)
        fill(app, "token", ui_server.token)
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen._found is not None)
        fill(app, "token", "another")
        await wait(pilot, lambda: app.screen._found is None and "Signed in as" not in seen(app))
        await pilot.press("escape")
        await wait(pilot, lambda: not app.is_running)
    assert app.started is None


def test_a_config_file_is_begun_once_and_never_changed(guide_in: Any, tmp_path: Path) -> None:
    file = tmp_path / "home" / "config.toml"
    said = guide_in().begin_file("https://billing.example/", "dembrane")
    assert said == f"Begun: {file}" and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert 'base_url = "https://billing.example"' in file.read_text() and 'backend = "dembrane"' in file.read_text()
    file.write_text("read_only = true\n")
    before = file.read_bytes(), file.stat().st_mtime_ns
    guide = guide_in()
    assert guide.config_found and "https://other.example" in guide.begin_file("https://other.example", "native")
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


@pytest.fixture
def run_bare(ui_server: Running, tmp_path: Path) -> Any:
    """Start `triage` in a pty as somebody who has set nothing up."""
    opened: list[Terminal] = []

    def started(*args: str, **env: str) -> Terminal:
        words, full = command(ui_server, tmp_path / "home", *args)
        kept = {name: text for name, text in full.items() if not name.startswith("TRIAGE_")}
        runtime = tmp_path / "runtime"
        runtime.mkdir(exist_ok=True, mode=0o700)
        places = {"XDG_RUNTIME_DIR": str(runtime), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        made = Terminal(words, {**kept, **places, **env}, (COLUMNS, LINES))
        opened.append(made)
        return made

    yield started
    for one in opened:
        one.close()


def test_from_nothing_to_the_inbox_in_a_terminal(run_bare: Any, ui_server: Running, tmp_path: Path) -> None:
    app = run_bare()
    app.until(lambda text: "First steps" in text and "Address" in text)
    app.keys(*ui_server.url, "\r")
    app.until(lambda text: "It answers, in" in text)
    app.keys(f"\x1b[200~{ui_server.token}\x1b[201~", "\x13")
    app.until(lambda text: "Signed in as" in text and "Open triage" in text)
    app.keys("\x13")
    app.until(lambda text: "Blocked" in text and "1 of " in text)
    app.keys("q")
    assert app.ended() == 0
    assert ui_server.token.encode() not in app.received
    assert f'base_url = "{ui_server.url}"' in (tmp_path / "home" / "config.toml").read_text()
    again = run_bare()  # what was set up holds
    again.until(lambda text: "Blocked" in text and "1 of " in text)
    again.keys("q")
    assert again.ended() == 0


def test_nobody_is_asked_where_nobody_wants_to_be(run_bare: Any, tmp_path: Path) -> None:
    app = run_bare("--no-input")
    assert app.ended() == 2 and b"triage demo" in app.received
    left = run_bare()
    left.until(lambda text: "First steps" in text)
    left.keys("\x1b")
    assert left.ended() == 2 and b"Nothing is set up" in left.received
    assert not (tmp_path / "home" / "config.toml").exists()
