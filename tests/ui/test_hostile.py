"""A book full of hostile text through a real terminal: the whole program, every screen and every command."""

import json
import os
import re
import select
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from kit.hostile import NASTIEST
from kit.hostile_book import HostileBook, hostile_book
from kit.stream import alien
from kit.tally import Tally

from triage.sandbox.process import Running

BUNDLE = 5  # nasty pieces in one name; all of them are seen in 34 cells
BUNDLES = [" ".join(NASTIEST[at : at + BUNDLE]) for at in range(0, len(NASTIEST), BUNDLE)]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileBook]:
    """The corpus, and before it the accounts whose names bundle the nastiest."""
    with hostile_book(tmp_path_factory.mktemp("hostile"), first=BUNDLES) as served:
        yield served


@pytest.fixture(scope="module")
def home(book: HostileBook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after a sync, made under umask 0; its outbox holds a conflict in which somebody hostile is quoted."""
    here = tmp_path_factory.mktemp("around") / "home"
    before = os.umask(0)
    try:
        pulled = json.loads(piped(book.running, here, "sync", "--json"))
        assert pulled["pulled"] == len(book.accounts)
        moved, reason = book.accounts[0].id, f"Because {BUNDLES[0]} {BUNDLES[2]} of this"
        discount = ["--set", "kind=scholarship", "--set", "percent=10"]
        made = piped(book.running, here, "remedy", "apply_discount", moved, *discount, "--reason", reason, "--json")
        assert json.loads(made)["state"] == "queued"
        params = {"kind": "scholarship", "percent": 5}
        assert change(book.running, "lead", moved, "apply_discount", params, reason).is_success
        assert change(book.running, "agent", book.accounts[1].id, "claim", {"minutes": 60}, reason).is_success
        assert json.loads(piped(book.running, here, "sync", "--json"))["conflicts"] == 1
    finally:
        os.umask(before)
    return here


def change(
    server: Running, role: str, account_id: str, kind: str, params: dict[str, Any], reason: str
) -> httpx.Response:
    """A change by somebody else, straight to the server."""
    headers = {"Authorization": f"Bearer {server.tokens[role]}"}
    audit = {"reason": reason, "authored_at": "2026-01-01T00:00:00Z", "client": reason[:40], "shown_before": {}}
    body = {"change_id": str(uuid.uuid4()), "account_id": account_id, "workspace_id": None, "kind": kind}
    body |= {"params": params, "dedupe_key": None, "audit": {**audit, "acknowledged": []}}
    headers |= {"Idempotency-Key": str(body["change_id"]), "If-Match": '"cv-1"'}
    return httpx.post(f"{server.url}/v1/changes", json=body, headers=headers)


def piped(server: Running, home: Path, *args: str) -> bytes:
    """Run a command with its streams in pipes; what it wrote to stdout."""
    env = {**os.environ, "TRIAGE_BASE_URL": server.url, "TRIAGE_TOKEN": server.token, "TZ": "UTC"}
    argv = [sys.executable, "-m", "triage", "--home", str(home), *(arg.replace("\x00", "") for arg in args)]
    done = subprocess.run(argv, env=env, capture_output=True, timeout=200)
    assert server.token.encode() not in done.stdout + done.stderr
    assert done.returncode in (0, 1, 2), done.stderr.decode(errors="replace")
    return done.stdout


def whole(terminal: Any, seconds: float = 60) -> bytes:
    """Read a command's whole output from its terminal, without emulating one."""
    ends = time.monotonic() + seconds
    received = b""
    while time.monotonic() < ends:
        if select.select([terminal._ours], [], [], 0.5)[0]:
            try:
                some = os.read(terminal._ours, 1 << 20)
            except OSError:
                some = b""
            if not some:
                terminal.code = os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1])
                return received
            received += some
    raise AssertionError("it did not end")


COMMANDS = (
    *(["list", "--all"], ["list", "--all", "--csv"], ["list", "--all", "--plain"], ["list", "--all", "--json"]),
    *(["list", "--filter", "\x1b]0;EVIL\x07\u202e\x9b31m"], ["show", "no\x1b]0;EVIL\x07such"], ["\x1b]0;EVIL\x07"]),
    *(["show", "{0}"], ["show", "{1}", "--json"], ["remedy", "reset_usage", "{0}", "--dry-run"]),
    *(["remedy", "change_admin", "{1}", "--dry-run"], ["outbox", "list"], ["outbox", "list", "--json"]),
    *(["audit", "list"], ["audit", "list", "--json"], ["audit", "verify"], ["audit", "export"], ["check"]),
    *(["check", "--json"], ["whoami"], ["config"], ["list", "--help"], ["sync"]),
)


