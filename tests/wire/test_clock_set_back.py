"""A clock that was wrong by a day and was set right: nothing waits for that day again."""

from datetime import timedelta

import pytest

from data.remedy import State


def test_a_try_put_off_while_the_clock_was_a_day_ahead_is_due_within_15_minutes(bench):
    bench.peer.script = [b""]
    bench.person.clock.move(days=1)
    change = bench.person.write(bench.account)
    bench.person.push()
    assert bench.person.row(change).state is State.SENDING
    bench.person.clock.move(days=-1)
    now = bench.person.clock()
    assert bench.person.outbox.next_due(now) - now <= timedelta(minutes=15, seconds=1)
    bench.person.clock.move(minutes=15, seconds=1)
    bench.peer.script = [bench.applied]
    bench.person.push()
    assert bench.person.row(change).state is State.APPLIED


@pytest.mark.parametrize("back", [{"seconds": 15}, {"days": 1}])
def test_a_hold_begun_while_the_clock_was_ahead_lasts_its_own_length_once(bench, back):
    bench.peer.script = [bench.applied]
    change = bench.person.write(bench.account, hold=10)
    bench.person.clock.move(**{unit: -by for unit, by in back.items()})
    now = bench.person.clock()
    for _ in range(2):
        assert bench.person.outbox.next_due(now) <= now + timedelta(seconds=10.1)
    bench.person.clock.move(seconds=10.2)
    bench.person.push()
    assert bench.person.row(change).state is State.APPLIED


def test_a_clock_set_back_a_little_never_shortens_a_hold_however_often_somebody_looks(bench):
    change = bench.person.write(bench.account, hold=10)
    bench.person.clock.move(seconds=-5)
    for _ in range(10):
        bench.person.outbox.next_due(bench.person.clock())
        bench.person.clock.move(seconds=0.5)
    assert bench.person.row(change).hold_until - bench.person.clock() >= timedelta(seconds=9.9)


def test_a_clock_set_back_twice_still_holds_nothing_up(bench):
    bench.peer.script = [bench.applied]
    change = bench.person.write(bench.account, hold=10)
    for _ in range(2):
        bench.person.clock.move(days=-1)
        assert bench.person.outbox.next_due(bench.person.clock()) <= bench.person.clock() + timedelta(seconds=10.1)
    bench.person.clock.move(seconds=10.2)
    bench.person.push()
    assert bench.person.row(change).state is State.APPLIED
