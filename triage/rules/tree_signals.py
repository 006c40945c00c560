"""What the signals alone say to the tree's questions: D5-D9 and D12, yes, no or unknown, without the words for it."""

from datetime import date, datetime

from data.account import Account, Nps
from data.health_tree import Answer
from triage.policy import Policy
from triage.rules.days import TOLERANCE, assessment_day, days_between
from triage.rules.plays import read_logins

SENTIMENT = "Q3"
SUPPORT = "Q4"
RENEWAL = ("Q5", "Q6")
QUESTIONS = ("Q1", "Q2", SENTIMENT, SUPPORT, *RENEWAL)
Said = tuple[bool | None, ...]


def bare_answers(account: Account, policy: Policy, now: datetime, complete_through: date | None, on: date) -> Said:
    """D5-D9, D12: what the account's signals say to Q1-Q4, and to Q5 and Q6, which are both about the renewal."""
    return (
        adopted(account, policy, now, complete_through),
        active(account, policy, now),
        satisfied(account, policy, on),
        overloaded(account, policy),
        renews(account, policy, now),
    )


def by_question(said: Said) -> dict[str, Answer]:
    """Bare answers by the question's id."""
    return {name: as_answer(yes) for name, yes in zip(QUESTIONS, (*said, said[-1]), strict=True)}


def as_answer(yes: bool | None) -> Answer:
    """The answer; None is unknown."""
    return Answer.UNKNOWN if yes is None else Answer.YES if yes else Answer.NO


def adopted(account: Account, policy: Policy, now: datetime, complete_through: date | None) -> bool | None:
    """D5: adoption strictly above 60 %; D12 where it is unknown: the known proxies must all reach 60 %."""
    percent = None if account.signals is None else account.signals.adoption_pct
    if percent is not None:
        return percent > policy.tree.adoption_pct + TOLERANCE
    shares = [share for share in proxies(account, policy, now, complete_through) if share is not None]
    return min(shares) >= policy.tree.proxies.reach - TOLERANCE if shares else None


def proxies(
    account: Account, policy: Policy, now: datetime, complete_through: date | None
) -> tuple[float | None, float | None]:
    """D12: login frequency and feature breadth as shares of their benchmarks."""
    rules, signals = policy.tree.proxies, account.signals
    logins = None if account.admin_logins is None else read_logins(account, policy, now, complete_through).count_30d
    used = None if signals is None else signals.features_used
    available = None if signals is None else signals.features_available
    breadth = None if used is None or not available or available < 0 else used / available / rules.features_share
    return None if logins is None else logins / rules.logins_30d, breadth


def active(account: Account, policy: Policy, now: datetime) -> bool | None:
    """D6: the later of the last activity and the last admin login is at most 14 x 24 h old.

    An admin who never logged in (`last_at` null, the source knows logins) is known to be inactive.
    """
    latest = last_activity(account)
    if latest is None:
        return None if account.admin_logins is None else False
    return days_between(latest, now) <= policy.tree.active_days + TOLERANCE


def last_activity(account: Account) -> datetime | None:
    """D6: the later of `last_active_at` and the last admin login, as far as they are known."""
    signals, logins = account.signals, account.admin_logins
    seen = None if signals is None else signals.last_active_at
    login = None if logins is None else logins.last_at
    if seen is None or login is None:
        return seen or login
    return max(seen, login)


def satisfied(account: Account, policy: Policy, on: date) -> bool | None:
    """D7: NPS >= 7 or CSAT >= 80 % of its scale on the latest survey day; the worse of two; over 90 d old is none."""
    signals, rules = account.signals, policy.tree
    if signals is None:
        return None
    latest = latest_survey(account)
    if latest is None or (on - latest).days > rules.survey_days:
        return None
    low = rules.csat_good - TOLERANCE
    good = True
    for nps in signals.nps:
        if nps.at == latest and nps.score < rules.nps_good:
            good = False
    for csat in signals.csat:
        if csat.at == latest and csat.scale > 0 and csat.score / csat.scale < low:
            good = False
    return good


def latest_survey(account: Account) -> date | None:
    """The day of the latest survey answer; a score without a scale is none."""
    signals = account.signals
    if signals is None:
        return None
    latest: date | None = None
    for nps in signals.nps:
        if latest is None or nps.at > latest:
            latest = nps.at
    for csat in signals.csat:
        if csat.scale > 0 and (latest is None or csat.at > latest):
            latest = csat.at
    return latest


def latest_nps(account: Account, policy: Policy, on: date) -> Nps | None:
    """D11: the latest NPS answer of the 90 days before `on` (P0's t), the worse of two on one day."""
    entries = () if account.signals is None else account.signals.nps
    if not entries:
        return None
    latest = entries[0] if len(entries) == 1 else max(entries, key=_latest_worst)
    fresh = (on - latest.at).days <= policy.tree.survey_days
    return latest if fresh else None


def _latest_worst(one: Nps) -> tuple[date, int]:
    return one.at, -one.score


def overloaded(account: Account, policy: Policy) -> bool | None:
    """D8: more than 3 open tickets, or one open for more than 14 d, strictly; what is not known cannot say no."""
    rules, tickets = policy.tree, None if account.signals is None else account.signals.tickets
    if tickets is None:
        return None
    count, oldest = tickets.open, tickets.oldest_open_days
    if (count is not None and count > rules.tickets_open) or (
        oldest is not None and oldest > rules.ticket_days + TOLERANCE
    ):
        return True
    return False if count == 0 or (count is not None and oldest is not None) else None


def renews(account: Account, policy: Policy, now: datetime) -> bool | None:
    """D9: renewal in 0..90 days inclusive; a date that is past is yes as well."""
    at = account.renewal_at
    return None if at is None else days_between(now, at) <= policy.tree.renewal_days + TOLERANCE


def overdue(account: Account, now: datetime) -> bool:
    """D9: the renewal date is past."""
    at = account.renewal_at
    return at is not None and at < now and days_between(now, at) < -TOLERANCE


def today(account: Account, now: datetime, complete_through: date | None) -> date:
    """P0's t; the clock's day where no feed ever said one."""
    return assessment_day(account, complete_through) or now.date()
