"""The health decision tree (D) as it was parsed, and what it says of an account: answers, path, leaf, what is open."""

from enum import StrEnum

from data.account import Value
from data.safe_text import SafeText

MARK = 12  # characters of a hash
UNDETERMINED = "UNDETERMINED"  # the leaf of a reading that unknown answers keep open (D14)


class Answer(StrEnum):
    """An answer to a question of the tree."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Question(Value, frozen=True):
    """One question; `yes` and `no` name the question or the leaf that follows."""

    id: str
    text: SafeText
    hint: SafeText
    yes: str
    no: str


class Leaf(Value, frozen=True):
    """One outcome; `color` is #rrggbb. What `description` claims need not be true of the account (D10)."""

    name: str
    title: SafeText
    color: str
    description: SafeText
    code: str


class Tree(Value, frozen=True):
    """A valid tree (D1, D2), questions and leaves in the order of its text; `sha256` is the hash of that text."""

    title: SafeText
    version: str
    description: SafeText
    entry: str
    questions: tuple[Question, ...]
    leaves: tuple[Leaf, ...]
    sha256: str

    @property
    def mark(self) -> str:
        """Enough of the hash to tell it from another tree."""
        return self.sha256[:MARK]


class Answered(Value, frozen=True):
    """One question with its answer and where that came from: `signals`, `proxy`, `person` or `none` (unknown)."""

    question: str
    answer: Answer
    source: str
    why: str


class TreeReading(Value, frozen=True):
    """A verdict of the tree (D10-D17). `leaf` is the tree's name or UNDETERMINED; then `best` and `worst` bound it.

    `path` are the questions asked whatever the unknown ones turn out to be, in order; `skipped` those that are asked in
    no case. `despite` are the negative answers a HEALTHY leaf was reached with, asked or skipped, `flags` the hint
    rules of D11 and D9, `tasks` what the leaf and D13 ask to be done (ids of the policy), `answers` all questions.
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


class Moved(Value, frozen=True):
    """An account whose outcome differs between two trees (D18); outcomes in the words of D10 and D14."""

    account_id: str
    old: str
    new: str


class OutcomeDiff(Value, frozen=True):
    """What another tree would change over the book (D18): each pair of outcomes with its count, and who moves."""

    counts: tuple[tuple[str, str, int], ...]
    moved: tuple[Moved, ...]
    unchanged: int
