"""`triage demo` in a real terminal: the inbox appears, q ends it, and nothing is left behind."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture
def demo(program, tmp_path):
    """Start the demo in a pty of 120×40; yields (process, read until a text)."""
    ours, theirs = pty.openpty()
    environ = {**program(tmp_path).environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    environ["TMPDIR"] = str(tmp_path)
    command = [sys.executable, "-m", "triage", "demo", "--accounts", "40", "--seed", "7"]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True, close_fds=True
    )
    os.close(theirs)
    seen = bytearray()

    def until(text, seconds=40):
        deadline = time.monotonic() + seconds
        while text not in bytes(seen) and time.monotonic() < deadline:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    seen.extend(os.read(ours, 65536))
                except OSError:  # the program has closed its terminal
                    break
        assert text in bytes(seen), bytes(seen)[-3000:].decode("utf-8", "replace")

    yield process, until, ours
    if process.poll() is None:
        process.kill()
    process.wait()
    os.close(ours)


def children(pid):
    """The children of a process, by /proc."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = re.search(r"\) (\w)", Path(f"/proc/{pid}/stat").read_text())
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state and state.group(1) == "Z":
            return True
        time.sleep(0.1)
    return False


def ended(process, ours, seconds=20):
    """Read on until the program ends (a full terminal would block it); its exit code."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                os.read(ours, 65536)
            except OSError:
                time.sleep(0.05)
    return process.poll()


def test_demo_opens_the_inbox_and_q_leaves_nothing_behind(demo, tmp_path):
    process, until, ours = demo
    until(b"Blocked")
    servers = children(process.pid)
    assert servers
    assert ended(process, ours, 1.0) is None  # keys typed right after the start are ignored on purpose
    os.write(ours, b"q")
    assert ended(process, ours) == 0
    assert all(gone(pid) for pid in servers)
    assert list(tmp_path.glob("triage-*")) == []


def test_the_demos_server_dies_even_when_the_demo_is_killed(demo):
    process, until, _ = demo
    until(b"Blocked")
    servers = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert servers and all(gone(pid) for pid in servers)


def test_without_the_extra_sandbox_and_demo_say_what_to_install(tmp_path):
    hide = "import sys, importlib.util as u; found = u.find_spec\n"
    hide += "u.find_spec = lambda name, *rest: None if name == 'fastapi' else found(name, *rest)\n"
    hide += "from triage.__main__ import main; sys.exit(main())"
    for words in (["sandbox", "--accounts", "10", "--port", "0"], ["demo", "--accounts", "10"]):
        ran = subprocess.run([sys.executable, "-c", hide, *words], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (1, "") and "[sandbox]" in ran.stderr
