"""A book full of hostile text, through the real program in a pty and through the command line: nothing of it acts."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from triage.sandbox import book, seed
from triage.sandbox.process import Running, start

LONE = "LONE_SURROGATE"  # in the file it becomes the escape of one, as a Python server would send it
HOSTILE = [
    "Esc\x1b[6;31337H\x1b[31337mred",
    "Title\x1b]0;EVIL\x07",
    "Clip\x1b]52;c;RVZJTA==\x1b\\",
    "Link\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "Dcs\x1bP+q544e\x1b\\",
    "Apc\x1b_EVIL\x1b\\ pm \x1b^EVIL\x1b\\ sos \x1bXEVIL\x1b\\",
    "Reset\x1bc\x1b#8\x1b(0lqk",
    "C1 csi\x9b31337m osc\x9d0;EVIL\x9c dcs\x90q\x9c nel\x85ind\x84",
    "Bell\x07\x08\x08\x08back\x7f\x00nul\x0e\x0f",
    "Lines\r\nover\vand\fover\u2028and\u2029over\tand",
    "Bidi \u202egnp.exe\u202c \u2066iso\u2069 \u200f\u200e\u061c",
    "Zero\u200bwidth\u2060\ufeff\u00ad\u180e",
    "Tags\U000e0041\U000e0042\U000e007f",
    "Joiner \u200d alone\u200c\u200d, a\u200db\u200dc\u200dd",
    f"Lone {LONE} surrogate",
    "[@click=app.quit]Markup[/]",
    "[@click=screen.action_remedy('reset_usage')]More[/@click]",
    "[/] [/b] [] [[ ]] [b",
    "[bold red on white link=https://evil.example]Style",
    "$text-muted [$primary]var[/] \\[escaped",
    "Flood " + "Z" + "\u0301\u0335\u0336" * 200,
    "Vowels क" + "\u093e" * 300,
    "Jamo 가" + "\u1161" * 300,
    "Family " + "\U0001f469\u200d" * 200,
    "Tones \U0001f469" + "\U0001f3fd" * 200,
    "Long " + "x" * 10_000,
    "Wide " + "研" * 10_000,
    "\U0001f469\u200d\U0001f467 emoji \U0001f3f3\ufe0f\u200d\U0001f308",
    "=HYPERLINK(A1)",
    "%s %(x)s {0} {name!r} `id` $(id)",
    "   ",
    "",
]
TEXTS = re.compile(r"name|org_name|email|industry|reason|note|use_case|most_used_feature|last_feature|text|client")
# What no output of ours may hold, whatever the terminal: as UTF-8, C1 and the invisible are recognisable by themselves.
FORBIDDEN = re.compile(
    rb"\x1b\[[0-9;]*31337|\x1b\]|\x1b[P_^X]|\x1bc|\x1b#|\x07|\x00|\x7f|\xc2[\x80-\x9f]|\xc2\xad|\xd8\x9c|\xe2\x80[\x8b\x8e\x8f\xa8-\xae]"
    rb"|\xe2\x81[\xa0-\xaf]|\xef\xbb\xbf|\xe1\xa0\x8e|\xf3\xa0[\x80-\xbf]|\xed[\xa0-\xbf]"
)
MARKED = 15  # the first so many names had something replaced


def poison(value: Any, nth: Iterator[str]) -> Any:
    """Put a hostile text in place of every free text below `value`."""
    if isinstance(value, dict):
        return {
            key: next(nth) if isinstance(one, str) and TEXTS.fullmatch(key) else poison(one, nth)
            for key, one in value.items()
        }
    return [poison(one, nth) for one in value] if isinstance(value, list) else value


def endless() -> Iterator[str]:
    """All of them again and again, but the one that the server itself could not read."""
    while True:
        yield from (text for text in HOSTILE if LONE not in text)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox whose book, staff and audit trail are hostile; every account is named after one line of HOSTILE."""
    path, today, nth = tmp_path_factory.mktemp("hostile") / "book.db", datetime.now(UTC).date(), endless()
    accounts = []
    for made, name in zip(book.generate(len(HOSTILE), 7, today), HOSTILE, strict=True):
        account = poison(made.account, nth) | {"name": name, "flags": [name], "tier": "pilot", "payment_mode": "none"}
        account["workspaces"][0] |= {"hard_block": True, "blocked_since": f"{today}T00:00:00Z", "hours_used": 11.5}
        members = {key: poison(some, nth) for key, some in made.members.items()}
        accounts.append(replace(made, account=account, members=members, entries=[poison(e, nth) for e in made.entries]))
    seed.write(
        path, accounts, [{**one, "name": f"{one['name'][:4]}\x1b]0;EVIL\x07\u202e[/]"} for one in book.STAFF], today
    )
    with sqlite3.connect(path) as file:
        file.execute("UPDATE accounts SET body = replace(body, ?, ?)", (LONE, "\\ud800"))
    file.close()
    with start(db=path) as running:
        yield running


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


