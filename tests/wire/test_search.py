"""Words of a filter are found by their pieces: exactly what a look at every text finds, by plans that walk nothing."""

import itertools
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from kit.each import each, written

from data.account import Tombstone
from data.backends.port import Item
from data.bulk import Judged
from data.cache import Cache
from data.list_filter import _NAMED, filter_tests
from data.list_query import FEW, PIECE, SOME, among_query, found_query, list_query, words_query
from data.listing_columns import search_text
from data.ports_list import Sort, View

Make = Callable[..., Item]
Verdict = Callable[..., Judged]
NAMES = [
    "Straße & Söhne",
    "STRASSE UND MEHR",
    "İstanbul Lojistik",
    "Ångström",
    "株式会社かもめ",
    "서울 상사",
    "Ἀθῆναι",
    "Œuvre naïve",
    "50% off_all",
    'The "Quoted" Co*',
    "NOT AND OR NEAR(a b)",
    "it's -- a ^ test",
    "🦊 Fox & Co",
    "a",
    "zq",
    "back\\slash [x] {y}",
]


@pytest.fixture
def named(cache: Cache, item: Make, verdict: Verdict) -> Cache:
    """Accounts with the names above, each several times, some of which were renamed, some removed."""
    items = [
        item(f"acc_{at:03}", seq=at + 1, name=NAMES[at % len(NAMES)], org_name=f"Org {at % 7}") for at in range(96)
    ]
    written(cache, items, (), 96, each(verdict))
    renamed = [item(f"acc_{at:03}", seq=200 + at, name=NAMES[at * 5 % len(NAMES)] + " neu") for at in range(20)]
    written(cache, renamed, (), 300, each(verdict))
    cache.remove([Tombstone(f"acc_{at:03}", 400) for at in range(30, 40)])
    return cache


def texts_of(cache: Cache) -> dict[int, str]:
    """What each account is searched by, made anew from what the server sent."""
    numbers = cache.ids(View.BOOK)
    return dict(zip(numbers, map(search_text, cache.accounts_for(numbers)), strict=True))


def wanted(texts: dict[int, str], text: str) -> set[int]:
    words = " ".join(text.split()).casefold()
    return {number for number, one in texts.items() if words in one}


def pieces(texts: dict[int, str], count: int) -> list[str]:
    """Parts of the texts of every length, in any case, and some that are in none."""
    rng, found = random.Random(3), []
    for one in rng.choices(sorted(set(texts.values())), k=count):
        length = rng.choice((1, 1, 2, 2, 3, 3, 4, 5, 8, 40))
        start = rng.randrange(max(1, len(one) - length + 1))
        part = one[start : start + length]
        found += [part, part.upper() if part.upper().casefold() == part else part, part[::-1], part + "x"]
    return [
        *found,
        "%",
        "_",
        "%%%",
        '"',
        '""',
        "*",
        "'",
        "' OR 1=1 --",
        "zq",
        "q",
        "a*",
        "NOT",
        "or ne",
        "\x00",
        "a\x00b",
    ]


def same(cache: Cache, count: int = 250) -> None:
    """Both ways to a list find what the plain look finds, in the same order."""
    texts = texts_of(cache)
    for text in pieces(texts, count):
        if not filter_tests(text)[2]:
            continue
        listed = cache.ids(View.BOOK, Sort.NAME, text)
        assert set(listed) == wanted(texts, text), text
        walked, values = list_query(View.BOOK, Sort.NAME, text, False, True)
        assert [row[0] for row in cache.each(walked, values)] == listed.tolist(), text
        if "\x00" not in text:
            for way in (found_query, among_query):
                looked, values = way(View.BOOK, Sort.NAME, text, False, True)
                assert [row[0] for row in cache.each(looked, values)] == listed.tolist(), (way, text)


def test_words_are_found_as_a_look_at_every_text_finds_them(named: Cache) -> None:
    same(named)


