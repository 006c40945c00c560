"""Canaries: a token and customers go through a day's work and its crashes; then every artefact is searched."""

import base64
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from kit.secrets import Watch, forms, hits, holders, open_to_others, watching

from screens.crash import SENTENCE
from triage.sandbox.process import Running, start

LEFT_SCREEN = b"\x1b[?1049l"
REASON = "Canary reason, told on the phone"
CONFIG = "hold_seconds = 0\n"
# Loaded by Python itself before the real program: one method of it fails, with all secrets in message and locals.
BREAKS = """
import importlib, os, pathlib
module, _, path = os.environ["BREAK"].partition(":")
owner, name = path.split(".")
def broken(*_args, **_more):
    held_in_a_local = pathlib.Path(os.environ["CANARIES"]).read_text()
    raise ValueError(held_in_a_local)
setattr(getattr(importlib.import_module(module), owner), name, broken)
"""
EDITOR = """
import pathlib, sys, time
draft = pathlib.Path(sys.argv[-1])
pathlib.Path(sys.argv[1]).write_text(f"{draft.stat().st_mode & 0o777:o}")
time.sleep(0.3)  # long enough to be seen by whoever watches
draft.write_text("REASON")
""".replace("REASON", REASON)


class Day:
    """One home, temp and runtime directory of their own; every command's output is kept as an artefact."""

    def __init__(self, root: Path, server: Running, in_pty: Callable[..., Any]) -> None:
        self.root, self.server, self._in_pty = root, server, in_pty
        self.home, self.temp, self.run = root / "home", root / "temp", root / "run"
        for folder in (self.home, self.temp, self.run):
            folder.mkdir(mode=0o700)
        (self.home / "config.toml").write_text(CONFIG)
        (self.home / "config.toml").chmod(0o600)
        self.artefacts: dict[str, bytes] = {}
        self.env = {
            "TMPDIR": str(self.temp),
            "XDG_RUNTIME_DIR": str(self.run),
            "XDG_CONFIG_HOME": str(self.home),
            "HOME": str(self.home),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "TRIAGE_TOKEN": "",
            "TEXTUAL_LOG": str(self.temp / "textual.log"),
            "TEXTUAL": "debug",
        }

    def __call__(self, *words: str, stdin: str = "", **env: str) -> "subprocess.CompletedProcess[bytes]":
        done = subprocess.run(
            [sys.executable, "-m", "triage", "--home", str(self.home), *words],
            input=stdin.encode(),
            capture_output=True,
            env={**os.environ, "TRIAGE_BASE_URL": self.server.url, **self.env, **env},
            timeout=60,
        )
        label = " ".join(words)
        self.artefacts[f"stdout of {label}"], self.artefacts[f"stderr of {label}"] = done.stdout, done.stderr
        return done

    def app(self, home: Path | None = None, **env: str) -> Any:
        """The app in a pty."""
        return self._in_pty(self.server, home or self.home, **{**self.env, **env})


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=40, seed=11) as running:
        yield running


@pytest.fixture
def day(tmp_path: Path, server: Running, in_pty: Callable[..., Any]) -> Day:
    return Day(tmp_path, server, in_pty)


@pytest.fixture
def customer(server: Running) -> dict[str, str]:
    """Every name and address in the book that is long enough to be found by itself."""
    headers = {"Authorization": f"Bearer {server.token}"}
    found: dict[str, str] = {"reason": REASON}
    answer = httpx.get(f"{server.url}/v1/accounts?limit=500", headers=headers)
    assert answer.status_code == 200
    lines = [line for line in answer.text.splitlines() if line.strip()]
    documents = [json.loads(line) for line in lines]
    accounts = [one for document in documents for one in _accounts(document)]
    assert len(accounts) >= 40
    for account in accounts:
        if len(account["name"]) > 6:
            found[f"name {account['id']}"] = account["name"]
        for contact in account["contacts"]:
            found |= {
                f"{key} {account['id']}": contact[key] for key in ("name", "email") if len(contact[key] or "") > 6
            }
    return found


