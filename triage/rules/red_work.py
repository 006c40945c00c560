"""R10–R12, R20: what follows from an episode: designation records, SLA clocks, cadence tasks, the banner."""

import math
from collections.abc import Collection
from datetime import date, datetime, timedelta

from data.account import Account, Case
from data.red_account import Clock, Episode, RedReading, Task
from triage.policy import Policy
from triage.policy_red import RedRules
from triage.rules.days import SECONDS_A_DAY, TOLERANCE, days_between
from triage.rules.red_episode import is_open, own_case

MICROSECOND = timedelta(microseconds=1)
REVIEW, EXECUTIVE = "health_review", "executive_check_in"


def key(account_id: str, opened: date, step: str | None = None) -> str:
    """The dedupe key of an episode's case, or of one step of it: `red:ACC:EPISODE:STEP`, EPISODE its first day."""
    return ":".join(("red", account_id, opened.isoformat(), *(() if step is None else (step,))))


def begin(account: Account, episode: Episode) -> datetime:
    """When the clocks start: the server's stamp of the designation, else when we saw it; re-opening keeps it (R14)."""
    case = own_case(account, episode)
    return episode.opened_at if case is None or case.designated_at is None else case.designated_at


def first_day(account: Account, episode: Episode) -> date:
    """EPISODE of the keys: the day of the server's designation, on which every machine agrees, else ours."""
    case = own_case(account, episode)
    return episode.opened if case is None or case.designated_at is None else case.designated_at.date()


def designations(
    account: Account, episode: Episode, policy: Policy, recorded: Collection[str] = ()
) -> tuple[Task, ...]:
    """R10: the four records of a designation, once per episode; `recorded` are the keys already in the trail."""
    tasks = []
    for step, duty in policy.red.designation.items():
        name = key(account.id, first_day(account, episode), step)
        tasks.append(Task(name, duty.what, duty.who, begin(account, episode), name in recorded))
    return tuple(tasks)


def clocks(account: Account, episode: Episode, policy: Policy, now: datetime) -> tuple[Clock, ...]:
    """R11: the four clocks of wall-clock hours from designation; done by the server's stamps, late when missed."""
    case, start, sla = own_case(account, episode), begin(account, episode), policy.red.sla
    plan = (
        ("assessment", sla.assessment, None if case is None else case.assessed_at),
        ("root_cause", sla.root_cause, None if case is None else case.root_cause_at),
        ("plan", sla.plan, None if case is None else case.planned_at),
        ("executive_review", sla.executive_review, None if case is None else case.reviewed_at),
    )
    found = []
    for name, hours, done_at in plan:
        due_at = start + timedelta(hours=hours)
        found.append(Clock(name, due_at, done_at, (done_at or now) > due_at))
    return tuple(found)


def sla_due(found: tuple[Clock, ...]) -> datetime | None:
    """R11: when the next unfinished step is due, or was."""
    return min((clock.due_at for clock in found if clock.done_at is None), default=None)


def breaches(account: Account, reading: RedReading) -> tuple[tuple[str, Clock], ...]:
    """R11: every missed clock as an event, with a key that is the same each time it is derived."""
    if reading.episode is None:
        return ()
    opened = first_day(account, reading.episode)
    return tuple((key(account.id, opened, f"late:{one.name}"), one) for one in reading.clocks if one.late)


def delayed(account: Account, episode: Episode, policy: Policy, now: datetime) -> bool:
    """R20: 14 days after designation and no intervention yet."""
    case: Case | None = own_case(account, episode)
    if not is_open(episode) or (case is not None and case.intervened_at is not None):
        return False
    return days_between(begin(account, episode), now) >= policy.red.episode.banner_days - TOLERANCE


def cadence(
    account: Account, episode: Episode, policy: Policy, now: datetime, high_value: bool = False
) -> tuple[Task, ...]:
    """R12: of each kind the task that is due next, or is due today; a missed one yields to its successor.

    Derived from designation and clock alone, so that the same task has the same key whoever derives it, and when.
    """
    start, rules = begin(account, episode), policy.red
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = max((midnight - start).total_seconds() / SECONDS_A_DAY, 0.0)
    tasks = []
    for kind, duty in rules.cadence.duty.items():
        if kind == EXECUTIVE and not high_value:
            continue
        number = _next(kind, passed, rules)
        due_at = start + timedelta(days=number)
        name = key(account.id, first_day(account, episode), f"{kind}:{number}")
        tasks.append(Task(name, duty.what, duty.who, due_at, False))
    return tuple(tasks)


def _next(kind: str, passed: float, rules: RedRules) -> int:
    """The first day number of a kind's rhythm that is at least `passed` days after the start, never day 0."""
    plan = rules.cadence
    every = {str(name): days for name, days in plan.every.items()}[kind]
    if kind != REVIEW:
        return _multiple(passed, every)
    early = _multiple(passed, plan.first_every)
    return early if early <= plan.first_days else plan.first_days + _multiple(passed - plan.first_days, every)


def _multiple(passed: float, every: int) -> int:
    return every * max(math.ceil((passed - TOLERANCE) / every), 1)


def good_until(reading: RedReading, account: Account, policy: Policy, now: datetime) -> datetime | None:
    """The first moment at which the clock alone changes the reading: a clock runs out, the banner, the day's tasks."""
    episode = reading.episode
    if episode is None or not is_open(episode):
        return None
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    moments = [one.due_at + MICROSECOND for one in reading.clocks if one.done_at is None and one.due_at >= now]
    banner = begin(account, episode) + timedelta(days=policy.red.episode.banner_days)
    return min([midnight, *moments, *([banner] if banner > now else [])])
