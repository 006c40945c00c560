"""R1–R9: composite, red lines, scores and segments, each boundary on both sides, against an oracle from rules.md."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.red_book import DAY, FINE, NO_USAGE, facts, healthy, read, signals

from triage.rules.red_verdicts import red_verdicts


def part(reading, name):
    return next((one for one in reading.dimensions if one.name == name), None)


def test_R1_golden_composite(kit):
    """usage 100·40/80 = 50; response 0.5 → 70; mean(CSAT 60, 100−25) = 67.5; 10 days late → 60."""
    told = signals(kit, rate=(5, 10), left=False, csat=6.0, escalated=1, late=10, notice=False)
    reading = read(kit, facts(40.0, 80.0, 60.0), signals=told)
    assert [one.score for one in reading.dimensions] == pytest.approx([50.0, 70.0, 67.5, 60.0])
    assert reading.composite == pytest.approx(0.4 * 50 + 0.3 * 70 + 0.2 * 67.5 + 0.1 * 60)
    assert (reading.coverage, reading.causes) == (pytest.approx(1.0), ("financial",))


@pytest.mark.parametrize(
    ("usage", "causes"), [(40.0, ()), (39.999, ("composite",)), (40.0 - 1e-12, ())], ids=["40", "39.999", "within"]
)
def test_R2_composite_below_40_is_red_and_40_is_not(kit, usage, causes):
    """Usage at 40 % of its baseline, response 30 % → 40, support None, financial None: the mean is 40 exactly."""
    told = signals(kit, rate=(3, 10), left=False)
    reading = read(kit, facts(usage, 100.0, usage), signals=told)
    assert (reading.causes, reading.is_red) == (causes, bool(causes))
    assert reading.composite == pytest.approx((0.4 * usage + 0.3 * 40) / 0.7)


@pytest.mark.parametrize(
    ("given_facts", "red"),
    [
        (facts(25.0, 100.0, None), False),
        (facts(24.999, 100.0, None), True),
        (facts(50.0, 100.0, 100.0, 74), True),
        (facts(50.001, 100.0, 100.0, 74), False),
        (facts(50.0, 100.0, 100.0, 73), False),
        (facts(0.0, 100.0, 0.0), True),
        (facts(0.0, 0.0, 0.0), None),
        (facts(50.0, None, 100.0), True),
        (facts(60.0, None, 100.0), False),
        (facts(50.0, None, 100.0, 20), None),
        (NO_USAGE, None),
    ],
)
def test_R4_usage_lines(kit, given_facts, red):
    reading = read(kit, given_facts, signals=healthy(kit))
    assert part(reading, "usage").red is red
    assert ("usage" in reading.causes) is (red is True)


@pytest.mark.parametrize(
    ("rate", "left", "red", "score"),
    [
        ((3, 10), False, False, 40.0),
        ((29, 100), False, True, 40 * 29 / 30),
        ((0, 3), False, True, 0.0),
        ((0, 2), False, False, None),
        ((7, 10), False, False, 100.0),
        ((9, 10), False, False, 100.0),
        ((12, 10), False, False, 100.0),
        ((5, 10), True, True, 35.0),
        ((0, 2), None, None, None),
        (None, True, True, None),
        (None, None, None, None),
        ((None, 10), None, None, None),
    ],
)
def test_R5_R8_relationship(kit, rate, left, red, score):
    one = part(read(kit, signals=signals(kit, rate=rate, left=left)), "relationship")
    assert one.red is red
    assert one.score == (None if score is None else pytest.approx(score))


def test_R5_a_departure_stands_until_a_new_champion_is_set(kit):
    for ago, red in ((0, True), (400, True), (-1, True), (-2, False)):
        told = healthy(kit, champion={"name": "Noor", "left_at": DAY - timedelta(days=ago)})
        assert part(read(kit, signals=told), "relationship").red is red
    nobody = healthy(kit, champion={"name": None, "left_at": None})
    assert part(read(kit, signals=nobody), "relationship").lines[1].red is None


@pytest.mark.parametrize(
    ("csat", "escalated", "red", "score"),
    [
        (9.0, 2, False, (90 + 50) / 2),
        (9.0, 3, True, (90 + 25) / 2),
        (9.0, 5, True, 45.0),
        (3.0, 0, False, 65.0),
        (2.999, 0, True, (29.99 + 100) / 2),
        (None, 2, False, 50.0),
        (2.0, None, True, 20.0),
        (None, None, None, None),
    ],
)
def test_R6_R8_support(kit, csat, escalated, red, score):
    one = part(read(kit, signals=signals(kit, csat=csat, escalated=escalated)), "support")
    assert (one.red, one.score) == (red, None if score is None else pytest.approx(score))


def test_R6_csat_on_ten_points_at_most_90_days_old_the_worse_of_one_day(kit):
    def red(*scores):
        told = [{"score": score, "scale": scale, "at": DAY - timedelta(days=ago)} for score, scale, ago in scores]
        return part(read(kit, signals=signals(kit, csat=None, **{}) | {"csat": told}), "support").red

    assert red((1.4, 5, 0)) is True and red((1.5, 5, 0)) is False
    assert red((1.0, 10, 90)) is True and red((1.0, 10, 91)) is None
    assert red((9.0, 10, 3), (1.0, 10, 3)) is True and red((1.0, 10, 4), (9.0, 10, 3)) is False
    assert red((1.0, 0, 0)) is None


def test_R8_a_ticket_older_than_14_days_costs_5_points(kit):
    def score(oldest):
        told = {"open": 1, "urgent": 0, "oldest_open_days": oldest, "escalated": 1, "resolution_hours_90d": None}
        return part(read(kit, signals=signals(kit) | {"tickets": told}), "support").score

    assert (score(14.0), score(14.01), score(None)) == (75.0, 70.0, 75.0)


@pytest.mark.parametrize(
    ("late", "notice", "red", "score"),
    [
        (-5, False, False, 100.0),
        (0, False, False, 100.0),
        (3, False, False, 100.0),
        (4, False, True, 60.0),
        (14, False, True, 60.0),
        (15, False, True, 30.0),
        (30, False, True, 30.0),
        (31, False, True, 0.0),
        (0, True, True, 0.0),
        (None, True, True, 0.0),
        (None, False, False, None),
        (3, None, False, 100.0),
        (None, None, None, None),
    ],
)
def test_R7_R8_financial(kit, late, notice, red, score):
    one = part(read(kit, signals=signals(kit, late=late, notice=notice)), "financial")
    assert (one.red, one.score) == (red, score)


@pytest.mark.parametrize(
    ("told", "usage", "coverage", "scored"),
    [
        ({}, FINE, 0.4, False),
        ({"late": 0}, FINE, 0.5, True),
        ({"rate": (9, 10), "csat": 9.0}, NO_USAGE, 0.5, True),
        ({"rate": (9, 10), "late": 0}, NO_USAGE, 0.4, False),
        ({}, NO_USAGE, 0.0, False),
    ],
)
def test_R1_H5_coverage(kit, told, usage, coverage, scored):
    reading = read(kit, usage, signals=signals(kit, **told))
    assert reading.coverage == pytest.approx(coverage)
    assert (reading.composite is not None) is scored
    assert not reading.is_red


def test_R3_every_cause_is_listed_and_unknown_is_none(kit):
    bad = signals(kit, rate=(0, 9), left=True, csat=1.0, escalated=4, late=40, notice=True)
    reading = read(kit, facts(1.0, 90.0, 80.0), signals=bad)
    assert reading.causes == ("composite", "usage", "relationship", "support", "financial")
    blank = read(kit, NO_USAGE, signals=None)
    assert (blank.causes, blank.is_red, blank.episode, blank.composite) == ((), False, None, None)


def oracle(u, b, u60, days, rate, left, csat, esc, late, notice):
    """R1–R8 written from rules.md once more, with plain arithmetic."""
    r = None if u is None or not b else u / b
    drop = None if u is None or not u60 or days < 74 else 1 - u / u60
    parts, causes = {}, []
    if r is not None:
        parts[0.4] = min(100, 100 * r)
    if (r is not None and r < 0.25 - 1e-9) or (drop is not None and drop >= 0.5 - 1e-9):
        causes.append("usage")
    answered = None if rate is None or rate[1] < 3 else rate[0] / rate[1]
    if answered is not None:
        score = answered / 0.3 * 40 if answered <= 0.3 else min(100, 40 + (answered - 0.3) / 0.4 * 60)
        parts[0.3] = score * (0.5 if left else 1)
    if left or (answered is not None and answered < 0.3 - 1e-9):
        causes.append("relationship")
    both = ([] if csat is None else [csat * 10]) + ([max(0, 100 - 25 * esc)] if esc is not None else [])
    if both:
        parts[0.2] = sum(both) / len(both)
    if (esc is not None and esc >= 3) or (csat is not None and csat < 3 - 1e-9):
        causes.append("support")
    if notice:
        parts[0.1] = 0
    elif late is not None:
        parts[0.1] = 100 if late <= 3 else 60 if late <= 14 else 30 if late <= 30 else 0
    if notice or (late is not None and late > 3):
        causes.append("financial")
    total = sum(parts)
    score = sum(w * s for w, s in parts.items()) / total if total >= 0.5 - 1e-9 else None
    return score, (["composite"] if score is not None and score < 40 - 1e-9 else []) + causes


def maybe(strategy):
    return st.none() | strategy


@settings(max_examples=150, deadline=None)
@given(
    u=maybe(st.sampled_from([0.0, 20.0, 25.0, 40.0, 50.0]) | st.floats(0, 100)),
    b=maybe(st.sampled_from([80.0, 100.0]) | st.floats(1, 100)),
    u60=maybe(st.floats(1, 100)),
    days=st.integers(60, 104),
    rate=maybe(st.tuples(st.integers(0, 10), st.integers(0, 10))),
    left=maybe(st.booleans()),
    csat=maybe(st.floats(0, 10)),
    esc=maybe(st.integers(0, 6)),
    late=maybe(st.integers(0, 40)),
    notice=maybe(st.booleans()),
)
def test_R1_to_R8_agree_with_the_oracle(kit, u, b, u60, days, rate, left, csat, esc, late, notice):
    told = signals(kit, rate=rate, left=left, csat=csat, escalated=esc, late=late, notice=notice)
    reading = read(kit, facts(u, b, u60, days), signals=told)
    score, causes = oracle(u, b, u60, days, rate, left, csat, esc, late, notice)
    assert reading.composite == (None if score is None else pytest.approx(score))
    if score is None or abs(score - 40) > 1e-6:
        assert list(reading.causes) == causes
    assert reading.is_red is bool(reading.causes)
    assert (reading.event == "designated") is reading.is_red


def test_R1_the_breakdown_replays_from_the_verdicts(kit):
    told = signals(kit, rate=(5, 10), left=True, csat=6.0, escalated=3, late=10, dau_mau=0.2)
    fields = {"signals": told, "created_at": "2025-01-01T00:00:00Z"}
    reading = read(kit, facts(30.0, 80.0, 70.0), **fields)
    found = red_verdicts(kit.account(**fields), reading, kit.policy, kit.now)
    first = found[0].inputs
    parts = [one for one in first["dimensions"].values() if one["score"] is not None]
    assert sum(one["weight"] * one["score"] for one in parts) / first["coverage"] == pytest.approx(first["composite"])
    rules = {one.rule for one in found}
    assert rules >= {"R1", "R2", "R3", "R4", "R5", "R6", "R7", "R9", "R10", "R11", "R12", "R13", "R14", "R20"}
    assert all(one.inputs["policy"] == kit.policy.version and one.inputs["day"] == str(DAY) for one in found)
    shown = next(one for one in found if one.verdict == "shown, not weighed")
    assert shown.inputs["dau_mau"] == 0.2