def _accounts(document: Any) -> Iterator[Any]:
    """Accounts, wherever they stand in an answer."""
    if isinstance(document, dict):
        if "contacts" in document and "name" in document:
            yield document
            return
        for value in document.values():
            yield from _accounts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _accounts(value)


def broken(day: Day, what: str, secrets: dict[str, str]) -> dict[str, str]:
    """The variables under which a method fails, naming every secret; what fails is loaded before triage begins."""
    folder = day.root / "breaks"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(BREAKS)
    (folder / "canaries").write_text("\n".join(secrets.values()))
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "BREAK": what, "CANARIES": str(folder / "canaries"), "TEXTUAL_LOG": ""}


def work_in_the_app(day: Day) -> bytes:
    """Write a remedy in an editor, look at what a debug key might do, leave; returns all that reached the terminal."""
    script = day.root / "editor.py"
    script.write_text(EDITOR)
    app = day.app(EDITOR=f"{sys.executable} {script} {day.root / 'draft-mode'}", TRIAGE_TOKEN=day.server.token)
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    while "Commands" not in app.text:
        app.keys("\x10")  # ctrl+p, where Textual has its palette with "save screenshot"
        app.read(1)
    assert "screenshot" not in app.text.lower()
    app.keys("\x1b")
    app.until(lambda text: "■ Blocked" in text and "Commands" not in text)
    app.read(0.6)  # a key right behind an escape would be taken for alt and that key
    app.keys("y", "R")
    app.until(lambda text: "Reset usage" in text and "Reason" in text)
    app.keys("\x05")
    app.until(lambda text: "Canary reason" in text)
    app.keys("\x13")
    app.until(lambda text: "takes it back" in text or "Canary" not in text)
    while "> Outbox" not in app.text:
        app.keys("b")  # a letter that comes right behind an editor was meant for it
        app.read(1)
    app.until(lambda text: "applied" in text)
    app.keys("\x1b")
    app.until(lambda text: "■ Blocked" in text)
    app.keys("q")
    assert app.ended() == 0
    return bytes(app.received)


def crash_in_the_app(day: Day, secrets: dict[str, str]) -> bytes:
    """The outbox screen fails while it is drawn; returns what stands in the scrollback afterwards."""
    breaks = broken(day, "screens.outbox:OutboxScreen.draw", secrets)
    app = day.app(TRIAGE_TOKEN=day.server.token, PYTHONASYNCIODEBUG="1", **breaks)
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.keys("b")
    assert app.ended() == 1
    left = bytes(app.received)[app.received.rindex(LEFT_SCREEN) :]
    assert SENTENCE[:40].encode() in left and b"ValueError" in left
    assert b"Executing <" not in app.received, "what asyncio logs is written across the screen"
    return left


def sign_in_with_a_screenshot(day: Day) -> tuple[bytes, bytes]:
    """Paste the token into the form, try to copy it out again, and let Textual save its screenshot meanwhile."""
    pictures = day.root / "pictures"
    pictures.mkdir()
    where = {"TEXTUAL_SCREENSHOT": "6", "TEXTUAL_SCREENSHOT_LOCATION": str(pictures), "XDG_RUNTIME_DIR": ""}
    app = day.app(day.root / "nobody yet", **where)
    app.until(lambda text: "paste the token first" in text)
    while "paste the token first" in app.text:
        app.keys(f"\x1b[200~{day.server.token}\x1b[201~")
        app.read(0.5)
    app.keys("\x01", "\x1b[1;2F", "\x1b[1;2H", "\x18", f"\x1b[200~{day.server.token}\x1b[201~")  # select, cut
    assert app.ended(30) == 0
    (picture,) = pictures.iterdir()
    assert open_to_others(pictures) == []
    assert b"Sign" in picture.read_bytes()
    return picture.read_bytes(), bytes(app.received)


