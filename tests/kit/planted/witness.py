"""The pytest plugin inside a copy: it insists that the copy is what runs, and writes down what each test said."""

import json
import os
from importlib import import_module
from pathlib import Path

import pytest
from kit.planted.hand import PACKAGES, REPORT

SAID = pytest.StashKey[dict[str, list[str]]]()


def pytest_configure(config: pytest.Config) -> None:
    """Stop at once when a package comes from anywhere but the copy."""
    for name in PACKAGES:
        found = Path(str(import_module(name).__file__))
        if not found.is_relative_to(config.rootpath):
            raise pytest.UsageError(f"{name} comes from {found}, not from the copy at {config.rootpath}")
    config.stash[SAID] = {"passed": [], "failed": [], "erred": []}
    config.pluginmanager.register(_Ears(config.stash[SAID]))


class _Ears:
    """Hears every report."""

    def __init__(self, said: dict[str, list[str]]) -> None:
        self._said = said

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A failure in the test's own body is a catch; one in a fixture is not."""
        if report.when == "call" and report.outcome in self._said:
            self._said[report.outcome].append(report.nodeid)
        elif report.failed:
            self._said["erred"].append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the report over."""
    Path(os.environ[REPORT]).write_text(json.dumps(session.config.stash[SAID]), encoding="utf-8")
