"""What only the cache knows of an account: pasts survive restarts and full refreshes, go with it, are replayed anew."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kit.each import written

from data.account import Signals, Tombstone, Workspace
from data.backends.port import Item
from data.cache import Assess, Cache
from data.cache_write import Last
from data.health_book import EMPTY_BOOK, Past
from data.health_monitor import MonitorState
from triage.policy import load_policy
from triage.rules.assess import judge_all
from triage.rules.health import Rulebook
from triage.tree_file import load_tree

DAY = date(2026, 11, 20)
URL = "http://127.0.0.1:9"
RULES = Rulebook(load_policy(), load_tree(), EMPTY_BOOK)


def clock(back: int) -> datetime:
    """The morning after the day `back` days before the last one."""
    return datetime(2026, 11, 21, 9, 41, tzinfo=UTC) - timedelta(days=back)


def rules(back: int) -> Assess:
    """All rules as of that morning."""
    return lambda some: judge_all(some, RULES, clock(back), DAY - timedelta(days=back))


@pytest.fixture
def fallen(item: Callable[..., Item]) -> Callable[..., Item]:
    """An account of five seats whose users fell from four to two on the 20th day before the last."""

    def made(account_id: str, back: int, seq: int = 1, fall: int = 19) -> Item:
        levels = [2 if day <= fall else 4 for day in range(back + 179, back - 1, -1)]
        signals: dict[str, Any] = {"as_of": (DAY - timedelta(days=back)).isoformat(), "active_users_daily": levels}
        rooms = [{"id": f"ws_{account_id}", "name": "Room", "seats_licensed": 5}]
        lists = {"products": [], "nps": [], "csat": []}
        return item(
            account_id,
            seq,
            tier="innovator",
            created_at="2024-01-01T00:00:00Z",
            workspaces=[{**dict.fromkeys(Workspace.__struct_fields__), **room} for room in rooms],
            signals={**dict.fromkeys(Signals.__struct_fields__), **lists, **signals},
        )

    return made


def write(cache: Cache, items: list[Item], back: int, stones: tuple[Tombstone, ...] = ()) -> None:
    """One whole delta as of that morning."""
    last = Last(DAY - timedelta(days=back), clock(back), 99)
    written(cache, items, stones, max((one.account.seq for one in items), default=99), rules(back), last)


def known(cache: Cache, account_id: str = "acc_1") -> Past | None:
    return cache.pasts_of([account_id]).get(account_id)


def days(past: Past | None) -> list[date]:
    return [] if past is None else list(past.days.dates())


def test_M12_H13_the_past_survives_a_restart_and_grows_by_a_day(tmp_path: Path, fallen: Callable[..., Item]) -> None:
    for back in range(14, -1, -1):
        with closing(Cache.open(tmp_path, URL)) as cache:
            if cache.base_url is None:
                cache.start_book(URL, "epoch-1")
            write(cache, [fallen("acc_1", back, 20 - back)], back)
    with closing(Cache.open(tmp_path, URL)) as cache:
        past, row = known(cache), cache.row("acc_1")
    assert past is not None and past.alert is not None and row is not None and row.monitor is not None
    assert days(past) == [DAY - timedelta(days=back) for back in range(14, -1, -1)]
    assert (past.alert.opened, past.alert.replayed) == (DAY - timedelta(days=8), False)  # R < 0.60 with k = 12
    assert (row.monitor.state, row.monitor.opened) == (MonitorState.MODERATE, past.alert.opened)


def test_M12_reassessing_goes_on_from_what_is_kept(cache: Cache, fallen: Callable[..., Item]) -> None:
    write(cache, [fallen("acc_1", 0)], 0)
    first = known(cache)
    for back in (0, -1, -1):
        cache.reassess([fallen("acc_1", 0).account], rules(back))
    assert first is not None
    after = known(cache)
    assert after is not None and after.alert == first.alert
    assert days(after) == [DAY, DAY + timedelta(days=1)]


def test_a_full_refresh_carries_the_history_over(cache: Cache, fallen: Callable[..., Item]) -> None:
    for back in (13, 8, 7):
        write(cache, [fallen(one, back, 20 - back) for one in ("acc_1", "acc_2")], back)
    before = known(cache)
    assert before is not None and before.alert is not None and not before.alert.replayed
    cache.begin_shadow("epoch-1")
    cache.write_shadow(cache.made_of([fallen("acc_1", 6, 30)], rules(6)), (), 30)
    assert known(cache) == before
    assert cache.swap_shadow(DAY - timedelta(days=6), clock(6)) == 1
    after = known(cache)
    assert after is not None and after.alert == before.alert
    assert days(after) == [*days(before), DAY - timedelta(days=6)]
    assert known(cache, "acc_2") is None
    assert cache.all("SELECT count(*) FROM history")[0][0] == 1


def test_a_removed_account_takes_its_history_with_it(cache: Cache, fallen: Callable[..., Item]) -> None:
    write(cache, [fallen("acc_1", 1, 1), fallen("acc_2", 1, 2)], 1)
    write(cache, [], 0, (Tombstone("acc_1", 9),))
    assert known(cache) is None and known(cache, "acc_2") is not None
    assert cache.all("SELECT count(*) FROM history")[0][0] == 1
    write(cache, [fallen("acc_1", 0, 12)], 0)
    again = known(cache)
    assert again is not None and again.alert is not None and again.alert.replayed
    assert days(again) == [DAY]


def test_M12_a_rebuilt_cache_replays_the_open_alert_and_says_since_when(
    tmp_path: Path, fallen: Callable[..., Item]
) -> None:
    for home, begin in ((tmp_path / "kept", 14), (tmp_path / "rebuilt", 0)):
        with closing(Cache.open(home, URL)) as cache:
            cache.start_book(URL, "epoch-1")
            assert cache.watching_since is None
            for back in range(begin, -1, -1):
                write(cache, [fallen("acc_1", back, 20 - back)], back)
                if cache.watching_since is None:
                    cache.begin_watching(clock(back))
            past, since = known(cache), cache.watching_since
            assert past is not None and past.alert is not None
            assert since == clock(begin)
            assert (past.alert.opened, past.alert.replayed) == (DAY - timedelta(days=8), begin == 0)
            assert past.alert.baseline == 80
            assert (past.alert.opened < since.date()) is past.alert.replayed
