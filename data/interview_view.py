"""The decision tree as an interview: what is answered, asked and still possible; and another tree beside it (D18)."""

from datetime import datetime

from data.account import Value
from data.assessment import Row
from data.health_tree import Answer, Answered, OutcomeDiff, Tree, TreeReading
from data.safe_text import SafeText


class Possible(Value, frozen=True):
    """An outcome that the open questions still leave: the answers that every way to it `needs`, and how many `ways`.

    `rung` is 0 for the gravest outcome to 3 for one without a mark; `despite` as in D10, for the best one.
    """

    leaf: str
    rung: int
    needs: tuple[tuple[str, Answer], ...]
    ways: int
    despite: tuple[tuple[str, Answer], ...]


class Recorded(Value, frozen=True):
    """The last recorded assessment: of the trail, or one of mine that is not there yet (`waits`)."""

    at: datetime
    name: SafeText
    leaf: SafeText
    tree_hash: SafeText
    waits: bool


class InterviewView(Value, frozen=True):
    """One account's interview. `given` are the answers taken so far, a person's before the signals' (`found`).

    `answered` are the questions along the way in their order, `question` the one asked now (None: all are answered),
    `next` what follows it where the signals are right. `reading` is the outcome with every open question answered by
    the signals; it is final once nothing is asked any more. `rung` is that of its leaf. `flags`, `tasks` and `triggers`
    (D15) are sentences; `problem` says why nothing can be recorded, empty where it can.
    """

    row: Row
    tree: Tree
    given: dict[str, Answer]
    found: dict[str, Answered]
    answered: tuple[str, ...]
    question: str | None
    next: tuple[str, ...]
    reading: TreeReading
    rung: int
    possible: tuple[Possible, ...]
    flags: tuple[str, ...]
    tasks: tuple[str, ...]
    triggers: tuple[str, ...]
    recorded: Recorded | None
    problem: str
    at: datetime


class TreeChange(Value, frozen=True):
    """What another tree would change over the book, before it takes effect (D18); `names` of those that move."""

    old: Tree
    new: Tree
    diff: OutcomeDiff
    names: dict[str, SafeText]
