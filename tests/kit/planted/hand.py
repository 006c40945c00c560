"""Planting a bug: a copy of the program and its tests, one exact text replaced, and the tests that must notice."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = ("data", "widgets", "screens", "triage")
COPIED = (*PACKAGES, "tests", "docs")
REPORT = "PLANTED_REPORT"
QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "kit.planted.witness", "--timeout=60")
FAST = ("-p", "no:hypothesispytest")


class Stale(Exception):
    """The text to be replaced is not there exactly once: the plant must follow the code."""


@dataclass(frozen=True)
class Plant:
    """A bug as a patch of one file: what it would do to a person, and which tests must fail with it, each of them."""

    name: str
    file: str
    old: str
    new: str
    harm: str
    caught_by: tuple[str, ...]
    named: bool = False  # one of the fifteen of quality.md


@dataclass(frozen=True)
class Outcome:
    """What a run of pytest said: node ids that passed, that failed in the test itself, and that erred before it."""

    code: int
    passed: tuple[str, ...]
    failed: tuple[str, ...]
    erred: tuple[str, ...]
    output: str


def problem_of(plant: Plant, root: Path = ROOT) -> str | None:
    """Return why a plant cannot be planted, None when it can."""
    source = root / plant.file
    found = source.read_text(encoding="utf-8").count(plant.old) if source.exists() else 0
    if found == 1 and plant.new != plant.old:
        return None
    return f"{plant.name} is stale: its old text is {found} times in {plant.file}. Follow the code."


def scratch_copy(to: Path) -> Path:
    """Copy packages and tests into `to`, compiled files too: what is not patched need not be compiled again."""
    for name in COPIED:
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("bench", ".hypothesis"))
    shutil.copy2(ROOT / "pyproject.toml", to)
    return to


def put(plant: Plant, root: Path) -> None:
    """Plant the bug in a copy; Stale when the code has moved on."""
    wrong = problem_of(plant, root)
    if wrong:
        raise Stale(wrong)
    source = root / plant.file
    text = source.read_text(encoding="utf-8").replace(plant.old, plant.new)
    source.unlink()
    source.write_text(text, encoding="utf-8")
    for compiled in (source.parent / "__pycache__").glob(f"{source.stem}.*"):
        compiled.unlink()


def environment(root: Path) -> dict[str, str]:
    """The variables that let a copy win over the installed packages, in every process it starts."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith(("PYTEST_", "SOAK_", "COV"))}
    return {**kept, "PYTHONPATH": os.pathsep.join((str(root), str(root / "tests"))), "PYTHONDONTWRITEBYTECODE": "1"}


def run(root: Path, *words: str, seconds: float = 110) -> Outcome:
    """Run pytest on node ids of a copy, in a process of its own."""
    report = root / "report.json"
    command = [sys.executable, "-m", "pytest", *QUIET, f"--basetemp={root / 'temp'}", *words]
    done = subprocess.run(
        command,
        cwd=root,
        env={**environment(root), REPORT: str(report)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
    )
    said: dict[str, list[str]] = json.loads(report.read_text("utf-8")) if report.exists() else {}
    parts = (tuple(said.get(part, ())) for part in ("passed", "failed", "erred"))
    return Outcome(done.returncode, *parts, done.stdout)
