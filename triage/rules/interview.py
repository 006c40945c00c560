"""The tree as an interview: what is asked next, what is still possible and on which answers it hangs (D10-D14)."""

from collections.abc import Iterator, Mapping

from data.health_tree import Answer, Leaf, Question, Tree
from data.interview_view import Possible
from triage.policy_tree import TreeRules
from triage.rules.tree import NEGATIVE, leaf_order
from triage.rules.tree_signals import SENTIMENT

Given = Mapping[str, Answer]
Needs = frozenset[tuple[str, Answer]]
State = tuple[str, bool]  # a question or a leaf, and whether D13's yellow flag is up
LEAST = 3  # the rung of an outcome that bears no mark


def with_twins(tree: Tree, given: Given) -> dict[str, Answer]:
    """The answers with those to other questions in the same words: Q5 answers Q6."""
    texts = {one.text: given[one.id] for one in tree.questions if one.id in given}
    return {one.id: given.get(one.id, texts[one.text]) for one in tree.questions if one.text in texts}


def ways(tree: Tree, given: Given) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The questions answered along the way in their order, and the open ones they lead to, the next one first.

    An unknown Q3 goes on along its yes edge (D13); of any other unknown question both edges are followed (D14).
    """
    questions = {one.id: one for one in tree.questions}
    answered: list[str] = []
    waiting: list[str] = []
    left = [tree.entry]
    while left:
        name = left.pop()
        if name not in questions or name in answered or name in waiting:
            continue
        if name not in given:
            waiting.append(name)
            continue
        answered.append(name)
        left += [following for following, _ in reversed(_answered_edges(questions[name], given[name]))]
    return tuple(answered), tuple(waiting)


def prefilled(tree: Tree, given: Given, found: Given) -> dict[str, Answer]:
    """The answers as they would be where everything still asked is answered by what was `found`."""
    answers = dict(given)
    while waiting := ways(tree, answers)[1]:
        answers = with_twins(tree, answers | {waiting[0]: found.get(waiting[0], Answer.UNKNOWN)})
    return answers


def possible(tree: Tree, given: Given, found: Given, rules: TreeRules) -> tuple[Possible, ...]:
    """The outcomes that the open questions leave, gravest first, with the answers that each of them needs."""
    order = leaf_order(tree, rules)
    needs: dict[str, Needs] = {}
    count: dict[str, int] = {}
    for (name, yellow), needed, number in _arrivals(tree, given):
        floored = yellow and rules.unsurveyed_leaf in order
        leaf = max(name, rules.unsurveyed_leaf, key=order.index) if floored else name
        needs[leaf] = needs[leaf] & needed if leaf in needs else needed
        count[leaf] = count.get(leaf, 0) + number
    places = {one.id: place for place, one in enumerate(tree.questions)}
    return tuple(
        Possible(
            leaf=leaf,
            rung=rung(leaf, tree, rules),
            needs=tuple(sorted(needs[leaf], key=lambda one: places[one[0]])),
            ways=count[leaf],
            despite=_despite(tree, given, found) if leaf == order[0] else (),
        )
        for leaf in sorted(needs, key=order.index, reverse=True)
    )


def rung(leaf: str, tree: Tree, rules: TreeRules) -> int:
    """The place of a leaf on the ladder of four steps: 0 the gravest, 3 for the best and all that bears no mark."""
    order = leaf_order(tree, rules)
    if leaf not in order or (leaf == order[0] and len(order) > 1):
        return LEAST
    return min(len(order) - 1 - order.index(leaf), LEAST)


def leaf_of(tree: Tree, name: str) -> Leaf | None:
    """The leaf of that name, None for an outcome still open."""
    return next((one for one in tree.leaves if one.name == name), None)


def _arrivals(tree: Tree, given: Given) -> Iterator[tuple[State, Needs, int]]:
    """Each leaf that can be reached, with the answers without which it is not, and by how many ways."""
    questions = {one.id: one for one in tree.questions}
    start: State = (tree.entry, False)
    reached: dict[State, tuple[Needs, int]] = {start: (frozenset(), 1)}
    for state in _in_order(questions, given, start):
        needed, number = reached[state]
        if state[0] not in questions:
            yield state, needed, number
            continue
        for following, answer in _edges(questions[state[0]], state[1], given):
            more = needed if answer is None else needed | {(state[0], answer)}
            before = reached.get(following)
            reached[following] = (more, number) if before is None else (before[0] & more, before[1] + number)


def _in_order(questions: Mapping[str, Question], given: Given, start: State) -> list[State]:
    """All states that can be reached, none before those that lead to it; a valid tree has no loop (D2)."""
    done: dict[State, None] = {}
    left = [(start, False)]
    while left:
        state, left_behind = left.pop()
        if left_behind:
            done.setdefault(state)
        elif state not in done:
            edges = _edges(questions[state[0]], state[1], given) if state[0] in questions else []
            left += [(state, True), *((following, False) for following, _ in edges)]
    return [*reversed(done)]


def _edges(question: Question, yellow: bool, given: Given) -> list[tuple[State, Answer | None]]:
    """Where a question leads, each with the answer that it takes; None where it is answered already."""
    if question.id in given:
        return [((name, yellow or flag), None) for name, flag in _answered_edges(question, given[question.id])]
    edges: list[tuple[State, Answer | None]] = [
        ((question.yes, yellow), Answer.YES),
        ((question.no, yellow), Answer.NO),
    ]
    return [*edges, ((question.yes, True), Answer.UNKNOWN)] if question.id == SENTIMENT else edges


def _answered_edges(question: Question, answer: Answer) -> list[tuple[str, bool]]:
    """The edges that an answer takes, with whether it raises the yellow flag of D13."""
    if answer is Answer.UNKNOWN:
        both = [(question.yes, False), (question.no, False)]
        return [(question.yes, True)] if question.id == SENTIMENT else both
    return [(question.yes if answer is Answer.YES else question.no, False)]


def _despite(tree: Tree, given: Given, found: Given) -> tuple[tuple[str, Answer], ...]:
    """D10: what a healthy outcome would stand beside: negative answers, asked or no longer asked."""
    questions = {one.id: one for one in tree.questions}
    still = {state[0] for state in _in_order(questions, given, (tree.entry, False))}
    known = {**{name: found[name] for name in questions if name in found and name not in still}, **given}
    return tuple((name, known[name]) for name in questions if name in known and NEGATIVE.get(name) is known[name])
