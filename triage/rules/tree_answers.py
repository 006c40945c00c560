"""The automatic answers to the tree's six known questions: D5-D9 from the signals, D12 from proxies."""

from datetime import UTC, date, datetime, timedelta

from data.account import Account, Nps, Value
from data.health_tree import Answer, Answered
from triage.policy import Policy
from triage.rules.days import JUST_PAST, TOLERANCE, assessment_day, days_between
from triage.rules.plays import read_logins

SIGNALS = "signals"
PROXY = "proxy"
NONE = "none"
SENTIMENT = "Q3"
SUPPORT = "Q4"
RENEWAL = ("Q5", "Q6")
MICROSECOND = timedelta(microseconds=1)


class Evidence(Value, frozen=True):
    """An automatic answer with the rule that gave it and the numbers and times it was made of."""

    rule: str
    answer: Answer
    source: str
    why: str
    inputs: dict[str, object]


def signal_answers(
    account: Account, policy: Policy, now: datetime, complete_through: date | None
) -> tuple[Answered, ...]:
    """D5-D9, D12: what the account's signals say to Q1-Q6, with source and why."""
    found = evidence(account, policy, now, complete_through)
    return tuple(Answered(question, one.answer, one.source, one.why) for question, one in found.items())


def evidence(account: Account, policy: Policy, now: datetime, complete_through: date | None) -> dict[str, Evidence]:
    """The evidence for each of Q1-Q6; renewal answers both Q5 and Q6."""
    renewal = read_renewal(account, policy, now)
    return {
        "Q1": read_adoption(account, policy, now, complete_through),
        "Q2": read_activity(account, policy, now),
        SENTIMENT: read_sentiment(account, policy, now, complete_through),
        SUPPORT: read_support(account, policy),
        **dict.fromkeys(RENEWAL, renewal),
    }


def read_adoption(account: Account, policy: Policy, now: datetime, complete_through: date | None) -> Evidence:
    """D5: adoption strictly above 60 %; D12 where it is unknown."""
    percent = None if account.signals is None else account.signals.adoption_pct
    if percent is None:
        return _adoption_by_proxy(account, policy, now, complete_through)
    line = policy.tree.adoption_pct
    yes = percent > line + TOLERANCE
    why = f"adoption {percent:g} % is {'' if yes else 'not '}above {line:g} %"
    return _known("D5", yes, SIGNALS, why, {"adoption_pct": percent, "above": line})


def _adoption_by_proxy(account: Account, policy: Policy, now: datetime, complete_through: date | None) -> Evidence:
    """D12: login frequency and feature breadth against their benchmarks; the known ones must all reach 60 %."""
    rules = policy.tree.proxies
    count = None if account.admin_logins is None else read_logins(account, policy, now, complete_through).count_30d
    signals = account.signals
    used = None if signals is None else signals.features_used
    available = None if signals is None else signals.features_available
    shares: list[float] = []
    words: list[str] = []
    if count is not None:
        shares.append(count / rules.logins_30d)
        words.append(f"{count} admin logins in 30 d are {shares[-1]:.0%} of {rules.logins_30d}")
    if used is not None and available is not None and available > 0:
        shares.append(used / available / rules.features_share)
        words.append(f"{used} of {available} features are {shares[-1]:.0%} of {rules.features_share:.0%}")
    inputs: dict[str, object] = {
        "logins_30d": count,
        "logins_benchmark": rules.logins_30d,
        "features_used": used,
        "features_available": available,
        "features_benchmark": rules.features_share,
        "shares": shares,
        "reach": rules.reach,
    }
    if not shares:
        return _unknown("D12", "neither adoption nor logins nor features are known", inputs)
    yes = min(shares) >= rules.reach - TOLERANCE
    why = f"{'; '.join(words)}: {rules.reach:.0%} is {'' if yes else 'not '}reached"
    return _known("D12", yes, PROXY, why, inputs)


def read_activity(account: Account, policy: Policy, now: datetime) -> Evidence:
    """D6: the later of the last activity and the last admin login is at most 14 x 24 h old.

    An admin who never logged in (`last_at` null, the source knows logins) is known to be inactive.
    """
    line = policy.tree.active_days
    latest = last_activity(account)
    inputs: dict[str, object] = {"last_at": latest, "days": line}
    if latest is None:
        if account.admin_logins is None:
            return _unknown("D6", "no activity is known", inputs)
        return _known("D6", False, SIGNALS, "no activity is known and no admin ever logged in", inputs)
    age = days_between(latest, now)
    yes = age <= line + TOLERANCE
    why = f"last active {_day(latest)}, {age:.1f} d ago, {'within' if yes else 'more than'} {line:g} d"
    return _known("D6", yes, SIGNALS, why, inputs | {"age_days": age, "now": now})


def last_activity(account: Account) -> datetime | None:
    """D6: the later of `last_active_at` and the last admin login, as far as they are known."""
    times = (
        None if account.signals is None else account.signals.last_active_at,
        None if account.admin_logins is None else account.admin_logins.last_at,
    )
    return max((time for time in times if time is not None), default=None)


