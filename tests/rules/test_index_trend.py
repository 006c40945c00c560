"""What moves in the health index (H6, H13, H14, H17): boundaries on both sides, days, and an oracle for the slope."""

import statistics
from datetime import date, timedelta
from operator import itemgetter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.account import Case
from data.health_book import EMPTY_BOOK, NO_DAYS, Days, packed
from data.health_index import Component, Drop, Risk
from data.wire import convert
from triage.rules import index_trend as trend
from triage.rules.index import read_index
from triage.rules.index_verdicts import index_verdicts
from triage.rules.past import with_day

DAY = date(2026, 11, 20)


def snap(days_ago, score, health="medium", **components):
    return DAY - timedelta(days=days_ago), score, health == "critical", packed(components)


def kept(*snaps):
    days = NO_DAYS
    for one in sorted(snaps, key=itemgetter(0)):
        days = with_day(days, *one)
    return days


def case(kind="recovery", closed=None):
    tree = dict.fromkeys(Case.__struct_fields__)
    tree |= {"id": "case_1", "kind": kind, "opened_at": "2026-10-01T00:00:00Z", "causes": []}
    return convert({**tree, "closed_at": closed}, Case)


@pytest.fixture(scope="module")
def move(kit):
    return kit.policy.index.movement


@pytest.fixture(scope="module")
def seen(kit):
    def run(state=None, **signals):
        account = kit.account(signals=kit.signals(**signals))
        return trend.indicators(account, state, kit.policy.index, DAY, kit.now.date())

    return run


def surveys(*scores, days=30, scale=None):
    found = []
    for back, score in enumerate(reversed(scores)):
        at = (DAY - timedelta(days=days + 30 * back)).isoformat()
        found.append({"score": score, "at": at} | ({} if scale is None else {"scale": scale}))
    return found


def test_H6_an_alert_of_the_monitor(seen, kit):
    assert [seen(state) for state in ("severe", "moderate")] == [("usage_alert",)] * 2
    assert [seen(state) for state in ("ok", "new", "dormant", "data_gap", None)] == [()] * 5
    assert trend.indicators(kit.account(signals=None), "severe", kit.policy.index, None, DAY) == ("usage_alert",)


@pytest.mark.parametrize(
    ("opened", "days", "found"),
    [(1, 14.0, ()), (1, 14.001, ("old_ticket",)), (0, 20.0, ()), (None, 20.0, ("old_ticket",))],
)
def test_H6_a_ticket_open_for_over_14_days_strictly(seen, opened, days, found):
    tickets = {"open": opened, "urgent": None, "oldest_open_days": days, "escalated": None}
    assert seen(tickets={**tickets, "resolution_hours_90d": None}) == found


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ((6, 5), ()),
        ((6, 4), ("nps_fall",)),
        ((9, 8), ("nps_class",)),
        ((7, 6), ("nps_class",)),
        ((8, 7), ()),
        ((10, 9), ()),
        ((9, 6), ("nps_fall", "nps_class")),
        ((4, 10), ()),
        ((2,), ()),
        ((10, 5, 5), ()),
    ],
)
def test_H6_nps_falls_by_points_or_by_a_class(seen, scores, found):
    assert seen(nps=surveys(*scores)) == found


@pytest.mark.parametrize(
    ("scale", "scores", "found"),
    [
        (10, (7.0, 5.0), ("csat_fall",)),
        (10, (7.0, 5.01), ()),
        (10, (8.0, 7.9), ("csat_class",)),
        (10, (8.1, 8.0), ()),
        (5, (3.0, 2.0), ("csat_fall",)),
        (5, (4.0, 3.0), ("csat_fall", "csat_class")),
        (5, (2.0, 5.0), ()),
    ],
)
def test_H6_csat_falls_on_ten_points_or_out_of_satisfied(seen, scale, scores, found):
    assert seen(csat=surveys(*scores, scale=scale)) == found


def test_H6_H5_a_stale_survey_says_nothing_and_two_of_a_day_are_one(seen):
    assert seen(nps=surveys(10, 2, days=180)) == ("nps_fall", "nps_class")
    assert seen(nps=surveys(10, 2, days=181)) == ()
    assert seen(nps=[{"score": 9, "at": "2026-11-01"}, {"score": 2, "at": "2026-11-01"}]) == ()


@pytest.mark.parametrize(
    ("history", "found"),
    [
        ([], None),
        ([snap(14, 75.0)], Drop(15.0, DAY - timedelta(days=14), False)),
        ([snap(14, 74.999)], None),
        ([snap(14, 75.0 - 1e-10)], Drop(15.0 - 1e-10, DAY - timedelta(days=14), False)),
        ([snap(15, 99.0)], None),
        ([snap(0, 99.0)], None),
        ([snap(9, 80.0), snap(3, 78.0), snap(1, 50.0)], Drop(20.0, DAY - timedelta(days=9), False)),
        ([snap(2, 80.0), snap(9, 80.0)], Drop(20.0, DAY - timedelta(days=2), False)),
        ([snap(3, None)], None),
    ],
)
def test_H13_a_fall_of_15_points_within_14_days(move, history, found):
    got = trend.drop(60.0, Risk.MEDIUM, kept(*history), move, DAY)
    assert (got is None) == (found is None)
    if found is not None:
        assert (got.fell, got.since, got.first_critical) == (pytest.approx(found.fell), found.since, False)


