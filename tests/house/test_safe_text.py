"""safe_text: nothing that a terminal could act on survives, and what people are called stays readable."""

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.hostile import TEXTS, acts
from wcwidth import wcswidth, wcwidth

from data.account import Contact, Entry
from data.safe_text import (
    SafeReason,
    SafeText,
    cell_width,
    drawable,
    escaped,
    most_cells,
    safe_reason,
    safe_text,
    widest,
    without_letter_joiners,
)
from data.wire import convert, decoder, encode, mended
from widgets.glyphs import UNICODE
from widgets.line import strip
from widgets.look import Look
from widgets.theme import Styles, derive, textual_themes

PERSON = {"user_id": "u", "email": None, "reachable": None}
WORST = sorted({char for one in TEXTS if one.suspicious for char in one.text})
LOOK = Look(Styles(derive(textual_themes()[0])), UNICODE, False)
JOINERS = "\u200c\u200d"
READABLE = [
    "Zoë Müller-Łukasiewicz & Søn [GmbH] (100 %)",
    "کتاب‌خانه‌ی می‌خواهم",  # Persian, with zero width non-joiners
    "क्षेत्रीय कार्यालय, क्‍ष",  # Hindi, with a half form
    "ශ්‍රී ලංකා",  # Sinhala: the joiner is part of the spelling
    "র‍্যাব",  # Bengali: the joiner stands before the sign
    "လျှို့ဝှက်",  # Burmese: four marks and a vowel sign on one letter
    "شركة الشمال للاستشارات",
    "חֲבֵרָה בְּעֵרָבוֹן",
    "株式会社千鳥研究所 한국전력공사",
    "Tiếng Việt, ṩ, o̲̅",
    "葛\U000e0100飾区 PDF\u200cها",  # a form of an ideograph; Latin letters with a Persian ending
    "👩‍👩‍👧‍👦 🏳️‍🌈 👩🏽‍❤️‍💋‍👨🏿 👁️‍🗨️ 1️⃣ 🙂‍↔️ 🇳🇱",
    "[@click=app.quit]Quit[/] [/] [b $x",
]


@pytest.mark.parametrize("name", READABLE)
def test_names_of_real_life_stay_as_they_are(name: str) -> None:
    safe = safe_text(name)
    assert safe == name and not safe.suspicious


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("a\x1b[2Jb", "a?[2Jb"),
        ("a\x1b]52;c;eA==\x07b", "a?]52;c;eA==?b"),
        ("a\x1bP1$r\x1b\\b", "a?P1$r?\\b"),
        ("a\x9b31m\x9d0;x\x9cb", "a?31m?0;x?b"),
        ("a\x00\x08\x7f\x80\x9fb", "a?b"),
        ("\u202egro\u202c.\u2066x\u2069\u200e\u061c", "?gro?.?x?"),
        ("pay\u200bpal\ufeff\u2060\u00ad", "pay?pal?"),
        ("a\u200d\u200db\u200c c\u200d", "a?b? c?"),
        ("pay\u200cpal pay\u200dpal", "pay?pal pay?pal"),  # no alphabet of these has anything to join
        ("\u0301\u0302zoe", "?zoe"),  # would be drawn over what stands before it
        ("a\U000e0100b", "a?b"),
        ("x\U0010eeee\U000f0000y\ufffe\ufdd0\U0001ffff", "x?y?"),
        ("\u200dx \U0001f469\u200d", "?x \U0001f469?"),
        ("x\U000e0041\U000e0042\U000e007f", "x?"),
        ("x\ud800\udfffy", "x?y"),
        ("\u3164\uffa0\u115f\u180e", "?"),
    ],
)
def test_a_run_of_what_is_harmful_becomes_one_question_mark(hostile: str, shown: str) -> None:
    safe = safe_text(hostile)
    assert safe == shown and safe.suspicious


def test_line_breaks_and_tabs_become_one_space_and_are_no_reason_for_doubt() -> None:
    safe = safe_text("a\r\n\tb\u2028\u2029c\x85d\ve\ff")
    assert safe == "a b c d e f" and not safe.suspicious


@pytest.mark.parametrize(
    ("flood", "most"),
    [
        ("a" + "\u0301" * 99, 5),
        ("क" + "\u093e" * 99, 5),
        ("क" + "\u093c\u094d\u200d" * 99, 6),
        ("क" + "\u094d\u200c" * 99, 6),
        ("\uac00" + "\u1161" * 99, 5),
        ("\U0001f469" + "\U0001f3fd" * 99, 5),
        ("\U0001f469\u200d" * 99, 104),
    ],
)
def test_at_most_four_marks_pile_up_on_one_base(flood: str, most: int) -> None:
    safe = safe_text(flood)
    assert len(safe) <= most and safe.suspicious
    assert sum(char in JOINERS for char in safe) <= 4


def test_names_are_cut_at_256_cells_and_reasons_at_500_characters() -> None:
    assert safe_text("x" * 256) == "x" * 256
    assert safe_text("x" * 10_000) == "x" * 255 + "…"
    wide = safe_text("研" * 10_000)
    assert wide == "研" * 127 + "…" and not wide.suspicious
    assert safe_reason("研" * 500) == "研" * 500
    assert safe_reason("x" * 501) == "x" * 499 + "…"


