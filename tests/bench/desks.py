"""A session on a kept home in this process, and how many steps SQLite takes for something."""

from collections.abc import Callable
from typing import Protocol

from world import Site

from triage.commands.context import Context
from triage.commands.joined import open_session
from triage.config import Flags
from triage.desk.session import Session


class Stepping(Protocol):
    """What counts SQLite's steps: a connection."""

    def set_progress_handler(self, handler: Callable[[], int] | None, n: int) -> None:
        """Call `handler` every `n` steps of the virtual machine."""


def session_on(made: Site) -> Session:
    """The session of a process on the kept home, as our program opens it."""
    return open_session(Context(Flags(home=str(made.home)), made.env), network=True)


def steps_of(connection: Stepping, work: Callable[[], object]) -> int:
    """How many steps of SQLite's virtual machine some work takes: rows looked at, whatever the machine does beside."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    connection.set_progress_handler(step, 1)
    try:
        work()
    finally:
        connection.set_progress_handler(None, 1)
    return count
