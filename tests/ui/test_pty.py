"""The real program in a real pty at 80×24, behind a terminal emulator: from the list to the server's audit trail."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from triage.sandbox.process import Running, start

Terminal = Any  # tests/ui/conftest.py
REASON = "Council session tonight at seven, Iris rang"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=200, seed=5) as running:
        yield running


@pytest.fixture
def run(server: Running, tmp_path: Path, in_pty: Callable[..., Terminal]) -> Callable[..., Terminal]:
    """Start `triage …` in a pty; more environment by keyword."""

    def started(*args: str, home: str = "home", **env: str) -> Terminal:
        return in_pty(server, tmp_path / home, *args, **env)

    return started


def audit_with(server: Running, reason: str) -> list[dict[str, object]]:
    answer = httpx.get(f"{server.url}/v1/audit?limit=1000", headers={"Authorization": f"Bearer {server.token}"})
    return [entry for entry in answer.json()["entries"] if entry["reason"] == reason]


def test_from_the_list_to_the_servers_audit_log(run: Callable[..., Terminal], server: Running, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home" / "config.toml").write_text("hold_seconds = 4\n")
    app = run()
    app.until(lambda text: all(word in text for word in ("■ Blocked", "1 of ", "Category", "Why now", "MRR")))
    app.keys("R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text and "After" in text)
    app.keys("\r")  # bare enter never submits
    app.read(0.5)
    assert "Reason" in app.text
    app.keys(*REASON)
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text)
    app.keys("b")
    app.until(lambda text: "On their way" in text or "held" in text)
    app.until(lambda text: "applied" in text and "audit" in text)
    assert len(audit_with(server, REASON)) == 1
    app.keys("\x1b")
    app.until(lambda text: "■ Blocked" in text)
    app.keys("q")
    assert app.ended() == 0
    assert server.token.encode() not in app.received


def test_take_back_leaves_no_trace(run: Callable[..., Terminal], server: Running) -> None:
    reason = "A change that is taken back in time"
    app = run()
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.keys("G", "g", "j", "R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text)
    app.keys(*reason)
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text)
    app.keys("u")
    app.until(lambda text: "Nothing was sent" in text)
    app.keys("q")
    assert app.ended() == 0
    assert audit_with(server, reason) == []


def test_no_color_sends_no_colour_codes(run: Callable[..., Terminal]) -> None:
    app = run(NO_COLOR="1")
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.keys("j", "j", "w")
    app.read(1.0)
    app.keys("\x1b")
    app.read(0.5)
    for codes in re.findall(rb"\x1b\[([0-9;]*)m", app.received):
        numbers = [int(code) for code in codes.split(b";") if code]
        coloured = [n for n in numbers if 30 <= n <= 38 or 40 <= n <= 48 or 90 <= n <= 107]
        assert not coloured, codes
    app.keys("q")
    assert app.ended() == 0


def test_ctrl_c_never_quits_and_quitting_says_what_waits(run: Callable[..., Terminal]) -> None:
    app = run()
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.keys("\x03", "\x03")
    app.read(0.5)
    app.keys("j", "j", "j", "R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text)
    app.keys(*"They rang, held over the weekend")
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text)
    app.keys("q")
    assert app.ended() == 0
    assert b"1 wait; triage sync sends them" in app.received
