"""The automatic answers to the tree's six known questions with source and words: D5-D9 from the signals, D12."""

from datetime import UTC, date, datetime, timedelta

from data.account import Account, Value
from data.health_tree import Answer, Answered
from triage.policy import Policy
from triage.rules.days import JUST_PAST, TOLERANCE, days_between
from triage.rules.plays import read_logins
from triage.rules.tree_signals import (
    RENEWAL,
    SENTIMENT,
    SUPPORT,
    active,
    adopted,
    as_answer,
    last_activity,
    latest_survey,
    overloaded,
    proxies,
    renews,
    satisfied,
    today,
)

SIGNALS = "signals"
PROXY = "proxy"
NONE = "none"
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
    line, yes = policy.tree.adoption_pct, adopted(account, policy, now, complete_through)
    why = f"adoption {percent:g} % is {'' if yes else 'not '}above {line:g} %"
    return _known("D5", yes, SIGNALS, why, {"adoption_pct": percent, "above": line})


def _adoption_by_proxy(account: Account, policy: Policy, now: datetime, complete_through: date | None) -> Evidence:
    """D12: login frequency and feature breadth against their benchmarks; the known ones must all reach 60 %."""
    rules = policy.tree.proxies
    count = None if account.admin_logins is None else read_logins(account, policy, now, complete_through).count_30d
    signals = account.signals
    used = None if signals is None else signals.features_used
    available = None if signals is None else signals.features_available
    often, broad = proxies(account, policy, now, complete_through)
    words: list[str] = []
    if often is not None:
        words.append(f"{count} admin logins in 30 d are {often:.0%} of {rules.logins_30d}")
    if broad is not None:
        words.append(f"{used} of {available} features are {broad:.0%} of {rules.features_share:.0%}")
    inputs: dict[str, object] = {
        "logins_30d": count,
        "logins_benchmark": rules.logins_30d,
        "features_used": used,
        "features_available": available,
        "features_benchmark": rules.features_share,
        "shares": [share for share in (often, broad) if share is not None],
        "reach": rules.reach,
    }
    yes = adopted(account, policy, now, complete_through)
    if yes is None:
        return _unknown("D12", "neither adoption nor logins nor features are known", inputs)
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
    yes = active(account, policy, now)
    why = f"last active {_day(latest)}, {age:.1f} d ago, {'within' if yes else 'more than'} {line:g} d"
    return _known("D6", yes, SIGNALS, why, inputs | {"age_days": age, "now": now})


def read_sentiment(account: Account, policy: Policy, now: datetime, complete_through: date | None) -> Evidence:
    """D7: NPS >= 7 or CSAT >= 80 % of its scale on the latest survey day; the worse of two; over 90 d old is none."""
    rules, signals = policy.tree, account.signals
    latest = latest_survey(account)
    if signals is None or latest is None:
        return _unknown("D7", "no survey answer is known", {})
    on = today(account, now, complete_through)
    age = (on - latest).days
    said = [f"NPS {one.score}" for one in signals.nps if one.at == latest]
    said += [f"CSAT {one.score:g} of {one.scale}" for one in signals.csat if one.at == latest and one.scale > 0]
    inputs: dict[str, object] = {
        "at": latest.isoformat(),
        "age_days": age,
        "days": rules.survey_days,
        "said": said,
        "nps_good": rules.nps_good,
        "csat_good": rules.csat_good,
    }
    yes = satisfied(account, policy, on)
    if yes is None:
        return _unknown("D7", f"the latest survey of {latest} is {age} d old, over {rules.survey_days} d", inputs)
    return _known(
        "D7", yes, SIGNALS, f"{', '.join(said)} on {latest}: {'satisfied' if yes else 'not satisfied'}", inputs
    )


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
    opened = "an unknown number of tickets" if count is None else f"{count} ticket{'' if count == 1 else 's'}"
    aged = "" if oldest is None else f", the oldest for {oldest:g} d"
    why = f"{opened} open{aged}; the lines are {rules.tickets_open} tickets and {rules.ticket_days:g} d"
    yes = overloaded(account, policy)
    if yes is not None:
        return _known("D8", yes, SIGNALS, why, inputs)
    return _unknown("D8", "the support queue is not known" if count is None and oldest is None else why, inputs)


def read_renewal(account: Account, policy: Policy, now: datetime) -> Evidence:
    """D9: renewal in 0..90 days inclusive; a date that is past is yes as well."""
    at, line = account.renewal_at, policy.tree.renewal_days
    yes = renews(account, policy, now)
    if at is None or yes is None:
        return _unknown("D9", "the renewal date is not known", {"renewal_at": None, "days": line})
    left = days_between(now, at)
    when = f"{-left:.1f} d ago" if left < -TOLERANCE else f"in {left:.1f} d"
    why = f"renewal {_day(at)}, {when}, {'within' if yes else 'more than'} {line:g} d"
    inputs: dict[str, object] = {"renewal_at": at, "days_left": left, "days": line, "now": now}
    return _known("D9", yes, SIGNALS, why, inputs)


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


def _day(moment: datetime) -> str:
    """The UTC day, without strftime: this runs once for every account of the book."""
    return moment.astimezone(UTC).date().isoformat()


def _known(rule: str, yes: bool | None, source: str, why: str, inputs: dict[str, object]) -> Evidence:
    return Evidence(rule, as_answer(yes), source, why, inputs)


def _unknown(rule: str, why: str, inputs: dict[str, object]) -> Evidence:
    return Evidence(rule, Answer.UNKNOWN, NONE, why, inputs)
