"""The decision tree walked over answers: D10-D16 and the comparison of two trees, D18."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from data.account import Account
from data.health_tree import (
    UNDETERMINED,
    Answer,
    Answered,
    Moved,
    OutcomeDiff,
    Question,
    Tree,
    TreeReading,
)
from triage.policy import Policy
from triage.policy_tree import TreeRules
from triage.rules.tree_answers import NONE, signal_answers
from triage.rules.tree_signals import RENEWAL, SENTIMENT, Said, bare_answers, by_question, latest_nps, overdue, today
from triage.rules.tree_text import TreeError

PERSON = "person"
NEGATIVE = {"Q1": Answer.NO, "Q2": Answer.NO, "Q3": Answer.NO, "Q4": Answer.YES}
RENEWAL_OVERDUE, DETRACTOR, PROMOTER, ESCALATE_NOW = "renewal_overdue", "detractor", "promoter", "escalate_now"
_UNASKED = "nothing answers this question by itself"
_SAID = "a person said so"

Given = Mapping[str, Answer]
Memo = dict[tuple[str, tuple[Answer, ...] | Said], TreeReading]
NOBODY: Given = {}  # gave an answer of their own


def read_tree(
    account: Account,
    tree: Tree,
    policy: Policy,
    now: datetime,
    complete_through: date | None,
    overrides: Given | None = None,
    memo: Memo | None = None,
    brief: bool = False,
    assessed: date | None = None,
) -> TreeReading:
    """D10-D17: the tree over an account's signals; a person's `overrides` go before what the signals say.

    A `memo` spares accounts with equal answers the walk; it is the caller's, and serves one policy. `brief`: without
    `answers`, whose words no list shows; nobody overrides them there. `assessed` is P0's t, where the caller has it.
    """
    on = assessed or today(account, now, complete_through)
    if brief:
        said = bare_answers(account, policy, now, complete_through, on)
        judged = None if memo is None else memo.get((tree.sha256, said))
        if judged is None:
            known = by_question(said)
            judged = _judge(tree, {one.id: known.get(one.id, Answer.UNKNOWN) for one in tree.questions}, policy.tree)
            if memo is not None:
                memo[tree.sha256, said] = judged
        return _flagged(judged, NOBODY, account, policy, now, on)
    found = signal_answers(account, policy, now, complete_through)
    answers = with_overrides(tree, found, overrides) if overrides else found
    reading = walk(tree, answers, policy.tree, memo)
    given = {one.question: one.answer for one in reading.answers}
    return _flagged(reading, given, account, policy, now, on)


def _flagged(
    reading: TreeReading, given: Given, account: Account, policy: Policy, now: datetime, on: date
) -> TreeReading:
    flags = account_flags(account, given, policy, now, on)
    return msgspec.structs.replace(reading, flags=(*flags, *reading.flags)) if flags else reading


def with_overrides(tree: Tree, found: Iterable[Answered], overrides: Given) -> tuple[Answered, ...]:
    """What a person answered in the place of `found`; a question asked twice in the same words is answered once."""
    known = {one.id: one for one in tree.questions}
    unknown = [name for name in overrides if name not in known]
    if unknown:
        raise TreeError(f"This tree has no question {unknown[0]!r}; it has {', '.join(known)}.")
    by_text = {known[name].text: answer for name, answer in overrides.items()}
    said = {name: overrides.get(name, by_text.get(question.text)) for name, question in known.items()}
    kept = [one for one in found if said.get(one.question) is None]
    return (*kept, *(Answered(name, answer, PERSON, _SAID) for name, answer in said.items() if answer is not None))


def walk(tree: Tree, answers: Sequence[Answered], rules: TreeRules, memo: Memo | None = None) -> TreeReading:
    """D10, D11, D13, D14, D16: the outcome of `answers`; a question of the tree without one is unknown."""
    by_question = {one.question: one for one in answers}
    full = tuple(by_question.get(one.id) or Answered(one.id, Answer.UNKNOWN, NONE, _UNASKED) for one in tree.questions)
    judged = _judged(tree, {one.question: one.answer for one in full}, rules, memo)
    return msgspec.structs.replace(judged, answers=full)


def _judged(tree: Tree, given: Given, rules: TreeRules, memo: Memo | None) -> TreeReading:
    """The reading of `given`, one answer for each question in the tree's order, from the memo where it is there."""
    if memo is None:
        return _judge(tree, given, rules)
    key = tree.sha256, tuple(given.values())
    judged = memo.get(key)
    if judged is None:
        judged = memo[key] = _judge(tree, given, rules)
    return judged


