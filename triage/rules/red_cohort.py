"""One account's Red episodes as the KPIs count them (R15-R19): its case and our own memory, told once."""

from datetime import UTC, date, datetime, time

from data.account import Account, Case
from data.red_account import CohortCase, Episode
from triage.policy import Policy
from triage.rules.red_episode import RED, own_case

MONTHS = 12
# The first of these is an answer; task, manager, sales and executive flag are set by the designation itself (R10).
STEPS = ("assessed_at", "root_cause_at", "planned_at", "reviewed_at", "intervened_at")


def cohort_cases(account: Account, episode: Episode | None, policy: Policy, now: datetime) -> tuple[CohortCase, ...]:
    """R16-R19: the account's red case and our episode, one where they are the same; older first."""
    case = account.case if account.case is not None and account.case.kind == RED else None
    if case is None and episode is None:
        return ()
    own = None if episode is None else own_case(account, episode)
    found = []
    if case is not None:
        found.append(from_case(case, episode if own is not None else None, policy))
    if episode is not None and own is None:
        left = _midnight(episode.left) or _midnight(episode.churned)
        found.append(
            CohortCase(
                None,
                episode.opened_at,
                None,
                _midnight(episode.recovered),
                _midnight(episode.churned),
                left,
                episode.arr,
            )
        )
    return tuple(renewed(one, account, now) for one in found)


def from_case(case: Case, episode: Episode | None, policy: Policy) -> CohortCase:
    """A case as it stands; what only our memory knows of its episode is added. Opened at its designation (R11)."""
    churned = case.closed_at if case.outcome == policy.red.episode.churn_outcome else None
    recovered, ended, arr = case.recovered_at, case.closed_at, None
    if episode is not None:
        churned = churned or _midnight(episode.churned)
        recovered = recovered or _midnight(episode.recovered)
        ended = ended or _midnight(episode.left)
        arr = episode.arr
    answered = min((at for at in (getattr(case, step) for step in STEPS) if at is not None), default=None)
    begun = case.designated_at or case.opened_at
    return CohortCase(case.id, begun, answered, recovered, churned, ended or churned, arr)


def renewed(one: CohortCase, account: Account, now: datetime) -> CohortCase:
    """R18: the renewed value, 12 x MRR, once a renewal fell between designation and now; a loss renews nothing.

    The contract names the next renewal only: the one before it is taken to be a year earlier (billed yearly).
    """
    following = account.renewal_at
    if one.churned_at is not None or account.mrr is None or following is None or following <= now:
        return one
    leap = following.month == 2 and following.day == 29
    last = following.replace(year=following.year - 1, day=28 if leap else following.day)
    value = MONTHS * account.mrr if one.opened_at < last <= now else None
    return CohortCase(
        one.case_id, one.opened_at, one.responded_at, one.recovered_at, one.churned_at, one.ended_at, one.arr, value
    )


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)
