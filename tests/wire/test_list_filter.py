"""The live filter: words, `name:value` for the verdicts, what is half typed, and the hint where nobody knows a name."""

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from kit.each import each, written

from data.account import Account, Claim, Staff
from data.backends.port import Item
from data.bulk import Judged
from data.cache import Cache
from data.health_monitor import MonitorState
from data.identity import Identity
from data.list_filter import doubt, narrows, toggled
from data.ports_list import View
from data.safe_text import SafeText

UNTIL = datetime(2026, 11, 21, 13, tzinfo=UTC)
OWNERS = (Staff("stf_0", SafeText("Maya Okafor"), None), Staff("stf_1", SafeText("Tom Reyes"), None), None)
CLAIMS = (Claim("stf_0", SafeText("Ana"), UNTIL), Claim("stf_00", SafeText("Bo"), UNTIL), None, None, None)
ME = Identity("stf_0", SafeText("Ana"), None, SafeText("lead"), (), None, None)


@pytest.fixture
def filled(cache: Cache, book: Callable[[int], list[Item]], verdict: Callable[..., Judged]) -> Cache:
    """A cache with 260 accounts, written in shuffled order."""
    items = book(260)
    random.Random(5).shuffle(items)

    def assess(account: Account, touches: object, past: object) -> Judged:
        owner = SafeText("Ana") if account.seq % 8 == 0 else None
        return verdict(account, owner=OWNERS[account.seq % 3], claim=CLAIMS[account.seq % 5], case_owner=owner)

    cache.remember_identity(ME, "mark")
    written(cache, items, (), 260, each(assess))
    return cache


def drifts(row: object) -> bool:
    return row.monitor.state in (MonitorState.MODERATE, MonitorState.SEVERE)  # type: ignore[attr-defined]


def mine(row: object) -> bool:
    claim, owner = row.claim, row.owner  # type: ignore[attr-defined]
    by_case = row.case_owner == "Ana"  # type: ignore[attr-defined]
    return any(one is not None and one.staff_id == "stf_0" for one in (claim, owner)) or by_case


FILTERS = {
    "mine:yes": mine,
    "mine:no": lambda row: not mine(row),
    "claimed:me": lambda row: row.claim is not None and row.claim.staff_id == "stf_0",
    "claimed:others": lambda row: row.claim is not None and row.claim.staff_id != "stf_0",
    "claimed:no": lambda row: row.claim is None,
    "claimed:me,no": lambda row: row.claim is None or row.claim.staff_id == "stf_0",
    "claimed:bo": lambda row: row.claim is not None and row.claim.name == "Bo",
    "snoozed:yes": lambda row: row.snoozed,
    "snoozed:no": lambda row: not row.snoozed,
    "health:critical": lambda row: row.health.risk == "critical",
    "health:none": lambda row: row.health.risk is None,
    "drift:severe": lambda row: row.monitor.state is MonitorState.SEVERE,
    "drift:any": drifts,
    "sla-before:2026-11-21": lambda row: (
        row.red.sla_due_at is not None and row.red.sla_due_at < datetime(2026, 11, 21, tzinfo=UTC)
    ),
    "drift:none": lambda row: not drifts(row),
    **{f"monitor:{state}": lambda row, state=state: row.monitor.state is state for state in MonitorState},
    "monitor:data": lambda row: row.monitor.state is MonitorState.DATA_GAP,
    "monitor:new,dormant": lambda row: row.monitor.state in (MonitorState.NEW, MonitorState.DORMANT),
    "leaf:at-risk": lambda row: row.tree.leaf == "AT_RISK",
    "red:yes": lambda row: row.red.is_red,
    "red:no": lambda row: not row.red.is_red,
    "step:open_red": lambda row: row.red.step == "open_red",
    "mrr-from:1000": lambda row: (row.mrr or 0) >= 1000,
    "mrr-from:1000 mrr-below:1200": lambda row: 1000 <= (row.mrr or 0) < 1200,
    "red:yes health:critical": lambda row: row.red.is_red and row.health.risk == "critical",
    "health:crit,unscored": lambda row: row.health.risk in ("critical", None),
    "drift:sev": lambda row: row.monitor.state is MonitorState.SEVERE,
    "leaf:at": lambda row: row.tree.leaf == "AT_RISK",
    "owner:tom": lambda row: row.owner is not None and row.owner.name.startswith("Tom"),
    'owner:"stf_0 maya okafor"': lambda row: row.owner is not None and row.owner.name.startswith("Maya"),
    "owner:none": lambda row: row.owner is None,
    "DRIFT:Moderate": lambda row: row.monitor.state is MonitorState.MODERATE,
}


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_names_a_verdict(filled: Cache, text: str) -> None:
    rows = filled.rows(filled.ids(View.BOOK))
    found = filled.rows(filled.ids(View.BOOK, text=text))
    assert found
    assert {row.id for row in found} == {row.id for row in rows if FILTERS[text](row)}  # type: ignore[no-untyped-call]
    both = filled.ids(View.BOOK, text=f"{text} strasse")
    assert filled.narrow(filled.ids(View.BOOK, text="strasse"), text) == both
    assert len(both) <= len(found)