def test_H13_only_the_first_entry_into_critical(move):
    assert trend.drop(39.0, Risk.CRITICAL, kept(snap(1, 41.0, "high")), move, DAY) == Drop(None, None, True)
    assert trend.drop(39.0, Risk.CRITICAL, kept(), move, DAY) == Drop(None, None, True)
    assert trend.drop(39.0, Risk.CRITICAL, kept(snap(90, 30.0, "critical"), snap(1, 41.0, "high")), move, DAY) is None
    assert trend.drop(39.0, Risk.CRITICAL, kept(snap(0, 30.0, "critical")), move, DAY) == Drop(None, None, True)
    assert trend.drop(41.0, Risk.HIGH, kept(snap(1, 45.0, "high")), move, DAY) is None
    assert trend.drop(None, None, kept(snap(1, 90.0)), move, DAY) is None
    both = trend.drop(39.0, Risk.CRITICAL, kept(snap(1, 80.0, "low")), move, DAY)
    assert both == Drop(41.0, DAY - timedelta(days=1), True)


FALL = Drop(20.0, DAY - timedelta(days=5), False)
FIRST = Drop(None, None, True)


@pytest.mark.parametrize(
    ("found", "red", "held", "step"),
    [
        (None, False, None, None),
        (FALL, False, None, "open_recovery"),
        (FIRST, False, None, "open_recovery"),
        (FALL, False, case(), None),
        (None, True, None, "open_red"),
        (None, True, case(), "upgrade_to_red"),
        (FALL, True, case("red"), None),
        (FALL, False, case("red"), None),
        (FALL, False, case(closed="2026-11-14T23:59:00Z"), "open_recovery"),
        (FALL, False, case(closed="2026-11-15T00:01:00Z"), None),
        (FALL, True, case(closed="2026-11-15T00:01:00Z"), "open_red"),
        (FIRST, False, case(closed="2026-11-20T09:00:00Z"), None),
        (FIRST, False, case(closed="2026-11-19T09:00:00Z"), "open_recovery"),
    ],
)
def test_H13_one_open_case_per_account(found, red, held, step):
    assert trend.case_step(found, red, held, DAY) == step


def test_H14_four_points_within_90_days(move):
    line = [snap(21, 50.0), snap(14, 52.0), snap(7, 54.0)]
    assert trend.slope(56.0, kept(*line), move, DAY) == (pytest.approx(2.0), 4)
    assert trend.slope(56.0, kept(*line[1:]), move, DAY) == (None, 3)
    assert trend.slope(56.0, kept(snap(90, 90.0), *line), move, DAY)[1] == 5
    assert trend.slope(56.0, kept(snap(91, 90.0), *line), move, DAY)[1] == 4
    assert trend.slope(56.0, kept(*line, snap(0, 10.0), snap(3, None)), move, DAY) == (pytest.approx(2.0), 4)
    assert trend.slope(None, kept(*line), move, DAY) == (None, 3)


POINTS = st.dictionaries(st.integers(1, 90), st.floats(0, 100), min_size=3, max_size=40)


@given(POINTS, st.floats(0, 100))
@settings(max_examples=100, deadline=None)
def test_H14_the_slope_of_the_oracle(move, points, score):
    today = DAY.toordinal()
    by_day = sorted((today - ago, value) for ago, value in points.items())
    history = Days(tuple(day for day, _ in by_day), tuple(value for _, value in by_day))
    xs, ys = [-ago / 7 for ago in points] + [0.0], [*points.values(), score]
    expected = statistics.linear_regression(xs, ys).slope
    assert trend.slope(score, history, move, DAY) == (pytest.approx(expected, abs=1e-6), len(xs))


def component(name, contribution):
    return Component(name, 0.25, None, contribution, ())


def test_H17_the_three_that_moved_most_since_the_last_scored_snapshot(move):
    now = [component("usage", 5.0), component("support", -8.0), component("sentiment", None), component("risk", 1.0)]
    then = snap(2, 60.0, usage=10.0, support=-8.0, sentiment=3.0, risk=-1.0)
    history = kept(snap(9, 10.0, usage=0.0), then, snap(1, None), snap(0, 1.0, usage=99.0))
    moved = trend.movers(now, history, move, DAY)
    assert [(one.name, one.by) for one in moved] == [("usage", -5.0), ("sentiment", -3.0), ("risk", 2.0)]
    assert trend.movers(now, NO_DAYS, move, DAY) == () == trend.movers([component("usage", None)], history, move, DAY)


def test_H17_all_moves_sum_to_the_change_of_the_score_even_when_a_component_goes(kit):
    whole = {"adoption_pct": 90.0, "contraction_notice": False, "nps": [{"score": 4, "at": "2026-11-01"}]}

    def read(history=NO_DAYS, **signals):
        account = kit.account(signals=kit.signals(**signals))
        return account, read_index(account, None, None, kit.policy, EMPTY_BOOK, kit.now, kit.day, history)

    _, before = read(**whole)
    parts = trend.contributions(before.components)
    assert 50 + sum(parts.values()) == pytest.approx(before.score)
    history = kept(snap(1, before.score, "medium", **parts))
    account, after = read(history, **{**whole, "nps": [], "adoption_pct": 40.0})
    assert sum(one.by for one in after.movers) == pytest.approx(after.score - before.score)
    told = {one.rule: one for one in index_verdicts(account, after, kit.policy, EMPTY_BOOK, kit.now.date(), history)}
    assert told["H17"].inputs["then"] == parts and "usage" in told["H17"].verdict
    fell = before.score - after.score
    assert (after.drop is not None) == (fell >= 15) and after.drop.fell == pytest.approx(fell)
    assert told["H13"].inputs["points"] == [["2026-11-19", before.score]]
