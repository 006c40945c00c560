"""A whole process: wall time, processor time and the most memory it had, with those it started."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from screen import Broken

LOOK = 0.05  # seconds between two looks at the memory of a running process


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process took: milliseconds by the clock and of the processor, and MB at the largest.

    `memory` is that of the process and those it started together, each at its own largest (pages that they share count
    in each); `largest` that of the largest one alone.
    """

    wall: float
    processor: float
    memory: float = 0.0
    largest: float = 0.0


def run(argv: Sequence[str], env: dict[str, str]) -> Ran:
    """Run it to its end; Broken where that was a failure."""
    begun = time.perf_counter()
    process = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    with Tree(process.pid) as tree:
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise Broken(f"{' '.join(argv[:6])} ended with {process.returncode}: {said.decode(errors='replace')[-2000:]}")
    return Ran(wall * 1000, (used.ru_utime + used.ru_stime) * 1000, *tree.most())


class Tree:
    """The most memory of a process and of those below it, looked at in /proc while it runs.

    Not `ru_maxrss`: on Linux that begins with what the parent held when it started the process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, int] = {}
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Tree":
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    def most(self) -> tuple[float, float]:
        """MB of all together, and of the largest; zeros where there is no /proc."""
        peaks = [peak / 1024 for peak in self._peaks.values()] or [0.0]
        return sum(peaks), max(peaks)

    def _look(self) -> None:
        while not self._over.wait(LOOK):
            for pid in family(self._pid):
                self._peaks[pid] = max(peak_of(pid), self._peaks.get(pid, 0))


def family(pid: int) -> list[int]:
    """The process and all below it, as far as they run."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, task.read_text(encoding="ascii").split())
            except OSError:
                continue  # it ended meanwhile
    return found


def peak_of(pid: int) -> int:
    """The most kB that a process has had in memory since it was started; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def in_turns(rounds: int, *ways: Callable[[], Ran]) -> list[list[Ran]]:
    """Each way once a round, so that a noisy machine hits all alike; the runs of each."""
    made = [[way() for way in ways] for _ in range(rounds)]
    return [list(column) for column in zip(*made, strict=True)]


def walls(runs: Sequence[Ran]) -> list[float]:
    """The wall times."""
    return [one.wall for one in runs]


def processor(runs: Sequence[Ran]) -> str:
    """The median processor time as an addition to a cell."""
    return f", processor {sorted(one.processor for one in runs)[len(runs) // 2]:,.0f} ms"
