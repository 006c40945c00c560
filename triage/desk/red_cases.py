"""Every Red episode that is known, as the KPIs count it (R15-R19): from the stored rows and the audit trail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from data.account import Account, Case, Entry
from data.cache import Cache
from data.errors import BadAnswer
from data.red_account import CohortCase, RedCase
from data.wire import convert
from triage.policy import Policy
from triage.rules.red_cohort import MONTHS, from_case, renewed
from triage.rules.red_episode import RED

CHUNK = 500
TRAIL = 1000
WRITTEN = ("open_case", "update_case")

Cases = dict[str, tuple[CohortCase, ...]]


@dataclass(frozen=True, slots=True)
class KnownCases:
    """The episodes, how many accounts of them are no longer in the book, and the day from which they are known."""

    cases: list[RedCase]
    removed: int
    since: date | None


def red_cases(
    cache: Cache, in_rows: Cases, currencies: Mapping[str, str | None], policy: Policy, now: datetime
) -> KnownCases:
    """All episodes; `in_rows` are those the rows tell of, by account.

    The trail has every case ever opened: an account's earlier ones, and those of accounts that are gone, which were
    lost from Red (R19b) where the case was open. A row is newer than the trail, so it goes first.
    """
    written = _written(cache)
    cases: list[RedCase] = []
    later = [account_id for account_id, known in written.items() if _unseen(known, in_rows.get(account_id, ()))]
    later += [account_id for account_id, known in in_rows.items() if any(one.arr is None for one in known)]
    there: dict[str, Account] = {}
    ids = list(dict.fromkeys(later))
    for start in range(0, len(ids), CHUNK):
        there |= {account.id: account for account in cache.accounts_of(ids[start : start + CHUNK])}
    for account_id, known in in_rows.items():
        if account_id not in there:
            cases += [_counted(account_id, one, currencies.get(account_id)) for one in known]
    for account in there.values():
        cases += _in_full(cache, account, in_rows.get(account.id, ()), written.get(account.id, {}), policy, now)
    gone = [account_id for account_id in written if account_id not in there and account_id not in in_rows]
    cases += [_gone(account_id, case, policy, now) for account_id in gone for case in written[account_id].values()]
    return KnownCases(cases, len(gone), _since(cache))


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


def _unseen(written: Iterable[str], known: Iterable[CohortCase]) -> bool:
    return not set(written) <= {one.case_id for one in known}


def _in_full(
    cache: Cache,
    account: Account,
    known: Iterable[CohortCase],
    written: Mapping[str, Case],
    policy: Policy,
    now: datetime,
) -> list[RedCase]:
    """What the row knows and what only the trail does; an ARR that nobody noted is read off the trail."""
    seen = {one.case_id for one in known}
    older = [from_case(case, None, policy) for name, case in written.items() if name not in seen]
    bare = [one for one in known if one.case_id is None]
    told = [one for one in known if one not in bare or not any(_same(one, case) for case in older)]
    told += [renewed(_joined(case, bare), account, now) for case in older]
    trail = cache.audit(account.id, None, TRAIL)
    found = []
    for one in told:
        arr = _arr_then(account, trail, one.opened_at) if one.arr is None else one.arr
        found.append(_counted(account.id, msgspec.structs.replace(one, arr=arr), account.currency))
    return found


def _same(episode: CohortCase, case: CohortCase) -> bool:
    """Our memory's episode and a case are one where they lie over each other.

    Memory ends in complete days, so an episode that ended on the day it began seems to end before it.
    """
    if case.ended_at is not None and case.ended_at < episode.opened_at:
        return False
    return episode.ended_at is None or max(episode.ended_at, episode.opened_at) >= case.opened_at


def _joined(case: CohortCase, bare: Iterable[CohortCase]) -> CohortCase:
    """A case with what our memory noted of its episode."""
    episode = next((one for one in bare if _same(one, case)), None)
    if episode is None:
        return case
    return msgspec.structs.replace(case, arr=episode.arr, recovered_at=case.recovered_at or episode.recovered_at)


def _counted(account_id: str, one: CohortCase, currency: str | None) -> RedCase:
    return RedCase(
        account_id,
        one.opened_at,
        one.responded_at,
        one.recovered_at,
        one.churned_at,
        one.ended_at,
        currency,
        one.arr,
        one.renewed,
    )


def _gone(account_id: str, case: Case, policy: Policy, now: datetime) -> RedCase:
    """An account that was removed; nobody told when, so what was open then counts as lost now (R19b)."""
    one = from_case(case, None, policy)
    churned = one.churned_at or (now if one.ended_at is None else None)
    return _counted(
        account_id, msgspec.structs.replace(one, churned_at=churned, ended_at=one.ended_at or churned), None
    )


def _arr_then(account: Account, trail: Iterable[Entry], begun: datetime) -> int | None:
    """The ARR at designation: 12 x today's MRR, or x what it was before the first change of it after that day."""
    mrr = account.mrr
    for entry in trail:  # newest first
        before = (entry.before or {}).get("mrr") if entry.outcome == "applied" else None
        if isinstance(before, int) and entry.applied_at > begun:
            mrr = before
    return None if mrr is None else MONTHS * mrr


def _since(cache: Cache) -> date | None:
    """The trail's first day, or that of our first complete sync where the backend keeps no trail."""
    known = [at for at in (cache.audit_begins, cache.watching_since) if at is not None]
    return min(known).date() if known else None
