"""Clients to be killed: real processes, forked from one that has everything imported, so that each costs little."""

import importlib
import json
import os
import random
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NEEDED = ("data.backends.native", "data.cache", "data.pull", "data.push", "triage.policy", "triage.rules.assess")
SERVE = "from kit.killable import serve; serve()"


def state_of(home: Path) -> Path:
    """Where the program keeps the outbox of a home."""
    return home / "state" / "default"


def cache_of(home: Path) -> Path:
    """Where the program keeps the cache of a home."""
    return home / "cache" / "default"


@dataclass(frozen=True)
class Client:
    """A client that is about to begin; it is a zombie, its pid its own, until `Clients.ended` has asked for it."""

    pid: int

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)


class Clients:
    """Starts clients of one server; the token goes through the environment, as it does for the program."""

    def __init__(self, url: str, token: str) -> None:
        kept = os.environ.get("PYTHONPATH")
        path = os.pathsep.join([*([kept] if kept else []), str(ROOT / "tests"), str(ROOT)])
        self.environ = {**os.environ, "PYTHONPATH": path, "TRIAGE_TOKEN": token, "TRIAGE_BASE_URL": url}
        self._nursery = subprocess.Popen(
            [sys.executable, "-c", SERVE], env=self.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(self, home: Path, *, pulls: bool, dies_at: int = 0) -> Client:
        """A client of its own process that has said that it begins now; `dies_at`: SIGKILLs itself at that step."""
        self._say({"home": str(home), "pulls": pulls, "dies_at": dies_at})
        pid = int(self._line().removeprefix("begins "))
        return Client(pid)

    def ended(self, client: Client) -> bool:
        """Wait for its end; True when it was killed, False when it had come to its end by itself."""
        self._say({"wait": client.pid})
        status = int(self._line().removeprefix("ended "))
        assert status in (0, -signal.SIGKILL), f"the client failed: {status}"
        return status != 0

    def close(self) -> None:
        """End the process that starts them."""
        assert self._nursery.stdin and self._nursery.stdout
        self._nursery.stdin.close()
        self._nursery.wait(20)
        self._nursery.stdout.close()

    def _say(self, command: dict[str, Any]) -> None:
        assert self._nursery.stdin
        print(json.dumps(command), file=self._nursery.stdin, flush=True)

    def _line(self) -> str:
        assert self._nursery.stdout
        return self._nursery.stdout.readline().strip()


# --- in the other process ---
def serve() -> None:
    """Fork a client for each line on stdin, until there are no more."""
    for name in NEEDED:
        importlib.import_module(name)
    for line in sys.stdin:
        command = json.loads(line)
        if "wait" in command:
            _, status = os.waitpid(command["wait"], 0)
            print(f"ended {os.waitstatus_to_exitcode(status)}", flush=True)
            continue
        if os.fork() == 0:
            code = 1
            try:
                _client(**command)
                code = 0
            finally:
                os._exit(code)


def _client(home: str, pulls: bool, dies_at: int) -> None:
    """One sync as the program does it: send, fetch, check the head."""
    from data.backends.native import NativeBackend
    from data.cache import Cache
    from data.outbox import Outbox
    from data.pull import pull
    from data.push import check_head, push
    from triage.policy import load_policy
    from triage.rules.assess import judge_all
    from triage.rules.health import Rulebook
    from triage.tree_file import load_tree

    steps = 0

    def step(_name: str) -> None:
        nonlocal steps
        steps += 1
        if steps == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def now() -> datetime:
        return datetime.now(UTC)

    url, rules = os.environ["TRIAGE_BASE_URL"], Rulebook(load_policy(), load_tree())
    print(f"begins {os.getpid()}", flush=True)
    with (
        closing(NativeBackend(url, os.environ["TRIAGE_TOKEN"], steps=step)) as backend,
        closing(Outbox.open(state_of(Path(home)), steps=step)) as box,
        closing(Cache.open(cache_of(Path(home)), url, steps=step)) as cache,
    ):
        me, dice = backend.identity(), random.Random()
        push(backend, box, identity=me, base_url=url, now=now, rng=dice, ignore_backoff=True)
        if pulls:
            pull(backend, cache, lambda day: lambda some: judge_all(some, rules, now(), day), now())
        check_head(backend, box, url, now())
