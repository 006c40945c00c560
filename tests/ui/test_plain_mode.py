"""`triage --plain` in a pty, as text: a whole shift by ear; letters, newlines and erasures are all that is sent."""

import io
import os
import re
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from kit.hostile import acts
from kit.hostile_book import hostile_book
from kit.terminal import Terminal

from data.ports_list import Sort, View
from data.remedy import Order
from triage.cli import main
from triage.commands.plain.talk import Left, TerminalTalk
from triage.desk import Desk, sync_once
from triage.sandbox.process import Running, start

REASON = "Council session tonight at seven, Iris rang"
BOX = re.compile("[\u2500-\u259f\u25a0-\u25ff\u2b00-\u2bff]")


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with start(accounts=80, seed=5) as running:
        yield running


class Ear:
    """Hears what a terminal is sent, as text; each line of it counts once."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal, self._heard = terminal, 0

    @property
    def text(self) -> str:
        return self.terminal.received.decode("utf-8", "replace").replace("\r\n", "\n")

    def until(self, *words: str, seconds: float = 40) -> str:
        """Wait until all of these were said since the last time something was typed."""
        ends = time.monotonic() + seconds
        while not all(word in self.text[self._heard :] for word in words):
            assert time.monotonic() < ends, f"{words} never came; heard:\n{self.text[self._heard :]}"
            self.terminal.read(0.05)
        return self.text[self._heard :]

    def type(self, line: str, *words: str, enter: str = "\r") -> str:
        """Type a line and wait for the words; what was said."""
        self._heard = len(self.text)
        os.write(self.terminal._ours, f"{line}{enter}".encode())
        return self.until(*words)


@pytest.fixture
def ear(server: Running, tmp_path: Path, in_pty: Callable[..., Terminal]) -> Callable[..., Ear]:
    def opened(*args: str, **env: str) -> Ear:
        return Ear(in_pty(server, tmp_path / "home", "--plain", *args, **{"TERM": "dumb", **env}))

    return opened


def only_letters(said: bytes) -> None:
    """Nothing was sent but letters, line ends, and the back steps of an erasure."""
    text = said.decode("utf-8")
    assert not acts(text.replace("\r\n", "").replace("\b", "")), "something in it acts on a terminal"
    assert not BOX.search(text)


def audit_with(server: Running, reason: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{server.url}/v1/audit?limit=1000", headers={"Authorization": f"Bearer {server.token}"})
    return [entry for entry in answer.json()["entries"] if entry["reason"] == reason]


def reset(one: Ear) -> None:
    """The remedy from its key to the word that it is queued."""
    said = one.type("R", "Reset usage for")
    ends = time.monotonic() + 30
    while "Reason, 10" not in said:
        assert time.monotonic() < ends, said
        if "Workspace, 1 to" in said and not said.rstrip().endswith("Enter leaves:"):
            said = one.type("", "Reason, 10")
        else:
            one.terminal.read(0.05)
            said = one.text[one._heard :]
    one.type("too short", "characters")
    one.type(REASON, "Type yes")
    one.type("yes", "Queued. It is held for 10 seconds, u takes it back.")


def test_a_whole_shift_by_ear(ear: Callable[..., Ear], server: Running) -> None:
    one = ear()
    one.until("The book is here, 80 accounts", "1 of ")
    worst = one.type("g", "Blocked").splitlines()[1]
    assert "Blocked" in worst and "a month" in worst
    one.type("p", "how to read it", "istory")
    one.type("w", "At risk (A)", "Health index (H)", "Red account (R)")
    one.type("w A1", "Inputs: ")
    reset(one)
    one.type("u", "Taken back: Reset usage", "Nothing was sent.")
    assert audit_with(server, REASON) == []
    reset(one)
    one.type("b", "Outbox, ", "leaves in")
    one.type("p", REASON, "You can: take back")
    one.type("q", " of ")
    one.until("Applied. Reset usage")
    assert len(audit_with(server, REASON)) == 1
    one.type("audit", REASON, "1 of ")
    one.type("q", ":")
    one.type("status", "Live, synced", "Outbox: 0 waiting")
    one.type("q")
    assert one.terminal.ended() == 0
    only_letters(one.terminal.received)
    assert server.token.encode() not in one.terminal.received


def test_what_a_colleague_does_is_said_once_and_never_into_the_typing(
    ear: Callable[..., Ear], server: Running, open_desk: Callable[..., Desk]
) -> None:
    one = ear()
    one.until("The book is here", "1 of ")
    one.type("status", "Live, ")
    other = open_desk("agent", "theirs", url=server.url, token=server.tokens["agent"])
    account = other.open_list(View.AT_RISK, Sort.SEVERITY, "").window(0, 1)[0].row
    one.type(f"go {account.id}", account.name)
    one.type("stat", enter="")
    other.submit(Order("claim", account.id, params={"minutes": 60}), hold=False)
    assert sync_once(other.session).summary.pushed == 1
    one.terminal.read(6)
    assert "claimed by" not in one.text[one._heard :], "nobody interrupts a line that is being typed"
    one.type("us", "Outbox: ", "claimed by")
    assert one.text.count("claimed by") == 1
    one.type("q")
    assert one.terminal.ended() == 0


def test_lines_are_edited_and_left_with_few_letters(ear: Callable[..., Ear]) -> None:
    one = ear()
    one.until("The book is here", "1 of ")
    one.type("statusß\x7f\x7f\x7fus", "Profile default")
    one.type("\x1b[B", "2 of ", enter="")  # arrow down
    one.type("\x1b[A", "1 of ", enter="")
    one.type("nonsense here\x15G", " of ")
    one.type("x", "There is no command x.")
    one.type("n", "Channel, 1 to 4")
    one.type("\x1b", "Left as it was.", enter="")
    one.type("bad\x1b]0;title\x07\u202eword", "There is no command")
    one.type("\x04", enter="")
    assert one.terminal.ended() == 0
    only_letters(one.terminal.received)


def test_a_ctrl_c_that_interrupts_no_waiting_is_noticed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when it comes in the moment before the waiting begins: here it goes to a thread that waits for nothing."""
    ours, theirs = os.openpty()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupts() -> None:
        select.select([ours], [], [], 20)  # the question
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        if not left.wait(10):
            late.append(True)
            os.write(ours, b"never noticed\n")

    left, late = threading.Event(), list[bool]()
    thread = threading.Thread(target=interrupts)
    try:
        with os.fdopen(theirs) as stdin, os.fdopen(os.dup(theirs), "w") as stdout:
            monkeypatch.setattr(sys, "stdin", stdin)
            monkeypatch.setattr(sys, "stdout", stdout)
            with TerminalTalk().opened() as talk, pytest.raises(Left):
                thread.start()
                talk.ask("Channel:")
            left.set()
            assert not late
    finally:
        left.set()
        thread.join()
        signal.signal(signal.SIGINT, before)
        os.close(ours)


