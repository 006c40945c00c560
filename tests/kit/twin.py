"""A second client process on the same home, told over its stdin what to do; the token never stands in its arguments."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]


class Twin:
    """The parent's end: `begin` a round in the other process, do something meanwhile, `finish` it."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(TESTS), str(TESTS.parent)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kit.twin"],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, act: str, home: Path, url: str, token: str, now: datetime, faults: list[str | None]) -> None:
        """Start a round: `push`, `hurry` or `pull`."""
        asked = {"act": act, "home": str(home), "url": url, "token": token, "now": now.isoformat(), "faults": faults}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def finish(self) -> str | None:
        """Wait for the round; answers the name of what ended it, None when it went through."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the second process died"
        ended: str | None = json.loads(line)
        return ended

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def _serve() -> None:
    """The child's end: one round for each line."""
    from kit.faulty import FaultyTransport, connected
    from kit.operator import Operator

    ways: dict[str, tuple[FaultyTransport, Any]] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        now = datetime.fromisoformat(asked["now"])
        key = asked["token"] + asked["url"]
        if key not in ways:
            way = FaultyTransport(lambda now=now: now)
            ways[key] = way, connected(asked["url"], asked["token"], way, lambda now=now: now)
        way, backend = ways[key]
        way.set(*asked["faults"])
        home = Path(asked["home"])
        one = Operator("twin", home, asked["url"], lambda now=now: now, lambda *_, b=backend: b, asked["token"])
        ended = one.pull() if asked["act"] == "pull" else one.push(eager=asked["act"] == "hurry")
        one.desk.close()
        print(json.dumps(ended), flush=True)


if __name__ == "__main__":
    _serve()
