"""What the rules say about an account: the verdict that is stored beside it and drawn in the list."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from data.account import Account, Claim, Contact, Id, Snooze, Staff, Value
from data.health_book import Past
from data.health_index import Risk
from data.health_monitor import Effect, MonitorState
from data.red_account import CohortCase
from data.safe_text import SafeReason, SafeText


class Category(StrEnum):
    """The four categories in descending urgency (A1)."""

    PILOT_HARD_BLOCK = "pilot_hard_block"
    AT_CAP = "at_cap"
    APPROACHING_CAP = "approaching_cap"
    RECENTLY_DOWNGRADED = "recently_downgraded"

    @property
    def rank(self) -> int:
        """0 is the gravest; an account without a category ranks 4."""
        return RANKS[self]


RANKS = {category: rank for rank, category in enumerate(Category)}
NO_RANK = len(RANKS)

LOCKED = "locked_not_listed"
CLOCK_SKEW = "clock_skew"


class WorkspaceReading(Value, frozen=True):
    """One workspace as A2–A4 read it; hours unrounded, `mean_daily` in hours a day."""

    id: Id
    name: SafeText
    reason: Category | None
    used: float | None
    included: float | None
    stopped: bool
    since: datetime | None
    mean_daily: float | None
    projected_at: datetime | None
    by_ratio: bool
    by_projection: bool
    cycle_end: datetime | None


class Logins(Value, frozen=True):
    """Admin logins (A8): `klass` is `frequent`, `some`, `none recent` or `unknown`; `daily` up to `as_of`."""

    last_at: datetime | None
    count_30d: int | None
    klass: str
    daily: tuple[int | None, ...]
    as_of: date | None


class Handled(Value, frozen=True):
    """Who contacted or remedied the account since its category began (A16)."""

    staff_id: Id
    name: SafeText
    at: datetime
    kind: SafeText


class Touch(Value, frozen=True):
    """What A13 and A16 need of one audit entry."""

    kind: SafeText
    staff_id: Id
    name: SafeText
    at: datetime
    reason: SafeReason | None
    workspace_id: str | None


Subject = tuple[Account, Sequence[Touch], Past | None]  # with its audit entries, and what is known of it


class Verdict(Value, frozen=True):
    """One rule's answer with the inputs that produced it, so that a person can replay the arithmetic."""

    rule: str
    verdict: str
    inputs: dict[str, object]


class MonitorLine(Value, frozen=True):
    """What the list keeps of the usage monitor (M): ratio R, usage U (0-100), the open alert's first day.

    `watched` and `mature` say whether the account is a peer for M5; `effects` are what followed the open alert and the
    last one that closed, each measured from the day it opened (M21).
    """

    state: MonitorState
    ratio: float | None = None
    usage: float | None = None
    opened: date | None = None
    watched: bool = False
    mature: bool = False
    complex: bool = False
    effects: tuple[Effect, ...] = ()


class HealthLine(Value, frozen=True):
    """What the list keeps of the health index (H): `priority` in minor units a month, `slope` in points a week."""

    score: float | None = None
    risk: Risk | None = None
    coverage: float = 0.0
    partial: bool = False
    priority: float | None = None
    slope: float | None = None
    upsell: bool | None = None
    playbook: str | None = None
    dropped: bool = False


class TreeLine(Value, frozen=True):
    """What the list keeps of the decision tree (D); `worst` is the leaf, or the worst that unknown answers leave open.

    `hash` begins the SHA-256 of the tree's text (D17).
    """

    leaf: str
    best: str
    worst: str
    despite: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    hash: str = ""


class RedLine(Value, frozen=True):
    """What the list keeps of the Red framework (R): the next unfinished clock with its name, and how many were missed.

    `step` is what the case still needs of H13 and R14: `open_recovery`, `open_red`, `upgrade_to_red`, `reopen`,
    `recovered`, `close` or None. `cohort` are the episodes that are known, whatever became of them (R15-R19).
    """

    is_red: bool
    causes: tuple[str, ...] = ()
    composite: float | None = None
    sla_due_at: datetime | None = None
    next_clock: str | None = None
    late: int = 0
    delayed: bool = False
    opened_at: datetime | None = None
    step: str | None = None
    cohort: tuple[CohortCase, ...] = ()


class Row(Value, frozen=True):
    """One line of the list: the facts it shows and the stored verdict (A1–A17); money in minor units.

    `claim` and `snooze` run at `assessed_at`; `snoozed` is false where a running snooze has woken early (A17).
    """

    id: Id
    name: SafeText
    suspicious: bool
    org_name: SafeText | None
    industry: SafeText | None
    tier: SafeText
    mrr: int | None
    currency: SafeText | None
    renewal_at: datetime | None
    downgraded_at: datetime | None
    downgraded_from: SafeText | None
    downgrade_cause: SafeText | None
    owner: Staff | None
    contact: Contact | None
    claim: Claim | None
    snooze: Snooze | None
    snoozed: bool
    category: Category | None
    reasons: tuple[Category, ...]
    signals: tuple[str, ...]
    detail: str
    since: datetime | None
    workspaces: tuple[WorkspaceReading, ...]
    logins: Logins
    reading: str
    suggested: tuple[str, ...]
    handled: Handled | None
    version: int
    seq: int
    updated_at: datetime | None
    day: date | None
    policy: str
    assessed_at: datetime
    good_until: datetime | None
    monitor: MonitorLine | None = None
    health: HealthLine | None = None
    tree: TreeLine | None = None
    red: RedLine | None = None
    case_owner: SafeText | None = None


def severity_key(row: Row) -> tuple[int, float, float, str]:
    """Return the sort key of A7: rank, then longest blocked or highest MRR, then since (none last), then id."""
    if row.category is None:
        return NO_RANK, -float(row.mrr or 0), 0.0, row.id
    since = row.since.timestamp() if row.since else float("inf")
    if row.category is Category.PILOT_HARD_BLOCK:
        return row.category.rank, since, 0.0, row.id
    return row.category.rank, -float(row.mrr or 0), since, row.id
