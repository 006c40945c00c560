"""The health index of one account (H1–H7, H17): an oracle written from the rules, boundaries, unknowns, properties."""

import dataclasses
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.health_book import EMPTY_BOOK, NO_DAYS
from data.health_index import Metric, Risk
from triage.rules.index import band, breakdown, is_partial, read_index
from triage.rules.index_metrics import along
from triage.rules.index_plan import profile_of
from triage.rules.index_verdicts import index_verdicts

DAY = date(2026, 11, 20)
GOLDEN = {
    "adoption_pct": 80.0,
    "last_active_at": "2026-11-13T10:00:00Z",  # 7 days before the 20th
    "tickets": {"open": 3, "urgent": 0, "oldest_open_days": 7.0, "escalated": 1, "resolution_hours_90d": None},
    "nps": [{"score": 9, "at": "2026-10-01"}],
    "csat": [{"score": 4.0, "scale": 5, "at": "2026-10-01"}],
    "payment": {"days_late": 7},
    "champion": {"name": "Ada", "left_at": None},
    "contraction_notice": False,
    "competitor_evaluation": True,
}
WEIGHTS = {"usage": 0.4, "support": 0.2, "sentiment": 0.2, "risk": 0.2}


def interpolate(points, x):
    """The oracle's own line: from the outside in, by weights of the two neighbours."""
    if x <= points[0][0]:
        return points[0][1]
    if x >= points[-1][0]:
        return points[-1][1]
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        if x0 <= x <= x1:
            share = (x - x0) / (x1 - x0)
            return y0 * (1 - share) + y1 * share
    raise AssertionError(x)


def oracle(components):
    """H4, H5 from rules.md over {component: [metric scores or None]}: score and coverage."""
    top = bottom = 0.0
    for name, scores in components.items():
        there = [score for score in scores if score is not None]
        if there:
            top += WEIGHTS[name] * sum(there) / len(there)
            bottom += WEIGHTS[name]
    return (None if bottom < 0.5 - 1e-9 else top / bottom), bottom


@dataclasses.dataclass
class Bench:
    kit: object

    def read(
        self, ratio=None, state=None, history=NO_DAYS, book=EMPTY_BOOK, policy=None, red=False, account=None, **signals
    ):
        account = account or {}
        one = self.kit.account(signals=self.kit.signals(**signals), **account)
        now, day, policy = self.kit.now, self.kit.day, policy or self.kit.policy
        return read_index(one, ratio, state, policy, book, now, day, history, red)


@pytest.fixture(scope="module")
def bench(kit):
    return Bench(kit)


def scores(reading):
    return {one.name: one.score for one in reading.components}


def metric(reading, name):
    [found] = [one for part in reading.components for one in part.metrics if one.name == name]
    return found


def test_H1_H3_H4_the_golden_account_by_hand(bench):
    reading = bench.read(ratio=0.9, state="ok", **GOLDEN)
    active = 100 - 60 * 6 / 13  # 7 days, between 1 → 100 and 14 → 40
    expected = {
        "usage": (80 + 90 + active) / 3,
        "support": (60 + 75 + 50) / 3,
        "sentiment": (90 + 80) / 2,
        "risk": (80 + 100 + 100 + 40) / 4,
    }
    assert scores(reading) == pytest.approx(expected)
    assert reading.score == pytest.approx(sum(WEIGHTS[name] * value for name, value in expected.items()))
    assert (reading.coverage, reading.partial, reading.risk) == (pytest.approx(1.0), False, Risk.LOW)
    assert (reading.profile, reading.day) == ("smb", DAY)


ANCHORS = {
    "adoption": [(0, 0), (60, 60), (100, 100), (130, 100), (-5, 0)],
    "ratio": [(0, 0), (0.5, 50), (1, 100), (3, 100)],
    "last_active": [(0, 100), (1, 100), (14, 40), (22, 20), (30, 0), (300, 0), (7.5, 70)],
    "open_tickets": [(0, 100), (3, 60), (10, 0), (11, 0), (1.5, 80)],
    "oldest_ticket": [(0, 100), (14, 50), (30, 0), (22, 25)],
    "escalated": [(0, 100), (1, 50), (3, 0), (2, 25)],
    "nps": [(0, 0), (7, 70), (10, 100)],
    "csat": [(0, 0), (80, 80), (100, 100)],
    "days_late": [(-3, 100), (0, 100), (14, 60), (30, 30), (60, 0), (45, 15), (90, 0)],
    "champion_left": [(0, 100), (1, 0)],
    "contraction": [(0, 100), (1, 0)],
    "competitor": [(0, 100), (1, 40)],
}


@pytest.mark.parametrize(("name", "value", "score"), [(n, v, s) for n, pairs in ANCHORS.items() for v, s in pairs])
def test_H3_the_shipped_anchors(kit, name, value, score):
    assert along(kit.policy.index.metrics[name].anchors, value) == pytest.approx(score)


