"""Lists of the cache: every order and filter by its index, counts kept in step, verdicts that lapse."""

import itertools
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from kit.each import each, written

from data.account import Account, Tombstone
from data.assessment import NO_RANK, Handled, Row, severity_key
from data.backends.port import Item
from data.bulk import Judged
from data.cache import Cache
from data.cache_lists import _lapsed_queries
from data.cache_write import Last
from data.health_monitor import MonitorState
from data.list_query import list_query
from data.listing_columns import rules_mark, search_text
from data.ports_list import Counts, Sort, View
from data.safe_text import SafeText

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
Make = Callable[[int], list[Item]]
Verdict = Callable[..., Judged]
RANKS = {View.BLOCKED: 0, View.AT_CAP: 1, View.NEAR_CAP: 2, View.DOWNGRADED: 3}
LATE = float("inf")


def order_key(sort: Sort, view: View = View.BOOK) -> Callable[[Row], object]:
    """What each order means, said once more in plain Python."""
    if sort is Sort.SEVERITY and view is View.DRIFT:
        return lambda row: (row.monitor.state is not MonitorState.SEVERE, ratio_of(row), row.id)
    if sort is Sort.SEVERITY and view is not View.RED:
        return severity_key
    if sort is Sort.MRR:
        return lambda row: (-(row.mrr or 0), row.id)
    if sort is Sort.RENEWAL:
        return lambda row: (row.renewal_at.timestamp() if row.renewal_at else LATE, row.id)
    if sort is Sort.HEALTH:
        return lambda row: (LATE if score_of(row) is None else score_of(row), row.id)
    if sort is Sort.PRIORITY:
        return lambda row: (-row.health.priority if row.health and row.health.priority is not None else LATE, row.id)
    if sort in (Sort.SLA, Sort.SEVERITY):
        return lambda row: (row.red.sla_due_at.timestamp() if row.red and row.red.sla_due_at else LATE, row.id)
    if sort is Sort.LAST_LOGIN:
        return lambda row: (-row.logins.last_at.timestamp() if row.logins.last_at else LATE, row.id)
    return lambda row: (row.name.casefold(), row.id)


def score_of(row: Row) -> float | None:
    return row.health.score if row.health else None


def ratio_of(row: Row) -> float:
    return LATE if row.monitor is None or row.monitor.ratio is None else row.monitor.ratio


def drifts(row: Row) -> bool:
    return row.monitor is not None and row.monitor.state in (MonitorState.MODERATE, MonitorState.SEVERE)


def belongs(row: Row, view: View, snoozed: bool) -> bool:
    """Which rows a view holds (A15, A17), said once more in plain Python."""
    rank = row.category.rank if row.category else NO_RANK
    if view is View.BOOK:
        return True
    if view is View.SIGNALS:
        return bool(row.signals)
    if view is View.DRIFT:
        return drifts(row)
    if view is View.RED:
        return row.red is not None and row.red.is_red
    return (rank < NO_RANK if view is View.AT_RISK else rank == RANKS[view]) and (snoozed or not row.snoozed)


@pytest.fixture
def filled(cache: Cache, book: Make, verdict: Verdict) -> Cache:
    """A cache with 260 accounts, some of them handled, written in shuffled batches."""
    items = book(260)
    random.Random(5).shuffle(items)

    def assess(account: Account, touches: object, past: object) -> Judged:
        done = Handled("stf_tom", SafeText("Tom"), NOW, SafeText("note")) if account.seq % 4 == 0 else None
        return verdict(account, handled=done)

    for start in range(0, 260, 60):
        written(cache, items[start : start + 60], (), start, each(assess))
    return cache


@pytest.mark.parametrize(("view", "sort"), list(itertools.product(View, Sort)))
def test_A7_A15_A17_every_list_holds_what_it_should_in_its_order(filled: Cache, view: View, sort: Sort) -> None:
    rows = filled.rows(filled.ids(View.BOOK))
    assert len(rows) == 260
    for snoozed, untouched, text in itertools.product((False, True), (False, True), ("", "STRASSE", " org 1 ", "%")):
        wanted = [row for row in rows if belongs(row, view, snoozed) and not (untouched and row.handled)]
        if text:
            texts = {one.id: search_text(one) for one in filled.accounts_for(filled.ids(View.BOOK))}
            wanted = [row for row in wanted if text.strip().casefold() in texts[row.id]]
        wanted.sort(key=order_key(sort, view))  # type: ignore[arg-type]
        found = filled.rows(filled.ids(view, sort, text, untouched, snoozed=snoozed))
        assert [row.id for row in found] == [row.id for row in wanted]
        assert filled.first(view, sort, text, untouched, 10, snoozed=snoozed) == wanted[:10]


