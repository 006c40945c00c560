"""A whole process: wall time, processor time and the most memory it had."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from screen import Broken


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process took: milliseconds by the clock and of the processor, and MB at its largest."""

    wall: float
    processor: float
    memory: float


def run(argv: Sequence[str], env: dict[str, str]) -> Ran:
    """Run it to its end; Broken where that was a failure."""
    begun = time.perf_counter()
    process = subprocess.Popen(argv, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode != 0:
        raise Broken(f"{' '.join(argv[:6])} ended with {process.returncode}: {said.decode(errors='replace')[-2000:]}")
    return Ran(wall * 1000, (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024)


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
