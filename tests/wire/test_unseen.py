"""What changed since one last looked: kept by the file itself, through deltas, a full refresh and restarts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kit.each import each
from kit.each import written as commit

from data.account import Account, Claim, Tombstone
from data.assessment import Category, WorkspaceReading
from data.backends.port import Item
from data.bulk import Judged
from data.cache import Cache
from data.health_book import Past
from data.ports_list import View
from data.safe_text import SafeText

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
Make = Callable[..., Item]
Verdict = Callable[..., Judged]


def room(account: Account) -> tuple[WorkspaceReading, ...]:
    """One workspace with the used hours of the account's second flag, of 10."""
    used = float(account.flags[1]) if len(account.flags) > 1 else None
    facts: dict[str, Any] = dict.fromkeys(WorkspaceReading.__struct_fields__)
    facts |= {"id": "w", "name": SafeText("W"), "used": used, "included": 10.0}
    facts |= {"stopped": False, "by_ratio": False, "by_projection": False}
    return (WorkspaceReading(**facts),)


@pytest.fixture
def assess(verdict: Verdict) -> Callable[..., Judged]:
    """Category by the first flag, used hours by the second, no signals."""

    def judged(account: Account, touches: object, past: Past | None) -> Judged:
        return verdict(account, signals=(), workspaces=room(account), red=None, monitor=None)

    return judged


@pytest.fixture
def write(cache: Cache, item: Make, assess: Callable[..., Judged]) -> Callable[..., None]:
    """Write one account as the next delta brings it."""
    seq = iter(range(100, 10_000))

    def written(account_id: str, category: str = "none", used: float = 1.0, **over: Any) -> None:
        at = next(seq)
        flags = [category, str(used)]
        commit(cache, [item(account_id, at, flags=flags, **over)], (), at, each(assess))

    return written


def changed(cache: Cache, account_id: str = "a") -> tuple[str, ...]:
    return cache.unseen([account_id]).get(account_id, ())


@pytest.fixture
def seen(cache: Cache, write: Callable[..., None]) -> Cache:
    """A book after its first sync: accounts a and b, nothing of them unseen."""
    for account_id in "ab":
        write(account_id, "at_cap", mrr=1000, currency="EUR")
    cache.mark_complete(None, NOW)
    assert cache.unseen(["a", "b"]) == {} and cache.stood("a") is None
    return cache


def test_each_fact_is_named_and_said_as_it_was(seen: Cache, write: Callable[..., None]) -> None:
    write("a", "pilot_hard_block", mrr=1000)
    assert changed(seen) == ("category",) and changed(seen, "b") == ()
    claim = {"staff_id": "stf_1", "name": "Ana", "until": (NOW + timedelta(hours=1)).isoformat()}
    write("a", "pilot_hard_block", 9.7, mrr=2000, tier="guardian", claim=claim)
    assert changed(seen) == ("category", "usage", "plan", "money", "claim")
    stood = seen.stood("a")
    assert stood is not None
    assert stood == (Category.AT_CAP.rank, 1, "pilot", -1000, 0, "")
    write("a", "at_cap", 1.9, mrr=1000)
    assert changed(seen) == () and seen.stood("a") is None, "it stands as it stood when one looked"


def test_usage_counts_by_tenths_of_the_cap_and_unknown_money_is_not_none(
    seen: Cache, write: Callable[..., None]
) -> None:
    write("a", "at_cap", 1.99, mrr=1000)
    assert changed(seen) == ()
    write("a", "at_cap", 2.0, mrr=1000)
    assert changed(seen) == ("usage",)
    write("a", "at_cap", 1.0, mrr=None)
    assert changed(seen) == ("money",)


def test_looking_makes_it_seen_until_the_next_change(seen: Cache, write: Callable[..., None], tmp_path: Path) -> None:
    write("a", "pilot_hard_block", mrr=1000)
    write("b", "pilot_hard_block", mrr=1000)
    assert seen.look_at(["a", "nobody"]) == 1 and changed(seen) == ()
    with_restart = Cache.open(tmp_path / "cache", seen.base_url)
    assert changed(with_restart) == () and changed(with_restart, "b") == ("category",), "it survives a restart"
    with_restart.close()
    write("a", "at_cap", mrr=1000)
    stood = seen.stood("a")
    assert stood is not None and stood.rank == Category.PILOT_HARD_BLOCK.rank, "as it was when one looked last"
    assert seen.look_at_numbers(seen.ids(View.BOOK)) == 2 and seen.unseen(["a", "b"]) == {}


def test_who_comes_at_risk_after_the_first_sync_is_new(seen: Cache, write: Callable[..., None]) -> None:
    write("c", "at_cap")
    write("d", "none")
    assert changed(seen, "c") == ("new",) and changed(seen, "d") == ()
    write("c", "pilot_hard_block")
    assert changed(seen, "c") == ("new",)
    seen.remove([Tombstone("c", 99_999)])
    assert seen.all("SELECT count(*) FROM unseen") == [(0,)]
    assert seen.look_at(["c"]) == 0


def test_a_second_look_counts_as_a_change_too(seen: Cache, verdict: Verdict) -> None:
    account = seen.account("a")
    assert account is not None
    claim = Claim("stf_2", SafeText("Tom"), NOW)
    judged = each(lambda one, touches, past: verdict(one, claim=claim, workspaces=room(one), signals=()))
    seen.reassess([account], judged)
    assert changed(seen) == ("claim",)


def test_a_book_fetched_anew_is_held_against_the_one_before(
    seen: Cache, item: Make, assess: Callable[..., Judged], write: Callable[..., None]
) -> None:
    write("gone", "at_cap")
    write("b", "pilot_hard_block", mrr=1000)
    assert changed(seen, "gone") == ("new",)
    fresh = [
        item("a", 20_000, flags=["pilot_hard_block", "1.0"], mrr=1000),
        item("b", 20_001, flags=["at_cap", "1.0"], mrr=1000),
        item("c", 20_002, flags=["at_cap", "1.0"]),
    ]
    seen.begin_shadow("epoch-1")
    seen.write_shadow(seen.made_of(fresh, each(assess)), (), 20_002)
    assert changed(seen) == (), "nobody reads the shadow"
    seen.swap_shadow(None, NOW)
    assert seen.unseen(["a", "b", "c", "gone"]) == {"a": ("category",), "c": ("new",)}, "b is back where it was seen"
    seen.look_at(["a"])
    write("a", "at_cap", mrr=1000)
    assert changed(seen) == (), "older than what is cached"
    newer = item("a", 30_000, flags=["at_cap", "1.0"], mrr=1000)
    seen.overwrite(newer, each(assess))
    assert changed(seen) == ("category",), "the triggers follow the new tables"


def test_another_book_has_no_news(seen: Cache, write: Callable[..., None]) -> None:
    write("a", "pilot_hard_block", mrr=1000)
    seen.start_book("http://127.0.0.1:9", "epoch-2")
    write("z", "at_cap")
    assert seen.all("SELECT count(*) FROM unseen") == [(0,)]
