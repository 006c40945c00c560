"""What machines record about cases after each pull: once, whoever is first (R10, H13, R14, R19b)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from data.account import Account
from data.cache import Cache
from data.cache_cases import Designating
from data.health_book import Past
from data.outbox import Outbox
from data.outbox_rows import dedupe_key_of
from data.ports_cases import DESIGNATIONS
from data.push import Pushed
from data.remedy import FINISHED, PERMISSIONS, Change, Order, State
from triage.desk.case_trail import recorded
from triage.desk.session import Session
from triage.rules import case_duty as duty

MOST = 200  # records in one round; the next goes on
LOOKED_AT = 500
ROUNDS = 3  # a case, its four records, and what those bring
MACHINES = ("open_case", "update_case")
SETTLED = "settled otherwise: the case stands as it was asked for"


def write_case_records(session: Session, cache: Cache, outbox: Outbox) -> int:
    """Queue what is missing and was seen to happen; returns how many records. Nothing where we may not write.

    The same however often it is called: a record that this outbox has, or the trail, is not written again, and of two
    machines the server takes the first.
    """
    who = cache.identity
    if session.place.read_only or cache.watching_since is None:
        return 0
    if who is None or PERMISSIONS["update_case"] not in who.permissions:
        return 0
    writer = _Writer(session, cache, outbox)
    writer.settle()
    return writer.steps() + writer.designations()


def case_rounds(
    session: Session, cache: Cache, outbox: Outbox, push: Callable[[], Pushed], bring_trail: Callable[[], object]
) -> Pushed:
    """Write, push, see what the trail says now, and so on until nothing is missing; for who does one sync and ends."""
    done = Pushed()
    for _ in range(ROUNDS):
        if not write_case_records(session, cache, outbox):
            break
        last = push()
        done = added(done, last)
        if last.signed_out or not last.pushed:
            break
        bring_trail()
    return done


def added(one: Pushed, other: Pushed) -> Pushed:
    """Two rounds as one: counts and notices together, the rest as the later left it."""
    return msgspec.structs.replace(
        other,
        pushed=one.pushed + other.pushed,
        conflicts=one.conflicts + other.conflicts,
        rejected=one.rejected + other.rejected,
        notices=(*one.notices, *other.notices),
    )


class _Writer:
    """One round over both files."""

    def __init__(self, session: Session, cache: Cache, outbox: Outbox) -> None:
        from triage.desk.inbox import Inbox
        from triage.desk.remedies import Remedies

        self._session, self._cache, self._outbox = session, cache, outbox
        self._remedies = Remedies(session, cache, outbox, Inbox(session, cache, outbox))
        self._left = MOST

    def settle(self) -> None:
        """Discard refused records of ours that somebody else's have made needless: nobody has to look at them."""
        for change in self._outbox.changes(State.REJECTED):
            mine = change.kind in MACHINES and change.base_url == self._session.place.base_url and not change.unknown
            account = self._cache.account(change.account_id) if mine and dedupe_key_of(change.body) else None
            if account is not None and duty.moot(Order(change.kind, account.id, params=change.params), account):
                self._outbox.discard(change.change_id, SETTLED, self._session.clock())

    def steps(self) -> int:
        """R14, H13, R19b: open, upgrade, re-open, recovered, close, lost; what the first sync found is only offered."""
        policy, book, since = self._session.policy, self._cache.book_context, self._cache.watching_since
        assert since is not None
        first_clock = (since + timedelta(hours=policy.red.sla.assessment)).timestamp()
        rows = self._cache.stepped(first_clock, since.date().isoformat(), LOOKED_AT)
        pasts = self._cache.pasts_of([row.id for row in rows])
        written = 0
        for row in rows:
            account = self._cache.account(row.id)
            past = pasts.get(row.id, Past())
            if account is None or duty.why_held(row, account, past, book, policy, since):
                continue
            order = duty.order(row, account, past, policy)
            written += 0 if order is None else self._write(order)
        return written

    def designations(self) -> int:
        """R10: the four records of every Red case that the trail has seen opened since watching began."""
        state = self._cache.designating
        cases = dict(state.cases)
        seen = min(state.after, self._cache.audit_after)  # a trail that was begun anew
        for entry in self._cache.opened_after(seen):
            case = (entry.after or {}).get("case")
            if entry.account_id and isinstance(case, dict):
                cases[entry.account_id] = str(case.get("id"))
        written = 0
        for account_id, case_id in tuple(cases.items()):
            account = self._cache.account(account_id)
            if account is None or self._over(account, case_id):
                del cases[account_id]
            elif account.case is not None and account.case.id == case_id:
                written += self._designate(account)
        self._cache.keep_designating(Designating(self._cache.audit_after, cases))
        return written

    def _over(self, account: Account, case_id: str) -> bool:
        """True when nothing is to be designated any more: no open Red case, or all four in the trail."""
        case = account.case
        if case is None or case.id != case_id:  # it has not come with the book yet
            return False
        orders = [duty.designation(account, step) for step in DESIGNATIONS]
        stand = recorded(account, self._cache.case_entries(account.id))
        return all(one is None or one.dedupe_key in stand for one in orders)

    def _designate(self, account: Account) -> int:
        stand = recorded(account, self._cache.case_entries(account.id))
        orders = [duty.designation(account, step) for step in DESIGNATIONS]
        return sum(self._write(one) for one in orders if one is not None and one.dedupe_key not in stand)

    def _write(self, order: Order) -> int:
        """Queue a record unless this outbox has it already; 1 where it was written."""
        if self._left <= 0 or order.dedupe_key in self._keys(order.account_id):
            return 0
        self._left -= 1
        self._remedies.submit(order, hold=False)
        return 1

    def _keys(self, account_id: str) -> set[str | None]:
        """The keys that this outbox has written, for the book as it is: a restored server may have lost the others."""
        began = self._cache.book_since
        rows = self._outbox.of_account(account_id, self._session.place.base_url)
        return {dedupe_key_of(one.body) for one in rows if one.kind in MACHINES and _stands(one, began)}


def _stands(change: Change, began: datetime | None) -> bool:
    over = change.state in FINISHED and change.finished_at is not None
    return not over or began is None or change.finished_at is None or change.finished_at >= began
