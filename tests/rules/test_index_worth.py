"""What the index is worth and the book by it (H8–H12, H15, H16): oracles, boundaries, sums to the whole book."""

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.health_book import EMPTY_BOOK
from data.health_index import Holding, Risk
from triage.rules import index_worth as worth
from triage.rules.days import assessment_day
from triage.rules.index import read_index
from triage.rules.index_portfolio import overview, portfolio
from triage.rules.index_verdicts import index_verdicts

CUTS = msgspec.structs.replace(EMPTY_BOOK, a_mrr=500, b_mrr=200)
CASE = {
    "id": "case_1",
    "kind": "red",
    "opened_at": "2026-10-01T00:00:00Z",
    "closed_at": None,
    "causes": [],
} | dict.fromkeys(
    ("owner", "root_cause", "designated_at", "assessed_at", "root_cause_at", "planned_at", "reviewed_at"), None
) | dict.fromkeys(("intervened_at", "recovered_at", "outcome"), None)  # fmt: skip


def test_H12_cut_offs_by_cumulative_revenue(kit):
    rules = kit.policy.index.value_tiers
    assert worth.value_cuts([500, 300, 100, 60, 40, None, 0], rules) == (500, 300)
    assert worth.value_cuts([499, 301, 100, 60, 40], rules) == (301, 301)
    assert worth.value_cuts([400, 300, 100, 100, 100], rules) == (300, 100)
    assert worth.value_cuts([10], rules) == (10, 10)
    assert worth.value_cuts([None, 0], rules) == (None, None) == worth.value_cuts([], rules)


@given(st.lists(st.none() | st.integers(0, 1000), max_size=30))
@settings(max_examples=200, deadline=None)
def test_H12_every_tier_holds_its_share(kit, mrrs):
    a_mrr, b_mrr = worth.value_cuts(mrrs, kit.policy.index.value_tiers)
    paying = [mrr for mrr in mrrs if mrr]
    if not paying:
        assert (a_mrr, b_mrr) == (None, None)
        return
    assert a_mrr >= b_mrr
    for cut, share in ((a_mrr, 0.5), (b_mrr, 0.8)):  # enough with the cut's accounts, not enough without them
        assert sum(mrr for mrr in paying if mrr >= cut) >= share * sum(paying)
        assert sum(mrr for mrr in paying if mrr > cut) < share * sum(paying)


def test_H12_the_tier_and_the_priority(kit):
    assert [worth.value_tier(mrr, CUTS) for mrr in (501, 500, 499, 200, 199, 0)] == ["A", "A", "B", "B", "C", "C"]
    assert worth.value_tier(None, CUTS) is None is worth.value_tier(500, EMPTY_BOOK)
    assert worth.priority(34900, 25.0) == pytest.approx(26175.0)
    assert worth.priority(None, 25.0) is None is worth.priority(34900, None)
    assert worth.priority(0, 25.0) == 0


@given(st.floats(0, 100))
def test_H15_the_renewal_heuristic(kit, score):
    expected = 1 / (1 + math.exp(-(score - 50) / 12))
    assert worth.renewal(score, kit.policy.index.heuristics) == pytest.approx(expected)


def test_H15_goldens_and_no_overflow(kit):
    rules = kit.policy.index.heuristics
    assert worth.renewal(50, rules) == 0.5
    assert worth.renewal(75, rules) == pytest.approx(0.889273, abs=1e-6)
    steep = msgspec.structs.replace(rules, renewal_scale=0.001)
    assert (worth.renewal(0, steep), worth.renewal(100, steep)) == (pytest.approx(0), 1)


