"""Rules over one account, as the cache asks for them (over several at a time), and accounts written as by a pull."""

from collections.abc import Callable, Sequence

from data.account import Tombstone
from data.assessment import Subject
from data.backends.port import Item
from data.bulk import Assess, Judged
from data.cache import Cache
from data.cache_write import Last, Written


def each(assess: Callable[..., Judged]) -> Assess:
    """Judge accounts one by one."""

    def judged(some: Sequence[Subject]) -> list[Judged]:
        return [assess(*one) for one in some]

    return judged


def written(
    cache: Cache,
    items: Sequence[Item],
    tombstones: Sequence[Tombstone],
    cursor: int,
    assess: Assess,
    last: Last | None = None,
) -> Written:
    """Judge and commit a piece of a delta, as a pull does with a few accounts."""
    return cache.write_made(cache.made_of(items, assess), tombstones, cursor, last)
