"""Rules that look at one account, as the cache asks for them: over several at a time."""

from collections.abc import Callable, Sequence

from data.assessment import Subject
from data.bulk import Assess, Judged


def each(assess: Callable[..., Judged]) -> Assess:
    """Judge accounts one by one."""

    def judged(some: Sequence[Subject]) -> list[Judged]:
        return [assess(*one) for one in some]

    return judged
