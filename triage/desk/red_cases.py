"""Every Red episode that is known, as the KPIs count it (R15-R19): from cases, the audit trail and our own memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from data.account import Account, Case, Entry
from data.cache import Cache
from data.errors import BadAnswer
from data.health_book import Past
from data.red_account import Episode, RedCase
from data.wire import convert
from triage.policy import Policy
from triage.rules.red_episode import RED, own_case

CHUNK = 500
TRAIL = 1000
MONTHS = 12
WRITTEN = ("open_case", "update_case")
# The first of these is an answer; task, manager, sales and executive flag are set by the designation itself (R10).
STEPS = ("assessed_at", "root_cause_at", "planned_at", "reviewed_at", "intervened_at")


@dataclass(frozen=True, slots=True)
class KnownCases:
    """The episodes, the accounts of them that are no longer in the book, and the day from which they are known."""

    cases: list[RedCase]
    removed: frozenset[str]
    since: date | None


def red_cases(cache: Cache, in_book: Sequence[str], policy: Policy, now: datetime) -> KnownCases:
    """All episodes; `in_book` are the accounts whose rows tell of one.

    The trail has every case ever opened, also of accounts that are gone: those were lost from Red (R19b) where the
    case was open. The account's own case is newer than the trail's, and our own memory knows the episodes for which
    nobody opened a case.
    """
    written = _written(cache)
    ids = list(dict.fromkeys([*in_book, *written]))
    cases: list[RedCase] = []
    removed = set()
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        accounts = {one.id: one for one in cache.accounts_of(some)}
        pasts = cache.pasts_of(some)
        for account_id in some:
            account = accounts.get(account_id)
            if account is None:
                removed.add(account_id)
                cases += [_gone(account_id, one, policy, now) for one in written[account_id].values()]
                continue
            cases += _of_account(cache, account, pasts.get(account_id), written.get(account_id, {}), policy, now)
    return KnownCases(cases, frozenset(removed), _since(cache))


def _written(cache: Cache) -> dict[str, dict[str, Case]]:
    """By account, the red cases that the trail tells of as it last left them."""
    found: dict[str, dict[str, Case]] = {}
    for entry in cache.records(WRITTEN):
        case = _case_after(entry)
        if case is not None and entry.account_id is not None:
            found.setdefault(entry.account_id, {})[case.id] = case
    return found


def _case_after(entry: Entry) -> Case | None:
    """The red case an entry left behind; None for a recovery case, and for what cannot be read as one."""
    try:
        case = convert((entry.after or {}).get("case"), Case)
    except BadAnswer:
        return None
    return case if case.kind == RED else None


def _of_account(
    cache: Cache, account: Account, past: Past | None, written: Mapping[str, Case], policy: Policy, now: datetime
) -> Iterator[RedCase]:
    cases = dict(written)
    if account.case is not None and account.case.kind == RED:
        cases[account.case.id] = account.case
    episode = None if past is None else past.episode
    own = None if episode is None else own_case(account, episode)
    trail = cache.audit(account.id, None, TRAIL) if any(case is not own for case in cases.values()) else ()
    for case in cases.values():
        mine = episode if own is not None and case.id == own.id else None
        begun = case.designated_at or case.opened_at
        arr = mine.arr if mine is not None else _arr_then(account, trail, begun)
        yield _counted(account, begun, case, mine, arr, policy, now)
    if episode is not None and own is None:
        yield _counted(account, episode.opened_at, None, episode, episode.arr, policy, now)


def _counted(
    account: Account,
    begun: datetime,
    case: Case | None,
    episode: Episode | None,
    arr: int | None,
    policy: Policy,
    now: datetime,
) -> RedCase:
    churned = _lost(case, policy) or (None if episode is None else _midnight(episode.churned))
    recovered = None if case is None else case.recovered_at
    ended = None if case is None else case.closed_at
    if episode is not None:
        recovered = recovered or _midnight(episode.recovered)
        ended = ended or _midnight(episode.left)
    ended = ended or churned
    due = _renewed_since(account, begun, now)
    return RedCase(
        account_id=account.id,
        opened_at=begun,
        responded_at=_responded(case),
        recovered_at=recovered,
        churned_at=churned,
        ended_at=ended,
        currency=account.currency,
        arr=arr,
        renewed=MONTHS * account.mrr if due and churned is None and account.mrr is not None else None,
    )


def _gone(account_id: str, case: Case, policy: Policy, now: datetime) -> RedCase:
    """An account that was removed; nobody told when, so what was open then counts as lost now (R19b)."""
    churned = _lost(case, policy) or (now if case.closed_at is None else None)
    begun = case.designated_at or case.opened_at
    ended = case.closed_at or churned
    return RedCase(account_id, begun, _responded(case), case.recovered_at, churned, ended, None, None, None)


def _responded(case: Case | None) -> datetime | None:
    steps = [] if case is None else [getattr(case, step) for step in STEPS]
    return min((at for at in steps if at is not None), default=None)


def _lost(case: Case | None, policy: Policy) -> datetime | None:
    if case is None or case.outcome != policy.red.episode.churn_outcome:
        return None
    return case.closed_at


def _arr_then(account: Account, trail: Iterable[Entry], begun: datetime) -> int | None:
    """The ARR at designation: today's MRR, or what it was before the first change of it after that day."""
    mrr = account.mrr
    for entry in trail:  # newest first
        before = (entry.before or {}).get("mrr") if entry.outcome == "applied" else None
        if isinstance(before, int) and entry.applied_at > begun:
            mrr = before
    return None if mrr is None else MONTHS * mrr


def _renewed_since(account: Account, begun: datetime, now: datetime) -> bool:
    """A renewal fell between the designation and now, taken to be a year before the next one (billed yearly)."""
    following = account.renewal_at
    if following is None or following <= now:
        return False
    try:
        last = following.replace(year=following.year - 1)
    except ValueError:  # 29 February
        last = following.replace(year=following.year - 1, day=28)
    return begun < last <= now


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _since(cache: Cache) -> date | None:
    """The trail's first day, or that of our first complete sync where the backend keeps no trail."""
    known = [at for at in (cache.audit_begins, cache.watching_since) if at is not None]
    return min(known).date() if known else None
