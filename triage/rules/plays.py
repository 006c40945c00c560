"""What to make of an account: logins A8, reading A9, contact A10, levers A12, handled A16, snooze A17."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from data.account import Account, Contact
from data.assessment import NO_RANK, RANKS, Category, Handled, Logins, Touch, WorkspaceReading
from data.remedy import REMEDIES
from triage.policy import Policy
from triage.rules.days import JUST_PAST, TOLERANCE, days_between, filled_counts, unfilled_days

FREQUENT = "frequent"
SOME = "some"
NONE_RECENT = "none recent"
UNKNOWN = "unknown"
ADMIN = "admin"
OWNER = "owner"
CONTACTED = frozenset({"log_contact", "log_outreach", *REMEDIES})
ONE_SECOND = timedelta(seconds=1)
_NO_DATA = Logins(None, None, UNKNOWN, (), None)


def read_logins(account: Account, policy: Policy, now: datetime, complete_through: date | None) -> Logins:
    """A8: age of the last login and count in 30 d; days the server had nothing for are zeros and are counted here."""
    source = account.admin_logins
    if source is None:
        return _NO_DATA
    count, daily, as_of = source.count_30d, source.daily, source.as_of
    if daily is not None:
        gap = unfilled_days(as_of, complete_through)
        daily = filled_counts(daily, gap)
        if gap:
            as_of = complete_through
            count = sum(entry for entry in daily if entry is not None)
    return Logins(source.last_at, count, login_class(source.last_at, count, policy, now), daily or (), as_of)


def login_class(last_at: datetime | None, count: int | None, policy: Policy, now: datetime) -> str:
    """A8 for an account whose source knows logins; `last_at` None is "never"."""
    rules = policy.logins
    if last_at is None:
        return NONE_RECENT
    age = days_between(last_at, now)
    if age > rules.recent_days + TOLERANCE:
        return NONE_RECENT
    if count is not None and count >= rules.frequent_count and age <= rules.frequent_days + TOLERANCE:
        return FREQUENT
    return SOME


def logins_turn_at(logins: Logins, policy: Policy) -> datetime | None:
    """When the class of A8 changes by itself: from `frequent` after 7 days, from `some` after 14."""
    if logins.last_at is None or logins.klass not in (FREQUENT, SOME):
        return None
    days = policy.logins.frequent_days if logins.klass == FREQUENT else policy.logins.recent_days
    try:
        return logins.last_at + timedelta(days=days) + JUST_PAST
    except OverflowError:  # a login "in 9999" never ages
        return None


def pick_contact(account: Account) -> Contact | None:
    """A10: the first reachable admin, else a reachable owner, else the first admin, else nobody."""
    first_admin = owner = None
    for contact in account.contacts:
        if contact.role == ADMIN:
            if contact.reachable:
                return contact
            first_admin = first_admin or contact
        elif contact.role == OWNER and contact.reachable:
            owner = owner or contact
    return owner or first_admin


def unreachable(contact: Contact | None) -> bool:
    """A10: nobody to write to; a contact of whom nobody knows is not called unreachable."""
    return contact is None or contact.reachable is False


def reading(category: Category | None, logins: Logins, policy: Policy) -> str:
    """A9: the sentence of the matrix cell; nothing for an account that is not at risk."""
    return "" if category is None else policy.play(category.value, logins.klass).reading


def suggestions(
    account: Account, category: Category | None, logins: Logins, contact: Contact | None, policy: Policy, now: datetime
) -> tuple[str, ...]:
    """A12: the cell's kinds, best first, without what cannot work; A10: nobody reachable, so change_admin first."""
    if category is None:
        return ()
    kinds = [kind for kind in policy.play(category.value, logins.klass).suggested if works(kind, account, policy, now)]
    if unreachable(contact) and account.workspaces:
        kinds = ["change_admin", *(kind for kind in kinds if kind != "change_admin")]
    return tuple(kinds)


def works(kind: str, account: Account, policy: Policy, now: datetime) -> bool:
    """False when a remedy's own gating (A11) plainly refuses it on this account."""
    if kind == "reset_usage":
        return any(workspace.hours_used or workspace.hard_block for workspace in account.workspaces)
    if kind == "grant_trial":
        rank = policy.rank(account.tier)
        rises = any(policy.rank(tier) > rank for tier in policy.trial.tiers)
        return rises and account.payment_mode not in ("subscription", "managed") and not trial_runs(account, now)
    if kind == "change_tier":
        return account.payment_mode != "subscription"
    return kind != "change_admin" or bool(account.workspaces)


def trial_runs(account: Account, now: datetime) -> bool:
    """True while a granted tier has not expired yet."""
    return account.tier_expires_at is not None and account.tier_expires_at > now


def begin(
    category: Category | None, since: datetime | None, readings: tuple[WorkspaceReading, ...], account: Account
) -> datetime | None:
    """A16: when the category began; without a `since` of its own, with the worst workspace's cycle."""
    if category is None or since is not None:
        return since
    if not readings:
        return None
    worst = readings[0].id
    return next((workspace.cycle_start for workspace in account.workspaces if workspace.id == worst), None)


def handled(touches: Sequence[Touch], began: datetime | None) -> Handled | None:
    """A16: the latest contact or remedy since the category began; None where nobody knows when it began.

    The downgrade that itself began "recently downgraded" has handled nothing: the server stamps both in one second.
    """
    if began is None:
        return None
    latest: Touch | None = None
    for touch in touches:
        if touch.kind not in CONTACTED or touch.at < began or (latest is not None and touch.at <= latest.at):
            continue
        if touch.kind == "change_tier" and touch.at - began < ONE_SECOND:
            continue
        latest = touch
    return None if latest is None else Handled(latest.staff_id, latest.name, latest.at, latest.kind)


def snoozed(account: Account, category: Category | None, now: datetime) -> bool:
    """A17: until `until`, or, with `wake_on_worse`, until the category ranks above the one it was snoozed with."""
    snooze = account.snooze
    if snooze is None or now >= snooze.until:
        return False
    if not snooze.wake_on_worse or category is None:
        return True
    ranks: dict[str, int] = {known.value: rank for known, rank in RANKS.items()}
    return RANKS[category] >= ranks.get(snooze.category or "", NO_RANK)
