"""Another tree: what it would change over the book, before it takes effect (D18)."""

from collections.abc import Callable, Iterator, Sequence

from data.cache import Cache
from data.health_tree import Answered, Tree
from data.interview_view import TreeChange
from data.safe_text import SafeText
from triage.desk.session import Session
from triage.rules.tree import outcome_diff
from triage.rules.tree_answers import signal_answers

SAY_EVERY = 200  # accounts


def compare(
    session: Session, cache: Cache, new: Tree, progress: Callable[[int], bool] = lambda count: True
) -> TreeChange:
    """D18: the tree in effect and `new` over every account of the book, by what the signals say.

    `progress` hears how many accounts are done now and then, and ends it early by False: the result is then no good.
    """
    old, now, through = session.tree, session.clock(), cache.complete_through
    names: dict[str, SafeText] = {}

    def answer_sets() -> Iterator[tuple[str, Sequence[Answered]]]:
        for count, account in enumerate(cache.each_account()):
            if count % SAY_EVERY == 0 and not progress(count):
                return
            names[account.id] = account.name
            yield account.id, signal_answers(account, session.policy, now, through)

    diff = outcome_diff(old, new, answer_sets(), session.policy.tree)
    return TreeChange(old, new, diff, {one.account_id: names[one.account_id] for one in diff.moved})