@pytest.mark.parametrize(
    ("score", "slope", "seats", "hours", "red", "ready"),
    [
        (75.0, 0.0, (17, 20), 2.0, False, True),
        (74.999, 0.0, (17, 20), 2.0, False, False),
        (75.0, -0.001, (17, 20), 2.0, False, False),
        (75.0, 0.0, (16, 20), 2.0, False, False),
        (75.0, 0.0, (16, 20), 8.0, False, True),  # approaching its cap
        (75.0, 0.0, (16, 20), 7.9, False, False),
        (75.0, 0.0, (17, 20), 2.0, True, False),
        (75.0, None, (17, 20), 2.0, False, None),
        (75.0, None, (16, 20), 2.0, False, False),
        (75.0, 0.0, (None, 20), 2.0, False, None),
        (75.0, 0.0, (None, 20), 8.0, False, True),
        (75.0, 0.0, (3, 0), 2.0, False, None),
        (None, 0.0, (17, 20), 2.0, False, None),
    ],
)
def test_H15_upsell_each_condition_on_both_sides(kit, score, slope, seats, hours, red, ready):
    rooms = [{"seats_used": seats[0], "seats_licensed": seats[1], "hours_used": hours}]
    account = kit.account(workspaces=rooms)
    assert worth.upsell(account, score, slope, red, kit.policy, kit.now, kit.day) is ready


def test_H15_an_open_red_case_is_no_time_to_sell(kit):
    rooms = [{"seats_used": 20, "seats_licensed": 20}]

    def ready(**changed):
        account = kit.account(workspaces=rooms, case={**CASE, **changed})
        return worth.upsell(account, 90.0, 1.0, False, kit.policy, kit.now, kit.day)

    assert ready() is False
    assert ready(closed_at="2026-11-01T00:00:00Z") is True
    assert ready(kind="recovery") is True


@pytest.mark.parametrize(
    ("risk", "support", "renewal", "upsell", "book"),
    [
        ("critical", 49.9, None, False, "support_escalation"),
        ("high", 50.0, None, False, "renewal_outreach"),
        ("high", None, None, False, "renewal_outreach"),
        ("medium", 10.0, "2027-02-18T00:00:00Z", False, "renewal_outreach"),  # 90 days
        ("medium", 10.0, "2027-02-19T00:00:00Z", False, None),
        ("medium", 10.0, "2026-11-20T00:00:00Z", False, "renewal_outreach"),
        ("medium", 10.0, "2026-11-19T00:00:00Z", False, None),
        ("low", 90.0, "2026-12-01T00:00:00Z", True, "upsell"),
        ("low", 90.0, None, None, None),
        (None, 10.0, "2026-12-01T00:00:00Z", None, None),
    ],
)
def test_H16_which_playbook(kit, risk, support, renewal, upsell, book):
    account = kit.account(renewal_at=renewal)
    day = assessment_day(account, kit.day)
    risk = None if risk is None else Risk(risk)
    assert worth.playbook(account, risk, support, upsell, kit.policy.index, day) == book
    if book is not None:
        assert kit.policy.index.playbook(book).steps


def test_H12_H15_H16_in_the_reading_and_in_its_verdicts(kit):
    account = kit.account(signals=kit.signals(adoption_pct=10.0, contraction_notice=True), mrr=600)
    reading = read_index(account, None, None, kit.policy, CUTS, kit.now, kit.day)
    assert (reading.value_tier, reading.playbook, reading.upsell) == ("A", "renewal_outreach", False)
    assert reading.priority == pytest.approx(600 * (100 - reading.score) / 100)
    told = {one.rule: one for one in index_verdicts(account, reading, kit.policy, CUTS, kit.now.date())}
    assert told["H12"].verdict == "tier A" and told["H12"].inputs["a_mrr"] == 500
    assert told["H15"].verdict.startswith("heuristic:") and "rule of thumb" in told["H15"].inputs["label"]
    assert told["H16"].verdict == "Renewal outreach" and told["H7"].verdict == "critical"
    assert msgspec.json.encode(list(told.values()))