@pytest.mark.parametrize("part", range(2))
def test_commands_in_a_terminal(
    book: HostileBook, home: Path, in_pty: Callable[..., Any], part: int, tally: Tally
) -> None:
    """All texts through the commands that list, the nastiest through all others; no command but sync sends an ESC."""
    shown = 0
    for args in COMMANDS[part::2]:
        words = [word.format(book.accounts[0].id, book.accounts[1].id) for word in args]
        terminal = in_pty(book.running, home, *words, COLUMNS="200")
        received = whole(terminal)
        assert terminal.code in (0, 1, 2), received[-2000:]
        assert received and b"Traceback" not in received and book.running.token.encode() not in received
        assert not alien(received), f"{args}: {alien(received)}"
        assert b"\x1b" not in received or args[0] == "sync", args
        shown += len(book.accounts) if "--all" in args or "audit" in args else len(NASTIEST)
    tally("hostile strings x surfaces", shown)


@pytest.mark.parametrize("part", range(2))
def test_the_app_in_a_terminal(
    book: HostileBook, home: Path, in_pty: Callable[..., Any], part: int, tally: Tally
) -> None:
    """The nastiest, five in a name, on every screen: nothing acts, each name has its mark, nothing is left behind."""
    app = in_pty(book.running, home, TMPDIR=str(home.parent))
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.read(0.6)
    bundles = range(len(BUNDLES))[part::2]
    app.keys(*"j" * part)
    for number in bundles:
        app.until(lambda text, number=number: f"{number + 1} of " in text)
        line = next(line for line in app.text.splitlines() if line.startswith("▌"))
        assert re.search(r"Blocked.*\?.* !", line) or number == len(BUNDLES) - 1, line
        for opens, says in SCREENS:
            app.keys(opens)
            app.until(lambda text, says=says: re.search(says, text) is not None)
            app.keys("\x1b")
            app.until(lambda text: "Why now" in text and "Category" in text and "╭" not in text)
        app.keys("j", "j")
    app.read(0.3)
    assert app.alive
    app.keys("g", "q")
    assert app.ended() == 0
    assert not alien(app.received), alien(app.received)
    assert book.running.token.encode() not in app.received
    for path in home.parent.rglob("*"):  # made under umask 000
        if path != home:
            assert not path.stat().st_mode & 0o077, path
            assert path.is_dir() or book.running.token.encode() not in path.read_bytes(), path
    tally("hostile strings x surfaces", BUNDLE * len(SCREENS) * len(bundles))


def test_the_whole_book_scrolls_through_a_terminal(
    book: HostileBook, home: Path, in_pty: Callable[..., Any], tally: Tally
) -> None:
    """Every text once in the list; then the filter takes a hostile paste, and markup cannot be clicked."""
    app = in_pty(book.running, home)
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.read(0.6)
    app.keys("p", "9")
    app.until(lambda text: f" of {len(book.accounts)}" in text)
    for _ in range(len(book.accounts) // 16):
        app.keys("\x1b[6~")  # page down
    app.until(lambda text: f"{len(book.accounts)} of {len(book.accounts)}" in text)
    app.keys("g", "/", f"\x1b[200~{BUNDLES[0]}\x9b31m\u202eend\x1b[201~")
    app.until(lambda text: "?31m?end" in text)
    app.keys("\x1b")
    app.until(lambda text: f"1 of {len(book.accounts)}" in text)
    app.read(0.5)  # a key right behind an escape would be taken for alt and that key
    app.keys("/", *"click", "\r")
    filtered = app.until(lambda text: "[@click=" in text and "match" in text)
    for y, line in enumerate(filtered.splitlines(), start=1):
        if (x := line.find("[@click")) > 0:
            app.keys(f"\x1b[<0;{x + 1};{y}M", f"\x1b[<0;{x + 1};{y}m")
    app.read(0.5)
    assert app.alive
    app.keys("\x1b")
    app.read(0.5)
    app.keys("g", "q")
    assert app.ended() == 0
    assert not alien(app.received), alien(app.received)
    tally("hostile strings x surfaces", len(book.accounts) + 1)


SCREENS = [
    ("\r", "hours a day|Workspaces"),
    ("b", "Moved by"),
    ("a", "Outcome"),
    ("R", "Cancel"),
    (".", "Log a conversation"),
    ("A", "New admin|Cancel"),
    ("n", "Channel"),
    ("w", "Replay"),
    ("T", "Months"),
    ("D", "Percent"),
    ("C", "New tier"),
    ("?", "Act on the account"),
]