def _judge(tree: Tree, given: Given, rules: TreeRules) -> TreeReading:
    """The reading of the bare answers, one for each question in the tree's order; sources are put in by `walk`."""
    reached, outcomes = explore(tree, given, rules)
    order = leaf_order(tree, rules)
    possible = sorted(outcomes, key=order.index)
    decided = len(possible) == 1
    outcome = possible[0] if decided else UNDETERMINED
    leaf = next((one for one in tree.leaves if one.name == outcome), None)
    negative = tuple(question for question, answer in given.items() if NEGATIVE.get(question) is answer)
    unsurveyed = SENTIMENT in reached and given[SENTIMENT] is Answer.UNKNOWN
    soon = any(given.get(question) is Answer.YES for question in RENEWAL)
    return TreeReading(
        leaf=outcome,
        code=None if leaf is None else leaf.code,
        color=None if leaf is None else leaf.color,
        best=possible[0],
        worst=possible[-1],
        path=_path(tree, given, rules),
        answers=(),
        skipped=tuple(one.id for one in tree.questions if one.id not in reached),
        despite=negative if outcome == order[0] else (),
        flags=(ESCALATE_NOW,) if soon and negative else (),
        next_question=None if decided else _most_useful(tree, given, reached, rules),
        tasks=tasks(outcome, unsurveyed, rules),
        tree_version=tree.version,
        tree_hash=tree.sha256,
    )


def explore(tree: Tree, given: Given, rules: TreeRules, without: str = "") -> tuple[frozenset[str], frozenset[str]]:
    """D13, D14: the questions that may be asked and the outcomes that may come of them, both edges where unknown.

    An unknown Q3 goes on along its yes edge, and nothing better than NEEDS_ATTENTION comes of it. `without` leaves a
    question out, with all that only it leads to.
    """
    questions = {one.id: one for one in tree.questions if one.id != without}
    leaves = {one.name for one in tree.leaves}
    order = leaf_order(tree, rules)
    seen: set[tuple[str, bool]] = set()
    waiting = [(tree.entry, False)]
    while waiting:
        state = waiting.pop()
        if state not in seen and (state[0] in questions or state[0] in leaves):
            seen.add(state)
            if state[0] in questions:
                question = questions[state[0]]
                yellow = state[1] or (question.id == SENTIMENT and given.get(SENTIMENT) is Answer.UNKNOWN)
                waiting += [(following, yellow) for following in _edges(question, given)]
    asked = frozenset(name for name, _ in seen if name in questions)
    return asked, frozenset(_floored(name, yellow, order, rules) for name, yellow in seen if name in leaves)


def leaf_order(tree: Tree, rules: TreeRules) -> tuple[str, ...]:
    """The tree's leaves, best first: by the policy where it knows them all, else in the order of the tree's text."""
    names = tuple(one.name for one in tree.leaves)
    return tuple(sorted(names, key=rules.severity.index)) if set(names) <= set(rules.severity) else names


def severity_rank(reading: TreeReading, tree: Tree, rules: TreeRules) -> int:
    """D14: what to sort by, 0 the gravest; an open outcome sorts by its worst leaf."""
    return leaf_order(tree, rules)[::-1].index(reading.worst)


def tasks(leaf: str, unsurveyed: bool, rules: TreeRules) -> tuple[str, ...]:
    """D13, D16: what the outcome asks to be done; nothing follows from an open one (D14)."""
    if leaf == UNDETERMINED:
        return ()
    listed = rules.cadence.get(leaf, ())
    return (*listed, rules.unsurveyed_task) if unsurveyed and rules.unsurveyed_task not in listed else listed


