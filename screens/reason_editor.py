"""The person's own editor on a text: the app steps aside, the file is readable by nobody else and goes away again."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from textual.app import App, SuspendNotSupported

from data.errors import NotPossible
from data.safe_text import SafeText, safe_lines, safe_text

MOST_BYTES = 20_000
SECRETS = ("TRIAGE_TOKEN", "TRIAGE_SMTP_PASSWORD", "TRIAGE_SLACK_WEBHOOK")


def edit(app: App[object], text: str, environment: Mapping[str, str]) -> SafeText:
    """Return the text as the editor left it, on one line and safe; NotPossible says why there is no editor."""
    command = _command(environment)
    with _stepped_aside(app):
        return run_editor(command, text)


def edit_lines(app: App[object], text: str, environment: Mapping[str, str]) -> str:
    """The same with its lines, each of them safe."""
    command = _command(environment)
    with _stepped_aside(app):
        return run_letter(command, text)


def run_editor(command: str, text: str) -> SafeText:
    """Run `command` on a file of mode 0600 holding `text` and return what it holds afterwards, on one line."""
    return safe_text(" ".join(_run(command, text).split()), cells=None)


def run_letter(command: str, text: str) -> str:
    """The same with its lines, each of them safe."""
    return safe_lines(_run(command, text)).strip("\n")


def _command(environment: Mapping[str, str]) -> str:
    command = environment.get("VISUAL") or environment.get("EDITOR")
    if not command:
        raise NotPossible("No editor: set EDITOR, for example EDITOR=nano.")
    return command


@contextmanager
def _stepped_aside(app: App[object]) -> Iterator[None]:
    try:
        with app.suspend():
            yield
    except SuspendNotSupported:
        raise NotPossible("An editor cannot be opened in this terminal.") from None


def _run(command: str, text: str) -> str:
    handle, name = tempfile.mkstemp(prefix="triage-", suffix=".txt")
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        try:
            environment = {key: value for key, value in os.environ.items() if key not in SECRETS}
            code = subprocess.call([*shlex.split(command), name], env=environment)
        except (OSError, ValueError):
            raise NotPossible(f"The editor could not be started: {command}") from None
        if code:
            raise NotPossible("The editor ended with an error, the text stays as it was.")
        with path.open("rb") as left:
            raw = left.read(MOST_BYTES)
        return raw.decode("utf-8", "replace")
    except FileNotFoundError:
        raise NotPossible("The editor removed the file, the text stays as it was.") from None
    finally:
        path.unlink(missing_ok=True)