@given(st.sampled_from(sorted(ANCHORS)), st.floats(-50, 400), st.floats(-50, 400))
@settings(max_examples=200, deadline=None)
def test_H3_anchors_are_monotone_clamped_and_on_the_oracles_line(kit, name, one, two):
    points = kit.policy.index.metrics[name].anchors
    first, second = along(points, min(one, two)), along(points, max(one, two))
    assert 0 <= first <= 100 and 0 <= second <= 100
    rising = points[-1][1] > points[0][1]
    assert first <= second + 1e-9 if rising else first >= second - 1e-9
    assert along(points, one) == pytest.approx(interpolate(points, one), abs=1e-9)


@pytest.mark.parametrize("state", ["data_gap", "dormant", "new"])
def test_H3_no_ratio_in_a_state_without_one(bench, state):
    assert metric(bench.read(ratio=0.2, state=state, **GOLDEN), "ratio").score is None
    assert metric(bench.read(ratio=0.2, state="severe", **GOLDEN), "ratio").score == pytest.approx(20)


def test_H3_the_oldest_ticket_is_absent_when_none_is_open(bench):
    tickets = {"open": 0, "urgent": 0, "oldest_open_days": 20.0, "escalated": 0, "resolution_hours_90d": None}
    reading = bench.read(tickets=tickets)
    assert (metric(reading, "oldest_ticket").score, scores(reading)["support"]) == (None, 100)
    reading = bench.read(tickets={**tickets, "open": None, "escalated": None})
    assert metric(reading, "oldest_ticket").score == pytest.approx(31.25)


def test_H3_D7_the_latest_answer_of_two_on_a_day_the_worse(bench):
    answers = [{"score": 10, "at": "2026-09-01"}, {"score": 3, "at": "2026-11-01"}, {"score": 8, "at": "2026-11-01"}]
    rates = [{"score": 9.0, "scale": 10, "at": "2026-11-01"}, {"score": 3.0, "scale": 5, "at": "2026-11-01"}]
    for nps, csat in ((answers, rates), (answers[::-1], rates[::-1])):
        reading = bench.read(nps=nps, csat=csat)
        assert (metric(reading, "nps").value, metric(reading, "csat").value) == (3, 60)


@pytest.mark.parametrize(("days", "there"), [(0, True), (180, True), (181, False)])
def test_H5_sentiment_is_stale_beyond_180_days(bench, days, there):
    at = (DAY - timedelta(days=days)).isoformat()
    reading = bench.read(nps=[{"score": 9, "at": at}], csat=[{"score": 4.0, "scale": 5, "at": at}])
    assert (metric(reading, "nps").score is not None, metric(reading, "csat").score is not None) == (there, there)


def test_H3_an_answer_of_tomorrow_and_a_scale_of_nothing_are_not_read(bench):
    nps = [{"score": 2, "at": "2027-11-20"}, {"score": 9, "at": "2026-11-21"}]
    reading = bench.read(nps=nps, csat=[{"score": 4.0, "scale": 0, "at": "2026-11-01"}])
    assert (metric(reading, "nps").value, metric(reading, "csat").value) == (9, None)


@pytest.mark.parametrize(
    ("champion", "score"),
    [
        (None, None),
        ({"name": None, "left_at": None}, None),
        ({"name": "Ada", "left_at": None}, 100),
        ({"name": "Ada", "left_at": "2026-01-01"}, 0),
        ({"name": None, "left_at": "2026-01-01"}, 0),
    ],
)
def test_H3_the_champion(bench, champion, score):
    assert metric(bench.read(champion=champion), "champion_left").score == score


def test_H5_nothing_known_is_insufficient_data_never_0_or_100(bench, kit):
    reading = bench.read(adoption_pct=None)
    assert (reading.score, reading.risk, reading.coverage, reading.renewal) == (None, None, 0, None)
    assert all(one.score is None and one.contribution is None for one in reading.components)
    bare = read_index(kit.account(signals=None), 0.9, "ok", kit.policy, EMPTY_BOOK, kit.now, None)
    assert (bare.score, bare.coverage) == (None, pytest.approx(0.4))
    assert scores(bare) == {"usage": 90, "support": None, "sentiment": None, "risk": None}


@pytest.mark.parametrize(
    ("weights", "scored", "part"),
    [
        ((0.5, 0.3, 0.1, 0.1), True, True),
        ((0.4999, 0.3001, 0.1, 0.1), False, True),
        ((0.75, 0.05, 0.1, 0.1), True, False),
        ((0.7499, 0.0501, 0.1, 0.1), True, True),
    ],
)
def test_H5_both_sides_of_both_coverages(bench, kit, weights, scored, part):
    rules = kit.policy.index
    given = dict(zip(WEIGHTS, weights, strict=True))
    smb = msgspec.structs.replace(rules.profiles["smb"], weights=given)
    policy = msgspec.structs.replace(
        kit.policy, index=msgspec.structs.replace(rules, profiles={**rules.profiles, "smb": smb})
    )
    reading = bench.read(adoption_pct=95.0, policy=policy)
    assert (reading.score is not None, reading.partial, reading.coverage) == (scored, part, pytest.approx(weights[0]))
    if scored:
        assert (reading.score, reading.risk) == (pytest.approx(95), Risk.MEDIUM if part else Risk.LOW)


