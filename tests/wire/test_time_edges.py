"""Times at the edges of all years: refused where they lie in none, shown wherever a person sits."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from data.account import Time
from data.errors import BadAnswer
from data.wire import decode, decoder
from widgets import numbers

_times = decoder(Time)


@pytest.fixture(params=["Asia/Tokyo", "America/New_York"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """This process somewhere else on earth."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z"])
def test_never_and_always_are_shown_in_every_zone(zone: str, text: str) -> None:
    at, now = decode(f'"{text}"'.encode(), _times), datetime.now(UTC)
    assert text[:4].lstrip("0") in numbers.day(at, now) and numbers.clock(at) and numbers.moment(at, now)
    assert numbers.local(now).utcoffset() != numbers.local(at).utcoffset() or numbers.local(at).year in (1, 9999)


@pytest.mark.parametrize(
    "text",
    [
        "9999-12-31T23:59:59-00:01",
        "9999-12-31t23:59:59-23:59",
        "9999-12-31 23:59:59-05:00",
        "\\u0039999-12-31T23:59:59-05:00",
        "9999\\u002d12-31\\u005423:59:59\\u002D05:00",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_a_time_of_no_year_in_utc_is_refused_however_it_is_spelt(text: str) -> None:
    with pytest.raises(BadAnswer, match="before or after all years"):
        decode(f'"{text}"'.encode(), _times)
