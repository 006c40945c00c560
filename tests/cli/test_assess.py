"""`triage assess`: answers of a person and of the signals, the record in the trail, and trees of one's own (D18)."""

import hashlib
import itertools
import json
from collections import Counter
from pathlib import Path

import httpx
import pytest

SHIPPED = Path(__file__).parents[2] / "triage" / "tree.dag"
QUESTIONS = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6")
# D2-D4, written from rules.md
EDGES = {
    "Q1": {"yes": "Q2", "no": "Q3"},
    "Q2": {"yes": "Q3", "no": "Q4"},
    "Q3": {"yes": "Q4", "no": "Q5"},
    "Q4": {"yes": "Q5", "no": "Q6"},
    "Q5": {"yes": "CRITICAL", "no": "AT_RISK"},
    "Q6": {"yes": "NEEDS_ATTENTION", "no": "HEALTHY"},
}
CODES = {"HEALTHY": "GREEN", "NEEDS_ATTENTION": "YELLOW", "AT_RISK": "ORANGE", "CRITICAL": "RED"}
NEGATIVE = {"Q1": "no", "Q2": "no", "Q3": "no", "Q4": "yes"}
SETS = [(*words, words[-1]) for words in itertools.product(("yes", "no"), repeat=5)]  # Q5 and Q6 are one question
KEYS = {"leaf", "code", "color", "path", "answers", "skipped", "despite", "flags", "range", "next_question"}


@pytest.fixture
def ids(cli):
    return [row["id"] for row in cli("list", "--all", "--json").json]


def answers(words):
    return [part for name, word in zip(QUESTIONS, words, strict=True) for part in ("--answer", f"{name}={word}")]


def own(cli, text, name="own.dag"):
    """A tree of one's own beside the config, as text of the seed with something put in another place."""
    path = cli.home / name
    path.write_text(text, encoding="utf-8")
    return path


def swapped(version="2.0.0"):
    """The seed with the two outcomes of Q5 changed over."""
    text = SHIPPED.read_text(encoding="utf-8").replace("version: 1.0.0", f"version: {version}")
    return text.replace("yes -> [CRITICAL] no -> [AT_RISK]", "yes -> [AT_RISK] no -> [CRITICAL]")


@pytest.mark.parametrize("words", [SETS[0], SETS[6], SETS[11], SETS[17], SETS[21], SETS[25], SETS[28], SETS[31]])
def test_D4_D10_answers_against_the_oracle(cli, ids, words):
    said = dict(zip(QUESTIONS, words, strict=True))
    path, at = [], "Q1"
    while at in EDGES:
        path.append(at)
        at = EDGES[at][said[at]]
    found = cli("assess", ids[0], *answers(words), "--json").json
    assert found.keys() >= KEYS
    assert (found["leaf"], found["path"], found["range"]) == (at, path, [at, at])
    assert found["code"] == f"CS_HEALTH_{CODES[at]}"
    assert found["skipped"] == [name for name in QUESTIONS if name not in path]
    negative = [name for name in QUESTIONS if NEGATIVE.get(name) == said[name]]
    assert found["despite"] == (negative if at == "HEALTHY" else [])
    assert ("escalate_now" in found["flags"]) == (said["Q5"] == "yes" and bool(negative))
    assert {name: one["answer"] for name, one in found["answers"].items()} == said
    assert {one["source"] for one in found["answers"].values()} == {"person"}


def test_D13_D14_unknown_answers_leave_a_range_and_name_the_question(cli, ids):
    open_ = cli("assess", ids[0], *answers(["unknown"] * 6), "--json").json
    assert (open_["leaf"], open_["code"], open_["color"]) == ("UNDETERMINED", None, None)
    assert open_["range"] == ["HEALTHY", "CRITICAL"] and open_["tasks"] == []
    narrowed = cli("assess", ids[0], *answers(["yes", "no", "yes", "unknown", "no", "no"]), "--json").json
    assert (narrowed["range"], narrowed["next_question"]) == (["HEALTHY", "AT_RISK"], "Q4")
    floored = cli("assess", ids[0], *answers(["yes", "yes", "unknown", "no", "no", "no"]), "--json").json
    assert floored["leaf"] == "NEEDS_ATTENTION" and "sentiment_check_in" in floored["tasks"]


