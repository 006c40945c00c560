"""What the suite counted (trials, faults, hostile strings …), in one table at its end; under xdist as well."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

Tally = Callable[..., None]
GOALS = Path(__file__).with_name("goals.json")
COUNTS = pytest.StashKey[dict[str, int]]()
SEEDS = pytest.StashKey[dict[str, str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--soak-report FILE` writes the counts of a long run."""
    parser.addoption("--soak-report", default=None, help="write what was counted to this Markdown file")


def pytest_configure(config: pytest.Config) -> None:
    """Begin at nothing."""
    config.stash[COUNTS] = {}
    config.stash[SEEDS] = {}


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> Tally:
    """Count something: `tally("crash trials", 18)`; `seed=` notes what a random run can be repeated with.

    The names and their goals stand in goals.json; an unknown name is an error, so the table has no strays.
    """
    known = json.loads(GOALS.read_text(encoding="utf-8"))

    def count(name: str, by: int = 1, *, seed: object = None) -> None:
        assert name in known, f"{name!r} has no line in tests/kit/goals.json"
        counts = pytestconfig.stash[COUNTS]
        counts[name] = counts.get(name, 0) + by
        if seed is not None:
            pytestconfig.stash[SEEDS][name] = str(seed)

    return count


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its counts over."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tally"] = session.config.stash[COUNTS]
        session.config.workeroutput["seeds"] = session.config.stash[SEEDS]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: pytest.Item, error: object) -> None:
    """The controller adds a worker's counts to its own; `error` is that of a crashed worker."""
    output = getattr(node, "workeroutput", {})
    counts = node.config.stash[COUNTS]
    for name, count in output.get("tally", {}).items():
        counts[name] = counts.get(name, 0) + count
    node.config.stash[SEEDS].update(output.get("seeds", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, and write the report of a long run."""
    counts = config.stash[COUNTS]
    if not counts or hasattr(config, "workeroutput"):
        return
    report = config.getoption("--soak-report")
    column = "soak" if report else "ci"
    goals = json.loads(GOALS.read_text(encoding="utf-8"))
    terminalreporter.write_sep("=", "what was counted")
    for name in goals:
        if name in counts:
            goal = goals[name].get(column)
            terminalreporter.write_line(f"{name:<44}{counts[name]:>9,}" + (f"   goal {goal:,}" if goal else ""))
    if report:
        failed = len(terminalreporter.stats.get("failed", [])) + len(terminalreporter.stats.get("error", []))
        began = datetime.fromtimestamp(terminalreporter._session_start.time, UTC)
        text = report_text(counts, config.stash[SEEDS], goals, failed, began)
        Path(report).write_text(text, encoding="utf-8")


def report_text(
    counts: dict[str, int], seeds: dict[str, str], goals: dict[str, dict[str, int]], failed: int, began: datetime
) -> str:
    """The long run as Markdown: date, length, counts against their goals, violations and seeds."""
    took = datetime.now(UTC) - began
    lines = [
        "# A long run of the sweeps",
        "",
        f"Written by `make soak` ({os.environ.get('SOAK_MINUTES') or 'no'} minutes asked for).",
        f"Begun {began:%Y-%m-%d %H:%M} UTC, took {took.total_seconds() / 60:.0f} minutes. **{failed} violations.**",
        "",
        "| what | counted | goal of a full run | seed |",
        "|---|---:|---:|---|",
    ]
    for name, goal in goals.items():
        if name in counts:
            wanted = f"{goal['soak']:,}" if goal.get("soak") else "–"
            lines.append(f"| {name} | {counts[name]:,} | {wanted} | {seeds.get(name, '')} |")
    return "\n".join(lines) + "\n"
