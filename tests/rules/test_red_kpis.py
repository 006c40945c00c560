"""R15–R19: hand-made cohorts, their goldens, and an oracle that counts them once more."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.red_book import NOW

from data.red_account import RedCase
from triage.rules.red_kpis import red_kpis


def ago(days):
    return NOW - timedelta(days=days)


def one(opened, *, answered=None, recovered=None, churned=None, arr=100, renewed=None, currency="EUR", left=None):
    """An episode opened so many days ago; answered after hours, the others after days."""
    start = ago(opened)
    after = {name: None if days is None else start + timedelta(days=days) for name, days in
             (("recovered", recovered), ("churned", churned), ("left", left))}  # fmt: skip
    return RedCase(
        account_id="acc",
        opened_at=start,
        responded_at=None if answered is None else start + timedelta(hours=answered),
        recovered_at=after["recovered"],
        churned_at=after["churned"],
        ended_at=after["churned"] or after["left"] or after["recovered"],
        currency=currency,
        arr=arr,
        renewed=renewed,
    )


GOLDEN = [
    one(90, answered=10, recovered=30, arr=400, renewed=340),
    one(100, answered=20, recovered=90),
    one(200, answered=6, recovered=90.01, renewed=100),
    one(120, churned=60),
    one(95, answered=12, left=20),
    one(89.99, answered=2, recovered=20, renewed=120),
    one(1),
]


def test_R16_to_R19_golden(kit):
    found = red_kpis(GOLDEN, 4, 100, kit.policy, NOW)
    old, young = found.matured, found.maturing
    assert (old.size, young.size) == (5, 2)
    assert (old.recovery.value, old.recovery.met, old.recovery.pending) == (0.4, False, 1)
    assert old.response_hours.value == pytest.approx((10 + 20 + 6 + 60 * 24 + 12) / 5)
    assert (old.response_hours.met, old.response_hours.pending) == (False, 1)
    money = old.revenue["EUR"]
    assert (money.value, money.n, money.pending) == (pytest.approx((340 + 100 + 0) / 600), 3, 2)
    assert (old.churn.value, old.churn.met, old.churn.pending) == (0.2, True, 0)
    assert (young.recovery.value, young.churn.pending) == (0.5, 1)
    assert young.response_hours.value == pytest.approx((2 + 24) / 2)
    assert (found.share.value, found.share.met) == (0.04, True)


@pytest.mark.parametrize(
    ("cases", "field", "value", "met"),
    [
        ([one(100, recovered=9)] * 3 + [one(100)] * 2, "recovery", 0.6, True),
        ([one(100, recovered=9)] * 59 + [one(100)] * 41, "recovery", 0.59, False),
        ([one(100, answered=24)], "response_hours", 24.0, False),
        ([one(100, answered=23.99)], "response_hours", 23.99, True),
        ([one(100, churned=5)] * 2 + [one(100)] * 3, "churn", 0.4, False),
        ([one(100, churned=5)] * 39 + [one(100)] * 61, "churn", 0.39, True),
        ([], "recovery", None, None),
        ([], "response_hours", None, None),
        ([], "churn", None, None),
    ],
)
def test_R16_R17_R19_targets_on_both_sides(kit, cases, field, value, met):
    found = getattr(red_kpis(cases, 0, 10, kit.policy, NOW).matured, field)
    assert found.value == (None if value is None else pytest.approx(value)) and found.met is met


@pytest.mark.parametrize(("renewed", "met"), [(80, True), (79, False), (85, True), (130, True)])
def test_R18_recovery_revenue_and_UC1s_85_percent(kit, renewed, met):
    found = red_kpis([one(100, renewed=renewed), one(100)], 0, 10, kit.policy, NOW).matured.revenue["EUR"]
    assert (found.value, found.met, found.pending) == (pytest.approx(renewed / 100), met, 1)


def test_R18_currencies_stay_apart_and_unknown_money_is_pending(kit):
    cases = [
        one(100, renewed=50),
        one(100, renewed=90, currency="USD"),
        one(100, renewed=9, arr=None),
        one(100, currency=None),
    ]
    found = red_kpis(cases, 0, 10, kit.policy, NOW).matured.revenue
    assert {name: (kpi.value, kpi.pending) for name, kpi in found.items()} == {"EUR": (0.5, 1), "USD": (0.9, 0)}


@pytest.mark.parametrize(
    ("red", "book", "value", "met"), [(4, 100, 0.04, True), (5, 100, 0.05, False), (0, 0, None, None)]
)
def test_R15_share(kit, red, book, value, met):
    share = red_kpis([], red, book, kit.policy, NOW).share
    assert (share.value, share.met, share.n) == (value, met, book)


CASE = st.builds(
    one,
    opened=st.integers(0, 200),
    answered=st.none() | st.integers(0, 300),
    recovered=st.none() | st.integers(14, 120),
    churned=st.none() | st.integers(1, 120),
    arr=st.none() | st.integers(1, 1000),
    renewed=st.none() | st.integers(0, 1200),
)


@settings(max_examples=100, deadline=None)
@given(cases=st.lists(CASE, max_size=12))
def test_R16_to_R19_agree_with_the_oracle_and_nothing_is_dropped(kit, cases):
    found = red_kpis(cases, 0, 1, kit.policy, NOW)
    assert found.matured.size + found.maturing.size == len(cases)
    for cohort, young in ((found.matured, False), (found.maturing, True)):
        mine = [case for case in cases if (NOW - case.opened_at < timedelta(days=90)) is young]
        n = len(mine)
        assert cohort.size == cohort.recovery.n == cohort.response_hours.n == cohort.churn.n == n
        if not n:
            continue
        good = [case for case in mine if case.recovered_at and (case.recovered_at - case.opened_at).days <= 90]
        lost = [case for case in mine if case.churned_at]
        hours = sum(
            ((case.responded_at or case.ended_at or NOW) - case.opened_at).total_seconds() / 3600 for case in mine
        )
        assert cohort.recovery.value == pytest.approx(float(Fraction(len(good), n)))
        assert cohort.churn.value == pytest.approx(float(Fraction(len(lost), n)))
        assert cohort.response_hours.value == pytest.approx(hours / n)
        due = [case for case in mine if case.arr and (case.renewed is not None or case.churned_at)]
        if due:
            share = Fraction(sum(case.renewed or 0 for case in due), sum(case.arr for case in due))
            assert cohort.revenue["EUR"].value == pytest.approx(float(share))
