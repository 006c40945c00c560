"""The days that a cache keeps of an account (H13, H14): bounded whatever comes, enough for the rules that read them."""

from datetime import date, timedelta

from data.health_book import NO_DAYS, Days, Past, packed
from data.wire import decoder, encode
from triage.rules.past import with_day

FIRST = date(2025, 1, 1)


def with_number(kept: Days, number: int, critical: bool = False) -> Days:
    """The days with the one of that number; its score tells it apart."""
    return with_day(kept, FIRST + timedelta(days=number), float(number), critical, packed({"usage": float(number)}))


def test_P0_two_years_of_days_stay_within_half_a_year_and_fifty_snapshots():
    kept = NO_DAYS
    for number in range(730):
        kept = with_number(kept, number, critical=number % 5 == 0)
        days = list(kept.dates())
        assert days == sorted(set(days)) and len(days) <= 16 + 2 * 24 + 2
        assert kept.scores == tuple((day - FIRST).days for day in days)
        assert kept.critical == tuple(day for day in kept.at if (day - FIRST.toordinal()) % 5 == 0)
        today = days[-1]
        assert today == FIRST + timedelta(days=number) and (today - days[0]).days <= 182
        assert {today - timedelta(days=ago) for ago in range(min(number, 14) + 1)} <= set(
            days
        )  # H13 looks 14 days back
        if number >= 90:  # H14: one a week of the last 90 days at least
            gaps = [(later - earlier).days for earlier, later in zip(days, days[1:], strict=False)]
            assert max(gaps) <= 13 and (today - days[0]).days >= 90


def test_H13_the_only_critical_day_of_a_week_is_kept_for_half_a_year():
    kept = NO_DAYS
    for number in range(250):
        kept = with_number(kept, number, critical=number == 60)
        assert bool(kept.critical) is (60 <= number <= 60 + 182)


def test_P0_a_day_told_twice_is_kept_once_as_it_was_told_last():
    kept = with_number(with_number(NO_DAYS, 1), 2)
    again = with_number(kept, 2, critical=True)
    assert (again.scores, again.critical) == (kept.scores, kept.at[1:])
    assert with_number(again, 2, critical=True) == again
    assert with_number(again, 2) == kept


def test_P0_a_day_that_comes_late_takes_its_place_and_one_without_a_score_is_kept():
    kept = with_number(with_number(with_number(NO_DAYS, 1), 4), 3)
    assert kept == with_number(with_number(with_number(NO_DAYS, 1), 3), 4)
    bare = with_day(kept, FIRST + timedelta(days=4), None, False, packed({}))
    assert bare.scores == (1.0, 3.0, None) and bare.at == kept.at
    assert [one.score for one in bare.scored] == [1.0, 3.0]


def test_H17_of_the_newest_three_days_with_a_score_it_is_kept_what_they_were_made_of():
    kept = NO_DAYS
    for number in range(9):
        score = None if number == 7 else float(number)
        kept = with_day(kept, FIRST + timedelta(days=number), score, False, packed({"usage": number}))
    assert [(one.score, one.contributions) for one in kept.scored] == [(n, {"usage": n}) for n in (5, 6, 8)]


def test_a_history_of_an_earlier_form_is_let_go_the_alert_is_not():
    old = b'{"episode":null,"days":[["2026-11-05",30.4,"critical",null,0.0,"ok","AT_RISK",null,false,{}]]}'
    assert decoder(Past).decode(old) == Past()
    kept = Past(days=with_number(with_number(NO_DAYS, 1), 2, critical=True))
    assert decoder(Past).decode(encode(kept)) == kept
