"""The keyring at arm's length: asked in a process of its own, which is killed after three seconds."""

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from subprocess import Popen

LIMIT = 3.0
SERVICE = "triage"
_CHILD = Path(__file__).with_name("keyring_child.py")
_SENTENCES = {
    "good": "The keyring works.",
    "none": "This machine has no keyring.",
    "plain": "The only keyring here stores plain text or is unknown, so it is not used.",
    "locked": "The keyring is locked, or not set up yet. Unlock it and sign in again.",
    "hanging": f"The keyring gave no answer within {LIMIT:.0f} s (usual over SSH).",
    "raising": "The keyring answers with an error.",
}


class KeyringState(msgspec.Struct, frozen=True):
    """How the keyring stands: `state` is good, none, plain, locked, hanging or raising; `backend` its name."""

    state: str
    backend: str
    sentence: str

    @property
    def usable(self) -> bool:
        """True when tokens may be kept in it."""
        return self.state == "good"

    @property
    def trouble(self) -> str:
        """The sentence where a keyring is there and does not serve; empty where it works or there is none."""
        return "" if self.state in ("good", "none") else self.sentence


def ask_keyring(action: str, user: str, token: str | None = None) -> tuple[str | None, KeyringState]:
    """Get, set or delete (`action`) the token of `user`; returns the token that was there and the keyring's state.

    Token and answer travel through pipes, never through arguments or the environment. Takes at most 3.5 s.
    """
    import subprocess

    asked = json.dumps({"action": action, "service": SERVICE, "user": user, "token": token}).encode()
    child = subprocess.Popen(
        [sys.executable, "-P", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={key: value for key, value in os.environ.items() if key != "TRIAGE_TOKEN"},
    )
    try:
        out, _ = child.communicate(asked, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        _end(child)
        return None, _state("hanging")
    try:
        answer = json.loads(out.splitlines()[-1])  # a backend may have printed something before
        return answer["token"], _state(answer["state"], answer["backend"])
    except (ValueError, IndexError, TypeError, KeyError):  # or the child died, and that line is not its answer
        return None, _state("raising")


def _state(state: str, backend: str = "") -> KeyringState:
    name = f" ({backend})" if backend and state in ("raising", "plain") else ""
    return KeyringState(state, backend, _SENTENCES[state].removesuffix(".") + name + ".")


def _end(child: "Popen[bytes]") -> None:
    """Kill the child with whatever it started (a prompt, a helper).

    Its pipes are closed unread: a helper that left the group may hold their other ends for as long as it likes.
    """
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()
