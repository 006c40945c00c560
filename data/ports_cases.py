"""What screens may ask the desk about cases, tasks and clocks, and the values that pass (R10–R13, R20, H13, D16)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from data.account import Account, Case, Staff, Value
from data.assessment import Row
from data.red_account import Criterion, RedReading, Task
from data.remedy import Change
from data.safe_text import SafeText


class CaseMove(Value, frozen=True):
    """One thing a person does to a case; only what is given is written.

    `open` is `red` or `recovery`, `step` one of the contract's, `closed` False re-opens, `tick` is (root cause, number
    of the playbook's step from 1, done).
    """

    open: str | None = None
    step: str | None = None
    root_cause: str | None = None
    owner: str | None = None
    closed: bool | None = None
    outcome: str | None = None
    tick: tuple[str, int, bool] | None = None


class Stamp(Value, frozen=True):
    """One step of a case: when the server stamped it, and who by the trail; `pending` waits in this outbox."""

    step: str
    at: datetime | None
    by: SafeText | None
    pending: bool


class PlayStep(Value, frozen=True):
    """One step of a playbook: `number` from 1, ticked by whom and when; `pending` waits in this outbox."""

    number: int
    text: str
    done: bool
    by: SafeText | None
    at: datetime | None
    pending: bool


class PlaybookView(Value, frozen=True):
    """One root cause with its playbook as a checklist and its success as far as signals tell (R13).

    `suggested` is its place among the suggestions, from 1, 0 where it is none; `succeeded` None: a person has to say.
    """

    root_cause: str
    name: str
    indicators: str
    weeks: tuple[int, int]
    note: str
    suggested: int
    chosen: bool
    steps: tuple[PlayStep, ...]
    success: tuple[Criterion, ...]
    succeeded: bool | None


class CaseView(Value, frozen=True):
    """One account's case as it stands here: the server's, what waits in this outbox, and what follows from both.

    `case` None: there is none that belongs to what is going on; `last` is the server's, whatever it is. `move` is what
    the rules find missing (case_steps), `held` why no machine writes it by itself. `tasks` are R10, R12 and D16.
    """

    row: Row
    account: Account
    case: Case | None
    last: Case | None
    red: RedReading
    move: str | None
    held: str
    stamps: tuple[Stamp, ...]
    tasks: tuple[Task, ...]
    playbooks: tuple[PlaybookView, ...]
    pending: tuple[Change, ...]
    may_write: bool
    me: Staff | None
    at: datetime

    @property
    def chosen(self) -> PlaybookView | None:
        """The playbook of the chosen root cause, a choice that waits in the outbox included."""
        return next((one for one in self.playbooks if one.chosen), None)


class DueKind(StrEnum):
    """What something due comes from."""

    CLOCK = "clock"
    DESIGNATION = "designation"
    CADENCE = "cadence"
    TREE = "tree"
    MOVE = "move"
    FOLLOW_UP = "follow_up"
    MESSAGE = "message"


class Due(Value, frozen=True):
    """One thing that is due today or late; `key` is the same however often it is derived. `move` is its case step."""

    key: str
    kind: DueKind
    account_id: str
    account_name: SafeText
    what: SafeText
    who: SafeText
    due_at: datetime
    late: bool
    mine: bool
    owner: SafeText | None
    move: str | None = None


class MyDay(Value, frozen=True):
    """What is due, the most urgent first; `left_out` accounts were not looked at because there are too many."""

    due: tuple[Due, ...]
    looked_at: int
    left_out: int


class CasesPort(Protocol):
    """Local and quick; errors are `data.errors`."""

    def case(self, account_id: str) -> CaseView | None:
        """One account's case, None when the account is not in the cache."""
        ...

    def change_case(self, account_id: str, move: CaseMove) -> Change:
        """Queue what a person does to a case; raises NotAllowed, NotPossible, Rejected, SignedOut."""
        ...

    def my_day(self, everyone: bool = False) -> MyDay:
        """What is due today or late: mine, or of the whole book."""
        ...


STEPS: Sequence[str] = ("assessed", "root_cause", "planned", "reviewed", "intervened", "recovered")
DESIGNATIONS: Sequence[str] = ("task", "manager", "sales", "executive")
