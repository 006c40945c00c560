"""The tree's text: the seed as it stands (D1, D3), and every way in which a tree can be wrong (D2)."""

import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.rules.tree_text import MOST_CHARS, MOST_QUESTIONS, TreeError, parse_tree
from triage.tree_file import SHIPPED, load_tree

SEED = SHIPPED.read_text(encoding="utf-8")
SEED_HASH = "ef61a6eeeb6633a7eeaa644e0afb51ab3a8945be8f3bfad410bdc4dac8409d69"
SMALL = (
    "dag: Mine version: 2 entry: A A: One? hint: Look. yes -> [GOOD] no -> B B: Two? hint: Look again. "
    "yes -> [GOOD] no -> [BAD] [GOOD]: Good color: #00ff00 description: Fine. code: G "
    "[BAD]: Bad color: #ff0000 description: Not fine. code: R"
)


def test_D1_the_seed_is_one_physical_line_and_shipped_byte_by_byte():
    assert "\n" not in SEED and len(SEED) == 6397
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() == SEED_HASH
    assert load_tree().sha256 == SEED_HASH


def test_D1_D2_the_seed_parsed():
    tree = load_tree()
    assert tree.title == "How do I assess the health of a customer account?"
    assert (tree.version, tree.entry) == ("1.0.0", "Q1")
    assert tree.description.startswith("Classify a customer's") and tree.description.endswith("your next CSM action.")
    assert [(one.id, one.yes, one.no) for one in tree.questions] == [
        ("Q1", "Q2", "Q3"),
        ("Q2", "Q3", "Q4"),
        ("Q3", "Q4", "Q5"),
        ("Q4", "Q5", "Q6"),
        ("Q5", "CRITICAL", "AT_RISK"),
        ("Q6", "NEEDS_ATTENTION", "HEALTHY"),
    ]
    assert tree.questions[4].text == tree.questions[5].text
    assert tree.questions[4].hint != tree.questions[5].hint


def test_D1_every_word_of_questions_hints_and_claims_is_kept():
    tree = load_tree()
    for one in tree.questions:
        block = f" {one.id}: {one.text} hint: {one.hint} yes -> "
        assert SEED.count(block) == 1 and not one.text.suspicious and not one.hint.suspicious
    for leaf in tree.leaves:
        block = f" [{leaf.name}]: {leaf.title} color: {leaf.color} description: {leaf.description} code: {leaf.code}"
        assert SEED.count(block) == 1


def test_D3_leaves():
    assert [(one.name, one.title, one.color, one.code) for one in load_tree().leaves] == [
        ("HEALTHY", "Healthy (Green)", "#22c55e", "CS_HEALTH_GREEN"),
        ("NEEDS_ATTENTION", "Needs Attention (Yellow)", "#eab308", "CS_HEALTH_YELLOW"),
        ("AT_RISK", "At Risk (Orange)", "#f97316", "CS_HEALTH_ORANGE"),
        ("CRITICAL", "Critical (Red Flag)", "#ef4444", "CS_HEALTH_RED"),
    ]


def test_D1_newlines_are_allowed_and_only_change_the_hash():
    broken = SEED.replace(" hint: ", "\n  hint: ").replace(" no -> ", "\r\n\tno -> ") + "\n"
    tree, seed = parse_tree(broken), parse_tree(SEED)
    assert (tree.questions, tree.leaves, tree.title) == (seed.questions, seed.leaves, seed.title)
    assert tree.sha256 == hashlib.sha256(broken.encode()).hexdigest() != seed.sha256


def test_D1_image_tags_and_description_may_be_left_out():
    tree = parse_tree(SMALL)
    assert (tree.title, tree.version, tree.description, tree.entry) == ("Mine", "2", "", "A")
    assert [one.name for one in tree.leaves] == ["GOOD", "BAD"]


def test_D1_an_arrow_or_a_colon_in_prose_is_prose():
    tree = parse_tree(SMALL.replace("Look again.", "Note: settings -> users, see https://x.example/a:b."))
    assert tree.questions[1].hint == "Note: settings -> users, see https://x.example/a:b."


