"""The text of a decision tree, parsed and validated: D1 and D2. It needs no newlines: the seed is one physical line."""

import hashlib
import re

from data.errors import ConfigError
from data.health_tree import UNDETERMINED, Leaf, Question
from data.health_tree import Tree as DecisionTree  # not the widget of that name
from data.safe_text import SafeText, safe_text

MOST_CHARS = 200_000
MOST_QUESTIONS = 200

_NAME = r"[A-Za-z][A-Za-z0-9_.-]{0,63}"
_HEAD = re.compile(rf"(?:(?P<question>{_NAME})|\[(?P<leaf>{_NAME})\]): ")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_ANOTHERS = re.compile(rf"(?:^| )(?:(?:yes|no) -> |hint: |code: |\[{_NAME}\]: )")  # the mark found is not our own


class TreeError(ConfigError):
    """A tree that cannot be used, or an answer to a question it has not; the sentence says what to put right."""


class _Text:
    """The text with single blanks between its words, and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split()) + " "
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    def rest(self) -> str:
        """The next few words, for a sentence."""
        return self.text[self.at : self.at + 40].strip()

    def until(self, mark: str, owner: str) -> str:
        """What stands before the next `mark`, which is then behind us."""
        found = self.text.find(f" {mark} ", max(self.at - 1, 0))
        piece = self.text[self.at : found].strip() if found >= 0 else ""
        if found < 0 or _ANOTHERS.search(f"{piece} "):
            raise TreeError(f"{owner} has no {mark!r}.")
        if not piece:
            raise TreeError(f"{owner} has nothing before {mark!r}.")
        self.at = found + len(mark) + 2
        return piece

    def word(self) -> str:
        """The next word, empty at the end."""
        if self.done:
            return ""
        end = self.text.find(" ", self.at)
        word = self.text[self.at : end]
        self.at = end + 1
        return word


def parse_tree(text: str) -> DecisionTree:
    """D1, D2: the tree of a `dag:` text. Raises TreeError with a sentence that names what is wrong."""
    if len(text) > MOST_CHARS:
        raise TreeError(f"A tree has at most {MOST_CHARS:,} characters, this one has {len(text):,}.")
    reading = _Text(text.removeprefix("\ufeff"))
    title, version, description = _header(reading)
    entry = reading.word()
    raw, leaves = _blocks(reading)
    names = {one.id for one in raw}, {one.name for one in leaves}
    questions = tuple(_resolved(one, *names) for one in raw)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    tree = DecisionTree(title, version, description, entry, questions, leaves, digest)
    _validate(tree)
    return tree


def _safe(text: str) -> SafeText:
    return safe_text(text, cells=None, chars=None)


def _header(reading: _Text) -> tuple[SafeText, str, SafeText]:
    """Title, version and description; image and tags are read over."""
    if not reading.text.startswith("dag: "):
        raise TreeError("A tree begins with 'dag:' and its title.")
    reading.at = len("dag: ")
    header = f" {reading.until('entry:', 'The tree')} "
    parts = {"title": ""}
    key, at = "title", 0
    for following in ("version", "image", "description", "tags"):
        found = header.find(f" {following}: ", at)
        if found >= 0:
            parts[key] = header[at:found].strip()
            key, at = following, found + len(following) + 3
    parts[key] = header[at:].strip()
    version = parts.get("version", "")
    if not parts["title"]:
        raise TreeError("The tree has no title after 'dag:'.")
    if not re.fullmatch(r"[!-~]{1,64}", version):
        raise TreeError("The tree has no version: one word after 'version:'.")
    return _safe(parts["title"]), version, _safe(parts.get("description", ""))


def _blocks(reading: _Text) -> tuple[tuple[Question, ...], tuple[Leaf, ...]]:
    """Everything after the entry: questions (`Q1: …`) and leaves (`[NAME]: …`) in any order."""
    questions: list[Question] = []
    leaves: list[Leaf] = []
    while not reading.done:
        head = _HEAD.match(reading.text, reading.at)
        if head is None:
            raise TreeError(f"Neither a question ('Q1: …') nor a leaf ('[NAME]: …') begins at {reading.rest()!r}.")
        reading.at = head.end()
        if head["leaf"] is not None:
            leaves.append(_leaf(reading, head["leaf"]))
        else:
            questions.append(_question(reading, head["question"]))
    return tuple(questions), tuple(leaves)


def _question(reading: _Text, name: str) -> Question:
    owner = f"Question {name}"
    text = reading.until("hint:", owner)
    hint = reading.until("yes ->", owner)
    yes = reading.word()
    if not reading.text.startswith("no -> ", reading.at):
        raise TreeError(f"{owner} has no 'no ->' after 'yes -> {yes[:80]}'.")
    reading.at += len("no -> ")
    return Question(name, _safe(text), _safe(hint), yes, reading.word())


def _leaf(reading: _Text, name: str) -> Leaf:
    owner = f"Leaf [{name}]"
    title = reading.until("color:", owner)
    color = reading.until("description:", owner)
    if not _COLOR.fullmatch(color):
        raise TreeError(f"{owner} has the colour {color[:40]!r}: it is written like #22c55e.")
    description = reading.until("code:", owner)
    code = reading.word()
    if not re.fullmatch(r"[!-~]{1,64}", code):
        raise TreeError(f"{owner} has no code: one word after 'code:'.")
    return Leaf(name, _safe(title), color, _safe(description), code)


def _validate(tree: DecisionTree) -> None:
    """D2: entry, edges, unique names and codes, all reachable, no loop."""
    questions = {one.id for one in tree.questions}
    leaves = {one.name for one in tree.leaves}
    if not 0 < len(tree.questions) <= MOST_QUESTIONS:
        raise TreeError(f"A tree has 1 to {MOST_QUESTIONS} questions, this one has {len(tree.questions)}.")
    _refuse_doubles("The name", [one.id for one in tree.questions] + [one.name for one in tree.leaves])
    _refuse_doubles("The code", [one.code for one in tree.leaves])
    if UNDETERMINED in questions | leaves:
        raise TreeError(f"Nothing in a tree can be named {UNDETERMINED}: that is an outcome still open.")
    if tree.entry not in questions:
        raise TreeError(f"The entry {tree.entry[:80]!r} is not a question of the tree.")
    edges = {one.id: (one.yes, one.no) for one in tree.questions}
    unreached = (questions | leaves) - _reached(tree.entry, edges)
    if unreached:
        raise TreeError(f"No path leads to {', '.join(sorted(unreached))}.")
    loop = _loop(edges)
    if loop:
        raise TreeError(f"The tree runs in a circle through {', '.join(loop)}.")


def _resolved(question: Question, questions: set[str], leaves: set[str]) -> Question:
    """The question with its edges as plain names; `Q2` is a question, `[NAME]` a leaf."""
    names = []
    for word, edge in ((question.yes, "yes"), (question.no, "no")):
        plain = word[1:-1] if word.startswith("[") and word.endswith("]") else word
        if plain not in (questions if plain == word else leaves):
            what = "a question" if plain == word else "a leaf"
            raise TreeError(f"Question {question.id}: '{edge} -> {word[:80]}' does not lead to {what} of the tree.")
        names.append(plain)
    return Question(question.id, question.text, question.hint, names[0], names[1])


def _refuse_doubles(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise TreeError(f"{what} {name} stands twice in the tree.")


def _reached(entry: str, edges: dict[str, tuple[str, str]]) -> set[str]:
    reached, waiting = {entry}, [entry]
    while waiting:
        for following in edges.get(waiting.pop(), ()):
            if following not in reached:
                reached.add(following)
                waiting.append(following)
    return reached


def _loop(edges: dict[str, tuple[str, str]]) -> list[str]:
    """A circle of questions: one among those that are left when all are taken away that lead only to what is away."""
    left = dict(edges)
    while True:
        ends = [name for name, targets in left.items() if not any(target in left for target in targets)]
        if not ends:
            break
        for name in ends:
            del left[name]
    circle: list[str] = []
    name = min(left, default="")
    while left and name not in circle:
        circle.append(name)
        name = next(target for target in left[name] if target in left)
    return circle[circle.index(name) :] if circle else []
