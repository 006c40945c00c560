"""docs/soak.md: what a long run counted against its goals, which sweeps ran how long, and what went wrong in which."""

import os
import platform
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pytest

Goals = Mapping[str, Mapping[str, int]]
TOLD = ("seed", "reproduce_failure", "crashed")
LIBRARIES = ("httpx", "hypothesis", "msgspec", "pytest")
ROOT = Path(__file__).parents[2]


@dataclass
class Sweep:
    """One long test: minutes of its body, and what it said where it failed."""

    node: str
    outcome: str = "did not run"
    minutes: float = 0.0
    told: list[str] = field(default_factory=list)

    @property
    def fine(self) -> bool:
        """True when it ran to its end without a violation."""
        return self.outcome == "passed"


@dataclass(frozen=True)
class LongRun:
    """A run of the sweeps: when, what was asked for, what was counted, with which seeds."""

    began: datetime
    ended: datetime
    asked_minutes: str
    counts: Mapping[str, int]
    seeds: Mapping[str, Sequence[str]]
    sweeps: Sequence[Sweep]

    @property
    def violations(self) -> list[Sweep]:
        """Sweeps that failed, and those that were collected and never came to their end."""
        return [sweep for sweep in self.sweeps if not sweep.fine]


def sweeps_of(collected: Iterable[str], reports: Iterable[pytest.TestReport | pytest.CollectReport]) -> list[Sweep]:
    """Join what was collected with what was reported; a crashed worker reports a test without phases."""
    found = {node: Sweep(node) for node in collected}
    for report in reports:
        sweep = found.setdefault(report.nodeid, Sweep(report.nodeid))
        sweep.minutes += getattr(report, "duration", 0.0) / 60
        if report.failed:
            sweep.outcome = "**failed**"
            sweep.told += told_by(report.longreprtext, "\n".join(text for _, text in report.sections))
        elif report.skipped:
            sweep.outcome = "skipped"
        elif report.when == "call" and sweep.outcome == "did not run":
            sweep.outcome = "passed"
    return list(found.values())


def told_by(failure: str, captured: str = "") -> list[str]:
    """What repeats a failure: lines with seeds, the last ones printed and those of the errors; the errors' first lines.

    Of the source that pytest quotes nothing is taken; in a group of errors every line begins with a bar.
    """
    plain = [line.strip().lstrip("|+").strip() for line in failure.splitlines()]
    errors = [line[1:].strip() for line in plain if line.startswith("E ")]
    quiet = [line for line in plain if line and not line.startswith((">", "E ", "---"))]
    printed = [line.strip() for line in captured.splitlines() if "seed" in line.lower()]
    seeds = [line for line in errors if any(word in line.lower() for word in TOLD)]
    grouped = [line for line in quiet if "Error: " in line]
    return [line[:200] for line in dict.fromkeys([*printed[-2:], *errors[:3], *seeds[-3:], *grouped[:5], *quiet[-1:]])]


def report_text(run: LongRun, goals: Goals) -> str:
    """The long run as Markdown."""
    bad = run.violations
    took = (run.ended - run.began).total_seconds() / 60
    asked = f"`SOAK_MINUTES={run.asked_minutes}`" if run.asked_minutes else "no limit of time"
    lines = [
        "# A long run of the sweeps",
        "",
        f"Written by `make soak` ({asked}). Begun {run.began:%Y-%m-%d %H:%M} UTC, took {took:.1f} minutes.",
        f"**{len(bad)} {'violation' if len(bad) == 1 else 'violations'}** in {len(run.sweeps)} sweeps.",
        "",
        f"{machine()} Commit {commit()}.",
        "",
        "## Counts",
        "",
        "| what | counted | goal of a full run | seeds |",
        "|---|---:|---:|---|",
    ]
    short = []
    for name, goal in goals.items():
        count, wanted = run.counts.get(name, 0), goal.get("soak", 0)
        if not count and not wanted:
            continue
        if count < wanted:
            short.append(name)
        seeds = ", ".join(run.seeds.get(name, ()))
        shown = f"{wanted:,}" + (" (short)" if count < wanted else "") if wanted else "–"
        lines.append(f"| {name} | {count:,} | {shown} | {_cell(seeds)} |")
    lines += ["", *_shortfall(short), "", "## Sweeps", "", "| sweep | result | minutes |", "|---|---|---:|"]
    lines += [f"| `{_cell(sweep.node)}` | {sweep.outcome} | {sweep.minutes:.1f} |" for sweep in run.sweeps]
    for sweep in bad:
        lines += ["", f"### {sweep.outcome.strip('*')}: `{sweep.node}`", "", "```", *sweep.told, "```"]
    return "\n".join(lines) + "\n"


def _shortfall(short: list[str]) -> list[str]:
    if not short:
        return ["Every count has reached the goal of a full run."]
    return [f"Short of the goal of a full run ({len(short)}): {', '.join(short)}."]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def machine() -> str:
    """Cores and versions; nothing that names the machine."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"{cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {libraries}."
    )


def commit() -> str:
    """The short hash of what ran, and whether anything but docs differed from it."""
    try:
        found = _git("rev-parse", "--short=12", "HEAD")
        changed = _git("status", "--porcelain", "--", ".", ":!docs")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found + (" with changes that are not committed" if changed else "")


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