@pytest.mark.parametrize(("view", "sort", "untouched"), list(itertools.product(View, Sort, (False, True))))
def test_no_list_walks_the_book_or_sorts(cache: Cache, view: View, sort: Sort, untouched: bool) -> None:
    sql, values = list_query(view, sort, "", untouched, False)
    plan = [step[3] for step in cache.connection.execute(f"EXPLAIN QUERY PLAN {sql} LIMIT 50", values)]
    reads = [step for step in plan if "listing" in step]
    assert reads
    partial = {View.SIGNALS: "signal_", View.DRIFT: "drift_", View.RED: "red_"}
    if view in partial:  # its indexes hold nothing but its accounts
        assert all(f" INDEX {partial[view]}" in step for step in reads), plan
    else:
        assert all(step.startswith("SEARCH listing USING COVERING INDEX") for step in reads), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


def test_no_search_for_lapsed_verdicts_walks_the_book(filled: Cache) -> None:
    for sql, values in _lapsed_queries(NOW.timestamp(), "2026-11-20", "p1"):
        plan = [step[3] for step in filled.connection.execute(f"EXPLAIN QUERY PLAN {sql} LIMIT 50", values)]
        assert all(step.startswith("SEARCH listing USING") for step in plan), (sql, plan)


def recount(cache: Cache) -> Counts:
    """The counts, by walking the whole book."""
    rows = cache.rows(cache.ids(View.BOOK))
    at_risk = [row for row in rows if row.category]
    shown = Counter(row.category.rank for row in at_risk if row.category and not row.snoozed)
    signals = sum(bool(row.signals) for row in rows)
    snoozed = sum(row.snoozed for row in at_risk)
    drift, red = sum(map(drifts, rows)), sum(row.red is not None and row.red.is_red for row in rows)
    return Counts(shown[0], shown[1], shown[2], shown[3], signals, len(rows), snoozed, drift, red)


def test_counts_stay_in_step_with_every_kind_of_write(
    filled: Cache, book: Make, item: Callable[..., Item], verdict: Verdict
) -> None:
    assert filled.counts() == recount(filled)
    assert filled.counts().snoozed > 0
    newer = [item(one.account.id, seq=5000 + one.account.seq, flags=["at_cap"]) for one in book(90)]
    written(filled, newer, (), 5200, each(verdict))
    assert filled.counts() == recount(filled)

    def rest(account: Account, touches: object, past: object) -> Judged:
        return verdict(account, snoozed=True, category=None)

    assert filled.reassess(filled.accounts_for(filled.ids(View.AT_CAP, limit=20)), each(rest)) == 20
    assert filled.counts() == recount(filled)
    filled.overwrite(item(book(1)[0].account.id, seq=9000, flags=["none", "clock_skew"]), each(verdict))
    assert filled.remove([Tombstone(one.account.id, 9999) for one in book(100)]) == 100
    counts = filled.counts()
    assert counts == recount(filled)
    assert counts.book == 160 == filled.size()
    assert counts.at_risk == counts.blocked + counts.at_cap + counts.near_cap + counts.downgraded
    assert counts.at_risk == len(filled.ids(View.AT_RISK))


def test_an_account_is_overwritten_by_a_higher_seq_only(
    cache: Cache, item: Callable[..., Item], verdict: Verdict
) -> None:
    written(cache, [item("acc_1", seq=10, mrr=5), item("acc_1", seq=9, mrr=4)], (), 10, each(verdict))
    number = cache.number("acc_1")
    assert not cache.overwrite(item("acc_1", seq=10, mrr=6), each(verdict))
    written(cache, [item("acc_1", seq=3, mrr=7)], (), 11, each(verdict))
    assert cache.seq("acc_1") == 10
    assert cache.overwrite(item("acc_1", seq=12, mrr=8), each(verdict))
    account, row = cache.account("acc_1"), cache.row("acc_1")
    assert account is not None
    assert row is not None
    assert (account.mrr, row.mrr, row.seq, cache.number("acc_1")) == (8, 8, 12, number)
    assert cache.remove([Tombstone("acc_1", 11)]) == 0
    assert cache.reassess([item("acc_1", seq=10, mrr=1).account], each(verdict)) == 0
    assert cache.row("acc_1") == row


def test_what_the_server_sent_is_kept_byte_by_byte(cache: Cache, item: Callable[..., Item], verdict: Verdict) -> None:
    one = item("acc_1", future_field={"kept": [1, 2]})
    written(cache, [one], (), 1, each(verdict))
    ((stored,),) = cache.all("SELECT payload FROM account")
    assert stored != one.raw and cache.packing.unpack(stored) == one.raw
    assert cache.account("acc_1") == one.account


def test_rows_come_in_the_order_asked_for_without_removed_ones(filled: Cache) -> None:
    numbers = list(filled.ids(View.BOOK))
    random.Random(1).shuffle(numbers)
    wanted = [filled.rows([number])[0].id for number in numbers[:200]]
    assert [row.id for row in filled.rows([999_999, *numbers[:200]])] == wanted
    assert [account.id for account in filled.accounts_for(numbers[:200])] == wanted
    assert (filled.row("acc_unknown"), filled.account("acc_unknown"), filled.number("acc_unknown")) == (None,) * 3


