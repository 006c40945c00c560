"""The bench: ratios against a peer measured in the same run, interleaved; writes docs/benchmarks.md."""

import argparse
import datetime
import fcntl
import importlib.metadata
import os
import platform
import pty
import select
import signal
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

from triage.sandbox.process import start

HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self):
        yield Static("first row")
Hello().run()
"""
GIVE_UP = 60.0
AT_RISK = "at-risk rules and decoding, processor time"


def spawn(argv: list[str], env: dict[str, str], columns: int = 120, lines: int = 40) -> tuple[int, int]:
    """Run a program in a pty of a given size; returns its pid and our end."""
    pid, ours = pty.fork()
    if pid == 0:
        os.execvpe(argv[0], argv, env)
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    return pid, ours


def until(ours: int, text: bytes) -> float:
    """Read until `text` came; returns when, in perf_counter seconds."""
    seen = b""
    ends = time.perf_counter() + GIVE_UP
    while text not in seen:
        if time.perf_counter() > ends:
            raise TimeoutError(f"{text!r} never came; last: {seen[-300:]!r}")
        if select.select([ours], [], [], 0.5)[0]:
            seen = (seen + os.read(ours, 65536))[-200_000:]
    return time.perf_counter()


def first_frame(argv: list[str], env: dict[str, str], text: bytes) -> float:
    """Milliseconds from exec to a known text in a real pty."""
    begun = time.perf_counter()
    pid, ours = spawn(argv, env)
    try:
        return (until(ours, text) - begun) * 1000
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(ours)


def whole(argv: list[str], env: dict[str, str]) -> float:
    """Milliseconds of a whole process."""
    begun = time.perf_counter()
    subprocess.run(argv, env=env, check=True, capture_output=True)
    return (time.perf_counter() - begun) * 1000


def insert_rows(rows: list[tuple[object, ...]], folder: Path) -> float:
    """Milliseconds of one sqlite3 executemany of the same rows, already parsed."""
    path = folder / f"peer-{time.perf_counter_ns()}.db"
    peer = sqlite3.connect(path)
    peer.execute("PRAGMA journal_mode=WAL")
    peer.execute(
        "CREATE TABLE account (number INTEGER PRIMARY KEY, id TEXT UNIQUE, seq INT, version INT, payload BLOB)"
    )
    begun = time.perf_counter()
    with peer:
        peer.executemany("INSERT INTO account VALUES (?, ?, ?, ?, ?)", rows)
    took = (time.perf_counter() - begun) * 1000
    peer.close()
    return took


def interleaved(rounds: int, ours: Callable[[], float], peer: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Measure both in turns, so that a noisy machine hits both alike."""
    pairs = [(ours(), peer()) for _ in range(rounds)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def line(name: str, peer: str, goal: float, ours: list[float], theirs: list[float]) -> str:
    """One row of the table: goal, ratio of medians, ranges, pass or short."""
    ratio = statistics.median(ours) / statistics.median(theirs)
    spread = "{:.0f} ms ({:.0f}–{:.0f})"
    figures = spread.format(statistics.median(ours), min(ours), max(ours))
    others = spread.format(statistics.median(theirs), min(theirs), max(theirs))
    verdict = "pass" if ratio <= goal else "short"
    return f"| {name} | {peer} | ≤ {goal:g} × | {ratio:.2f} × | {figures} | {others} | {verdict} |"


def main() -> None:
    """Seed a book, sync it, measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", default="docs/benchmarks.md")
    options = parser.parse_args()
    triage = [sys.executable, "-m", "triage"]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        server = start(accounts=options.accounts, seed=7)
        env = {**os.environ, "TRIAGE_BASE_URL": server.url, "TRIAGE_TOKEN": server.token, "TERM": "xterm-256color"}
        try:
            lines = measure(triage, home, env, options.rounds)
        finally:
            server.stop()
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("textual", "httpx", "msgspec"))
    text = (
        "# Benchmarks\n\nWritten by `make bench`. Ratios of medians, side by side in one run; ranges are min–max.\n\n"
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, Python {platform.python_version()}, {versions}, "
        f"{os.cpu_count()} cores, a book of {options.accounts:,} accounts, {options.rounds} rounds.\n\n"
        "| what | compared with | goal | ratio | ours | peer | |\n|---|---|---|---|---|---|---|\n"
        + "\n".join(lines)
        + "\n"
    )
    Path(options.out).write_text(text, encoding="utf-8")
    print(text)


def measure(triage: list[str], home: Path, env: dict[str, str], rounds: int) -> list[str]:
    """All rows of the table."""

    def full_sync() -> float:
        return whole([*triage, "--home", str(home / f"s{time.perf_counter_ns()}"), "sync"], env)

    kept = home / "kept"
    whole([*triage, "--home", str(kept), "sync"], env)
    cache = next(kept.rglob("cache.db"))
    rows = sqlite3.connect(cache).execute("SELECT number, id, seq, version, payload FROM account").fetchall()
    python = sys.executable
    sync = interleaved(max(2, rounds // 2), full_sync, lambda: insert_rows(rows, home))
    listed = interleaved(
        rounds * 2,
        lambda: whole([*triage, "--home", str(kept), "list", "--limit", "20"], env),
        lambda: whole([python, "-c", "import sqlite3"], env),
    )
    opened = interleaved(
        rounds,
        lambda: first_frame([*triage, "--home", str(kept)], env, b"Blocked"),
        lambda: first_frame([python, "-c", HELLO], env, b"first row"),
    )
    cost = rules_cost(2_000 if rounds < 3 else 10_000, rounds)
    return [
        line("`triage sync`, first sync, whole process", "one executemany, rows parsed", 2.5, *sync),
        line("`triage list --limit 20`, whole process", 'python -c "import sqlite3"', 4.0, *listed),
        line("cold start to the first row, pty 120×40", "an empty Textual app", 1.2, *opened),
        line("all rules and decoding, an account a day (its past known)", AT_RISK, 3.0, cost[1], cost[0]),
        line("all rules and decoding, first round (alerts replayed)", AT_RISK, 3.0, cost[2], cost[0]),
    ]


def rules_cost(accounts: int, rounds: int) -> list[list[float]]:
    """Milliseconds of processor time for the at-risk rules, all rules, and all rules without a past, by round."""
    script = str(Path(__file__).with_name("rules_cost.py"))
    told = subprocess.run(
        [sys.executable, script, str(accounts), str(rounds)], check=True, capture_output=True, text=True
    ).stdout
    return [
        list(column) for column in zip(*([float(one) for one in row.split()] for row in told.splitlines()), strict=True)
    ]


if __name__ == "__main__":
    main()
