"""The walk: D4's counts, all answer sets with unknowns against an oracle by brute force, D10-D16 and D18."""

import itertools
from collections import Counter

import pytest

from data.health_tree import UNDETERMINED, Answer, Answered
from triage.policy import load_policy
from triage.rules.tree import outcome_diff, outcome_words, severity_rank, walk
from triage.rules.tree_text import parse_tree
from triage.tree_file import SHIPPED, load_tree

TREE = load_tree()
RULES = load_policy().tree
IDS = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6")
# D2 and D3, written from rules.md
EDGES = {
    "Q1": {"yes": "Q2", "no": "Q3"},
    "Q2": {"yes": "Q3", "no": "Q4"},
    "Q3": {"yes": "Q4", "no": "Q5"},
    "Q4": {"yes": "Q5", "no": "Q6"},
    "Q5": {"yes": "CRITICAL", "no": "AT_RISK"},
    "Q6": {"yes": "NEEDS_ATTENTION", "no": "HEALTHY"},
}
ORDER = ["HEALTHY", "NEEDS_ATTENTION", "AT_RISK", "CRITICAL"]
LEAVES = {
    "HEALTHY": ("CS_HEALTH_GREEN", "#22c55e"),
    "NEEDS_ATTENTION": ("CS_HEALTH_YELLOW", "#eab308"),
    "AT_RISK": ("CS_HEALTH_ORANGE", "#f97316"),
    "CRITICAL": ("CS_HEALTH_RED", "#ef4444"),
}
CADENCE = {
    "HEALTHY": ("quarterly_business_review",),
    "NEEDS_ATTENTION": ("executive_review", "renewal_case"),
    "AT_RISK": ("recovery_plan", "bi_weekly_check_in", "manager_looped_in"),
    "CRITICAL": ("sponsor_meeting", "save_plan", "named_contact", "daily_status"),
    UNDETERMINED: (),
}
NEGATIVE = {"Q1": "no", "Q2": "no", "Q3": "no", "Q4": "yes"}


def answered(words, source="signals"):
    return tuple(Answered(one, Answer(word), source, "said") for one, word in words.items())


def ask(*words, tree=TREE):
    return walk(tree, answered(dict(zip(IDS, words, strict=True))), RULES)


def ways(words):
    """Every way in which the unknown answers may turn out: (questions asked, outcome). D13: Q3 goes along yes."""
    open_ones = [one for one in IDS if words[one] == "unknown" and one != "Q3"]
    for guess in itertools.product(("yes", "no"), repeat=len(open_ones)):
        known = {**words, **dict(zip(open_ones, guess, strict=True))}
        asked, at, yellow = [], "Q1", False
        while at in EDGES:
            asked.append(at)
            yellow = yellow or known[at] == "unknown"
            at = EDGES[at]["yes" if known[at] == "unknown" else known[at]]
        yield tuple(asked), ORDER[max(ORDER.index(at), 1)] if yellow else at


def usefulness(words, question):
    """D14: how many outcomes, and how wide a range, the two answers to `question` leave; Q5 and Q6 are one question."""
    same = [one for one in (("Q5", "Q6") if question in ("Q5", "Q6") else (question,)) if words[one] == "unknown"]
    left, width = 0, 0
    for answer in ("yes", "no"):
        places = {ORDER.index(leaf) for _, leaf in ways({**words, **dict.fromkeys(same, answer)})}
        left, width = left + len(places), width + max(places) - min(places)
    return left, width, IDS.index(question)


