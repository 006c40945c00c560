"""R14 and R19b: an episode opens, is entered again, is left, recovers or ends as churned; its baseline is frozen."""

from datetime import date, datetime

import msgspec

from data.account import Account, Case
from data.red_account import Dimension, Episode, UsageFacts
from triage.policy import Policy
from triage.rules.days import TOLERANCE

COMPOSITE = "composite"
DESIGNATED, REOPENED, LEFT, RECOVERED, CHURNED = "designated", "reopened", "left", "recovered", "churned"
RED = "red"


class Today(msgspec.Struct, frozen=True):
    """What one day says to an episode: its dimensions, and whether the composite is below its threshold (or unknown).

    `well` is the composite by the frozen baseline, which recovery is measured with; `day` is the assessment day.
    """

    account: Account
    usage: UsageFacts
    dimensions: tuple[Dimension, ...]
    composite: float | None
    well: float | None
    below: bool | None
    day: date
    now: datetime


def frozen(usage: UsageFacts, episode: Episode | None, policy: Policy, day: date) -> tuple[UsageFacts, float | None]:
    """R14: the facts to judge by, with the episode's baseline and reference while it can still be entered."""
    if episode is None or episode.churned is not None or past(episode, policy, day):
        return usage, None
    return yardstick(usage, episode), episode.reference


def yardstick(usage: UsageFacts, episode: Episode) -> UsageFacts:
    """The facts with the episode's baseline; one that began without takes the first that is known."""
    baseline = usage.baseline if episode.baseline is None else episode.baseline
    return msgspec.structs.replace(usage, baseline=baseline)


def is_open(episode: Episode | None) -> bool:
    """An episode is open until it is left or churned."""
    return episode is not None and episode.left is None and episode.churned is None


def advance(was: Episode | None, today: Today, policy: Policy) -> Episode | None:
    """The episode after today. The same day told twice changes nothing more (R14)."""
    if was is not None and cancelled(was, today.account, policy):
        return churn(was, today.day)
    standing = _standing(today, was.standing if was is not None and is_open(was) else ())
    if was is None or was.churned is not None or (standing and past(was, policy, today.day)):
        return _begun(today, standing, policy) if standing else was
    return _on(was, today, standing, policy)


def churn(episode: Episode, day: date) -> Episode:
    """R19b: an account that cancels or is removed while Red is lost; one that had left Red is not lost from Red."""
    if not is_open(episode):
        return episode
    return msgspec.structs.replace(episode, churned=day, better_since=None, well_since=None)


def cancelled(episode: Episode, account: Account, policy: Policy) -> bool:
    """R19b: the case ended as churned, or the customer chose to drop to the free tier since the designation."""
    rules, case = policy.red.episode, own_case(account, episode)
    if case is not None and case.closed_at is not None and case.outcome == rules.churn_outcome:
        return True
    dropped = account.tier == rules.cancel_tier and account.downgrade_cause == rules.cancel_cause
    return dropped and account.downgraded_at is not None and account.downgraded_at >= episode.opened_at


def own_case(account: Account, episode: Episode) -> Case | None:
    """The account's case where it belongs to this episode: red, and not closed before the episode began."""
    case = account.case
    if case is None or case.kind != RED:
        return None
    return case if case.closed_at is None or closed_since(case.closed_at, episode) else None


def closed_since(closed_at: datetime, episode: Episode) -> bool:
    """Whether a closing is not before the episode; a server's times are whole seconds."""
    return closed_at >= episode.opened_at.replace(microsecond=0)


def event(episode: Episode | None, day: date) -> str | None:
    """What happened on this very day, the gravest of what did."""
    if episode is None:
        return None
    told = (
        (episode.churned, CHURNED),
        (episode.recovered, RECOVERED),
        (episode.left, LEFT),
        (episode.reopened_on, REOPENED),
        (episode.opened, DESIGNATED),
    )
    return next((name for at, name in told if at == day), None)


def adopted(today: Today, policy: Policy) -> Episode | None:
    """The episode that the server's case tells of where ours was lost: open, or closed less than 30 days ago."""
    case = today.account.case
    if case is None or case.kind != RED:
        return None
    begun = case.designated_at or case.opened_at
    fresh = msgspec.structs.replace(_designated(today, ()), opened=begun.date(), opened_at=begun)
    if case.closed_at is None:
        causes = {str(cause) for cause in case.causes}
        held = [line.name for one in today.dimensions for line in one.lines if one.name in causes]
        return msgspec.structs.replace(fresh, standing=(*held, *((COMPOSITE,) if COMPOSITE in causes else ())))
    closed = case.closed_at.date()
    if case.outcome == policy.red.episode.churn_outcome:
        return msgspec.structs.replace(fresh, churned=closed)
    recovered = None if case.recovered_at is None else case.recovered_at.date()
    back = msgspec.structs.replace(fresh, left=closed, recovered=recovered)
    return None if past(back, policy, today.day) else back


def past(episode: Episode, policy: Policy, day: date) -> bool:
    """Left for more than 30 days: Red again is a new episode."""
    return episode.left is not None and (day - episode.left).days > policy.red.episode.reentry_days


def _standing(today: Today, prior: tuple[str, ...]) -> tuple[str, ...]:
    """The lines passed today, and those passed before that nobody can say are over; lapsed evidence is over."""
    found = [COMPOSITE] if today.below or (today.below is None and COMPOSITE in prior) else []
    for one in today.dimensions:
        for line in one.lines:
            if line.red or (line.red is None and not line.lapsed and line.name in prior):
                found.append(line.name)
    return tuple(found)


def _begun(today: Today, standing: tuple[str, ...], policy: Policy) -> Episode:
    """A new episode: its recovery starts from its own baseline, not from an older episode's."""
    own = msgspec.structs.replace(today, well=today.composite)
    return _on(_designated(today, standing), own, standing, policy)


def _designated(today: Today, standing: tuple[str, ...]) -> Episode:
    signals, mrr = today.account.signals, today.account.mrr
    tickets = None if signals is None or signals.tickets is None else signals.tickets.open
    return Episode(
        opened=today.day,
        opened_at=today.now,
        baseline=today.usage.baseline,
        better_since=None,
        well_since=None,
        left=None,
        recovered=None,
        reopened=0,
        reopened_on=None,
        churned=None,
        standing=standing,
        reference=today.usage.usage_60d,
        usage=today.usage.usage,
        tickets=tickets,
        arr=None if mrr is None else 12 * mrr,
    )


def _on(was: Episode, today: Today, standing: tuple[str, ...], policy: Policy) -> Episode:
    """One day of an episode that is open, or left and still watched for re-entry and recovery."""
    rules, day = policy.red.episode, today.day
    well = today.well is not None and today.well >= rules.recovered - TOLERANCE
    better_since = None if standing else was.better_since or day
    well_since = (was.well_since or day) if well else None
    left, recovered, reopened, reopened_on = was.left, was.recovered, was.reopened, was.reopened_on
    if standing and left is not None:
        left, recovered, reopened, reopened_on = None, None, reopened + (reopened_on != day), day
    if left is None and better_since is not None and (day - better_since).days >= rules.dwell_days:
        left = day
    if recovered is None and left is not None and well_since is not None:
        recovered = day if (day - well_since).days >= rules.dwell_days else None
    return msgspec.structs.replace(
        was,
        baseline=today.usage.baseline if was.baseline is None else was.baseline,
        reference=today.usage.usage_60d if was.reference is None else was.reference,
        standing=standing,
        better_since=better_since,
        well_since=well_since,
        left=left,
        recovered=recovered,
        reopened=reopened,
        reopened_on=reopened_on,
    )