def triage(server: Running, home: Path, *args: str) -> bytes:
    """Run a command; what it wrote to both streams, which holds nothing that acts."""
    env = {**os.environ, "TRIAGE_BASE_URL": server.url, "TRIAGE_TOKEN": server.token, "TZ": "UTC"}
    env["TMPDIR"] = str(home.parent)
    done = subprocess.run(
        [sys.executable, "-m", "triage", "--home", str(home), *args], env=env, capture_output=True, timeout=60
    )
    said = done.stdout + done.stderr
    assert server.token.encode() not in said
    assert done.returncode in (0, 1, 2) and b"Traceback" not in said, said.decode(errors="replace")
    clean(said, args)
    assert not re.search(rb"[\x00-\x08\x0b-\x1f]", said.replace(b"\r\n", b"\n")), args  # CSV ends its lines with CR LF
    return done.stdout


def clean(said: bytes, where: object) -> None:
    found = FORBIDDEN.search(said)
    assert found is None, f"{where}: {said[max(0, found.start() - 60) : found.end() + 20]!r}"


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_open_umask")
def test_nothing_hostile_acts_in_the_command_line_or_in_the_app(
    server: Running, tmp_path: Path, in_pty: Callable[..., Any]
) -> None:
    home = tmp_path / "home"
    pulled = json.loads(triage(server, home, "sync", "--json"))
    assert pulled["pulled"] == len(HOSTILE)
    rows = json.loads(triage(server, home, "list", "--all", "--json"))
    assert len(rows) == len(HOSTILE)
    ids = {number: row["id"] for row in rows for number, name in enumerate(HOSTILE) if row["name"][:4] == name[:4]}
    conflict_on, refused_on = ids[2], ids[3]
    # somebody else is faster, with a hostile reason: mine ends as conflict and as rejected, with their words in it
    reason = "Because \x1b]0;EVIL\x07 \u202e[@click=app.quit]of this[/] \x9b31337m"
    discount = ["--set", "kind=scholarship", "--set", "percent=10"]
    mine = ["remedy", "apply_discount", conflict_on, *discount, "--reason", reason, "--json"]
    made = json.loads(triage(server, home, *mine))
    assert made["state"] == "queued"
    assert change(
        server, "lead", conflict_on, "apply_discount", {"kind": "scholarship", "percent": 5}, reason
    ).is_success
    assert change(server, "agent", refused_on, "claim", {"minutes": 60}, reason).is_success
    assert json.loads(triage(server, home, "sync", "--json"))["conflicts"] == 1

    for args in COMMANDS:
        triage(server, home, *(word.format(conflict=conflict_on, lone=ids[14]) for word in args))
    app = in_pty(server, home, TMPDIR=str(tmp_path))
    in_the_app(app)
    assert server.token.encode() not in app.received
    left = [path for path in tmp_path.rglob("*") if path != home]
    assert len([path for path in left if path.suffix == ".db"]) == 2
    for path in left:  # under umask 000
        assert not path.stat().st_mode & 0o077, path
        assert path.is_dir() or server.token.encode() not in path.read_bytes(), path


COMMANDS = [
    ["list", "--all"],
    ["list", "--all", "--csv"],
    ["list", "--all", "--plain"],
    ["list", "--filter", "\x1b]0;EVIL\x07\u202e"],
    ["show", "{conflict}"],
    ["show", "{conflict}", "--json"],
    ["show", "{lone}"],
    ["show", "no\x1b]0;EVIL\x07such"],
    ["remedy", "reset_usage", "{conflict}", "--dry-run"],
    ["remedy", "change_admin", "{conflict}", "--dry-run", "--json"],
    ["outbox", "list"],
    ["outbox", "list", "--json"],
    ["audit", "list"],
    ["audit", "list", "--json"],
    ["audit", "verify", "--json"],
    ["check"],
    ["check", "--json"],
    ["whoami"],
    ["whoami", "--json"],
    ["doctor"],
]


def in_the_app(app: Any) -> None:
    """Walk the real program through every screen; it neither acts on a text nor shows one without its mark."""
    app.until(lambda text: "■ Blocked" in text and "1 of " in text)
    app.read(1.0)
    listed = app.text
    app.keys("G", "g", *"jjjjjjjj", "\x04", "\x04", "\x15")
    for opens, says in SCREENS:
        app.read(0.4)  # a key within 0.3 s of a new screen does nothing
        app.keys(opens)
        app.until(lambda text, says=says: re.search(says, text) is not None)
        app.read(0.4)
        app.keys("\x1b")
        app.until(lambda text: "Why now" in text and "Category" in text)
    app.keys("/", *"click", "\r")
    filtered = app.until(lambda text: "[@click=app" in text and "match" in text)
    for y, line in enumerate(filtered.splitlines(), start=1):  # nothing in it can be clicked
        if (x := line.find("[@click")) > 0:
            app.keys(f"\x1b[<0;{x + 1};{y}M", f"\x1b[<0;{x + 1};{y}m")
    app.read(0.5)
    assert app.alive
    app.keys("\x1b", "\x1b", "g", "q")
    assert app.ended() == 0
    clean(re.sub(rb"\x1b\]22;[a-z-]*\x07", b"", app.received), "app")  # Textual's own: the pointer's shape
    marked = [line for line in listed.splitlines() if re.search(r"Blocked.*\?.* !", line)]
    assert len(marked) >= 5, listed


SCREENS = [
    ("\r", "hours a day"),
    ("w", "Replay"),
    ("R", "After"),
    ("T", "Months"),
    ("D", "Percent"),
    ("A", "not change|Member|admin"),
    ("n", "Channel"),
    (".", "Log a conversation"),
    ("b", "needs you"),
    ("a", "Outcome"),
    ("?", "Act on the account"),
]
