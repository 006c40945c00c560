"""Record the demo as an asciicast from the real program in a pty, typed by this script: `make recording`."""

import codecs
import json
import os
import select
import tempfile
import time
from pathlib import Path

from kit.terminal import Terminal, command

from triage.sandbox.process import start

OUT = Path(__file__).parents[1] / "docs" / "demo.cast"
SIZE = (120, 32)
# What is typed, and the seconds that a watcher has before it.
SCRIPT: tuple[tuple[float, str], ...] = (
    (2.5, "j"),
    *((0.4, "j"),) * 3,
    *((0.3, "k"),) * 4,
    (2.0, "R"),
    *((0.06, letter) for letter in "Stopped in a live session, agreed with their admin on the phone"),
    (1.5, "\x13"),
    (2.5, "u"),
    (2.5, "w"),
    *((0.6, "j"),) * 6,
    (2.0, "\x1b"),
    (1.0, "/"),
    *((0.2, letter) for letter in "drift:severe"),
    (1.5, "\r"),
    (1.5, "\x1b"),
    (1.0, "b"),
    (2.0, "\x1b"),
    (1.0, "t"),
    (3.0, "\x1b"),
    (1.0, "?"),
    (3.0, "\x1b"),
    (1.0, "q"),
)


class Recorded(Terminal):
    """A terminal that notes what arrives, and when."""

    def __init__(self, *args: object, **named: object) -> None:
        self.events: list[tuple[float, str, str]] = []
        self._begun = time.monotonic()
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        super().__init__(*args, **named)  # type: ignore[arg-type]

    def take(self, some: bytes) -> None:
        """Note and show what has arrived."""
        self.events.append((round(time.monotonic() - self._begun, 3), "o", self._text.decode(some)))
        super().take(some)


def main() -> None:
    """Start a server with a seeded book, sync, and type the script into the program."""
    with tempfile.TemporaryDirectory() as folder, start(accounts=150, seed=7) as server:
        home = Path(folder)
        words, env = command(server, home, "sync", COLORTERM="truecolor")
        os.spawnvpe(os.P_WAIT, words[0], words, env)
        words, env = command(server, home, COLORTERM="truecolor")
        terminal = Recorded(words, env, SIZE)
        terminal.until(lambda text: "Blocked" in text)
        for pause, key in SCRIPT:
            terminal.read(pause)
            os.write(terminal._ours, key.encode())
        while select.select([terminal._ours], [], [], 2.0)[0] and terminal.alive:
            terminal.read(0.1)
    header = {"version": 2, "width": SIZE[0], "height": SIZE[1], "title": "triage: the at-risk inbox"}
    header["env"] = {"TERM": "xterm-256color"}
    OUT.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in (header, *terminal.events)) + "\n")
    print(f"{OUT.name}: {terminal.events[-1][0]:.0f} s, {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
