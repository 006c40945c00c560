"""The decision tree asked question by question, and its outcome written down (D10-D17)."""

from collections.abc import Callable, Mapping, Sequence

from data.account import Account, Entry, Value
from data.assessment import Row
from data.cache import Cache
from data.errors import NotPossible
from data.health_tree import Answer, Answered, Tree
from data.interview_view import InterviewView, Recorded
from data.remedy import PENDING, Change, Order
from data.safe_text import SafeText, safe_text
from triage.desk.health import ASSESSMENT, TRAIL_LOOKED_AT
from triage.desk.session import Session
from triage.rules.interview import possible, prefilled, rung, ways, with_twins
from triage.rules.tree import PERSON, read_tree, walk
from triage.rules.tree_verdicts import reassess_triggers

MOST_ANSWERS = 50  # a server takes no more in one record
Said = Mapping[str, Answer | None]


class _Last(Value, frozen=True):
    """The last assessment with its answers, as far as they can be read."""

    recorded: Recorded
    answers: dict[str, Answer]


class InterviewDesk:
    """Reads the cache and the outbox, and judges by the tree in effect; works without a connection."""

    def __init__(
        self,
        session: Session,
        cache: Cache,
        pending: Callable[[str], Sequence[Change]],
        problem: Callable[[], str] = lambda: "",
    ) -> None:
        """`pending` gives the changes on an account that are not over, `problem` why nothing may be recorded."""
        self._session = session
        self._cache = cache
        self._pending = pending
        self._problem = problem

    def view(self, account_id: str, said: Said, tree: Tree | None = None) -> InterviewView | None:
        """The interview after what was `said`, in that order; None as an answer takes what the signals say.

        None when the account is not in the cache. TreeError: an answer to a question that the tree has not. `tree`
        may be another one than that in effect, to try it out.
        """
        row, account = self._cache.row(account_id), self._cache.account(account_id)
        if row is None or account is None:
            return None
        return self._view(row, account, said, tree or self._session.tree)

    def _view(self, row: Row, account: Account, said: Said, tree: Tree) -> InterviewView:
        session, through = self._session, self._cache.complete_through
        policy, now = session.policy, session.clock()
        overrides = {name: answer for name, answer in said.items() if answer is not None}
        alone = read_tree(account, tree, policy, now, through)
        reading = read_tree(account, tree, policy, now, through, overrides)
        found = {one.question: one for one in alone.answers}
        signals = {name: one.answer for name, one in found.items()}
        given = with_twins(tree, overrides)
        taken = {name: signals.get(name, Answer.UNKNOWN) for name in said if name not in given}
        given = with_twins(tree, given | taken)
        answered, waiting = ways(tree, given)
        later = ways(tree, prefilled(tree, given, signals))[0]
        last = self._last(account.id)
        return InterviewView(
            row=row,
            tree=tree,
            given=given,
            found=found,
            answered=answered,
            question=waiting[0] if waiting else None,
            next=tuple(name for name in later if name not in answered and name not in waiting[:1]),
            reading=reading,
            rung=rung(reading.leaf, tree, policy.tree),
            possible=possible(tree, given, signals, policy.tree),
            flags=tuple(policy.tree.flags.get(one, one) for one in reading.flags),
            tasks=tuple(self._task(one) for one in reading.tasks),
            triggers=self._triggers(account, tree, last),
            recorded=None if last is None else last.recorded,
            problem=self._problem(),
            at=now,
        )

    def order(self, view: InterviewView, reason: str) -> Order:
        """What records the outcome of a finished interview, exactly as it was shown (D17)."""
        if view.question is not None:
            raise NotPossible(f"{view.question} is not answered yet.")
        reading = view.reading
        asked = reading.answers
        if len(asked) > MOST_ANSWERS:
            asked = tuple(one for one in asked if one.question in view.answered)
        if len(asked) > MOST_ANSWERS:
            raise NotPossible(f"A record holds {MOST_ANSWERS} answers, this interview has {len(asked)}.")
        answers = {one.question: {"answer": one.answer.value, "source": one.source} for one in asked}
        params = {"leaf": reading.leaf, "answers": answers, "tree_hash": reading.tree_hash}
        return Order(ASSESSMENT, view.row.id, None, params, reason)

    def _task(self, name: str) -> str:
        known = self._session.policy.tree.tasks.get(name)
        return name if known is None else known.text

    def _triggers(self, account: Account, tree: Tree, last: _Last | None) -> tuple[str, ...]:
        """D15: why to assess again, in sentences."""
        session, reading = self._session, None
        if last is not None:
            known = [Answered(name, answer, PERSON, "") for name, answer in last.answers.items()]
            reading = walk(tree, known, session.policy.tree)
        at = None if last is None else last.recorded.at
        now, through = session.clock(), self._cache.complete_through
        found = reassess_triggers(account, reading, at, session.policy, now, through)
        return tuple(session.policy.tree.triggers.get(one, one) for one in found)

    def _last(self, account_id: str) -> _Last | None:
        """The last assessment: one of mine that the trail does not hold yet, else the trail's."""
        mine = [one for one in self._pending(account_id) if one.kind == ASSESSMENT and one.state in PENDING]
        if mine:
            change = mine[-1]
            return _last(change.params, Recorded(change.authored_at, change.staff_name, *_marks(change.params), True))
        trail = self._cache.audit(account_id, None, TRAIL_LOOKED_AT)
        entry = next((one for one in trail if one.action == ASSESSMENT and one.outcome == "applied"), None)
        return None if entry is None else _of_entry(entry)


def _of_entry(entry: Entry) -> _Last:
    written = entry.after or {}
    at = entry.authored_at or entry.applied_at
    return _last(written, Recorded(at, entry.actor.name, *_marks(written), False))


def _marks(written: Mapping[str, object]) -> tuple[SafeText, SafeText]:
    return safe_text(str(written.get("leaf") or "?")), safe_text(str(written.get("tree_hash") or "?"))


def _last(written: Mapping[str, object], recorded: Recorded) -> _Last:
    """What was written down by whatever program: an answer is a word, or an object with one."""
    answers = written.get("answers")
    known: dict[str, Answer] = {}
    for name, value in answers.items() if isinstance(answers, Mapping) else ():
        word = value.get("answer") if isinstance(value, Mapping) else value
        if word in (Answer.YES, Answer.NO, Answer.UNKNOWN):
            known[str(name)] = Answer(str(word))
    return _Last(recorded, known)