@pytest.mark.parametrize("first", ["yes", "no", "unknown"])
@pytest.mark.parametrize("second", ["yes", "no", "unknown"])
def test_D10_D13_D14_D16_all_sets_with_unknowns_against_the_oracle(first, second):
    for rest in itertools.product(("yes", "no", "unknown"), repeat=4):
        words = dict(zip(IDS, (first, second, *rest), strict=True))
        reading = walk(TREE, answered(words), RULES)
        found = list(ways(words))
        leaves = sorted({leaf for _, leaf in found}, key=ORDER.index)
        asked = {one for path, _ in found for one in path}
        leaf = leaves[0] if len(leaves) == 1 else UNDETERMINED
        negative = tuple(one for one, bad in NEGATIVE.items() if words[one] == bad)
        assert (reading.leaf, reading.best, reading.worst) == (leaf, leaves[0], leaves[-1]), words
        assert (reading.code, reading.color) == LEAVES.get(leaf, (None, None))
        assert reading.path == tuple(one for one in found[0][0] if all(one in path for path, _ in found))
        assert reading.skipped == tuple(one for one in IDS if one not in asked)
        assert reading.despite == (negative if leaf == "HEALTHY" else ())
        soon = "yes" in (words["Q5"], words["Q6"])
        assert reading.flags == (("escalate_now",) if soon and negative else ())
        check_in = leaf != UNDETERMINED and "Q3" in asked and words["Q3"] == "unknown"
        assert reading.tasks == CADENCE[leaf] + (("sentiment_check_in",) if check_in else ())
        useful = [usefulness(words, one) for one in asked if words[one] == "unknown"]
        assert reading.next_question == (IDS[min(useful)[2]] if leaf == UNDETERMINED else None), words
        assert severity_rank(reading, TREE, RULES) == 3 - ORDER.index(leaves[-1])
        assert {one.question: one.answer.value for one in reading.answers} == words
        assert (reading.tree_version, reading.tree_hash) == ("1.0.0", TREE.sha256)


def test_D4_the_32_answer_sets():
    counts = Counter()
    healthy = []
    for words in itertools.product(("yes", "no"), repeat=5):
        reading = ask(*words, words[-1])
        counts[reading.leaf] += 1
        if reading.leaf == "HEALTHY":
            healthy.append(bool(reading.despite))
    assert counts == {"CRITICAL": 11, "AT_RISK": 11, "NEEDS_ATTENTION": 5, "HEALTHY": 5}
    assert sorted(healthy) == [False, True, True, True, True]  # D10: 4 of the 5 hold a negative answer


def test_D4_the_16_paths():
    paths = {(one.path, one.leaf) for words in itertools.product(("yes", "no"), repeat=6) for one in [ask(*words)]}
    # a path is its edges: the same questions with other answers are another path
    edges = set()
    for words in itertools.product(("yes", "no"), repeat=6):
        one = ask(*words)
        said = dict(zip(IDS, words, strict=True))
        edges.add((tuple((name, said[name]) for name in one.path), one.leaf))
    assert Counter(leaf for _, leaf in edges) == {"CRITICAL": 5, "AT_RISK": 5, "NEEDS_ATTENTION": 3, "HEALTHY": 3}
    assert len(edges) == 16 and len(paths) <= 16


def test_D10_healthy_despite_and_skipped():
    reading = ask("yes", "no", "no", "no", "no", "no")
    assert (reading.leaf, reading.despite, reading.skipped) == ("HEALTHY", ("Q2", "Q3"), ("Q3", "Q5"))
    assert outcome_words(reading) == "HEALTHY despite: Q2 no, Q3 no"
    assert outcome_words(ask("yes", "yes", "yes", "no", "no", "no")) == "HEALTHY"
    assert outcome_words(ask("no", "no", "yes", "no", "no", "no")) == "HEALTHY despite: Q1 no, Q2 no"


def test_D13_no_survey_is_a_yellow_flag():
    reading = ask("yes", "yes", "unknown", "no", "no", "no")
    assert (reading.leaf, reading.path) == ("NEEDS_ATTENTION", ("Q1", "Q2", "Q3", "Q4", "Q6"))
    assert reading.tasks == ("executive_review", "renewal_case", "sentiment_check_in")
    assert reading.color == "#eab308"
    assert ask("yes", "yes", "unknown", "yes", "yes", "yes").leaf == "CRITICAL"
    skipped = ask("yes", "no", "unknown", "no", "no", "no")  # not asked: it changes nothing
    assert (skipped.leaf, skipped.tasks) == ("HEALTHY", ("quarterly_business_review",))


def test_D14_agreeing_edges_decide():
    reading = ask("unknown", "no", "yes", "yes", "no", "no")
    assert (reading.leaf, reading.path, reading.skipped) == ("AT_RISK", ("Q1", "Q4", "Q5"), ("Q6",))
    assert reading.next_question is None


