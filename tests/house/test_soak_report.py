"""The page of a long run: whatever went wrong, was cut short or never ran is on it."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from kit.planted.hand import ROOT, environment
from kit.soak_report import LongRun, Sweep, report_text

FINE = """
def test_counted(tally):
    for number in range(3):
        tally("bad answers", seed=f"seed-{number}")

def test_more(tally):
    tally("bad answers")
"""
BAD = """
import os, time
import pytest

@pytest.mark.parametrize("seed", [4711])
def test_finds_something(tally, seed):
    tally("client killed", seed=seed)
    print("trial 7 of seed", seed * 2)
    raise AssertionError(f"applied twice; repeat with seed {seed}")

def test_kills_its_worker():
    time.sleep(0.5)
    os._exit(3)
"""


def pytest_in(place, *words, **variables):
    """A run of its own, with no other plugin than xdist: they cost more than all of these tests."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "xdist", *words],
        cwd=place,
        env={**environment(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_failures_crashes_and_unreadable_files_are_on_the_page_of_a_real_run(tmp_path):
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["kit.tally"]\n')
    for name, text in (("test_fine", FINE), ("test_bad", BAD), ("test_unreadable", "import nothing_of_that_name")):
        (tmp_path / f"{name}.py").write_text(text)
    page = tmp_path / "soak.md"
    page.write_text("An older run")  # named in a word of its own, pytest would take it for a place of tests
    words = ("-n", "2", "--dist", "worksteal", f"--soak-report={page}", "--continue-on-collection-errors")
    done = pytest_in(tmp_path, "--rootdir", str(tmp_path), *words, ".", SOAK_MINUTES="1")
    assert done.returncode != 0
    said = page.read_text(encoding="utf-8")
    assert "**3 violations** in 5 sweeps." in said, said + done.stdout
    assert "`SOAK_MINUTES=1`" in said
    assert "| bad answers | 4 | 20,000 (short) | seed-0, seed-1, seed-2 |" in said
    assert "repeat with seed 4711" in said and "trial 7 of seed 9422" in said and "test_finds_something[4711]" in said
    assert "crashed while running" in said and "nothing_of_that_name" in said
    assert "| crash trials (point x fault) | 0 | 50,000 (short) |" in said
    assert str(tmp_path) not in said


def test_what_never_ran_is_a_violation_and_a_full_run_says_so():
    began = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    sweeps = [Sweep("a.py::one", "passed", 10.0), Sweep("a.py::two")]
    run = LongRun(began, began + timedelta(minutes=31), "35", {"bad answers": 20_000}, {}, sweeps)
    said = report_text(run, {"bad answers": {"ci": 500, "soak": 20_000}, "hostile strings": {"ci": 200}})
    assert "took 31.0 minutes" in said and "**1 violation** in 2 sweeps" in said
    assert "| `a.py::two` | did not run | 0.0 |" in said and "### did not run: `a.py::two`" in said
    assert "Every count has reached the goal of a full run." in said and "hostile strings" not in said


CHOICES = {
    "whole": (("-m", "not soak"), 1),
    "one file": (("-m", "not soak", "test_fine.py"), 0),
    "by name": (("-m", "not soak", "-k", "counted"), 0),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_whole_run_that_counts_less_than_its_goals_has_failed(choice, workers, tmp_path):
    words, code = CHOICES[choice]
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["kit.tally"]\n')
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = soak\n")
    (tmp_path / "test_fine.py").write_text(FINE)
    done = pytest_in(tmp_path, "-n", workers, *words)
    assert done.returncode == code, done.stdout
    assert ("goal 1,000   SHORT OF IT" in done.stdout) is (choice == "whole")
    assert re.search(r"^bad answers +[34]   goal 500", done.stdout, re.MULTILINE), done.stdout
