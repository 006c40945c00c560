"""What the health decision tree says of an account (D): answers, path, leaf, and what is still open."""

from enum import StrEnum

from data.account import Value


class Answer(StrEnum):
    """An answer to a question of the tree."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Answered(Value, frozen=True):
    """One question with its answer and where that came from: `signals`, `proxy`, `person` or `none` (unknown)."""

    question: str
    answer: Answer
    source: str
    why: str


class TreeReading(Value, frozen=True):
    """A verdict of the tree (D10-D17). `leaf` is the tree's name or UNDETERMINED; then `best` and `worst` bound it.

    `path` are the questions in the order asked, `skipped` those not asked, `despite` the negative answers a HEALTHY
    leaf was reached with, `flags` the hint rules of D11 and D9, `tasks` what the leaf and D13 ask to be done.
    """

    leaf: str
    code: str | None
    color: str | None
    best: str
    worst: str
    path: tuple[str, ...]
    answers: tuple[Answered, ...]
    skipped: tuple[str, ...]
    despite: tuple[str, ...]
    flags: tuple[str, ...]
    next_question: str | None
    tasks: tuple[str, ...]
    tree_version: str
    tree_hash: str