def test_D14_an_open_outcome_names_its_range_and_the_question_that_narrows_most():
    reading = ask(*["unknown"] * 6)
    assert outcome_words(reading) == "UNDETERMINED [HEALTHY..CRITICAL]"
    assert (reading.next_question, reading.path, reading.tasks) == ("Q4", ("Q1", "Q4"), ())
    late = ask("yes", "yes", "yes", "no", "unknown", "unknown")
    assert (outcome_words(late), late.next_question) == ("UNDETERMINED [HEALTHY..NEEDS_ATTENTION]", "Q6")
    assert ask("yes", "yes", "yes", "no", "unknown", "no").leaf == "HEALTHY"


def test_D14_missing_answers_are_unknown():
    assert walk(TREE, (), RULES) == walk(TREE, walk(TREE, (), RULES).answers, RULES)
    assert {one.source for one in walk(TREE, (), RULES).answers} == {"none"}


def test_D16_every_task_has_a_sentence_and_the_clocks_of_the_seed():
    for named in CADENCE.values():
        assert all(RULES.tasks[task].text for task in named)
    assert RULES.tasks["executive_review"].within_hours == 14 * 24
    assert RULES.tasks["sponsor_meeting"].within_hours == 48
    assert RULES.tasks["bi_weekly_check_in"].every_days == 14
    assert RULES.tasks["daily_status"].every_days == 1


OWN = SHIPPED.read_text(encoding="utf-8")


def diff(new, *sets):
    return outcome_diff(TREE, new, [(f"acc_{n}", one) for n, one in enumerate(sets)], RULES)


def test_D18_the_same_tree_moves_nobody():
    sets = [answered(dict(zip(IDS, words, strict=True))) for words in itertools.product(("yes", "no"), repeat=6)]
    found = diff(parse_tree(OWN + "\n"), *sets)
    assert (found.moved, found.unchanged) == ((), 64)
    assert all(old == new for old, new, _ in found.counts)


def test_D18_who_moves_and_how_many():
    stricter = parse_tree(OWN.replace("yes -> Q3 no -> Q4", "yes -> Q3 no -> Q5"))
    healthy = answered(dict.fromkeys(IDS, "yes") | {"Q4": "no", "Q5": "no", "Q6": "no"})
    quiet = answered(dict.fromkeys(IDS, "yes") | {"Q2": "no", "Q4": "no", "Q5": "no", "Q6": "no"})
    found = diff(stricter, healthy, quiet, quiet)
    assert [(one.account_id, one.old, one.new) for one in found.moved] == [
        ("acc_1", "HEALTHY despite: Q2 no", "AT_RISK"),
        ("acc_2", "HEALTHY despite: Q2 no", "AT_RISK"),
    ]
    assert found.counts == (("HEALTHY", "HEALTHY", 1), ("HEALTHY despite: Q2 no", "AT_RISK", 2))
    assert found.unchanged == 1


def test_D18_a_persons_answer_is_no_answer_to_other_words():
    words = dict.fromkeys(IDS, "yes") | {"Q4": "no", "Q5": "no", "Q6": "no"}
    reworded = parse_tree(OWN.replace("Q1: Is the customer's product", "Q1: Is the team's product"))
    assert diff(reworded, answered(words)).moved == ()
    said = answered(words)[1:] + answered({"Q1": "yes"}, "person")
    assert diff(TREE, said).moved == ()
    same_outcome = diff(reworded, said)  # Q1 is open, and both edges lead to HEALTHY
    assert same_outcome.moved == ()
    open_now = answered(words | {"Q3": "unknown", "Q2": "no"})[1:] + answered({"Q1": "yes"}, "person")
    assert [one.new for one in diff(reworded, open_now).moved] == ["UNDETERMINED [HEALTHY..NEEDS_ATTENTION]"]


def test_a_memo_changes_nothing_and_keeps_trees_and_sources_apart():
    memo = {}
    stricter = parse_tree(OWN.replace("yes -> Q3 no -> Q4", "yes -> Q3 no -> Q5"))
    for words in itertools.product(("no", "unknown"), repeat=6):
        for tree, source in itertools.product((TREE, stricter), ("signals", "person")):
            answers = answered(dict(zip(IDS, words, strict=True)), source)
            assert walk(tree, answers, RULES, memo) == walk(tree, answers, RULES)
    assert len(memo) == 2 * 64