def test_joined_letters_are_measured_as_terminals_draw_them() -> None:
    joined = safe_text("ا\u200dب" * 200)
    assert 170 < cell_width(joined) <= 256 and cell_width("क\u094d\u200dष") == cell_width("क\u094dष")
    assert without_letter_joiners("👩\u200d👧 a\u200db") == "👩\u200d👧 ab"


def test_a_long_reason_keeps_its_500_characters_through_wire_and_cache() -> None:
    reason = "研究" * 250
    fields = {"seq": 1, "actor": {"staff_id": "s", "name": "S"}, "action": "note", "outcome": "applied"}
    nothing = dict.fromkeys(("change_id", "account_id", "workspace_id", "before", "after", "authored_at"))
    hashes = {"raw": "{}", "prev_hash": "0", "hash": "1", "applied_at": "2026-11-21T00:00:00Z"}
    entry = convert({**fields, **nothing, **hashes, "reason": reason}, Entry)
    assert entry.reason == reason and isinstance(entry.reason, SafeReason)
    assert decoder(Entry).decode(encode(entry)) == entry


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb'"a\ud800b"', "a?b"),
        (rb'"a\uDC00"', "a?"),
        (rb'"\ud83d\ude00 \\ud800 \\\ud800"', "\U0001f600 \\ud800 \\?"),
        (rb'"\ud800\ud83d\ude00"', "?\U0001f600"),
    ],
)
def test_an_escaped_lone_surrogate_is_replaced_and_never_stops_a_sync(sent: bytes, read: str) -> None:
    safe = decoder(SafeText).decode(mended(sent))
    assert safe == read and safe.suspicious


ANY = st.characters()  # surrogates included
TROUBLE = st.sampled_from(
    "\x1b\x00\x07\x9b\x7f\x85\r\n\t\u200b\u200c\u200d\u200e\u202e\u2066\u2069\u0301\u0302\u0e31\u093e\u094d\u1161\ufe0f"
    "\ufeff\u00ad\u115f\ud800\udc00\U000e0041\U0001f469\U0001f3fd\u0915\u0631a[]@/研…? "
)


@settings(max_examples=400, deadline=None)
@given(st.text(TROUBLE | ANY, max_size=700))
def test_whatever_comes_nothing_a_terminal_could_act_on_survives(text: str) -> None:
    for safe in (safe_text(text), safe_reason(text)):
        for char in safe:
            kind = unicodedata.category(char)
            assert kind not in ("Cc", "Cs", "Zl", "Zp"), ascii(char)
            assert unicodedata.bidirectional(char) not in (
                "LRE",
                "RLE",
                "LRO",
                "RLO",
                "PDF",
                "LRI",
                "RLI",
                "FSI",
                "PDI",
            )
            zero_width = kind == "Cf" and wcwidth(char) == 0 and char not in JOINERS
            assert not zero_width and not 0xE0000 <= ord(char) <= 0xE0FFF, ascii(char)
        assert safe[:1] not in set(JOINERS)
        assert safe[-1:] not in set(JOINERS)
        again = safe_text(str(safe), cells=None, chars=None)
        assert again == safe and not again.suspicious
    assert cell_width(safe_text(text)) <= 256 and len(safe_reason(text)) <= 500
    assert safe_text(str(safe_text(text))) == safe_text(text)


@settings(max_examples=300, deadline=None)
@given(st.text(TROUBLE | ANY | st.sampled_from(WORST), max_size=400))
def test_nothing_that_acts_is_ever_drawn_and_json_keeps_its_values(text: str) -> None:
    assert not acts(safe_text(text)) and not acts(safe_reason(text)) and not acts(drawable(text))
    assert not acts("".join(piece.text for piece in strip([(text, "text")], 60, LOOK)))
    assert drawable(drawable(text)) == drawable(text) and drawable(safe_text(text)) == safe_text(text)
    told = json.dumps(text, ensure_ascii=False)
    assert not acts(escaped(told)) and json.loads(escaped(told)) == text
    sendable = "".join(char for char in text if not "\ud800" <= char <= "\udfff")
    read = decoder(Contact).decode(json.dumps({**PERSON, "name": sendable, "role": sendable}).encode())
    assert isinstance(read.name, SafeText) and read.name == safe_text(sendable) and not acts(read.name + read.role)


@settings(max_examples=200, deadline=None)
@given(st.text(TROUBLE | ANY, max_size=80), st.integers(1, 40))
def test_a_cut_fills_its_cells_and_never_more(text: str, cells: int) -> None:
    safe = safe_text(text)
    kept = widest(safe, cells)
    assert safe.startswith(kept) and cell_width(kept) <= cells
    assert kept == safe or cell_width(kept) >= min(cells - 2, cell_width(safe) - 1) or "\u200d" in safe


def test_what_is_measured_without_the_tables_takes_the_cells_that_they_say() -> None:
    for char in map(chr, range(0xA0, 0xD800)):
        kind = unicodedata.category(char)
        if kind[0] in "LNPSZ" and wcwidth(char) > 0:
            assert cell_width(char * 2) == most_cells(char * 2) == 2 * wcwidth(char), ascii(char)
        elif kind[0] == "M":
            assert cell_width(f"a{char}") == wcswidth(f"a{char}"), ascii(char)
