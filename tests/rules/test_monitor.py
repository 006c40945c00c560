"""The usage monitor day by day: goldens, boundaries, young accounts, gaps, precedence (M1, M3-M11)."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.monitor import DAY, account, read, with_rules

from data.health_book import EMPTY_BOOK
from data.health_monitor import MonitorState

OK, MODERATE, SEVERE = MonitorState.OK, MonitorState.MODERATE, MonitorState.SEVERE
NEW, DORMANT, GAP = MonitorState.NEW, MonitorState.DORMANT, MonitorState.DATA_GAP


def steady(before, after, days=14):
    return [before] * (180 - days) + [after] * days


@pytest.mark.parametrize(("users", "ratio", "overlap", "state"), [(2, 0.5, 0.542, MODERATE), (1, 0.25, 0.283, SEVERE)])
def test_M7_golden_both_readings(users, ratio, overlap, state):
    one = account([4] * 90 + [users] * 14)
    found = read(one)
    assert (found.usage, found.baseline) == (pytest.approx(20 * users), pytest.approx(80))
    assert found.ratio == pytest.approx(ratio, abs=1e-12) and found.state is state
    literal = read(one, with_rules(baseline_overlap=True))
    assert round(literal.ratio, 3) == overlap and literal.state is state
    assert round(literal.baseline, 2) == {2: 73.78, 1: 70.67}[users]


@pytest.mark.parametrize(
    ("users", "state"), [(6000, OK), (5999, MODERATE), (4000, MODERATE), (3999, SEVERE), (5990, MODERATE), (0, SEVERE)]
)
def test_M8_each_line_on_both_sides(users, state):
    found = read(account(steady(10_000, users), seats=10_000))
    assert found.ratio == pytest.approx(users / 10_000, abs=1e-12)
    assert found.state is state
    assert (found.alert is None) == (state is OK)


def test_M8_a_ratio_within_the_tolerance_stands_on_the_stated_side():
    one = account(steady(10, 6), seats=10)
    for shift, state in ((5e-10, OK), (1e-8, MODERATE)):
        tiers = with_rules().monitor.tiers
        lines = msgspec.structs.replace(tiers["innovator"].mature, alert=0.6 + shift)
        changed = {**tiers, "innovator": msgspec.structs.replace(tiers["innovator"], mature=lines)}
        assert read(one, with_rules(tiers=changed)).state is state


def test_M4_more_users_than_seats_count_as_all_seats():
    assert read(account([9] * 180, seats=5)).usage == pytest.approx(100)


def test_M4_seats_are_summed_at_least_one_and_unknown_are_the_most_seen():
    assert read(account([4] * 180, rooms=[{"seats_licensed": 3}, {"seats_licensed": 5, "id": "b"}])).usage == 50
    assert read(account([1] * 180, seats=0)).usage == 100
    seen = [100] * 76 + [8] + [4] * 103
    unknown = read(account(seen, rooms=[{"seats_licensed": 3}, {"seats_licensed": None, "id": "b"}]))
    assert (unknown.seats, unknown.usage) == (8, 50)
    assert read(account([3] * 180, rooms=[])).seats == 3
    assert read(account([0] * 180, seats=None)).seats == 1


def test_M11_a_missing_day_is_not_a_zero():
    daily = [4] * 170 + [4, None, 4, None, 4, 4, None, 4, 4, 4]
    found = read(account(daily))
    assert (found.usage, found.known, found.days, found.ratio) == (pytest.approx(80), 11, 14, pytest.approx(1))


def test_P0_days_up_to_complete_through_are_zeros():
    one = account([5] * 180, as_of=DAY - timedelta(days=7))
    found = read(one)
    assert (found.day, found.usage, found.state) == (DAY, pytest.approx(50), MODERATE)
    assert read(one, through=None, today=DAY - timedelta(days=6)).usage == 100
    ahead = read(account([5] * 180), through=DAY - timedelta(days=9))
    assert (ahead.day, ahead.usage) == (DAY, 100)
    assert read(account([5] * 180, as_of=DAY - timedelta(days=9000))).usage == 0


@pytest.mark.parametrize(("known", "state"), [(10, OK), (9, GAP)])
def test_M11_seventy_percent_of_the_window(known, state):
    found = read(account([4] * 166 + [None] * (14 - known) + [4] * known))
    assert (found.state, found.ratio is None) == (state, state is GAP)


@pytest.mark.parametrize(("known", "state"), [(54, OK), (53, GAP)])
def test_M11_sixty_percent_of_the_baseline(known, state):
    assert read(account([None] * (166 - known) + [4] * (known + 14))).state is state


@pytest.mark.parametrize(("late", "state"), [(3, OK), (4, GAP)])
def test_M11_a_day_more_than_three_days_back_is_a_gap(late, state):
    assert read(account([4] * 180), today=DAY + timedelta(days=late)).state is state


def test_M11_no_feed_is_a_gap_and_names_no_day():
    for one in (account(None), account([4] * 180, as_of=None), account([4] * 180, signals=None)):
        found = read(one)
        assert (found.state, found.day, found.usage, found.route) == (GAP, None, None, None)
    assert read(account([None] * 180)).state is GAP


@pytest.mark.parametrize(
    ("tenure", "users", "state", "ratio"),
    [
        (5, 5, NEW, None),
        (6, 5, OK, 4.0),
        (6, 0, SEVERE, 0.0),
        (13, 1, OK, 0.8),
        (29, 1, OK, 0.8),
    ],
)
def test_M6_the_new_user_benchmark(tenure, users, state, ratio):
    """Innovator: E 50, N 25; 5 seats."""
    found = read(account([users] * 180, created=DAY - timedelta(days=tenure)))
    assert (found.state, found.baseline, found.tenure_days) == (state, 25.0, tenure)
    assert found.ratio == (None if ratio is None else pytest.approx(ratio))
    assert (found.days, found.known) == (min(14, tenure + 1),) * 2


def test_M6_days_before_creation_do_not_exist():
    found = read(account([0] * 170 + [5] * 10, created=DAY - timedelta(days=9)))
    assert (found.days, found.usage, found.baseline_days) == (10, 100, 0)


def test_M6_seven_observed_days_not_seven_days():
    daily = [None] * 172 + [5, None, 5, 5, 5, 5, 5, None]
    found = read(account(daily, created=DAY - timedelta(days=7)))
    assert (found.known, found.days, found.state) == (6, 8, NEW)


@pytest.mark.parametrize(("tenure", "source"), [(29, "new_user"), (30, "blend"), (40, "blend"), (41, "own")])
def test_M9_blend_by_tenure(tenure, source):
    found = read(account([4] * 180, created=DAY - timedelta(days=tenure)))
    days = tenure - 13
    wanted = {"new_user": 25.0, "blend": (days * 80 + (28 - days) * 25) / 28, "own": 80.0}[source]
    assert (found.baseline_from, found.baseline) == (source, pytest.approx(wanted))


def test_M9_missing_days_are_no_youth_and_young_ones_count_what_is_known():
    old = [None] * 30 + [4] * 150
    old[100:136] = [None] * 36  # 54 known of 90
    assert read(account(old)).baseline_from == "own"
    part = [4] * 180
    part[150:156] = [None] * 6
    found = read(account(part, created=DAY - timedelta(days=40)))
    assert (found.baseline_days, found.baseline_known) == (27, 21)
    assert found.baseline == pytest.approx((21 * 80 + 7 * 25) / 28)
    torn = [4] * 180
    torn[140:152] = [None] * 12
    found = read(account(torn, created=DAY - timedelta(days=45)))
    assert (found.baseline_days, found.baseline_known, found.baseline_from) == (32, 20, "own")
    few = [None] * 150 + [4] * 30
    assert read(account(few, created=DAY - timedelta(days=60))).state is GAP, "a series begun late is no youth"
    assert read(account([4] * 180, created=None)).baseline_from == "own"


@pytest.mark.parametrize(("days", "state"), [(44, DORMANT), (45, SEVERE)])
def test_M10_the_line_on_both_sides(days, state):
    seats = 1260
    daily = [0] * 76 + [days] * 90 + [0] * 14  # mean rate days/1260, x 1260 seats x 14 d = 14 x days user-days
    tight = with_rules(dormant_user_days=14.0 * 45)
    found = read(account(daily, seats=seats), tight)
    assert found.state is state
    assert (found.ratio is None, found.alert is None) == (state is DORMANT, state is DORMANT)


def test_M10_zero_over_zero_is_dormant_and_three_days_of_one_user_are_not_enough():
    assert read(account([0] * 180)).state is DORMANT
    assert read(account([0] * 76 + [1] * 3 + [0] * 101)).state is DORMANT  # 3/90 x 14 = 0.467 user-days
    assert read(account([0] * 76 + [1] * 4 + [0] * 100)).state is SEVERE  # 0.622


def test_M9b_precedence_gap_dormant_new():
    book = msgspec.structs.replace(EMPTY_BOOK, expected={"innovator": 0.0})
    young = DAY - timedelta(days=3)
    assert read(account([5] * 180, created=young)).state is NEW
    assert read(account([5] * 180, created=young), book=book).state is DORMANT
    assert read(account([None] * 180, created=young), book=book).state is GAP
    assert read(account([5] * 180, created=young), book=book, today=DAY + timedelta(days=4)).state is GAP


def test_M5_index_against_peers_or_policy():
    one = account([4] * 180)
    found = read(one)
    assert (found.expected, found.expected_from, found.index) == (50, "policy", pytest.approx(160))
    book = msgspec.structs.replace(EMPTY_BOOK, expected={"innovator": 64.0})
    peers = read(one, book=book)
    assert (peers.expected, peers.expected_from, peers.index) == (64, "peers", pytest.approx(125))
    assert peers.ratio == found.ratio, "E cancels out of a mature account's ratio"
    young = read(account([2] * 180, created=DAY - timedelta(days=9)), book=book)
    assert (young.baseline, young.expected, young.ratio) == (32, 32, pytest.approx(40 / 32))


def test_M3_an_unknown_tier_has_no_benchmark():
    old, young = account([4] * 180, tier="of_tomorrow"), account([4] * 180, tier="x", created=DAY - timedelta(days=9))
    assert (read(old).state, read(old).index, read(old).expected_from) == (OK, None, None)
    assert (read(young).state, read(young).ratio) == (NEW, None)


@pytest.mark.parametrize(
    ("tier", "expected"), [("free", 40), ("pilot", 45), ("innovator", 50), ("changemaker", 55), ("guardian", 60)]
)
def test_M3_the_shipped_table(tier, expected):
    assert read(account([4] * 180, tier=tier)).expected == expected
    assert read(account([4] * 180, tier=tier, created=DAY - timedelta(days=9))).expected == expected / 2
    for young in (True, False):
        lines = with_rules().monitor.lines(tier, young)
        assert (lines.alert, lines.severe, lines.close) == (0.60, 0.40, 0.70)


def test_M1_an_account_that_is_gone_is_not_watched():
    found = read(account(steady(4, 0), flags=["churned"]))
    assert (found.state, found.alert, found.ratio) == (DORMANT, None, None)


def oracle(counts, created, seats, day, overlap):
    """rules.md M4-M11 for an innovator without peers, day by day; returns (state, ratio)."""
    by_day = {day - timedelta(days=back): x for back, x in enumerate(reversed(counts))}

    def days(first, last):
        every = [day - timedelta(days=back) for back in range(first, last - 1, -1)]
        return [one for one in every if one >= created]

    win, base = days(13, 0), days(89, 0) if overlap else days(103, 14)
    rates = {one: min(1, by_day[one] / seats) for one in {*win, *base} if by_day.get(one) is not None}
    known_win, known_base = [d for d in win if d in rates], [d for d in base if d in rates]
    if len(known_win) * 10 < 7 * len(win) or len(known_base) * 10 < 6 * len(base):
        return "data_gap", None
    used = 100 * sum(rates[d] for d in known_win) / len(known_win)
    tenure = (day - created).days
    own = 100 * sum(rates[d] for d in known_base) / len(known_base) if known_base else None
    n = len(known_base)
    if tenure < 30:
        held = 25.0
    elif len(base) < 28:
        held = (n * own + (28 - n) * 25.0) / 28
    else:
        held = own
    if held / 100 * seats * 14 < 0.5 - 1e-9:
        return "dormant", None
    if tenure < 30 and len(known_win) < 7:
        return "new", None
    ratio = used / held
    return ("severe" if ratio < 0.4 - 1e-9 else "moderate" if ratio < 0.6 - 1e-9 else "ok"), ratio


ENTRY = st.one_of(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6), st.none())
RUNS = st.lists(st.tuples(st.integers(1, 60), ENTRY), min_size=1, max_size=14)


@settings(max_examples=150, deadline=None)
@given(RUNS, st.integers(0, 220), st.integers(1, 8), st.booleans())
def test_M4_to_M11_agree_with_the_oracle(runs, tenure, seats, overlap):
    counts = ([4] * 180 + [x for length, x in runs for _ in range(length)])[-180:]
    created = DAY - timedelta(days=tenure)
    found = read(account(counts, created=created, seats=seats), with_rules(baseline_overlap=overlap))
    state, ratio = oracle(counts, created, seats, DAY, overlap)
    assert found.state == state
    assert found.ratio == (None if ratio is None else pytest.approx(ratio, abs=1e-9))
    assert found.why and "{" not in found.why


def test_the_clock_of_the_edge_of_time_breaks_nothing():
    found = read(account([4] * 180, created=date(9999, 12, 31)))
    assert (found.state, found.usage) == (NEW, None)