def test_D1_foreign_text_is_made_harmless():
    tree = parse_tree(SMALL.replace("One?", "One\x1b[2J?").replace("Fine.", "F\u202eine."))
    assert "\x1b" not in tree.questions[0].text and tree.questions[0].text.suspicious
    assert "\u202e" not in tree.leaves[0].description


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("dag: ", "tree: ", "A tree begins with 'dag:' and its title."),
        ("dag: Mine ", "dag: ", "The tree has no title after 'dag:'."),
        (" version: 2", "", "The tree has no version: one word after 'version:'."),
        (" version: 2", " version: 2 or 3", "The tree has no version: one word after 'version:'."),
        (" entry: A", "", "The tree has no 'entry:'."),
        ("entry: A", "entry: Z", "The entry 'Z' is not a question of the tree."),
        ("entry: A", "entry: [GOOD]", "The entry '[GOOD]' is not a question of the tree."),
        (" no -> B", "", "Question A has no 'no ->' after 'yes -> [GOOD]'."),
        (" yes -> [GOOD] no -> B", "", "Question A has no 'yes ->'."),
        (" hint: Look. ", " ", "Question A has no 'hint:'."),
        ("A: One? hint", "A: hint", "Question A has nothing before 'hint:'."),
        ("no -> B", "no -> C", "Question A: 'no -> C' does not lead to a question of the tree."),
        ("no -> B", "no -> [B]", "Question A: 'no -> [B]' does not lead to a leaf of the tree."),
        ("no -> [BAD]", "no -> BAD", "Question B: 'no -> BAD' does not lead to a question of the tree."),
        ("no -> [BAD]", "no -> [UGLY]", "Question B: 'no -> [UGLY]' does not lead to a leaf of the tree."),
        ("no -> [BAD]", "no -> A", "No path leads to BAD."),
        ("yes -> [GOOD] no -> [BAD]", "yes -> [BAD] no -> A", "The tree runs in a circle through A, B."),
        ("yes -> [GOOD] no -> [BAD]", "yes -> [BAD] no -> B", "The tree runs in a circle through B."),
        ("no -> B", "no -> [BAD]", "No path leads to B."),
        ("code: R", "code: G", "The code G stands twice in the tree."),
        ("[BAD]: Bad", "[GOOD]: Bad", "Question B: 'no -> [BAD]' does not lead to a leaf of the tree."),
        (" code: R", " code: R [BAD]: Bad color: #000000 description: X. code: X", "The name BAD stands twice in"),
        ("color: #ff0000", "color: red", "Leaf [BAD] has the colour 'red': it is written like #22c55e."),
        (" color: #00ff00", "", "Leaf [GOOD] has no 'color:'."),
        (" description: Fine.", "", "Leaf [GOOD] has no 'description:'."),
        (" code: G", "", "Leaf [GOOD] has no 'code:'."),
        (" code: R", "", "Leaf [BAD] has no 'code:'."),
        (" code: R", " code:", "Leaf [BAD] has no code: one word after 'code:'."),
        (
            " code: R",
            " code: R and more",
            "Neither a question ('Q1: …') nor a leaf ('[NAME]: …') begins at 'and more'.",
        ),
        ("[BAD]", "[UNDETERMINED]", "Nothing in a tree can be named UNDETERMINED: that is an outcome still open."),
    ],
)
def test_D2_what_is_wrong_is_said_in_a_sentence(old, new, sentence):
    assert old in SMALL
    with pytest.raises(TreeError, match=re.escape(sentence)):
        parse_tree(SMALL.replace(old, new))


@pytest.mark.parametrize("cut", range(0, len(SEED) - len("CS_HEALTH_RED"), 97))
def test_D2_a_cut_seed_is_refused(cut):
    with pytest.raises(TreeError):
        parse_tree(SEED[:cut])


@pytest.mark.parametrize("missing", ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"])
def test_D2_the_seed_without_a_question_is_refused(missing):
    with pytest.raises(TreeError):
        parse_tree(re.sub(rf" {missing}: .*? no -> \S+", "", SEED, count=1))


def test_D2_limits_are_said():
    with pytest.raises(TreeError, match="at most 200,000 characters"):
        parse_tree("dag: " + "x" * MOST_CHARS)
    count = MOST_QUESTIONS + 1
    chain = " ".join(
        f"N{n}: Text? hint: Look. yes -> [GOOD] no -> {f'N{n + 1}' if n < count - 1 else '[BAD]'}" for n in range(count)
    )
    leaves = SMALL[SMALL.index("[GOOD]: ") :]
    with pytest.raises(TreeError, match="1 to 200 questions, this one has 201"):
        parse_tree(f"dag: Long version: 1 entry: N0 {chain} {leaves}")


@given(st.lists(st.sampled_from([*SMALL.split(" "), "->", ":", "[", "\n"]), max_size=60).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_D2_any_text_is_a_tree_or_a_sentence(text):
    for tried in (text, SMALL + " " + text, "dag: x version: 1 entry: A " + text):
        try:
            parse_tree(tried)
        except TreeError as refused:
            assert str(refused).endswith(".")


def test_D18_an_own_file_and_one_that_cannot_be_read(tmp_path):
    own = tmp_path / "own.dag"
    own.write_text(SMALL, encoding="utf-8")
    assert load_tree(own) == parse_tree(SMALL)
    with pytest.raises(TreeError, match=r"none\.dag: cannot be read"):
        load_tree(tmp_path / "none.dag")
    own.write_bytes(b"\xff\xfe")
    with pytest.raises(TreeError, match=r"own\.dag: not UTF-8 text"):
        load_tree(own)
    own.write_text("nothing", encoding="utf-8")
    with pytest.raises(TreeError, match=r"own\.dag: A tree begins with"):
        load_tree(own)


def test_D1_the_tree_is_in_the_wheel(tmp_path):
    root = Path(__file__).parents[2]
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=root, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        assert hashlib.sha256(wheel.read("triage/tree.dag")).hexdigest() == SEED_HASH