def test_the_signals_answer_alone_as_the_list_has_it_and_a_person_goes_before_them(cli):
    rows = cli("list", "--all", "--json").json
    decided = [row for row in rows if row["tree"]["leaf"] == "CRITICAL"][:1] + rows[:1]
    for row in decided:
        found = cli("assess", row["id"], "--json").json
        assert (found["leaf"], found["despite"], found["range"]) == (
            row["tree"]["leaf"],
            row["tree"]["despite"],
            row["tree"]["range"],
        )
    found = cli("assess", decided[0]["id"], "--answer", "Q5=no", "--json").json
    assert found["answers"]["Q5"] == {"answer": "no", "source": "person", "why": "a person said so"}
    assert found["answers"]["Q6"]["source"] == "person"  # the same words
    assert found["answers"]["Q1"]["source"] in ("signals", "proxy") and found["leaf"] == "AT_RISK"


def test_a_person_reads_why(cli, ids):
    said = cli("assess", ids[0], *answers(["yes", "no", "yes", "no", "no", "no"])).out
    for words in ("HEALTHY despite: Q2 no", "CS_HEALTH_GREEN", "(not asked)", "To do", "Quarterly business review"):
        assert words in said
    assert "Never recorded." in said and "Assess again" in said  # D15: the regular review


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--answer", "Q7=yes"], "no question 'Q7'. Did you mean"),
        (["--answer", "Q1=yess"], "Did you mean yes?"),
        (["--answer", "Q1"], "QUESTION=ANSWER"),
        (["--tree", "/nowhere.dag"], "/nowhere.dag: cannot be read"),
        (["--reason", "because of that"], "--reason goes with --record"),
        (["--record", "--tree", "shipped"], "Leave out one of them"),
        (["--diff", "shipped"], "stand alone"),
    ],
)
def test_what_does_not_fit_exits_2(cli, ids, options, sentence):
    ran = cli("assess", ids[0], *options)
    assert ran.code == 2 and sentence in ran.err and ran.out == ""


def test_a_bad_tree_exits_2_with_its_sentence_also_in_the_config(cli, ids):
    bad = own(cli, SHIPPED.read_text(encoding="utf-8").replace("no -> Q3 Q2:", "no -> Q9 Q2:"))
    ran = cli("assess", ids[0], "--tree", bad)
    assert ran.code == 2 and str(bad) in ran.err and "Q9" in ran.err
    (cli.home / "config.toml").write_text('tree = "own.dag"\n')
    ran = cli("list")
    assert ran.code == 2 and str(bad) in ran.err


def test_no_account_and_no_data(cli, bare):
    assert cli("assess").code == 2
    ran = cli("assess", "acc_none")
    assert ran.code == 1 and "no account acc_none" in ran.err
    assert bare("assess", "acc_none", "--json").code == 3
    assert bare("assess", "--diff", "shipped").code == 3


def test_D17_a_recorded_assessment_is_in_the_servers_trail_and_keeps_its_tree(cli, ids, sandbox):
    account = ids[5]
    reason = "Talked to their champion on the phone"
    said = answers(["no", "yes", "no", "yes", "yes", "yes"])
    ran = cli("assess", account, *said, "--record", "--reason", reason, "--json")
    assert ran.code == 0 and ran.json["state"] == "queued" and ran.json["leaf"] == "CRITICAL", ran
    before = cli("assess", account).out
    assert "Last recorded: CRITICAL by Maya Okafor" in before and "waits to be sent" in before
    assert cli("sync").code == 0
    head = {"Authorization": f"Bearer {sandbox.token}"}
    entries = httpx.get(f"{sandbox.url}/v1/audit", params={"account_id": account, "limit": 500}, headers=head).json()
    entry = next(one for one in entries["entries"] if one["change_id"] == ran.json["change_id"])
    assert (entry["action"], entry["reason"], entry["after"]["leaf"]) == ("record_assessment", reason, "CRITICAL")
    assert entry["after"]["tree_hash"] == hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    assert entry["after"]["answers"]["Q3"] == {"answer": "no", "source": "person"}
    last = cli("assess", account, "--json").json["last"]
    assert (last["leaf"], last["name"]) == ("CRITICAL", "Maya Okafor")
    own(cli, swapped())
    (cli.home / "config.toml").write_text('tree = "own.dag"\n')
    assert cli("assess", "--accept", cli.home / "own.dag").code == 0
    assert cli("assess", account, "--json").json["last"] == last


