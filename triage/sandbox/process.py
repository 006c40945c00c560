"""The sandbox as a child process: started, found, stopped; it dies with its parent."""

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO


class SandboxFailed(Exception):
    """The child did not come up; the message holds what it said on stderr."""


@dataclass(frozen=True)
class Running:
    """A sandbox that listens."""

    url: str
    token: str
    tokens: dict[str, str]
    process: "subprocess.Popen[str]"

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self.process.pid

    def stop(self, seconds: float = 10) -> int:
        """Ask it to end (SIGTERM) and wait; returns its exit code, 0 when all went well."""
        if self.process.poll() is None:
            self.process.terminate()
        return self._reap(seconds)

    def kill(self) -> int:
        """End it at once (SIGKILL), as a crash would."""
        if self.process.poll() is None:
            self.process.kill()
        return self._reap(10)

    def _reap(self, seconds: float) -> int:
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def start(
    accounts: int = 1000,
    seed: int = 7,
    db: Path | str | None = None,
    faults: str | None = None,
    port: int = 0,
    live: bool = False,
    *,
    clock_offset: float = 0.0,
    seconds: float = 120,
    extra: Sequence[str] = (),
) -> Running:
    """Start a sandbox and wait until it listens; SandboxFailed when it ends or stays silent for `seconds`."""
    command = [sys.executable, "-m", "triage.sandbox", "--accounts", str(accounts), "--seed", str(seed)]
    command += ["--port", str(port), "--parent-pid", str(os.getpid()), f"--clock-offset={clock_offset}"]
    command += ["--db", str(db)] if db else []
    command += ["--faults", faults] if faults else []
    command += ["--live"] if live else []
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [*command, *extra], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        assert process.stdout is not None
        line = _first_line(process.stdout, seconds)
        if not line:
            process.kill()
            process.wait()
            process.stdout.close()
            errors.seek(0)
            raise SandboxFailed(f"The sandbox did not start: {errors.read()[-2000:].strip() or 'it said nothing'}")
    said = json.loads(line)
    return Running(said["url"], said["token"], said["tokens"], process)


def _first_line(stream: IO[str], seconds: float) -> str:
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        if selector.select(max(0, deadline - time.monotonic())):
            return stream.readline()
    return ""