def test_a_days_work_leaves_no_secret(day: Day, server: Running, customer: dict[str, str], tally: Any) -> None:
    token = {"token": server.token}
    mark = hashlib.sha256(b"triage token mark\n" + server.token.encode()).hexdigest()[:16]
    with watching() as watch:
        assert day("login", "--token-stdin", stdin=server.token).returncode == 0
        assert day("sync", "--json", "-v").returncode == 0
        shots = {"the app's pty": work_in_the_app(day)}
        crash = crash_in_the_app(day, {**token, **customer})
        shots["the screenshot"], shots["the pty of signing in"] = sign_in_with_a_screenshot(day)
        outputs_of_every_kind(day, {**token, **customer})
    assert (day.root / "draft-mode").read_text() == "600"
    artefacts = {**day.artefacts, **shots}
    assert {name for name, content in artefacts.items() if hits(content, token)} == set()
    tally("secret searches (artefacts)", len(artefacts))
    check_what_names_no_customer(day, crash, watch, {**token, **customer, "mark": mark}, tally)
    # The runtime file is where login said it keeps the token; nothing else on the disk has it.
    assert [name.partition("/")[0] for name in holders(day.run, token)] == ["triage"]
    assert holders(day.home, token) == {} and holders(day.temp, token) == {}
    # The mark tells whose the remembered identity is; it stands in the cache and nowhere else.
    assert {Path(name).name for name in holders(day.home, {"mark": mark})} <= {"cache.db", "cache.db-wal"}
    customers = {Path(name).name.removesuffix("-wal") for name in holders(day.home, customer)}
    assert customers == {"cache.db", "outbox.db"}, "customers are in the two databases and in no other file"
    tally("secret searches (artefacts)", 3)
    assert open_to_others(day.home) == [] and open_to_others(day.run) == []


def outputs_of_every_kind(day: Day, secrets: dict[str, str]) -> None:
    """Lists, exports, refusals and crashes of the command line; each must end as it should."""
    with closing(sqlite3.connect(day.home / "cache/default/cache.db")) as cache:
        account_id = cache.execute("SELECT id FROM account LIMIT 1").fetchone()[0]
    out = str(day.root / "export.jsonl")
    for code, words in (
        (0, ("list", "--csv")),
        (0, ("show", account_id, "--json")),
        (0, ("outbox", "list", "--json")),
        (0, ("audit", "export", "--out", out)),
        (0, ("whoami", "--json")),
        (0, ("config", "--json")),
        (None, ("doctor", "--json")),
        (2, ("login", day.server.token)),
        (2, ("login", f"--token={day.server.token}")),
        (None, ("remedy", "no_such", account_id, "--reason", "x", "--json")),
    ):
        done = day(*words)
        assert code in (None, done.returncode), (words[0], done.returncode, done.stderr)
        if day.server.token in words:
            del day.artefacts[f"stdout of {' '.join(words)}"], day.artefacts[f"stderr of {' '.join(words)}"]
            day.artefacts[f"answer to login TOKEN, {len(words[1])}"] = done.stdout + done.stderr
    assert Path(out).stat().st_mode & 0o777 == 0o600
    day.artefacts["audit export"] = Path(out).read_bytes()
    refused = day("sync", "--json", TRIAGE_TOKEN=day.server.token[:-1] + "?")
    assert refused.returncode == 4
    away = day("sync", TRIAGE_BASE_URL="http://127.0.0.1:9")
    assert away.returncode != 0
    crashed = day("audit", "list", **broken(day, "triage.desk.desk:Desk.audit", secrets))
    assert crashed.returncode == 1 and SENTENCE.encode() in crashed.stderr and b"ValueError" in crashed.stderr
    assert hits(crashed.stdout + crashed.stderr, secrets) == []


def check_what_names_no_customer(day: Day, crash: bytes, watch: Watch, secrets: dict[str, str], tally: Any) -> None:
    """Log, config, crash screen, temp files, command lines and children's environments: neither token nor customer."""
    log = (day.home / "state" / "triage.log").read_bytes()
    assert b"push pushed=1" in log and b"pull " in log
    ours = {argv for argv in watch.argv if day.server.token.encode() not in argv}
    assert len(watch.argv - ours) <= 2, "only the two commands that were given the token by mistake"
    children = watch.environ.items()
    assert any(b"keyring_child" in argv for argv, _ in children) and any(b"editor.py" in argv for argv, _ in children)
    for what, content in {
        "log": log,
        "config": (day.home / "config.toml").read_bytes(),
        "crash screen": crash,
        "command lines": b"\n".join(ours),
        "environments": b"\n".join(environ for _, environ in children),
        "file names": "\n".join(str(path) for path in day.root.rglob("*")).encode(),
    }.items():
        assert hits(content, secrets) == [], what
        tally("secret searches (artefacts)")
    assert holders(day.temp, secrets) == {} and list(day.temp.iterdir()) == [], "temp files are gone, no debug log"
    tally("secret searches (artefacts)")