def account_flags(account: Account, given: Given, policy: Policy, now: datetime, on: date) -> tuple[str, ...]:
    """D9, D11: renewal overdue unless a person denied it; detractor, promoter by the latest NPS, whatever the leaf."""
    flags: list[str] = []
    if overdue(account, now) and not any(given.get(question) is Answer.NO for question in RENEWAL):
        flags.append(RENEWAL_OVERDUE)
    nps = latest_nps(account, policy, on)
    if nps is not None:
        if nps.score <= policy.tree.detractor_max:
            flags.append(DETRACTOR)
        if nps.score >= policy.tree.promoter_min:
            flags.append(PROMOTER)
    return tuple(flags)


def outcome_words(reading: TreeReading) -> str:
    """D10, D14: the outcome as it may be said: `HEALTHY despite: Q2 no`, `UNDETERMINED [HEALTHY..AT_RISK]`."""
    if reading.leaf == UNDETERMINED:
        return f"{UNDETERMINED} [{reading.best}..{reading.worst}]"
    said = {one.question: one.answer for one in reading.answers}
    despite = ", ".join(f"{question} {said[question]}" for question in reading.despite)
    return f"{reading.leaf} despite: {despite}" if despite else reading.leaf


def outcome_diff(
    old: Tree, new: Tree, answer_sets: Iterable[tuple[str, Sequence[Answered]]], rules: TreeRules
) -> OutcomeDiff:
    """D18: both trees over the same answers (account id, answers); who would come out differently.

    What a person answered counts for the new tree only where that question still has the same words.
    """
    words = {one.id: one.text for one in old.questions}
    same = {one.id for one in new.questions if words.get(one.id) == one.text}
    counts: Counter[tuple[str, str]] = Counter()
    memo: Memo = {}
    moved: list[Moved] = []
    for account_id, answers in answer_sets:
        before = outcome_words(walk(old, answers, rules, memo))
        kept = [one for one in answers if one.source != PERSON or one.question in same]
        after = outcome_words(walk(new, kept, rules, memo))
        counts[before, after] += 1
        if before != after:
            moved.append(Moved(account_id, before, after))
    table = tuple((before, after, count) for (before, after), count in sorted(counts.items()))
    return OutcomeDiff(table, tuple(moved), counts.total() - len(moved))


def _edges(question: Question, given: Given) -> tuple[str, ...]:
    answer = given.get(question.id, Answer.UNKNOWN)
    if answer is Answer.YES or (answer is Answer.UNKNOWN and question.id == SENTIMENT):
        return (question.yes,)
    return (question.no,) if answer is Answer.NO else (question.yes, question.no)


def _floored(leaf: str, yellow: bool, order: tuple[str, ...], rules: TreeRules) -> str:
    """D13: the worse of the leaf and NEEDS_ATTENTION, where the tree has such a leaf."""
    if not yellow or rules.unsurveyed_leaf not in order:
        return leaf
    return max(leaf, rules.unsurveyed_leaf, key=order.index)


def _path(tree: Tree, given: Given, rules: TreeRules) -> tuple[str, ...]:
    """The questions that are asked in every case: those along one way without which no outcome is reached."""
    questions = {one.id: one for one in tree.questions}
    along: list[str] = []
    forked, name = False, tree.entry
    while name in questions:
        along.append(name)
        edges = _edges(questions[name], given)
        forked, name = forked or len(edges) > 1, edges[0]
    return tuple(along) if not forked else tuple(one for one in along if not explore(tree, given, rules, one)[1])


def _most_useful(tree: Tree, given: Given, reached: frozenset[str], rules: TreeRules) -> str | None:
    """D14: the open question whose two answers leave the fewest outcomes, then the narrowest ranges, then the first.

    Questions in the same words are one: an answer to Q5 is an answer to an open Q6.
    """
    order = leaf_order(tree, rules)
    scores: list[tuple[int, int, int]] = []
    candidates = [one for one in tree.questions if one.id in reached and given[one.id] is Answer.UNKNOWN]
    for place, question in enumerate(candidates):
        twins = [one.id for one in tree.questions if one.text == question.text and given[one.id] is Answer.UNKNOWN]
        left, span = 0, 0
        for answer in (Answer.YES, Answer.NO):
            outcomes = explore(tree, {**given, **dict.fromkeys(twins, answer)}, rules)[1]
            places = [order.index(outcome) for outcome in outcomes]
            left, span = left + len(places), span + max(places) - min(places)
        scores.append((left, span, place))
    return candidates[min(scores)[2]].id if scores else None