def test_nothing_is_recorded_without_being_asked_nor_where_it_is_not_allowed(cli, ids, sandbox):
    cli("assess", ids[0], *answers(["yes"] * 6))
    assert cli("outbox", "list", "--json").json == []
    short = cli("assess", ids[0], "--record", "--reason", "short")
    assert short.code == 1 and cli("outbox", "list", "--json").json == []
    assert cli("--read-only", "assess", ids[0], "--record").code == 4
    viewer = cli.changed(TRIAGE_TOKEN=sandbox.tokens["viewer"])
    ran = viewer("assess", ids[0], "--record")
    assert ran.code == 4 and "records:write" in ran.err


def test_D18_the_diff_counts_who_moves_and_nothing_takes_effect_by_looking(cli):
    before = cli("list", "--all", "--json").json
    leaves = Counter(row["tree"]["leaf"] for row in before)
    assert leaves["CRITICAL"] and leaves["AT_RISK"]
    path = own(cli, swapped())
    diff = cli("assess", "--diff", path, "--json").json
    counted = {(one["old"], one["new"]): one["count"] for one in diff["counts"]}
    assert counted["CRITICAL", "AT_RISK"] == leaves["CRITICAL"]
    assert counted["AT_RISK", "CRITICAL"] == leaves["AT_RISK"]
    assert sum(counted.values()) == 300 == len(diff["moved"]) + diff["unchanged"]
    assert diff["accepted"] is False and diff["new"]["hash"] == hashlib.sha256(path.read_bytes()).hexdigest()
    said = cli("assess", "--diff", path).out
    assert f"{len(diff['moved'])} of 300 accounts come out differently." in said
    once = next(one for one in diff["moved"] if one["old"] == "CRITICAL")
    assert cli("assess", once["id"], "--tree", path, "--json").json["leaf"] == "AT_RISK"
    assert cli("assess", once["id"], "--json").json["leaf"] == "CRITICAL"
    ran = cli("assess", "--accept", path)
    assert ran.code == 2 and "config" in ran.err  # the config says which tree is wanted
    assert cli("list", "--all", "--json").json == before


def test_D18_another_tree_takes_effect_once_accepted_and_a_changed_file_never_by_itself(cli):
    def leaf(account):
        ran = cli("assess", account, "--json")
        assert ran.code == 0, ran
        return ran.json["leaf"], ran.json["tree"]["version"], "is not in effect yet" in ran.err

    path = own(cli, swapped())
    moved = cli("assess", "--diff", path, "--json").json["moved"]
    account = next(one["id"] for one in moved if one["old"] == "CRITICAL")
    (cli.home / "config.toml").write_text('tree = "own.dag"\n')
    assert leaf(account) == ("CRITICAL", "1.0.0", True)
    doctor = cli("doctor").out
    assert "shows what the config's tree changes" in doctor
    accepted = cli("assess", "--accept", path, "--json")
    assert accepted.code == 0 and accepted.json["accepted"] and accepted.json["moved"] == moved
    assert leaf(account) == ("AT_RISK", "2.0.0", False)
    shown = cli("show", account, "--json").json
    assert shown["tree"]["leaf"] == "AT_RISK"  # the stored verdict too: the book was judged anew
    hashes = {one["inputs"]["tree_hash"] for one in shown["verdicts"] if one["rule"] == "D17"}
    assert hashes == {hashlib.sha256(path.read_bytes()).hexdigest()}
    own(cli, SHIPPED.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 3.0.0"))
    assert leaf(account) == ("AT_RISK", "2.0.0", True)  # the text accepted before goes on
    assert cli("assess", "--accept", path).code == 0
    assert leaf(account) == ("CRITICAL", "3.0.0", False)
    (cli.home / "config.toml").write_text("")
    assert leaf(account) == ("CRITICAL", "3.0.0", True)  # leaving it is a change as well
    assert cli("assess", "--accept", "shipped").code == 0
    assert leaf(account) == ("CRITICAL", "1.0.0", False)


def test_D18_a_damaged_copy_of_the_accepted_tree_is_said_and_not_replaced_in_silence(cli):
    own(cli, swapped())
    (cli.home / "config.toml").write_text('tree = "own.dag"\n')
    assert cli("assess", "--accept", cli.home / "own.dag").code == 0
    (copy,) = (cli.home / "state").rglob("tree.dag")
    assert copy.stat().st_mode & 0o777 == 0o600
    copy.write_text("no tree")
    ran = cli("list")
    assert ran.code == 2 and str(copy) in ran.err and "remove it" in ran.err
    copy.unlink()
    assert json.loads(cli("list", "--json").out)