def test_a_book_fetched_anew_is_found_by_its_new_texts(named: Cache, item: Make, verdict: Verdict) -> None:
    named.begin_shadow("epoch-1")
    fresh = [item(f"acc_{at:03}", seq=500 + at, name=NAMES[at * 3 % len(NAMES)]) for at in range(60)]
    named.write_shadow(named.made_of(fresh, each(verdict)), (), 600)
    named.overwrite(item("acc_007", seq=900, name="pushed meanwhile"), each(verdict))
    named.put(epoch="epoch-1", cursor=1)
    named.swap_shadow(None, datetime(2026, 11, 21, tzinfo=UTC))
    assert len(named.ids(View.BOOK, text="pushed mean")) == 1
    same(named, 60)
    named.overwrite(item("acc_008", seq=901, name="renamed after"), each(verdict))
    assert len(named.ids(View.BOOK, text="renamed after")) == 1
    named.start_book("http://127.0.0.1:9", "epoch-2")
    assert named.all("SELECT count(*) FROM finder WHERE finder MATCH '\"acc\"'") == [(0,)]
    written(named, fresh, (), 600, each(verdict))
    same(named, 20)


@pytest.mark.parametrize("words", ["a", "zq", "zqx", "tallow research"])
def test_no_look_for_words_walks_the_texts(named: Cache, words: str) -> None:
    sql, values = words_query(words)
    plan = [step[3] for step in named.connection.execute(f"EXPLAIN QUERY PLAN {sql} LIMIT 9", values)]
    looks = [step for step in plan if "finder" in step]
    assert looks and all("VIRTUAL TABLE INDEX" in step and not step.endswith("INDEX 0:") for step in looks), plan


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("sort", Sort)
def test_a_few_that_match_are_looked_up_by_their_number(named: Cache, view: View, sort: Sort) -> None:
    for text in ("zq", "zqx", "zqx red:yes health:critical mrr-from:100 owner:maya"):
        sql, values = found_query(view, sort, text, True, False)
        plan = [step[3] for step in named.connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
        reads = [step for step in plan if "listing" in step]
        assert reads == ["SEARCH listing USING INTEGER PRIMARY KEY (rowid=?)"], plan


def test_the_way_to_what_matches_follows_how_many_may(named: Cache, item: Make, verdict: Verdict) -> None:
    asked = (View.BOOK, Sort.NAME)
    assert named.query(*asked, "acc", False, False) == found_query(*asked, "acc", False, False)
    many = [item(f"acc_x{at:05}", seq=1000 + at) for at in range(FEW + 1)]
    written(named, many, (), 9000, each(verdict))
    for text, way in (("acc_x", among_query), ("x", among_query), ("かもめ", found_query)):
        assert named.query(*asked, text, False, False) == way(*asked, text, False, False)
    assert len(named.ids(View.BOOK, text="acc_x")) == FEW + 1
    assert min(SOME.values()) > FEW and set(SOME) == set(range(1, PIECE + 1))


KINDS = (
    "health:low",
    "drift:any",
    "monitor:new",
    "red:no",
    "mrr:known",
    "alerted:no",
    "unanswered:yes",
    "leaf:at",
    "industry:x",
)
KINDS += (
    "owner:maya",
    "owner:none",
    "step:open_red",
    "mrr-from:9",
    "mrr-below:9",
    "fell:2026-11-20",
    "id:acc_1",
    "not-id:acc_1",
)
KINDS += ("sla-before:2026-11-21", "designated-from:2026-11-20", "designated-before:2026-11-20", "acc", "red:yes acc")
KINDS += ("mine:yes", "claimed:me", "claimed:ana", "snoozed:yes", "changed:yes", "changed:new,category", "changed:no")


def test_every_name_of_a_filter_has_its_plan_looked_at() -> None:
    assert {kind.partition(":")[0] for kind in KINDS if ":" in kind} == set(_NAMED)


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("text", KINDS)
def test_no_filter_sorts_a_list_or_leaves_its_index(named: Cache, view: View, text: str) -> None:
    for sort, untouched, way in itertools.product(Sort, (False, True), (list_query, among_query)):
        sql, values = way(view, sort, text, untouched, False)
        plan = [step[3] for step in named.connection.execute(f"EXPLAIN QUERY PLAN {sql} LIMIT 256", values)]
        reads = [step for step in plan if "listing" in step]
        assert reads and all(" INDEX " in step or "INTEGER PRIMARY KEY" in step for step in reads), plan
        assert "SCAN listing" not in plan
        few = text.startswith(("id:", "sla-before:")) or (view is View.DRIFT and text.startswith("monitor:"))
        if not few:  # those are found by an index of their own and sorted
            assert not any("TEMP B-TREE FOR ORDER" in step for step in plan), plan
