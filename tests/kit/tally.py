"""What the suite counted (trials, faults, hostile strings …), in one table at its end; under xdist as well."""

import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kit.soak_report import LongRun, report_text, sweeps_of

Tally = Callable[..., None]
GOALS = Path(__file__).with_name("goals.json")
COUNTS = pytest.StashKey[dict[str, int]]()
SEEDS = pytest.StashKey[dict[str, list[str]]]()
COLLECTED = pytest.StashKey[dict[str, None]]()
HEARD = pytest.StashKey[list[pytest.TestReport | pytest.CollectReport]]()
BEGAN = pytest.StashKey[datetime]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--soak-report FILE` writes the counts of a long run."""
    parser.addoption("--soak-report", default=None, help="write what was counted to this Markdown file")


def pytest_configure(config: pytest.Config) -> None:
    """Begin at nothing."""
    config.stash[COUNTS] = {}
    config.stash[SEEDS] = {}
    config.stash[COLLECTED] = {}
    config.stash[HEARD] = []
    config.stash[BEGAN] = datetime.now(UTC)
    if config.getoption("--soak-report") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Ears(config.stash[HEARD]))


class _Ears:
    """Hears every report of a long run, of whichever worker."""

    def __init__(self, heard: list[pytest.TestReport | pytest.CollectReport]) -> None:
        self._heard = heard

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot even be read hides its sweeps."""
        if report.failed:
            self._heard.append(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep it for the page."""
        self._heard.append(report)


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
            _note(pytestconfig.stash[SEEDS], name, [str(seed)])

    return count


def _note(seeds: dict[str, list[str]], name: str, more: Sequence[str]) -> None:
    """Every seed once; of very many the first and the last say enough."""
    found = list(dict.fromkeys([*seeds.get(name, []), *more]))
    seeds[name] = found if len(found) <= 12 else [*found[:6], *found[-6:]]


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is to run, where there are no workers."""
    session.config.stash[COLLECTED].update(dict.fromkeys(item.nodeid for item in session.items))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """What is to run, as a worker found it."""
    node.config.stash[COLLECTED].update(dict.fromkeys(ids))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its counts over; a whole run that counted less than its goals has failed."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["tally"] = config.stash[COUNTS]
        config.workeroutput["seeds"] = config.stash[SEEDS]
    elif _is_whole(config) and session.exitstatus == pytest.ExitCode.OK and _short(config.stash[COUNTS]):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_whole(config: pytest.Config) -> bool:
    """True for all ordinary tests, as `make test` runs them, and not for a choice of them."""
    chosen = config.getoption("keyword") or config.getoption("collectonly") or config.getoption("lf", False)
    everywhere = config.args_source is not pytest.Config.ArgsSource.ARGS
    return everywhere and not chosen and config.getoption("markexpr") == "not soak"


def _short(counts: dict[str, int]) -> dict[str, int]:
    """The names whose goal a whole run has to reach and did not, with that goal.

    `least` is for where something of the machine may be missing, and the tests that need it are skipped.
    """
    goals = json.loads(GOALS.read_text(encoding="utf-8"))
    least = {name: goal.get("least", goal.get("ci", 0)) for name, goal in goals.items()}
    return {name: wanted for name, wanted in least.items() if counts.get(name, 0) < wanted}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """The controller adds a worker's counts to its own; `error` is that of a crashed worker, whose counts are lost."""
    output = getattr(node, "workeroutput", {})
    counts = node.config.stash[COUNTS]
    for name, count in output.get("tally", {}).items():
        counts[name] = counts.get(name, 0) + count
    for name, seeds in output.get("seeds", {}).items():
        _note(node.config.stash[SEEDS], name, seeds)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, and write the page of a long run."""
    counts = config.stash[COUNTS]
    report = config.getoption("--soak-report")
    if hasattr(config, "workeroutput") or not (counts or report):
        return
    column = "soak" if report else "ci"
    goals = json.loads(GOALS.read_text(encoding="utf-8"))
    terminalreporter.write_sep("=", "what was counted")
    whole = _is_whole(config)
    for name in goals:
        if name in counts or whole:
            count, goal = counts.get(name, 0), goals[name].get(column)
            short = "   SHORT OF IT" if whole and goal and count < goal else ""
            terminalreporter.write_line(f"{name:<44}{count:>9,}" + (f"   goal {goal:,}{short}" if goal else ""))
    if report:
        run = LongRun(
            began=config.stash[BEGAN],
            ended=datetime.now(UTC),
            asked_minutes=os.environ.get("SOAK_MINUTES", ""),
            counts=counts,
            seeds=config.stash[SEEDS],
            sweeps=sweeps_of(config.stash[COLLECTED], config.stash[HEARD]),
        )
        Path(report).write_text(report_text(run, goals), encoding="utf-8")
        terminalreporter.write_line(f"{len(run.violations)} violations in {len(run.sweeps)} sweeps: {report}")