def test_a_paste_answers_no_question_that_wants_a_yes(
    ear: Callable[..., Ear], server: Running, open_desk: Callable[..., Desk]
) -> None:
    reason = "Pasted with all of its answers"
    desk = open_desk(url=server.url, token=server.token)
    lines = desk.open_list(View.AT_RISK, Sort.SEVERITY, "").window(0, 50)
    account = next(
        line.row for line in lines if len(line.row.workspaces) == 1 and desk.open_form("reset_usage", line.row.id)
    )
    one = ear()
    one.until("The book is here", "1 of ")
    one.type(f"go {account.id}", account.name)
    one.type(f"R\r{reason}\ryes\ryes\r", "Type yes", enter="")
    one.terminal.read(1.0)
    one.type("no", "Nothing was queued.")
    one.type("q")
    assert one.terminal.ended() == 0 and b"wait; triage" not in one.terminal.received
    assert audit_with(server, reason) == []


def test_every_hostile_name_is_said_harmlessly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    with hostile_book(tmp_path) as book:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("TRIAGE_", "XDG_"))}
        environ = kept | {"TRIAGE_BASE_URL": book.running.url, "TRIAGE_TOKEN": book.running.token, "TZ": "UTC"}
        count = len(book.accounts)
        through = "\n".join(["p", "c", "q", "j"] * 12)
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"9\nl {count}\n{through}\naudit\nl\nq\nstatus\nq\n"))
        assert main(argv=["--home", str(tmp_path / "home"), "--plain"], environ=environ) == 0
        out, err = capfdbinary.readouterr()
    for stream in (out, err):
        found = acts(stream.decode("utf-8").replace("\n", ""))
        assert not found, found
    assert out.decode().count(" a month") + out.decode().count("price unknown") >= count


def test_it_needs_no_textual() -> None:
    import subprocess

    code = "import sys; from triage.commands.plain import opening; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_one_remedy_for_all_that_a_filter_finds(ear: Callable[..., Ear], server: Running) -> None:
    reason = "All of them asked at the user group"
    one = ear()
    one.until("The book is here", "1 of ")
    one.type("3", "Near cap, ")
    said = one.type("all R", "Reason, 10")
    fits = said.count(": fits")
    assert fits and "left out" not in said or fits
    one.type(reason, "Type ")
    one.type("yes", "Left as it was.")
    one.type("all R", "Reason, 10")
    said = one.type(reason, " fit. Type ")
    count = re.findall(r"(\d+) fit\. Type", said)[-1]
    one.type(count, f"{count} of {count} queued")
    one.type("u", "Taken back")
    one.type("q", "wait; triage sync sends them")
    assert one.terminal.ended() == 0
    assert audit_with(server, reason) == []
