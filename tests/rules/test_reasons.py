"""A13 and A14: what a person types."""

import string
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.rules.remedies import ack_word, acknowledges, earlier_reset, reason_problem

WORDS = st.text(string.ascii_letters + string.digits + " .,äß漢", min_size=1, max_size=80)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Reason: 10 more characters"),
        ("    \t\n         ", "Reason: 10 more characters"),
        ("1234567", "Reason: 3 more characters"),
        ("  nine char ", "Reason: 1 more character"),
        ("ten chars!", None),
        ("x" * 250 + "y" * 250, None),
        ("x" * 250 + "y" * 251, "Reason: 1 character too many"),
        ("x" * 300 + "y" * 300, "Reason: 100 characters too many"),
        ("..........", "Reason: only punctuation, it needs words"),
        ("?! … — () [] {}", "Reason: only punctuation, it needs words"),
        ("😀😀😀🎉🎉🎉🎉🎉🎉🎉", "Reason: only punctuation, it needs words"),
        ("aaaaaaaaaaaa", "Reason: one character repeated, it needs words"),
        ("aAaAaAaAaAaA", "Reason: one character repeated, it needs words"),
        ("a a a a a a a a", "Reason: one character repeated, it needs words"),
        ("aaaaaaaaaaab", None),
        ("\u200b" * 20, "Reason: 9 more characters"),
        ("顧客と話しました。解除します", None),
    ],
)
def test_A14_reasons_at_their_boundaries(kit, text, problem):
    assert reason_problem(text, kit.policy) == problem


@settings(max_examples=300, deadline=None)
@given(WORDS, st.text(" \t\n", max_size=5), st.text(" \t\n", max_size=5))
def test_A14_only_the_trimmed_text_counts(kit, text, before, after):
    assert reason_problem(before + text + after, kit.policy) == reason_problem(text.strip(), kit.policy)


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_A14_accepts_exactly_what_the_rule_says(kit, text):
    trimmed = text.strip()
    said = [char.casefold() for char in trimmed if not char.isspace()]
    fine = 10 <= len(trimmed) <= 500 and any(char.isalnum() for char in trimmed) and len(set(said)) > 1
    assert (reason_problem(text, kit.policy) is None) is fine


@settings(max_examples=200, deadline=None)
@given(st.characters(), st.integers(0, 600))
def test_A14_no_repeated_character_passes(kit, char, times):
    assert reason_problem(char * times, kit.policy) is not None


@pytest.mark.parametrize(
    ("age", "found"),
    [
        (timedelta(days=30), True),
        (timedelta(days=30, microseconds=80), True),
        (timedelta(days=30, seconds=1), False),
        (timedelta(minutes=-5), True),
    ],
)
def test_A13_an_earlier_reset_counts_for_thirty_days(kit, age, found):
    touches = [kit.touch("reset_usage", kit.now - age), kit.touch("grant_trial", kit.ago(days=1))]
    assert (earlier_reset(kit.account(), touches, kit.policy, kit.now) is not None) is found


def test_A13_the_latest_reset_is_shown_with_who_when_and_why(kit):
    touches = [
        kit.touch("reset_usage", kit.ago(days=3), "Ada", "promised by phone"),
        kit.touch("reset_usage", kit.ago(days=20), "Tom", "first one"),
        kit.touch("log_contact", kit.ago(days=4)),
        kit.touch("log_outreach", kit.ago(days=1)),
    ]
    earlier = earlier_reset(kit.account(), touches, kit.policy, kit.now)
    assert (earlier.name, earlier.at, earlier.reason) == ("Ada", kit.ago(days=3), "promised by phone")
    assert (earlier.talked, earlier.ack_word) == (False, "northwind")
    talked = earlier_reset(kit.account(), [*touches, kit.touch("log_contact", kit.ago(days=2))], kit.policy, kit.now)
    assert talked.talked


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Northwind Pilot", "northwind"),
        ("  3M   Services", "3m"),
        ("Ünïted Freight", "acc_1"),
        ("O'Neill Ltd", "acc_1"),
        ("A-Team", "acc_1"),
        ("", "acc_1"),
        ("   ", "acc_1"),
        ("²² squared", "acc_1"),
        ("\x1b[31m Red", "acc_1"),
    ],
)
def test_A13_the_acknowledgement_word(kit, name, word):
    assert ack_word(kit.account(name=name)) == word


def test_A13_the_word_or_the_id_and_nothing_else_acknowledges(kit):
    account = kit.account()
    for text in ("northwind", "NORTHWIND", " Northwind ", "acc_1"):
        assert acknowledges(text, account)
    for text in ("", " ", "north", "northwind pilot", "yes", "ACC_1", "acc_"):
        assert not acknowledges(text, account)
    assert not acknowledges("ünïted", kit.account(name="Ünïted Freight"))
