"""Sleep and wake in a real shell, the clipboard through tmux and screen, the title, the bell, messages that wait."""

import base64
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit.stream import alien
from kit.terminal import Terminal, command

from screens.clipboard import CHUNK, MOST, doubt, osc52, why_not
from screens.messages import READ_AFTER, Gravity, Messages, Said
from triage.app_terminal import notice
from triage.sandbox.process import Running, start

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=120, seed=5) as running:
        yield running


@pytest.fixture
def shell(server: Running, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """A shell with job control in a pty, and the words that start `triage` in it."""
    opened: list[Terminal] = []

    def made(**env: str) -> Terminal:
        words, settings = command(server, tmp_path / "home", **env)
        (tmp_path / "run").write_text(f"exec {' '.join(words)}\n")
        argv = ["bash", "--norc", "--noprofile", "-i"]
        terminal = Terminal(argv, {**settings, "PS1": "shell> ", "GO": f"bash {tmp_path / 'run'}"})
        opened.append(terminal)
        terminal.until(lambda text: "shell>" in text)
        terminal.keys("$GO\r")
        terminal.until(lambda text: "■ Blocked" in text and "1 of " in text)
        return terminal

    yield made
    for terminal in opened:
        terminal.close()


def whole(text: str) -> bool:
    """Whether every line of the inbox at 80×24 is there."""
    lines = text.splitlines()
    rows = all(line[2] in "■▲△▽" for line in lines[3:13])
    return rows and lines[0].startswith(" triage") and lines[1].startswith(" At risk") and "? keys" in lines[23]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs a shell with job control")
def test_ctrl_z_goes_to_the_shell_and_fg_draws_all_anew(shell: Callable[..., Terminal]) -> None:
    terminal = shell()
    terminal.until(whole)
    terminal.keys("\x1a")
    terminal.until(lambda text: "[1]+" in text)
    terminal.keys(*"clear; echo in the $((1+1))nd shell\r")
    terminal.until(lambda text: "in the 2nd shell" in text)
    terminal.keys(*"fg\r")
    terminal.until(whole)
    assert "shell" not in terminal.text
    terminal.read(0.5)  # keys that come with the window are nobody's
    terminal.keys("j")
    terminal.until(lambda text: "2 of " in text)
    terminal.keys("\x1a")
    terminal.until(lambda text: "[1]+" in text)
    terminal.keys(*"fg\r")
    terminal.until(lambda text: "2 of " in text)
    terminal.read(0.5)
    terminal.keys("q")
    terminal.until(lambda text: "shell>" in text)  # the emulator has no second screen


@pytest.fixture
def run(server: Running, tmp_path: Path, in_pty: Callable[..., Terminal]) -> Callable[..., Terminal]:
    """Start `triage` in a pty and wait for the list."""

    def started(**env: str) -> Terminal:
        app = in_pty(server, tmp_path / "home", **env)
        app.until(lambda text: " Blocked" in text and "1 of " in text)
        return app

    return started


def test_the_title_says_profile_and_account_and_is_put_back(run: Callable[..., Terminal]) -> None:
    app = run(TMUX="")
    ends = re.compile(rb"\x1b\]2;([^\x07]*)\x07")
    app.keys("\r")
    app.until(lambda _: any(b", triage default" in one for one in ends.findall(app.received)))
    assert ends.findall(app.received)[0] == b"triage default"
    app.keys("\x1b")
    app.until(lambda text: "Why now" in text)
    app.keys("q")
    assert app.ended() == 0
    assert app.received.count(b"\x1b[22;2t") == app.received.count(b"\x1b[23;2t") == 1
    assert not alien(app.received), alien(app.received)


@pytest.mark.parametrize(("env", "begins"), [({}, b"\x1b]52;c;"), ({"TMUX": "/x,1,0"}, b"\x1bPtmux;\x1b\x1b]52;c;")])
def test_what_is_copied_leaves_as_osc_52(run: Callable[..., Terminal], env: dict[str, str], begins: bytes) -> None:
    app = run(**env)
    app.keys("Y")
    app.until(lambda text: "Copied" in text and "If pasting gives nothing" in text)
    assert begins in app.received
    app.keys("j")
    app.read(0.3)
    app.keys("Y")
    app.until(lambda text: "Copied" in text and "pasting" not in text)  # said once


def test_the_linux_console_has_neither_clipboard_nor_title_nor_foreign_glyphs(run: Callable[..., Terminal]) -> None:
    app = run(TERM="linux")
    app.keys("Y")
    app.until(lambda text: "This terminal has no clipboard: nothing was copied." in text)
    assert b"\x1b]52" not in app.received and b"\x1b]2;" not in app.received
    codes = {
        int(code) for found in re.findall(rb"\x1b\[([0-9;]*)m", app.received) for code in found.split(b";") if code
    }
    assert not {code for code in codes if 30 <= code <= 49 or 90 <= code <= 107}, "the plain theme"
    assert not set("⇡✓▌▁▂▃▄▅▆▇━┃△▽") & set(app.text)


def test_no_mouse_where_the_config_says_so(run: Callable[..., Terminal], server: Running, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("mouse = false\n")
    app = run()
    assert b"\x1b[?1000h" not in app.received and b"\x1b[?2004h" in app.received


def test_a_sequence_is_wrapped_for_what_stands_between() -> None:
    code = base64.b64encode(b"x" * 3000).decode()
    assert osc52("x" * 3000, {}) == f"\x1b]52;c;{code}\a"
    parts = re.findall(r"\x1bP(.*?)\x1b\\", osc52("x" * 3000, {"STY": "1.pts"}), re.DOTALL)
    assert "".join(parts) == f"\x1b]52;c;{code}\a" and max(map(len, parts)) <= CHUNK
    assert osc52("x", {"TMUX": "1", "STY": "1"}) == "\x1bPtmux;\x1b\x1b]52;c;eA==\a\x1b\\"


def test_what_is_too_large_or_has_nowhere_to_go_is_said() -> None:
    assert why_not("x" * MOST, {"TERM": "xterm"}) == ""
    assert why_not("é" * MOST, {"TERM": "xterm"}) == "Not copied: 149 kB are more than terminals take, 74 at most."
    assert "no clipboard" in why_not("x", {"TERM": "linux"})
    assert "tmux" in doubt({"TMUX": "1"}) and "OSC 52" in doubt({})


@pytest.mark.parametrize(
    ("env", "code"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b]9;A, B.\a\a"),
        ({"TERM": "foot"}, "\x1b]777;notify;triage;A, B.\a\a"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, "\x1b]777;notify;triage;A, B.\a\a"),
        ({"TERM": "tmux-256color", "TMUX": "1"}, "\x1bPtmux;\x1b\x1b]9;A, B.\a\x1b\\\a"),
        ({"TERM": "linux"}, "\a"),
    ],
)
def test_a_notification_as_this_terminal_knows_it(env: dict[str, str], code: str) -> None:
    assert notice("A; B.", "desktop", env) == code and notice("A; B.", "bell", env) == "\a"


def said(text: str, gravity: Gravity = Gravity.WARNING) -> Said:
    return Said(NOW, text, gravity)


def test_messages_the_gravest_first_and_none_lost_unread() -> None:
    messages = Messages()
    for one in (said("first"), said("second"), said("grave", Gravity.ERROR), said("second"), said("a", Gravity.NOTE)):
        messages.say(one)
    assert messages.current(10.0) == said("grave", Gravity.ERROR) and messages.behind == 2
    messages.key(10.0 + READ_AFTER / 2)  # nobody reads that fast
    assert messages.current(11.0).text == "grave"
    messages.key(10.0 + READ_AFTER)
    assert messages.current(20.0).text == "first" and messages.behind == 1
    messages.say(said("graver", Gravity.ERROR))
    assert messages.current(20.1).text == "graver"
    messages.key(30)
    assert messages.current(30).text == "first", "it was not read for long enough before"
    messages.key(32)
    messages.current(32)
    messages.key(34)
    assert messages.current(34) is None
    assert [one.text for one in messages.past] == ["first", "second", "grave", "a", "graver"]


async def test_a_message_stands_until_it_can_have_been_read_and_the_list_has_it_in_full(
    open_desk, app_of, wait, seen
) -> None:
    app = app_of(open_desk())
    long = "Northwind was blocked while nobody looked, and this sentence is far too long for eighty columns of status."
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: "1 of " in seen(app))
        app.screen.warn(long)
        app.screen.warn("The second.", Gravity.ERROR)
        await wait(pilot, lambda: "The second.   1 more, ! lists them" in seen(app))
        await pilot.press("exclamation_mark")
        await wait(pilot, lambda: "of status." in seen(app) and "! The second." in seen(app))
        await pilot.press("escape")
        await wait(pilot, lambda: "The second." not in seen(app))


async def test_an_account_that_becomes_blocked_is_said_once_where_asked_for(open_desk, app_of, wait, seen) -> None:
    app = app_of(open_desk(), notify="bell")
    async with app.run_test(size=(120, 36)) as pilot:
        await wait(pilot, lambda: "1 of " in seen(app))
        app.look_for_blocked()
        assert not app.messages.past, "what was there at the start is no news"
        gone = next(iter(app._blocked))
        app._blocked.discard(gone)
        app._blocked_as_of = None
        app.look_for_blocked()
        name = str(app.desk.detail(gone).row.name)[:20]
        await wait(pilot, lambda: f"Blocked now: {name}" in seen(app))
        app.look_for_blocked()
        assert len(app.messages.past) == 1


async def test_word_that_the_list_is_drawn_starts_nothing_behind_a_quit(open_desk, app_of, wait, monkeypatch) -> None:
    desk = open_desk()
    starts: list[object] = []
    start_of_desk = desk.start
    monkeypatch.setattr(desk, "start", lambda on_change: (starts.append(1), start_of_desk(on_change)))
    app = app_of(desk)
    async with app.run_test() as pilot:
        await wait(pilot, lambda: starts)
    app.on_inbox_screen_drawn()
    assert starts == [1]
