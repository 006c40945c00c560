"""The real program against the real server: one sandbox for the session, one synced home to copy."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from triage.sandbox.process import start

ROOT = Path(__file__).parents[2]


class Ran:
    """What one run of the program left: exit code, stdout, stderr."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        """Stdout as JSON, which must be all of it."""
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out[:2000]}\n--- stderr\n{self.err[:2000]}"


class Program:
    """Runs `python -m triage` in a home of its own, with an environment that holds nothing else of ours."""

    def __init__(self, home, url=None, token=None, **environ):
        keep = {name: text for name, text in os.environ.items() if not name.startswith(("TRIAGE_", "XDG_"))}
        self.home = Path(home)
        self.environ = {
            **keep,
            "HOME": str(home),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "PYTHONIOENCODING": "utf-8",
            **({"TRIAGE_BASE_URL": url} if url else {}),
            **({"TRIAGE_TOKEN": token} if token else {}),
            **environ,
        }

    def __call__(self, *words, stdin="", environ=None, home=True, seconds=60):
        where = ["--home", str(self.home)] if home else []
        return Ran(
            subprocess.run(
                [sys.executable, "-m", "triage", *where, *map(str, words)],
                input=stdin,
                capture_output=True,
                text=True,
                encoding="utf-8",
                env={**self.environ, **(environ or {})},
                cwd=ROOT,
                timeout=seconds,
            )
        )

    def changed(self, **environ):
        """The same home with other variables; None removes one."""
        made = Program(self.home)
        made.environ = {name: text for name, text in {**self.environ, **environ}.items() if text is not None}
        return made


@pytest.fixture(scope="session")
def sandbox():
    """A reference server with 300 accounts, shared: tests touch accounts of their own."""
    with start(accounts=300, seed=7) as running:
        yield running


@pytest.fixture(scope="session")
def synced(sandbox, tmp_path_factory):
    """A home synced once as the lead, to be copied."""
    home = tmp_path_factory.mktemp("synced")
    ran = Program(home, sandbox.url, sandbox.token)("sync", "--json")
    assert ran.code == 0, ran
    return home, ran.json


@pytest.fixture
def cli(sandbox, synced, tmp_path):
    """The program in a copy of the synced home, as the lead."""
    home = tmp_path / "home"
    shutil.copytree(synced[0], home)
    return Program(home, sandbox.url, sandbox.token)


@pytest.fixture
def bare(sandbox, tmp_path):
    """The program in an empty home, as the lead."""
    return Program(tmp_path / "bare", sandbox.url, sandbox.token)


@pytest.fixture(scope="session")
def program():
    """The class itself, for tests that bring their own server or home."""
    return Program
