"""The tabs: every main one keeps its count from 60 columns on; 5, 6 and 7 stand from 120, whatever the book."""

import re

import pytest

from data.ports_list import Counts, Header, Link, OutboxCounts, SyncStatus
from screens.inbox_words import tabs
from widgets import numbers
from widgets.glyphs import SETS, Glyphs
from widgets.look import DEFAULT, Look
from widgets.view_tabs import SHORTEST, ViewTabs

FINE = SyncStatus(Link.FINE, None, "", 0, 0, None)


def header_of(book: int) -> Header:
    """A header of a book of some size."""
    counts = Counts(book // 90, book // 20, book // 12, book // 30, book // 100, book, 0, book // 12, book // 16)
    return Header("p", None, counts, OutboxCounts(0, 0, 0, 0), None, False, FINE)


@pytest.mark.parametrize("glyphs", SETS.values(), ids=SETS)
@pytest.mark.parametrize("book", [40, 900, 4_100, 60_000])
def test_every_main_tab_keeps_its_count_and_signals_drift_and_red_stand_at_120(glyphs: Glyphs, book: int) -> None:
    look = Look(DEFAULT.styles, glyphs)
    made = tabs(header_of(book), glyphs)
    for width in range(60, 161):
        for active in "01234":
            shown = ViewTabs()
            shown.show(made, active, None)
            text = shown.paint(width, 1, look)[0].text
            assert len(text) == width
            for tab in made[:5]:
                names = f"{tab.word}|{SHORTEST.get(tab.word, tab.word)}"
                counts = {numbers.count(tab.number), numbers.short_count(tab.number)}
                found = re.search(rf"(?:{names}) (\S+)(?: |$)", text)
                assert found and found[1] in counts, (width, tab.word, text)
            if width >= 120 and book <= 4_100:
                assert all(f"{tab.word} {numbers.count(tab.number)}" in text for tab in made[5:8]), (width, text)
