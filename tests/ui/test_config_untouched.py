"""The config file is read, never written: not by a whole session of the app, and by no command."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kit.terminal import command

from triage.sandbox.process import Running

TEXT = """# ours, with its comments
theme = "light"   # and its blanks
hold_seconds = 5

[keys]
see.why = "W"
"""


def facts(file: Path) -> tuple[bytes, int, int, int]:
    stat = file.stat()
    return file.read_bytes(), stat.st_mtime_ns, stat.st_mode, stat.st_ino


def test_a_session_and_the_commands_leave_it_as_it_is(
    ui_server: Running, tmp_path: Path, in_pty: Callable[..., Any]
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    file = home / "config.toml"
    file.write_text(TEXT)
    before = facts(file)
    app = in_pty(ui_server, home)
    app.until(lambda text: "Blocked" in text and "1 of " in text)
    for typed in ("theme dark", "sort mrr", "view book"):
        app.keys(":")
        app.until(lambda text: "Commands" in text)
        app.keys(*typed, "\r")
        app.until(lambda text: "Commands" not in text)
    app.keys("p", "j", "R")
    app.until(lambda text: "Reason" in text)
    app.keys("\x1b")
    app.until(lambda text: "Reason" not in text)
    app.keys("W")
    app.until(lambda text: "Inbox > Why" in text)
    app.keys("\x1b")
    app.until(lambda text: "1 Blocked" in text or "Blocked" in text and "Inbox > " not in text)
    app.keys("q")
    assert app.ended() == 0
    assert facts(file) == before
    runs = ("config", "config --keys", "config --json", "doctor", "login --token-stdin", "sync", "list", "logout")
    for words in runs:
        argv, env = command(ui_server, home, *words.split())
        ran = subprocess.run(argv, env=env, input=ui_server.token, capture_output=True, text=True)
        assert ran.returncode != 2, (words, ran.stderr)
        assert facts(file) == before, words