def test_H5_coverage_within_the_tolerance_counts(kit):
    assert is_partial(0.75 - 1e-8, kit.policy.index) and not is_partial(0.75 - 1e-10, kit.policy.index)


@pytest.mark.parametrize(
    ("score", "risk"),
    [
        (0, "critical"),
        (39.9999, "critical"),
        (40 - 1e-8, "critical"),
        (40 - 1e-10, "high"),
        (40, "high"),
        (54.9999, "high"),
        (55, "medium"),
        (69.9999, "medium"),
        (70 - 1e-10, "low"),
        (70, "low"),
        (100, "low"),
    ],
)
def test_H7_half_open_bands(kit, score, risk):
    assert band(score, False, kit.policy.index) == risk
    assert band(score, True, kit.policy.index) == ("medium" if risk == "low" else risk)


def test_H2_the_first_profile_that_fits_wins(kit):
    rules = kit.policy.index
    assert [profile_of(name, rules)[0] for name in ("enterprise", "mid_market", "smb", "plg")] == [
        "enterprise",
        "mid_market",
        "smb",
        "plg",
    ]
    assert profile_of(None, rules)[0] == profile_of("of_tomorrow", rules)[0] == "default"
    assert all(profile.weights == WEIGHTS for profile in rules.profiles.values())
    every = {"first": rules.profiles["default"], **rules.profiles}
    assert profile_of("smb", msgspec.structs.replace(rules, profiles=every))[0] == "first"


SCORES = st.lists(st.none() | st.floats(0, 100), max_size=4)


@given(st.fixed_dictionaries(dict.fromkeys(WEIGHTS, SCORES)))
@settings(max_examples=200, deadline=None)
def test_H4_H5_H17_the_breakdown_sums_to_the_score_of_the_oracle(kit, parts):
    rules = kit.policy.index
    metrics = {name: tuple(Metric("m", score, score) for score in found) for name, found in parts.items()}
    score, coverage, components = breakdown(metrics, rules.profiles["default"], rules)
    expected, covered = oracle(parts)
    assert coverage == pytest.approx(covered)
    assert (score is None) == (expected is None)
    if score is not None:
        assert score == pytest.approx(expected, abs=1e-9)
        assert 50 + sum(one.contribution or 0 for one in components) == pytest.approx(score, abs=1e-9)
        assert -1e-9 <= score <= 100 + 1e-9


@given(st.floats(0, 100), st.floats(0, 1.5), st.integers(0, 10), st.integers(0, 70), st.booleans())
@settings(max_examples=100, deadline=None)
def test_H17_a_verdict_can_be_replayed_from_its_inputs(bench, kit, adoption, ratio, nps, late, notice):
    signals = {**GOLDEN, "adoption_pct": adoption, "nps": [{"score": nps, "at": "2026-10-01"}]}
    signals |= {"payment": {"days_late": late}, "contraction_notice": notice}
    reading = bench.read(ratio=ratio, state="ok", **signals)
    account = kit.account(signals=kit.signals(**signals))
    told = index_verdicts(account, reading, kit.policy, EMPTY_BOOK, kit.now.date())
    means = {}
    for one in (verdict.inputs for verdict in told if verdict.rule == "H3"):
        found = [interpolate(m["anchors"], m["value"]) for m in one["metrics"] if m["value"] is not None]
        means[one["component"]] = sum(found) / len(found)
    [total] = [verdict.inputs for verdict in told if verdict.rule == "H4"]
    replayed = 50 + sum(row["weight"] / total["coverage"] * (means[row["component"]] - 50) for row in total["table"])
    assert replayed == pytest.approx(reading.score, abs=1e-9)
    assert all(verdict.inputs["policy"] == kit.policy.version for verdict in told)


def test_H1_every_unknown_alone_leaves_the_rest_as_it_was(bench):
    whole = bench.read(ratio=0.9, state="ok", **GOLDEN)
    for name in GOLDEN:
        empty = [] if name in ("nps", "csat") else None
        reading = bench.read(ratio=0.9, state="ok", **{**GOLDEN, name: empty})
        parts = {part.name: [one.score for one in part.metrics] for part in reading.components}
        assert reading.score == pytest.approx(oracle(parts)[0]), name
        gone = sum(one.score is None for part in reading.components for one in part.metrics)
        assert gone == sum(one.score is None for part in whole.components for one in part.metrics) + (
            3 if name == "tickets" else 1
        )


@given(st.integers(0, 80), st.integers(0, 80))
@settings(max_examples=60, deadline=None)
def test_H1_worse_inputs_never_raise_the_score(bench, one, two):
    few, many = sorted((one, two))
    late = [bench.read(ratio=0.9, state="ok", **{**GOLDEN, "payment": {"days_late": n}}).score for n in (few, many)]
    assert late[0] >= late[1] - 1e-9
    used = [bench.read(ratio=n / 80, state="ok", **GOLDEN).score for n in (few, many)]
    assert used[0] <= used[1] + 1e-9
