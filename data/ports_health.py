"""What screens may ask the desk about health: four readings with their inputs, and the interview."""

from collections.abc import Callable, Mapping
from typing import Protocol

from data.health_tree import Answer, Tree
from data.health_view import HealthView
from data.interview_view import InterviewView, TreeChange
from data.remedy import Change


class HealthPort(Protocol):
    """Local and quick; errors are `data.errors`."""

    def health(self, account_id: str) -> HealthView | None:
        """One account's health in full (M, D, H, R), None when it is not in the cache."""
        ...

    def interview(self, account_id: str, said: Mapping[str, Answer | None]) -> InterviewView | None:
        """The decision tree after what was `said`, in that order; None as an answer takes what the signals say.

        None when the account is not in the cache. TreeError: an answer to a question that the tree has not.
        """
        ...

    def record_assessment(self, view: InterviewView, reason: str = "") -> Change:
        """Queue the outcome of a finished interview as it was shown; raises NotPossible, Rejected, NotAllowed."""
        ...

    def tree_waiting(self) -> Tree | None:
        """The tree that the config names and nobody has accepted yet (D18); TreeError where its file is none."""
        ...

    def compare_trees(self, new: Tree, progress: Callable[[int], bool]) -> TreeChange:
        """What `new` would change over the book; reads all of it: call it from a thread.

        `progress` hears how many accounts are done, and ends it by False: the result is then no good.
        """
        ...

    def accept_tree(self, shown: TreeChange) -> None:
        """Let the config's tree take effect, the one whose diff was shown; NotPossible where its file has changed."""
        ...
