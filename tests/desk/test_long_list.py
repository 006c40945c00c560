"""A long list: opened with its beginning, looked up to its end in small steps or when asked for, of one moment."""

import pytest

from data.ports_list import RowList, Sort, View
from triage.desk import Desk, inbox

SMALL = 6


@pytest.fixture
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a book of millions: a beginning and steps of a few rows."""
    monkeypatch.setattr(inbox, "FIRST", SMALL)
    monkeypatch.setattr(inbox, "AT_ONCE", 4)


def ids(rows: RowList, count: int = 1000) -> list[str]:
    return [line.row.id for line in rows.window(0, count)]


ASKED = [(View.BOOK, Sort.NAME, ""), (View.AT_RISK, Sort.SEVERITY, ""), (View.BOOK, Sort.MRR, "acc_")]


@pytest.mark.usefixtures("short_steps")
@pytest.mark.parametrize(("view", "sort", "text"), ASKED)
def test_a_list_grows_in_steps_to_what_it_is(synced: Desk, view: View, sort: Sort, text: str) -> None:
    whole = synced.cache.ids(view, sort, text)
    opened = synced.open_list(view, sort, text)
    assert isinstance(opened, inbox.CachedList) and opened.growing and len(whole) > 3 * SMALL
    assert opened.numbers == whole[:SMALL]
    assert opened.at_least == bool(text) and opened.total == (SMALL if text else len(whole))
    assert len(ids(opened, SMALL)) == SMALL and opened.growing, "what is there needs no look further"
    steps = 1
    while opened.growing and not (changed := opened.grow(0)):
        steps += 1
    assert steps > 3 and changed == bool(text), "only what was not known before has changed"
    assert (opened.numbers, opened.total, opened.at_least) == (whole, len(whole), False)


@pytest.mark.usefixtures("short_steps")
def test_its_end_and_a_place_in_it_are_looked_up_when_asked_for(synced: Desk) -> None:
    whole = [row.id for row in synced.cache.rows(synced.cache.ids(View.BOOK, Sort.NAME))]
    assert synced.open_list(View.BOOK, Sort.NAME, "").position(whole[-1]) == len(whole) - 1
    assert ids(synced.open_list(View.BOOK, Sort.NAME, "")) == whole
    other = synced.open_list(View.BLOCKED, Sort.NAME, "")
    outside = next(one for one in reversed(whole) if synced.cache.row(one).category is None)
    assert other.position(outside) is None
    assert other.growing == (other.total > SMALL), "who is not in it is known without its end"


@pytest.mark.usefixtures("short_steps")
def test_what_is_written_meanwhile_neither_waits_nor_tears_it(synced: Desk) -> None:
    whole = synced.cache.ids(View.BOOK, Sort.NAME)
    opened = synced.open_list(View.BOOK, Sort.NAME, "")
    assert not opened.grow(0) and opened.growing
    with synced.cache.writing():
        synced.cache.connection.execute("UPDATE listing SET sort_name = id || sort_name WHERE number % 2")
    while opened.growing:
        opened.grow(0)
    assert opened.numbers == whole != synced.cache.ids(View.BOOK, Sort.NAME)  # type: ignore[attr-defined]


def test_a_window_costs_a_fixed_number_of_statements(synced: Desk) -> None:
    said: list[str] = []
    synced.cache.connection.set_trace_callback(said.append)
    opened = synced.open_list(View.BOOK, Sort.NAME, "")
    opening = len(said)
    opened.window(40, 104)
    synced.cache.connection.set_trace_callback(None)
    assert opening <= 8 and len(said) - opening <= 3, said
