"""What a row becomes in the table `listing`: columns of its orders, filters and lapses, its place in the tally."""

from datetime import datetime

from data.account import Account, Claim, Staff
from data.assessment import NO_RANK, Row, severity_key
from data.health_monitor import DRIFT
from data.red_account import CohortCase

LAST = float("inf")
MOST_TENTHS = 20
TINY = 1e-9  # so that three tenths of a cap are three
# the columns that a verdict sets, in the order of `verdict_columns`
VERDICT = [
    *("rank", "order1", "order2", "mrr", "renewal", "last_login"),
    *("snoozed", "has_signal", "handled", "good_until", "day", "policy"),
    *("health", "priority", "sla", "drift", "ratio", "red", "band", "leaf", "industry", "owner", "step"),
    *("no_mrr", "fell", "alerted", "designated", "unanswered"),
    *("tier", "used", "claimant", "hands"),
]

Place = tuple[int, int, int, int, int]  # the key of `tally`


def search_text(account: Account) -> str:
    """What `/` looks through: name, organisation, id and e-mails, case folded."""
    parts = [account.name, account.org_name, account.id, *(contact.email for contact in account.contacts)]
    return " ".join(part for part in parts if part).casefold()


def rules_mark(policy: str, tree: str) -> str:
    """What verdicts are made by; one with another mark has lapsed (P0, D17)."""
    return f"{policy}/{tree}" if tree else policy


def wanted_members(row: Row) -> tuple[tuple[str, str, float], ...]:
    """The workspaces of an at-risk account with what orders the fetching of their members, gravest lowest."""
    if row.category is None:
        return ()
    return tuple((workspace.id, row.id, float(row.category.rank - NO_RANK)) for workspace in row.workspaces)


def place_of(row: Row) -> Place:
    """The key of `tally` under which a row counts."""
    rank = row.category.rank if row.category is not None else NO_RANK
    return rank, int(row.snoozed), int(bool(row.signals)), _drift(row), int(row.red is not None and row.red.is_red)


def _drift(row: Row) -> int:
    return 0 if row.monitor is None else DRIFT[row.monitor.state]


def _ratio(row: Row) -> float:
    return row.monitor.ratio if row.monitor is not None and row.monitor.ratio is not None and _drift(row) > 0 else LAST


def verdict_columns(row: Row) -> tuple[object, ...]:
    """The columns of `listing` that a verdict sets, in the order of VERDICT."""
    rank, order1, order2, _ = severity_key(row)
    last_login = row.logins.last_at
    return (
        rank,
        order1,
        order2,
        -(row.mrr or 0),
        row.renewal_at.timestamp() if row.renewal_at else LAST,
        -last_login.timestamp() if last_login else LAST,
        int(row.snoozed),
        int(bool(row.signals)),
        int(row.handled is not None),
        row.good_until.timestamp() if row.good_until else None,
        row.day.isoformat() if row.day else "",
        rules_mark(row.policy, row.tree.hash if row.tree else ""),
        *_health(row),
        row.tier,
        tenths(row),
        "" if row.claim is None else _staff(row.claim),
        _hands(row),
    )


def tenths(row: Row) -> int:
    """Tenths of the first workspace's cap that are used, 20 at most; -1 where one of the two is unknown."""
    first = row.workspaces[0] if row.workspaces else None
    if first is None or first.used is None or not first.included:
        return -1
    return min(MOST_TENTHS, int(10 * first.used / first.included + TINY))


def _staff(one: Staff | Claim) -> str:
    return f"{one.staff_id} {one.name}".casefold()


def _hands(row: Row) -> str:
    """Whose account this is, each on a line: `!` who has claimed it, the CSM, `=` the name of the case's owner."""
    lines = [f"!{row.claim.staff_id}"] if row.claim is not None else []
    lines += [row.owner.staff_id] if row.owner is not None else []
    lines += [f"={row.case_owner}"] if row.case_owner is not None else []
    return "\n".join(("", *lines, "")) if lines else ""


def _health(row: Row) -> tuple[object, ...]:
    """The columns that the four health systems set."""
    health, red = row.health, row.red
    score = None if health is None else health.score
    priority = None if health is None else health.priority
    due = None if red is None else red.sla_due_at
    last = None if red is None else max(red.cohort, key=_opened, default=None)
    return (
        LAST if score is None else score,
        LAST if priority is None else -priority,
        LAST if due is None else due.timestamp(),
        _drift(row),
        _ratio(row),
        int(red is not None and red.is_red),
        "" if health is None or health.risk is None else health.risk.value,
        "" if row.tree is None else row.tree.leaf,
        (row.industry or "").strip().casefold(),
        "" if row.owner is None else _staff(row.owner),
        "" if red is None else red.step or "",
        int(row.mrr is None),
        "" if row.monitor is None or row.monitor.opened is None else row.monitor.opened.isoformat(),
        int(row.monitor is not None and bool(row.monitor.effects)),
        LAST if last is None else last.opened_at.timestamp(),
        int(last is not None and last.responded_at is None),
    )


def _opened(case: CohortCase) -> datetime:
    return case.opened_at
