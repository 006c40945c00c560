"""Helpers that judge accounts beside this process, for a first sync: children fed through pipes, one chunk each."""

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

from data.bulk import Chunk, Done, Made, judge_chunk
from data.health_book import BookContext
from data.health_tree import Answer, Tree, TreeReading
from triage.policy import Policy

MOST = 4
_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Orders:
    """What a helper needs beside the chunks: policy, tree and the book as it was last looked over."""

    policy: Policy
    tree: Tree
    book: BookContext
    memo: dict[tuple[str, tuple[Answer, ...] | tuple[bool | None, ...]], TreeReading] = field(default_factory=dict)

    def judge(self, chunk: Chunk, now: datetime, through: date | None) -> Done:
        """Decode and judge a chunk."""
        from triage.rules.assess import judge_all
        from triage.rules.health import Rulebook

        rules = Rulebook(self.policy, self.tree, self.book, self.memo)
        return judge_chunk(chunk, lambda some: judge_all(some, rules, now, through))


class Crew:
    """`data.bulk.Crew`: as many children as there are processors, at most four, each begun with its first chunk.

    A child holds no token and no file, and ends when its pipe does: also when this process is killed. A chunk whose
    child died is judged here.
    """

    def __init__(self, orders: Orders, clock: Callable[[], datetime]) -> None:
        self._orders = orders
        self._clock = clock
        self._idle: deque[subprocess.Popen[bytes]] = deque()
        self._busy: deque[tuple[subprocess.Popen[bytes], tuple[Chunk, datetime, date | None]]] = deque()
        self.room = max(1, min(MOST, os.cpu_count() or 1))

    def give(self, chunk: Chunk, through: date | None) -> None:
        """Begin with a chunk; a child has one at a time, so that neither waits for the other to read."""
        child = self._idle.popleft() if self._idle else _start(self._orders)
        task = (chunk, self._clock(), through)
        _send(child.stdin, task)
        self._busy.append((child, task))

    def take(self) -> Done:
        """The answer to the chunk that was given first."""
        child, task = self._busy.popleft()
        made: list[Made] = []
        while isinstance(part := receive(child.stdout), list):
            made += part
        if part is None:
            _end(child)
            return self._orders.judge(*task)
        self._idle.append(child)
        return Done(made, *part[1:])

    def close(self) -> None:
        """End the children at once; they have nothing to lose."""
        for child in (*self._idle, *(child for child, _ in self._busy)):
            _end(child)
        self._idle.clear()
        self._busy.clear()


def _start(orders: Orders) -> "subprocess.Popen[bytes]":
    """Start a child in a session of its own: an interrupt at the keyboard is this process's business."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "triage.desk.crew_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={key: value for key, value in os.environ.items() if key != "TRIAGE_TOKEN"},
    )
    _send(child.stdin, orders)
    return child


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:  # what was still in the buffer has nobody to go to
                continue
    child.wait()


def _send(pipe: IO[bytes] | None, value: object) -> None:
    try:
        send(pipe, value)
    except BrokenPipeError:
        return  # the child died: it will not answer either, and that is where it is noticed


def send(pipe: IO[bytes] | None, value: object) -> None:
    """Write a value with its length before it; BrokenPipeError where nobody reads."""
    assert pipe is not None
    body = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    pipe.write(len(body).to_bytes(_LENGTH, "big"))
    pipe.write(body)
    pipe.flush()


def receive(pipe: IO[bytes] | None) -> Any:
    """Read a value from our own other end; None where it ended."""
    assert pipe is not None
    size = int.from_bytes(pipe.read(_LENGTH), "big")
    body = pipe.read(size) if size else b""
    return pickle.loads(body) if body and len(body) == size else None