def read_sentiment(account: Account, policy: Policy, now: datetime, complete_through: date | None) -> Evidence:
    """D7: NPS >= 7 or CSAT >= 80 % of its scale on the latest survey day; the worse of two; over 90 d old is none."""
    rules, signals = policy.tree, account.signals
    surveys: list[tuple[date, bool, str]] = []
    if signals is not None:
        surveys += [(one.at, one.score >= rules.nps_good, f"NPS {one.score}") for one in signals.nps]
        surveys += [
            (one.at, one.score / one.scale >= rules.csat_good - TOLERANCE, f"CSAT {one.score:g} of {one.scale}")
            for one in signals.csat
            if one.scale > 0
        ]
    if not surveys:
        return _unknown("D7", "no survey answer is known", {})
    latest = max(at for at, _, _ in surveys)
    age = (_today(account, now, complete_through) - latest).days
    said = [(good, words) for at, good, words in surveys if at == latest]
    inputs: dict[str, object] = {
        "at": latest.isoformat(),
        "age_days": age,
        "days": rules.survey_days,
        "said": [words for _, words in said],
        "nps_good": rules.nps_good,
        "csat_good": rules.csat_good,
    }
    if age > rules.survey_days:
        return _unknown("D7", f"the latest survey of {latest} is {age} d old, over {rules.survey_days} d", inputs)
    yes = all(good for good, _ in said)
    heard = ", ".join(words for _, words in said)
    return _known("D7", yes, SIGNALS, f"{heard} on {latest}: {'satisfied' if yes else 'not satisfied'}", inputs)


def latest_nps(account: Account, policy: Policy, now: datetime, complete_through: date | None) -> Nps | None:
    """D11: the latest NPS answer of the last 90 days, the worse of two on one day."""
    entries = () if account.signals is None else account.signals.nps
    if not entries:
        return None
    latest = max(entries, key=lambda one: (one.at, -one.score))
    fresh = (_today(account, now, complete_through) - latest.at).days <= policy.tree.survey_days
    return latest if fresh else None


def read_support(account: Account, policy: Policy) -> Evidence:
    """D8: more than 3 open tickets, or one open for more than 14 d, strictly; what is not known cannot say no."""
    rules, tickets = policy.tree, None if account.signals is None else account.signals.tickets
    count = None if tickets is None else tickets.open
    oldest = None if tickets is None else tickets.oldest_open_days
    inputs: dict[str, object] = {
        "open": count,
        "oldest_open_days": oldest,
        "open_above": rules.tickets_open,
        "days_above": rules.ticket_days,
    }
    many = count is not None and count > rules.tickets_open
    old = oldest is not None and oldest > rules.ticket_days + TOLERANCE
    known = count == 0 or (count is not None and oldest is not None)
    opened = "an unknown number of tickets" if count is None else f"{count} ticket{'' if count == 1 else 's'}"
    aged = "" if oldest is None else f", the oldest for {oldest:g} d"
    why = f"{opened} open{aged}; the lines are {rules.tickets_open} tickets and {rules.ticket_days:g} d"
    if many or old or known:
        return _known("D8", many or old, SIGNALS, why, inputs)
    return _unknown("D8", "the support queue is not known" if count is None and oldest is None else why, inputs)


def read_renewal(account: Account, policy: Policy, now: datetime) -> Evidence:
    """D9: renewal in 0..90 days inclusive; a date that is past is yes as well."""
    at, line = account.renewal_at, policy.tree.renewal_days
    if at is None:
        return _unknown("D9", "the renewal date is not known", {"renewal_at": None, "days": line})
    left = days_between(now, at)
    yes = left <= line + TOLERANCE
    when = f"{-left:.1f} d ago" if left < -TOLERANCE else f"in {left:.1f} d"
    why = f"renewal {_day(at)}, {when}, {'within' if yes else 'more than'} {line:g} d"
    inputs: dict[str, object] = {"renewal_at": at, "days_left": left, "days": line, "now": now}
    return _known("D9", yes, SIGNALS, why, inputs)


def overdue(account: Account, now: datetime) -> bool:
    """D9: the renewal date is past."""
    return account.renewal_at is not None and days_between(now, account.renewal_at) < -TOLERANCE


def answers_turn_at(account: Account, policy: Policy, now: datetime) -> datetime | None:
    """The earliest instant after `now` at which D6 or D9 change by themselves; surveys age by days, with P0's t."""
    turns: list[datetime] = []
    for at, span in (
        (last_activity(account), timedelta(days=policy.tree.active_days) + JUST_PAST),
        (account.renewal_at, MICROSECOND - JUST_PAST - timedelta(days=policy.tree.renewal_days)),
        (account.renewal_at, JUST_PAST),
    ):
        try:
            turn = None if at is None else at + span
        except OverflowError:  # a date at the end of time never comes
            continue
        if turn is not None and turn > now:
            turns.append(turn)
    return min(turns, default=None)


def _today(account: Account, now: datetime, complete_through: date | None) -> date:
    """P0's t; the clock's day where no feed ever said one."""
    return assessment_day(account, complete_through) or now.date()


def _day(moment: datetime) -> str:
    """The UTC day, without strftime: this runs once for every account of the book."""
    return moment.astimezone(UTC).date().isoformat()


def _known(rule: str, yes: bool, source: str, why: str, inputs: dict[str, object]) -> Evidence:
    return Evidence(rule, Answer.YES if yes else Answer.NO, source, why, inputs)


def _unknown(rule: str, why: str, inputs: dict[str, object]) -> Evidence:
    return Evidence(rule, Answer.UNKNOWN, NONE, why, inputs)
