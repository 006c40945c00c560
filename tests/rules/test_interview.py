"""The interview: what is asked next and what is still possible, against every way in which it may go on."""

import itertools

import pytest

from data.health_tree import Answer
from triage.policy import load_policy
from triage.rules.interview import possible, prefilled, rung, ways, with_twins
from triage.rules.tree_text import parse_tree
from triage.tree_file import SHIPPED, load_tree

TREE = load_tree()
RULES = load_policy().tree
# D2, written from rules.md
EDGES = {
    "Q1": {"yes": "Q2", "no": "Q3"},
    "Q2": {"yes": "Q3", "no": "Q4"},
    "Q3": {"yes": "Q4", "no": "Q5"},
    "Q4": {"yes": "Q5", "no": "Q6"},
    "Q5": {"yes": "CRITICAL", "no": "AT_RISK"},
    "Q6": {"yes": "NEEDS_ATTENTION", "no": "HEALTHY"},
}
ORDER = ["HEALTHY", "NEEDS_ATTENTION", "AT_RISK", "CRITICAL"]
NEGATIVE = {"Q1": "no", "Q2": "no", "Q3": "no", "Q4": "yes"}


def on_from(given, at="Q1", yellow=False, needed=()):
    """Every way on: (leaf, answers given on the way beyond `given`). D13: an unknown Q3 goes along yes, and floors."""
    if at in ORDER:
        yield (max(at, "NEEDS_ATTENTION", key=ORDER.index) if yellow else at), frozenset(needed)
        return
    answers = [given[at]] if at in given else ["yes", "no", *(["unknown"] if at == "Q3" else [])]
    for answer in answers:
        more = needed if at in given else (*needed, (at, answer))
        turns = [answer]
        if answer == "unknown":
            turns = ["yes"] if at == "Q3" else ["yes", "no"]
        for turn in turns:
            yield from on_from(given, EDGES[at][turn], yellow or (at == "Q3" and answer == "unknown"), more)


SAID = [
    {name: answer for name, answer in zip(EDGES, words, strict=True) if answer}
    for words in itertools.product(("yes", "no", "unknown", None), repeat=4)
    for words in [(*words, None, None)]
]


def test_D13_D14_what_is_still_possible_is_what_any_way_on_leads_to():
    for said in SAID:
        given = {name: Answer(answer) for name, answer in said.items()}
        expected = {}
        for leaf, needed in on_from(said):
            expected.setdefault(leaf, []).append(needed)
        found = possible(TREE, given, {}, RULES)
        assert [one.leaf for one in found] == sorted(expected, key=ORDER.index, reverse=True), said
        for one in found:
            assert {(name, str(answer)) for name, answer in one.needs} == frozenset.intersection(*expected[one.leaf])
            assert one.ways == len(expected[one.leaf]), (said, one)
            assert one.rung == 3 - ORDER.index(one.leaf)
            if one.leaf == "HEALTHY":
                assert set(one.despite) == {(n, a) for n, a in said.items() if NEGATIVE.get(n) == a}


def test_the_next_question_follows_from_the_answers_alone():
    assert ways(TREE, {}) == ((), ("Q1",))
    yes, no, unknown = Answer.YES, Answer.NO, Answer.UNKNOWN
    assert ways(TREE, {"Q1": no}) == (("Q1",), ("Q3",))
    assert ways(TREE, {"Q1": no, "Q3": unknown}) == (("Q1", "Q3"), ("Q4",))  # D13
    assert ways(TREE, {"Q1": unknown}) == (("Q1",), ("Q2", "Q3"))  # D14: both edges
    assert ways(TREE, {"Q1": yes, "Q2": no, "Q4": unknown}) == (("Q1", "Q2", "Q4"), ("Q5", "Q6"))
    twins = with_twins(TREE, {"Q1": yes, "Q2": no, "Q4": unknown, "Q5": no})
    assert twins["Q6"] is no and ways(TREE, twins)[1] == ()
    assert ways(TREE, {"Q1": no, "Q6": no})[0] == ("Q1",)  # an answer off the way is none on it


def test_prefilled_is_the_way_that_the_signals_have():
    found = dict(zip(EDGES, map(Answer, ("no", "yes", "yes", "no", "yes", "yes")), strict=True))
    assert ways(TREE, prefilled(TREE, {}, found))[0] == ("Q1", "Q3", "Q4", "Q6")
    assert ways(TREE, prefilled(TREE, {"Q1": Answer.YES}, found))[0] == ("Q1", "Q2", "Q3", "Q4", "Q6")
    assert ways(TREE, prefilled(TREE, {}, {}))[1] == ()


def test_D10_a_negative_answer_that_is_no_longer_asked_stands_beside_a_healthy_outcome():
    found = {"Q2": Answer.NO, "Q3": Answer.NO}
    healthy = possible(TREE, {"Q1": Answer.NO, "Q3": Answer.YES}, found, RULES)[-1]
    assert healthy.leaf == "HEALTHY" and healthy.despite == (("Q1", Answer.NO), ("Q2", Answer.NO))


@pytest.mark.parametrize(("leaf", "step"), [("FINE", 3), ("BAD", 0)])
def test_D18_the_leaves_of_an_own_tree_have_their_place_on_the_ladder(leaf, step):
    text = (
        "dag: Own version: 2 description: d entry: A A: Is it so? hint: look yes -> [FINE] no -> [BAD] "
        "[FINE]: Fine color: #000000 description: d code: F [BAD]: Bad color: #000000 description: d code: B"
    )
    own = parse_tree(text)
    assert rung(leaf, own, RULES) == step
    assert [one.leaf for one in possible(own, {}, {}, RULES)] == ["BAD", "FINE"]


def test_many_questions_cost_no_more_than_their_edges():
    """A ladder of questions has 2^n ways; neither the count nor the answers walk them one by one."""
    steps = 150
    parts = ["dag: Long version: 1 description: d entry: L0"]
    for at in range(steps):
        after = f"L{at + 1}" if at + 1 < steps else None
        ends = ("[FINE]", "[BAD]") if after is None else (after, after)
        parts.append(f"L{at}: Question {at}? hint: h yes -> {ends[0]} no -> {ends[1]}")
    parts += ["[FINE]: Fine color: #000000 description: d code: F", "[BAD]: Bad color: #000000 description: d code: B"]
    found = possible(parse_tree(" ".join(parts)), {}, {}, RULES)
    assert [(one.leaf, one.ways) for one in found] == [("BAD", 2 ** (steps - 1)), ("FINE", 2 ** (steps - 1))]
    assert [[(name, str(answer)) for name, answer in one.needs] for one in found] == [
        [(f"L{steps - 1}", "no")],
        [(f"L{steps - 1}", "yes")],
    ]


def test_the_shipped_tree_is_the_one_that_is_asked():
    assert SHIPPED.name == "tree.dag" and [one.id for one in TREE.questions] == list(EDGES)
