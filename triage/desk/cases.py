"""Cases without a terminal: one account's case with its clocks and playbooks, and what a person does to it."""

from collections.abc import Callable, Sequence
from datetime import date

from data.account import Account, Case, Entry, Staff
from data.cache import Cache
from data.errors import NotPossible
from data.ports_cases import DESIGNATIONS, CaseMove, CaseView, PlaybookView, PlayStep
from data.red_account import RedReading
from data.remedy import Change, Order
from triage.desk.case_trail import Tick, stamps, tick_text, ticks, under_way
from triage.desk.health import HealthDesk
from triage.desk.session import Session
from triage.rules import case_duty as duty
from triage.rules.red_causes import check, playbook, succeeded, suggested
from triage.rules.red_episode import closed_since
from triage.rules.red_work import key
from triage.rules.tree_cadence import cadence_tasks

CASE_KINDS = ("open_case", "update_case", "note")
NO_CASE = "There is no case to do this to. c opens one."
WAITS = "The case is on its way to the server: this can be recorded once it is there."


class Cases:
    """Reads the cache and the outbox; every write is an order that the outbox takes like any other."""

    def __init__(
        self,
        session: Session,
        cache: Cache,
        pending: Callable[[str], Sequence[Change]],
        problem: Callable[[str], str],
    ) -> None:
        """`pending` gives the changes on an account that are not over, `problem` why a kind may not be written."""
        self._session = session
        self._cache = cache
        self._pending = pending
        self._problem = problem
        self._health = HealthDesk(session, cache)

    def view(self, account_id: str) -> CaseView | None:
        """One account's case as of now, None when the account is not in the cache."""
        row, account = self._cache.row(account_id), self._cache.account(account_id)
        if row is None or account is None:
            return None
        entries = self._cache.case_entries(account_id)
        found = self._health.readings(row, account)
        red, now, policy = found.red, self._session.clock(), self._session.policy
        waiting = tuple(one for one in under_way(self._pending(account_id)) if one.kind in CASE_KINDS)
        case = current_case(account, red)
        who = self._cache.identity
        return CaseView(
            row=row,
            account=account,
            case=case,
            last=account.case,
            red=red,
            move=None if row.red is None else row.red.step,
            held=duty.why_held(row, account, found.past, self._cache.book_context, policy, self._cache.watching_since),
            stamps=() if case is None else stamps(case, entries, waiting),
            tasks=(*red.tasks, *cadence_tasks(account_id, entries, policy, now)),
            playbooks=self._playbooks(account, case, red, entries, waiting),
            pending=waiting,
            may_write=not self._problem("update_case"),
            me=None if who is None else Staff(who.staff_id, who.name, None),
            at=row.assessed_at,
        )

    def order(self, account_id: str, move: CaseMove) -> Order:
        """The record that a person's move becomes; raises NotPossible."""
        view = self.view(account_id)
        if view is None:
            raise NotPossible("This account is no longer in the book.")
        if move.open is not None:
            return self._opening(view, move.open)
        case = view.last if move.closed is False else view.case
        if case is None:
            raise NotPossible(WAITS if any(one.kind == "open_case" for one in view.pending) else NO_CASE)
        if move.tick is not None:
            return self._tick(account_id, case, *move.tick)
        if move.step is not None and move.step in DESIGNATIONS:
            made = duty.designation(view.account, move.step)
            if made is None:
                raise NotPossible("Only an open Red case is designated.")
            return made
        given = {name: getattr(move, name) for name in ("step", "root_cause", "owner", "closed", "outcome")}
        params = {name: value for name, value in given.items() if value is not None}
        return Order("update_case", account_id, params={"case_id": case.id, **params})

    def _opening(self, view: CaseView, kind: str) -> Order:
        """A person's opening has the machines' key where they have one, so that there is one case whoever is first."""
        case, episode = view.case, view.red.episode
        if case is not None and case.closed_at is None and not (kind == duty.RED and case.kind == duty.RECOVERY):
            raise NotPossible(f"A {case.kind} case is open already.")
        if any(one.kind == "open_case" for one in view.pending):
            raise NotPossible(WAITS)
        keyed = kind == duty.RED and episode is not None and view.red.is_red
        return Order(
            "open_case",
            view.row.id,
            params={"kind": kind, "causes": list(view.red.causes)},
            dedupe_key=key(view.row.id, episode.opened) if keyed and episode is not None else None,
        )

    def _tick(self, account_id: str, case: Case, root_cause: str, number: int, done: bool) -> Order:
        book = playbook(root_cause, self._session.policy)
        if book is None or not 1 <= number <= len(book.steps):
            raise NotPossible("There is no such step in a playbook.")
        text = tick_text(case.id, root_cause, number, done, book.steps[number - 1])
        return Order("note", account_id, params={"text": text})

    def _playbooks(
        self,
        account: Account,
        case: Case | None,
        red: RedReading,
        entries: Sequence[Entry],
        waiting: Sequence[Change],
    ) -> tuple[PlaybookView, ...]:
        policy = self._session.policy
        order = suggested(account, red, policy)
        chosen = chosen_cause(case, waiting)
        ticked = {} if case is None else ticks(case, entries, waiting)
        day = red.day or self._session.clock().date()
        names = [*order, *(str(name) for name in policy.red.playbooks if str(name) not in order)]
        return tuple(self._playbook(name, account, red, day, order, name == chosen, ticked) for name in names)

    def _playbook(
        self,
        name: str,
        account: Account,
        red: RedReading,
        day: date,
        order: Sequence[str],
        chosen: bool,
        ticked: dict[tuple[str, int], Tick],
    ) -> PlaybookView:
        policy = self._session.policy
        book = playbook(name, policy)
        assert book is not None  # the names are the policy's own
        found = () if red.episode is None else check(name, account, red.usage, red.episode, policy, day)
        return PlaybookView(
            root_cause=name,
            name=book.name,
            indicators=book.indicators,
            weeks=(book.weeks_from, book.weeks_to),
            note=book.note,
            suggested=order.index(name) + 1 if name in order else 0,
            chosen=chosen,
            steps=tuple(_step(number, text, ticked.get((name, number))) for number, text in enumerate(book.steps, 1)),
            success=found,
            succeeded=succeeded(found),
        )


def current_case(account: Account, red: RedReading) -> Case | None:
    """The case that belongs to what is going on: an open one, or the closed one of an episode that still runs."""
    case = account.case
    if case is None or case.closed_at is None:
        return case
    episode = red.episode
    return case if episode is not None and closed_since(case.closed_at, episode) else None


def chosen_cause(case: Case | None, waiting: Sequence[Change]) -> str | None:
    """The root cause as it was chosen last; a choice that waits in the outbox counts."""
    said = [one.params["root_cause"] for one in waiting if one.kind == "update_case" and one.params.get("root_cause")]
    if said:
        return str(said[-1])
    return None if case is None or case.root_cause is None else str(case.root_cause)


def _step(number: int, text: str, tick: Tick | None) -> PlayStep:
    if tick is None:
        return PlayStep(number, text, False, None, None, False)
    return PlayStep(number, text, tick.done, tick.by, tick.at, tick.pending)