@pytest.mark.parametrize("text", ["health:", "nothing:here", "mrr-from:abc", "http://x", "red:'; DROP TABLE listing"])
def test_what_names_no_verdict_is_only_text_or_matches_nothing(filled: Cache, text: str) -> None:
    assert filled.ids(View.BOOK, text=text).tolist() == [] or text.startswith("red:")
    assert filled.size() == 260


GROWING = [
    ("s", "health:h", "health:high", "health:high,critical"),
    ("mrr-below:1", "mrr-below:10", "mrr-below:1000"),
    ("d", "dr", "drift:", "drift:s", "drift:severe"),
    ("red:yes", "red:yes org", "red:yes org 1"),
    ("leaf:a", "leaf:at", "leaf:at_risk"),
    ("org", "org 1", "org 1 health:low"),
    ("snoozed:", "snoozed:y", "snoozed:yes", "snoozed:yes org"),
]


@pytest.mark.parametrize("typed", GROWING)
def test_a_list_that_is_narrowed_key_by_key_is_the_list_of_its_filter(filled: Cache, typed: tuple[str, ...]) -> None:
    """`health:high` finds fewer than `health:high,critical`: only a filter that can but lose rows is narrowed."""
    shown, before = filled.ids(View.BOOK, text=typed[0]), typed[0]
    for text in typed[1:]:
        shown = filled.narrow(shown, text) if narrows(before, text) else filled.ids(View.BOOK, text=text)
        assert shown == filled.ids(View.BOOK, text=text), (before, text)
        before = text
    assert narrows("nort", "north") and narrows("red:yes", "red:yes org") and not narrows("red:yes", "red:no")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("healt:critical", "healt: is only text. Did you mean health:?"),
        ("north drfit:severe", "drfit: is only text. Did you mean drift:?"),
        ("health:critcal", "health: knows critical, high, medium, low, scored, unscored, none. Did you mean critical?"),
        ("red:perhaps", "red: knows yes, no."),
        ("monitor:perhaps", "monitor: knows severe, moderate, ok, new, dormant, data_gap."),
        ("mrr-from:5k", "mrr-from: takes minor units a month, such as mrr-from:50000."),
        ("health:crit,high drift:sev leaf:own_leaf red:y mrr-from:500", ""),
        ("https://red.example", ""),
        ("Müller: Söhne", ""),
        ("health:", ""),
    ],
)
def test_what_can_hardly_be_meant_is_said(text: str, said: str) -> None:
    assert doubt(text) == said


def test_a_view_leaves_the_snoozed_out_unless_the_filter_asks_for_them(filled: Cache) -> None:
    resting = filled.ids(View.AT_RISK, text="snoozed:yes")
    assert len(resting) == filled.counts().snoozed > 0
    assert not set(resting) & set(filled.ids(View.AT_RISK))
    assert not narrows("", "snoozed:yes") and not narrows("org", "org snoozed:yes")
    assert all(filled.holds(number, View.AT_RISK, "snoozed:yes", False) for number in resting)


def test_a_key_adds_a_narrowing_and_takes_it_away_again() -> None:
    assert toggled("", "mine:yes") == "mine:yes"
    assert toggled("north red:yes", "mine:yes") == "north red:yes mine:yes"
    assert toggled("north mine:yes red:yes", "mine:yes") == "north red:yes"
    assert toggled("north changed:usage", "changed:yes") == "north changed:yes"
    assert toggled('industry:"public sector"', "mine:yes") == 'industry:"public sector" mine:yes'
