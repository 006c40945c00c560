"""What is loaded for the first frame and for `triage list`: network, pane and other screens come afterwards."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kit.terminal import Terminal, command

from triage.sandbox.process import Running, start

# Costly, and of no use before a person has seen the list; a name stands for all below it.
LATER = (
    *("httpx", "httpcore", "pydantic", "sqlmodel", "sqlalchemy", "keyring", "cryptography", "yaml"),
    *("pygments", "markdown_it", "triage.sandbox"),
    *("triage.desk.sync", "triage.desk.workers", "triage.desk.cases"),
    *("data.credentials", "data.keyring_probe", "data.pull", "data.push", "data.backends.native"),
    *("triage.policy", "triage.rules", "triage.desk.health", "triage.desk.remedies", "tomllib"),
    *("importlib.metadata", "email", "wcwidth"),
)
NO_SCREEN_YET = ("textual.widgets._text_area", "screens.account", "screens.sign_in", "screens.help", "screens.my_day")
HEADLESS = ("textual", "rich", "asyncio", "typing_extensions", "screens", "ssl", "dataclasses", "inspect", "shutil")
REPARSED = "style sheets parsed again"  # stands among the modules where that was done before the first frame

# The real program; it says what is loaded at the moment when its first row goes to the terminal, or at its end.
PROBE = """
import json, os, sys
def tell():
    with open(os.environ["LOADED"] + ".new", "w") as file:
        json.dump(sorted(sys.modules), file)
    os.replace(file.name, os.environ["LOADED"])
if len(sys.argv) == 3:
    from textual.drivers.linux_driver import LinuxDriver
    from textual.css.stylesheet import Stylesheet
    write, reparse = LinuxDriver.write, Stylesheet.reparse
    def reparsed(self):
        sys.modules["style sheets parsed again"] = sys
        reparse(self)
    Stylesheet.reparse = reparsed
    def written(self, data):
        if "Blocked" in data and not os.path.exists(os.environ["LOADED"]):
            tell()
        write(self, data)
    LinuxDriver.write = written
from triage.__main__ import main
code = main()
if len(sys.argv) > 3:
    tell()
sys.exit(code)
"""


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    home = tmp_path_factory.mktemp("synced") / "home"
    with start(accounts=120, seed=7) as running:
        words, env = command(running, home, "sync")
        subprocess.run(words, env=env, check=True, capture_output=True)
        yield running, home


@pytest.fixture
def probe(synced: tuple[Running, Path], tmp_path: Path) -> Callable[..., tuple[list[str], dict[str, str]]]:
    """Return words and environment of the probe on a copy of the home."""
    shutil.copytree(synced[1], tmp_path / "home")

    def made(*args: str) -> tuple[list[str], dict[str, str]]:
        words, env = command(synced[0], tmp_path / "home", *args, LOADED=str(tmp_path / "loaded"))
        return [sys.executable, "-c", PROBE, *words[3:]], env

    return made


def loaded(tmp_path: Path, names: tuple[str, ...]) -> list[str]:
    """Those of the names that were loaded."""
    found = json.loads((tmp_path / "loaded").read_text())
    assert "sqlite3" in found and "data.cache" in found
    return [name for name in names if any(one == name or one.startswith(f"{name}.") for one in found)]


def test_the_first_frame_loads_neither_network_nor_other_screens(
    probe: Callable[..., tuple[list[str], dict[str, str]]], tmp_path: Path
) -> None:
    app = Terminal(*probe(), size=(120, 40))
    try:
        app.until(lambda text: "Blocked" in text and (tmp_path / "loaded").exists())
        assert loaded(tmp_path, (*LATER, *NO_SCREEN_YET, REPARSED)) == [], "imported too early"
        app.until(lambda text: "Why" in text)  # the pane follows
    finally:
        app.close()


def test_the_list_loads_nothing_that_it_does_not_print_with(
    probe: Callable[..., tuple[list[str], dict[str, str]]], tmp_path: Path
) -> None:
    words, env = probe("list", "--limit", "20")
    ran = subprocess.run(words, env=env, check=True, capture_output=True, text=True)
    assert "Blocked" in ran.stdout and not ran.stderr
    assert loaded(tmp_path, (*LATER, *HEADLESS)) == [], "imported too early"
