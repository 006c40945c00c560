"""The back-test (H19): a pairwise oracle for AUC, lift and calibration by hand, no credit from the order of rows."""

import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.health_index import Labelled
from triage.rules.backtest import auc, backtest, bins, brier, calibration_error, lift

POINT = st.tuples(st.integers(0, 20).map(lambda n: n * 5.0), st.booleans())


def rows(*points, **components):
    return [Labelled(left, score, components) for score, left in points]


def pairwise(points):
    gone = [score for score, left in points if left]
    here = [score for score, left in points if not left]
    if not gone or not here:
        return None
    wins = sum((one < other) + 0.5 * (one == other) for one in gone for other in here)
    return wins / (len(gone) * len(here))


def test_H19_auc_goldens():
    assert auc([(10.0, True), (90.0, False)]) == 1
    assert auc([(90.0, True), (10.0, False)]) == 0
    assert auc([(50.0, True), (50.0, False)]) == 0.5
    assert auc([(10.0, True), (20.0, False), (30.0, True), (40.0, False)]) == 0.75
    assert auc([(10.0, True)]) is None is auc([]) and auc([(1.0, False)] * 3) is None


@given(st.lists(POINT, max_size=40))
@settings(max_examples=200, deadline=None)
def test_H19_auc_is_the_share_of_pairs_ranked_right(points):
    expected = pairwise(points)
    assert auc(points) == (None if expected is None else pytest.approx(expected))


def test_H19_lift_of_the_worst_tenth():
    points = [(float(n), n in (0, 1, 50, 60)) for n in range(100)]
    assert lift(points) == pytest.approx((2 / 10) / (4 / 100))
    assert lift([(1.0, False)] * 10) is None is lift([])
    assert lift([(5.0, n < 3) for n in range(30)]) == pytest.approx(1)  # all equal: no better than chance
    assert lift([(0.0, True), *[(9.0, False)] * 14]) == pytest.approx((1 / 1.5) / (1 / 15))  # a tenth is 1.5 rows


@given(st.lists(POINT, min_size=1, max_size=40), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_H19_the_order_of_the_file_changes_nothing_and_bins_hold_every_row(kit, points, dice):
    shuffled = list(points)
    dice.shuffle(shuffled)
    rules = kit.policy.index
    found, other = bins(points, rules), bins(shuffled, rules)
    assert [msgspec.structs.astuple(one) for one in found] == [
        pytest.approx(msgspec.structs.astuple(one)) for one in other
    ]
    assert lift(points) == (None if lift(shuffled) is None else pytest.approx(lift(shuffled)))
    assert sum(one.rows for one in found) == pytest.approx(len(points))
    assert sum(one.rows * one.observed for one in found) == pytest.approx(sum(left for _, left in points))
    assert len(found) == 10


def test_H19_calibration_and_brier_by_hand(kit):
    rules = kit.policy.index
    low, high = 1 - 1 / (1 + math.exp(30 / 12)), 1 - 1 / (1 + math.exp(-30 / 12))
    points = [(20.0, True)] * 5 + [(80.0, False)] * 5
    assert brier(points, rules) == pytest.approx(((1 - low) ** 2 + high**2) / 2)
    found = bins(points, rules)
    assert [(one.observed, one.lift) for one in found] == [(1, 2)] * 5 + [(0, 0)] * 5
    assert [one.foretold for one in found] == pytest.approx([low] * 5 + [high] * 5)
    assert calibration_error(found) == pytest.approx(((1 - low) + high) / 2)
    assert brier([], rules) is None is calibration_error(())


def test_H19_the_index_against_each_component_even_where_it_loses(kit):
    data = [
        Labelled(True, 60.0, {"usage": 10.0, "support": 90.0, "risk": None}),
        Labelled(True, 20.0, {"usage": 20.0, "support": None, "risk": None}),
        Labelled(False, 50.0, {"usage": 80.0, "support": 10.0}),
        Labelled(False, None, {"usage": 5.0, "support": 50.0, "risk": 3.0}),
    ]
    found = backtest(data, kit.policy.index)
    usage, support, risk = found.components
    assert (found.rows, found.churned, found.beaten_by) == (4, 2, ("usage",))
    assert (found.index.auc, found.index.missing, found.index.beats_index) == (0.5, 1, None)
    # usage over all four rows is 2/4; over the three that have an index too it is 2/2, and there the index has 1/2
    assert (usage.auc, usage.index_auc, usage.beats_index, usage.missing) == (0.5, 0.5, True, 0)
    assert (support.rows, support.missing, support.index_auc, support.beats_index) == (3, 1, 0.0, False)
    assert (risk.rows, risk.auc, risk.beats_index, risk.lift) == (1, None, None, None)


def test_H19_nothing_to_test_on(kit):
    found = backtest([], kit.policy.index)
    assert (found.rows, found.index.auc, found.index.bins, found.components) == (0, None, (), ())
    assert backtest(rows((None, True), usage=None), kit.policy.index).index.missing == 1


def test_H19_a_score_that_knows_nothing_is_near_one_half(kit):
    dice = random.Random(4)
    points = [(dice.uniform(0, 100), dice.random() < 0.2) for _ in range(2000)]
    assert abs(auc(points) - 0.5) < 0.05 and abs(lift(points) - 1) < 0.3