def holding(name, score, mrr=100, industry="Schools", tier="B", currency="EUR"):
    risk = None
    if score is not None:
        risk = Risk.CRITICAL if score < 40 else Risk.HIGH if score < 55 else Risk.MEDIUM if score < 70 else Risk.LOW
    return Holding(name, score, risk, tier, industry, mrr, currency)


BOOK = [
    holding("a", 30.0, 1000, tier="A"),
    holding("b", 50.0, 200),
    holding("c", 60.0, 0, tier="C"),
    holding("d", 80.0, 400, "Health"),
    holding("e", None, 70, "Health"),
    holding("f", 90.0, None, None, None, None),
    holding("g", None, None, "  ", None, "USD"),
]


def test_H8_the_kpis_by_hand(kit):
    book = portfolio(BOOK, kit.policy.index)
    assert (book.mean, book.scored, book.unscored) == (pytest.approx(62.0), 5, 2)
    assert book.weighted_mean == pytest.approx((30 * 1000 + 50 * 200 + 80 * 400) / 1600)
    assert (book.at_risk, book.at_risk_share) == (2, pytest.approx(0.4))
    assert book.currencies == ("EUR",)


def test_H8_an_empty_and_an_unscored_book(kit):
    for book in (portfolio([], kit.policy.index), portfolio([holding("a", None)], kit.policy.index)):
        assert (book.mean, book.weighted_mean, book.at_risk_share, book.scored) == (None, None, None, 0)
    assert portfolio([holding("a", 10.0, None)], kit.policy.index).weighted_mean is None


def test_H10_ranked_dimmed_and_unclassified(kit):
    found = portfolio(BOOK, kit.policy.index).industries
    assert [(one.name, one.count, one.scored, one.dimmed) for one in found] == [
        ("unclassified", 2, 1, True),
        ("Health", 2, 1, True),
        ("Schools", 3, 3, False),
    ]
    assert (found[2].mean, found[2].at_risk_share) == (pytest.approx(140 / 3), pytest.approx(2 / 3))
    [last] = portfolio([holding("x", None)], kit.policy.index).industries
    assert (last.mean, last.at_risk_share, last.dimmed) == (None, None, True)


def test_H11_lowest_first_ties_by_mrr_then_id():
    book = [
        holding("z", 50.0, 5),
        holding("y", 50.0, 9),
        holding("b", 50.0, 5),
        holding("u", None, 99),
        holding("w", 1.0),
    ]
    assert [one.id for one in overview(book)] == ["w", "y", "b", "z", "u"]
    assert [one.id for one in overview([holding("k", 0.0, None), holding("l", 0.0, 1)])] == ["l", "k"]


HOLDINGS = st.builds(
    holding,
    st.text("abc", min_size=1, max_size=3),
    st.none() | st.floats(0, 100),
    st.none() | st.integers(0, 10**9),
    st.sampled_from([None, "", "Schools", "Health"]),
    st.sampled_from(["A", "B", "C", None]),
)


@given(st.lists(HOLDINGS, max_size=40))
@settings(max_examples=150, deadline=None)
def test_H9_H10_H12_every_division_sums_to_the_whole_book(kit, book):
    found = portfolio(book, kit.policy.index)
    whole = (len(book), sum(one.mrr or 0 for one in book), sum(one.mrr is None for one in book))
    assert (found.whole.count, found.whole.mrr, found.whole.no_mrr) == whole
    for parts in (found.distribution, found.grid):
        sums = tuple(sum(getattr(one.part, name) for one in parts) for name in ("count", "mrr", "no_mrr"))
        assert sums == whole
    assert sum(one.count for one in found.industries) == len(book)
    assert sum(one.scored for one in found.industries) == found.scored == len(book) - found.unscored
    assert [one.risk for one in found.distribution] == [*Risk, None] and len(found.grid) == 20
    by_risk = {one.risk: one.part.count for one in found.distribution}
    assert by_risk[None] == found.unscored and by_risk[Risk.CRITICAL] + by_risk[Risk.HIGH] == found.at_risk