def test_a_number_is_never_used_again(cache: Cache, item: Callable[..., Item], verdict: Verdict) -> None:
    written(cache, [item("acc_1", seq=1), item("acc_2", seq=2)], (), 2, each(verdict))
    gone = cache.number("acc_2")
    cache.remove([Tombstone("acc_2", 3)])
    written(cache, [item("acc_3", seq=4)], (), 4, each(verdict))
    assert cache.number("acc_3") not in (None, gone)


def test_a_hostile_filter_is_only_text(filled: Cache) -> None:
    for text in ("' OR 1=1 --", "%", "\x00", '"', "]"):
        assert filled.ids(View.BOOK, text=text).tolist() == []


def test_verdicts_lapse_by_time_by_feed_date_and_by_policy_gravest_first(
    cache: Cache, book: Make, verdict: Verdict
) -> None:
    def assess(account: Account, touches: object, past: object) -> Judged:
        turn = account.seq % 4
        return verdict(
            account,
            good_until=NOW + timedelta(hours=-1 if turn == 0 else 1),
            day={0: date(2026, 11, 20), 1: date(2026, 11, 19), 2: None, 3: date(2026, 11, 20)}[turn],
            policy="p0" if account.seq % 8 == 7 else "p1",
            tree=None,
        )

    written(cache, book(80), (), 80, each(assess))

    def lapsed(now: datetime, through: str, policy: str, limit: int = 1000) -> set[int]:
        return {account.seq % 8 for account in cache.lapsed(now.timestamp(), through, policy, limit)}

    day_ago = NOW - timedelta(days=1)
    assert lapsed(NOW, "", "p1") == {0, 4, 7}
    assert lapsed(day_ago, "", "p1") == {7}
    assert lapsed(day_ago, "2026-11-19", "p1") == {2, 6, 7}
    assert lapsed(day_ago, "2026-11-20", "p1") == {1, 2, 5, 6, 7}
    assert lapsed(day_ago, "", "p2") == set(range(8))
    assert len(cache.lapsed(day_ago.timestamp(), "2026-11-20", "p1", 7)) == 7
    due = cache.lapsed(day_ago.timestamp(), "2026-11-20", "p1", 15)
    found = [cache.row(account.id) for account in due]
    ranks = [row.category.rank if row and row.category else NO_RANK for row in found]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0


def test_tombstones_wait_for_the_last_piece_and_for_permission(
    cache: Cache, book: Make, item: Callable[..., Item], verdict: Verdict
) -> None:
    items = book(10)
    ids = [one.account.id for one in items]
    written(cache, items, (), 10, each(verdict), Last(date(2026, 11, 20), NOW, 0))
    stones = [Tombstone(one, 20 + place) for place, one in enumerate(ids[:4])]
    written(cache, (), stones, 24, each(verdict))
    assert cache.size() == 10
    later = NOW + timedelta(hours=1)
    back = item(ids[0], seq=30)
    held = written(cache, [back], (), 30, each(verdict), Last(date(2026, 11, 21), later, 2))
    assert (held.held, held.removed, cache.size(), cache.synced_at, cache.cursor) == (3, 0, 10, NOW, 30)
    done = written(cache, (), (), 31, each(verdict), Last(date(2026, 11, 21), later, 3))
    assert (done.held, done.removed, cache.size(), cache.synced_at) == (0, 3, 7, later)
    assert cache.complete_through == date(2026, 11, 21)
    assert cache.number(ids[0]) is not None
    assert cache.all("SELECT * FROM tombstone") == []


def test_D17_another_tree_lapses_every_verdict(cache: Cache, item: Callable[..., Item], verdict: Verdict) -> None:
    written(cache, [item("acc_1")], (), 1, each(lambda account, touches, past: verdict(account)))
    row = cache.row("acc_1")
    assert row is not None
    assert row.tree is not None
    now = NOW.timestamp()
    assert cache.lapsed(now, "", rules_mark(row.policy, row.tree.hash), 9) == []
    assert len(cache.lapsed(now, "", rules_mark(row.policy, "another"), 9)) == 1


def test_R11_late_counts_red_accounts_whose_clock_ran_out(filled: Cache) -> None:
    rows = filled.rows(filled.ids(View.RED))
    late = sum(row.red is not None and row.red.sla_due_at is not None and row.red.sla_due_at < NOW for row in rows)
    assert filled.counts(NOW.timestamp()).late == late > 0
    sql = "SELECT count(*) FROM listing WHERE red = 1 AND sla < ?"
    plan = [step[3] for step in filled.connection.execute(f"EXPLAIN QUERY PLAN {sql}", (NOW.timestamp(),))]
    assert plan == ["SEARCH listing USING INDEX red_sla (sla<?)"]
