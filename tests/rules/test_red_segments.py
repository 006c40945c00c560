"""R9: segments, new accounts and products, each boundary on both sides."""

from datetime import timedelta

import msgspec
import pytest
from kit.red_book import DAY, facts, healthy, read, signals


def part(reading, name):
    return next((one for one in reading.dimensions if one.name == name), None)


@pytest.mark.parametrize(
    ("mrr", "segment", "named", "threshold"),
    [
        (4_166_667, "smb", "large", 50.0),
        (4_166_666, "smb", "standard", 40.0),
        (500_000, "smb", "standard", 40.0),
        (4_166_667, "plg", "large", 50.0),
        (100, "plg", "plg", 35.0),
        (None, "plg", "plg", 35.0),
        (None, None, "standard", 40.0),
    ],
)
def test_R9_segments_in_minor_units(kit, mrr, segment, named, threshold):
    reading = read(kit, mrr=mrr, segment=segment, signals=healthy(kit))
    assert (reading.segment, reading.threshold) == (named, threshold)


@pytest.mark.parametrize(
    ("percent", "large", "standard", "plg"), [(49.9, 1, 0, 0), (50, 0, 0, 0), (39.9, 1, 1, 0), (34.9, 1, 1, 1)]
)
def test_R9_the_threshold_is_the_segments(kit, percent, large, standard, plg):
    told = signals(kit, rate=(10, 10), left=False)
    usage = facts((percent * 0.7 - 30) / 0.4, 100.0, None) if percent > 43 else facts(percent, 100.0, None)
    if percent <= 43:
        told = signals(kit, late=14)
        usage = facts((percent * 0.5 - 6) / 0.4, 100.0, None)
    found = [
        "composite" in read(kit, usage, mrr=mrr, segment=segment, signals=told).causes
        for mrr, segment in ((9_000_000, None), (100, None), (100, "plg"))
    ]
    assert found == [bool(large), bool(standard), bool(plg)]


@pytest.mark.parametrize(
    ("tenure", "adoption", "red"),
    [(89, 39.9, True), (90, 39.9, False), (89, 40.0, False), (89, None, False), (-1, 1.0, True)],
)
def test_R9_new_accounts_are_red_by_adoption(kit, tenure, adoption, red):
    created = f"{DAY - timedelta(days=tenure)}T12:00:00Z"
    reading = read(kit, created_at=created, signals=healthy(kit, adoption_pct=adoption))
    assert reading.causes == (("adoption",) if red else ())
    assert read(kit, created_at=None, signals=healthy(kit, adoption_pct=1.0)).causes == ()


@pytest.mark.parametrize(
    ("age", "adoption", "red"),
    [(90, 24.9, True), (89, 24.9, None), (90, 25.0, False), (90, None, None), (None, 5.0, None)],
)
def test_R9_products(kit, age, adoption, red):
    since = None if age is None else DAY - timedelta(days=age)
    told = healthy(kit, products=[{"name": "Portal", "adoption_pct": adoption, "since": since}])
    reading = read(kit, signals=told)
    one = part(reading, "product")
    assert (None if one is None else one.red) is red
    assert reading.causes == (("product",) if red else ())


def test_R9_an_arr_of_exactly_the_line_is_large(kit):
    segments = msgspec.structs.replace(kit.policy.red.segments, large_arr=1_200)
    policy = msgspec.structs.replace(kit.policy, red=msgspec.structs.replace(kit.policy.red, segments=segments))
    found = [read(kit, mrr=mrr, policy=policy, signals=healthy(kit)).segment for mrr in (99, 100, 101)]
    assert found == ["standard", "large", "large"]


def test_R9_the_cause_product_stands_while_the_source_is_silent(kit):
    products = [{"name": "Portal", "adoption_pct": 5.0, "since": DAY - timedelta(days=95)}]
    first = read(kit, signals=healthy(kit, products=products))
    silent = read(kit, episode=first.episode, signals=None)
    assert silent.is_red and "product.worst" in silent.episode.standing
    assert read(kit, episode=first.episode, signals=healthy(kit)).episode.standing == ()