def test_the_search_finds_what_is_there() -> None:
    secret = "tok_Ünï/cödé-1234567"
    assert len(forms(secret)) >= 7
    for wrapped in (secret, json.dumps({"a": secret}), quote(secret, safe="")):
        assert hits(f"before {wrapped} after".encode(), {"s": secret}) == ["s"]
    for before in range(4):
        assert hits(base64.b64encode(b"x" * before + secret.encode() + b"yz"), {"s": secret}) == ["s"]
    assert hits(b"nothing here", {"s": secret}) == []


@pytest.mark.parametrize("mask", [0, 0o177], ids=["umask 0", "umask 0177"])
def test_every_file_is_private_whatever_the_umask(
    mask: int, tmp_path: Path, server: Running, in_pty: Callable[..., Any], tally: Any
) -> None:
    day = Day(tmp_path, server, in_pty)
    before = os.umask(mask)
    try:
        with watching(day.home) as watch:
            assert day("login", "--token-stdin", "--insecure-storage", stdin=server.token).returncode == 0
            assert day("sync").returncode == 0
            assert day("audit", "export", "--out", str(day.home / "export.jsonl")).returncode == 0
            assert day("doctor", "--rescue-outbox", "--out", str(day.home / "rescued.jsonl")).returncode in (0, 1)
            app = day.app(TEXTUAL_SCREENSHOT="4", TEXTUAL_SCREENSHOT_LOCATION=str(day.home))
            app.until(lambda text: "■ Blocked" in text and "1 of " in text)
            assert app.ended(30) == 0
            with closing(sqlite3.connect(day.home / "state/default/outbox.db", isolation_level=None)) as outbox:
                outbox.execute("BEGIN IMMEDIATE")
                outbox.execute("CREATE TABLE passing (one)")  # now there is a journal; closing takes both back
                journal = day.home / "state/default/outbox.db-journal"
                assert journal.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)
    assert watch.open_to_others == set()
    seen = " ".join(watch.files)
    for kind in ("cache.db-wal", "cache.db-shm", "outbox.db", ".lock", "triage.log", "token-"):
        assert kind in seen, f"no {kind} among {seen}"
    assert ".svg" in seen and "export.jsonl" in seen and "rescued.jsonl" in seen
    tally("secret searches (artefacts)", len(watch.files))


ALONE = """
import ctypes, gc, os, resource, subprocess, sys, threading
from triage.private import keep_private
given = keep_private(os.environ)
class Ends:
    def __del__(self): raise ValueError(given["TRIAGE_TOKEN"])
def fails(): raise ValueError(given["TRIAGE_TOKEN"])
one = threading.Thread(target=fails); one.start(); one.join()
Ends(); gc.collect()
child = subprocess.run(["sh", "-c", "ulimit -c; umask; env"], capture_output=True, text=True).stdout
print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3), child)
fails()
"""


def test_the_process_keeps_to_itself(tmp_path: Path) -> None:
    canary = "canary-4711-token"
    ran = subprocess.run(
        [sys.executable, "-c", ALONE],
        capture_output=True,
        env={**os.environ, "TRIAGE_TOKEN": canary, "TEXTUAL_LOG": str(tmp_path / "log"), "TEXTUAL": "devtools,debug"},
        timeout=30,
        umask=0,
    )
    words = ran.stdout.split()
    assert words[:2] == [b"0", b"0"], "core files and inspection"
    assert words[2] == b"0" and int(words[3], 8) == 0o077, "the same for children"
    assert ran.returncode == 1 and ran.stderr.count(b"ValueError, at:") == 3, "thread, finaliser and main thread"
    assert hits(ran.stdout + ran.stderr, {"token": canary}) == []
    assert b"TEXTUAL_LOG" not in ran.stdout and b"TEXTUAL=" not in ran.stdout
