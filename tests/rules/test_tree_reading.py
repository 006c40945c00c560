"""The tree over whole accounts: overrides, flags (D9, D11), triggers (D15), verdicts (D17), own trees and policies."""

import json
from datetime import date, timedelta

import pytest

from data.errors import ConfigError
from data.health_tree import Answer
from triage.policy import load_policy
from triage.rules.tree import outcome_words, read_tree
from triage.rules.tree_text import TreeError, parse_tree
from triage.rules.tree_verdicts import reassess_triggers, tree_verdicts
from triage.tree_file import load_tree

TREE = load_tree()
DAY = date(2026, 11, 20)
YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
TICKETS = {"open": 1, "urgent": 0, "oldest_open_days": 0.8, "escalated": 0, "resolution_hours_90d": None}
MINE = (
    "dag: Mine version: 7 entry: Q1 Q1: Adopted? hint: Look. yes -> FIT no -> [LOST] FIT: Does it fit? hint: Ask. "
    "yes -> [KEPT] no -> [LOST] [KEPT]: Kept color: #00ff00 description: Fine. code: K "
    "[LOST]: Lost color: #ff0000 description: Not fine. code: L"
)


def survey(score, ago=5):
    return [{"score": score, "at": DAY - timedelta(days=ago)}]


@pytest.fixture(scope="session")
def healthy(kit):
    """An account that is HEALTHY with every answer known, with `signals` and fields replaced."""

    def make(signals=None, **fields):
        base = kit.signals(nps=survey(8), tickets=TICKETS, last_active_at=kit.ago(days=1))
        return kit.account(**{"signals": base | (signals or {}), "renewal_at": kit.now + timedelta(days=200), **fields})

    return make


@pytest.fixture(scope="session")
def read(kit, healthy):
    def run(signals=None, overrides=None, tree=TREE, policy=None, **fields):
        return read_tree(healthy(signals, **fields), tree, policy or kit.policy, kit.now, DAY, overrides)

    return run


def test_D5_D9_an_account_read(read):
    reading = read()
    assert (reading.leaf, reading.despite, reading.flags) == ("HEALTHY", (), ())
    assert [one.answer for one in reading.answers] == [YES, YES, YES, NO, NO, NO]
    assert {one.source for one in reading.answers} == {"signals"}


def test_D14_an_account_of_which_nothing_is_known_is_undetermined(kit):
    account = kit.account(signals=None, admin_logins=None, renewal_at=None)
    reading = read_tree(account, TREE, kit.policy, kit.now, DAY)
    assert (outcome_words(reading), reading.next_question) == ("UNDETERMINED [HEALTHY..CRITICAL]", "Q4")
    assert (reading.tasks, reading.flags) == ((), ())


@pytest.mark.parametrize(
    ("score", "flags"),
    [(0, ("detractor",)), (6, ("detractor",)), (7, ()), (8, ()), (9, ("promoter",)), (10, ("promoter",))],
)
def test_D11_detractor_and_promoter_whatever_the_leaf(read, score, flags):
    assert read({"nps": survey(score)}).flags == flags
    assert read({"nps": survey(score), "adoption_pct": 1.0}, overrides={"Q3": YES}).flags == flags
    assert read({"nps": survey(score, 90)}).flags == flags
    assert read({"nps": survey(score, 91)}).flags == ()


def test_D11_the_latest_nps_counts_the_worse_of_one_day_whatever_the_csat(read):
    assert read({"nps": survey(3, 1) + survey(10, 2)}).flags == ("detractor",)
    assert read({"nps": survey(10, 1) + survey(3, 2)}).flags == ("promoter",)
    assert read({"nps": survey(10, 1) + survey(3, 1)}).flags == ("detractor",)
    assert read({"nps": survey(3, 9), "csat": [{"score": 10, "scale": 10, "at": DAY}]}).flags == ("detractor",)


def test_D11_a_near_renewal_and_a_negative_answer_escalate(read, kit):
    near = kit.now + timedelta(days=90)
    assert read(renewal_at=near).flags == ()
    assert read({"adoption_pct": 60.0}, renewal_at=near).flags == ("escalate_now",)
    assert read({"tickets": TICKETS | {"open": 4}}, renewal_at=near).flags == ("escalate_now",)
    far = near + timedelta(seconds=1)
    assert read({"adoption_pct": 60.0}, renewal_at=far).flags == ()


def test_D9_a_past_renewal_is_flagged_until_a_person_denies_it(read, kit):
    past = kit.now - timedelta(microseconds=87)
    assert read(renewal_at=past).flags == ("renewal_overdue",)
    assert read(renewal_at=past).leaf == "NEEDS_ATTENTION"
    assert read(renewal_at=kit.now).flags == ()
    denied = read(renewal_at=past, overrides={"Q6": NO})
    assert (denied.flags, denied.leaf) == ((), "HEALTHY")


def test_overrides_go_first_and_answer_the_question_in_the_same_words(read):
    reading = read(overrides={"Q5": YES})
    assert reading.leaf == "NEEDS_ATTENTION"
    said = {one.question: (one.answer, one.source) for one in reading.answers}
    assert said["Q5"] == said["Q6"] == (YES, "person") and said["Q1"] == (YES, "signals")
    assert read(overrides={"Q5": YES, "Q6": NO}).leaf == "HEALTHY"
    unknown = read(overrides={"Q3": UNKNOWN})
    assert (unknown.leaf, unknown.tasks[-1]) == ("NEEDS_ATTENTION", "sentiment_check_in")
    with pytest.raises(TreeError, match=r"This tree has no question 'Q9'; it has Q1, Q2, Q3, Q4, Q5, Q6\."):
        read(overrides={"Q9": YES})


def test_D18_an_own_tree_gets_automatic_answers_only_to_the_known_ids(read):
    tree = parse_tree(MINE)
    reading = read(tree=tree)
    assert (outcome_words(reading), reading.next_question) == ("UNDETERMINED [KEPT..LOST]", "FIT")
    assert [(one.question, one.answer, one.source) for one in reading.answers] == [
        ("Q1", YES, "signals"),
        ("FIT", UNKNOWN, "none"),
    ]
    said = read(tree=tree, overrides={"FIT": YES})
    assert (said.leaf, said.code, said.path, said.tasks) == ("KEPT", "K", ("Q1", "FIT"), ())
    assert (said.tree_version, said.tree_hash) == ("7", tree.sha256)
    gone = read({"adoption_pct": 5.0}, tree=tree)
    assert (gone.leaf, gone.skipped, gone.despite) == ("LOST", ("FIT",), ())


def test_D16_the_policy_may_say_what_an_own_leaf_asks_for(read, tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text('[tree.cadence]\nKEPT = ["thank_them"]\n[tree.tasks.thank_them]\ntext = "Thank them."\n', "utf-8")
    assert read(tree=parse_tree(MINE), overrides={"FIT": YES}, policy=load_policy(own)).tasks == ("thank_them",)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[tree]\nadoption = 1\n", "tree.adoption_pct"),
        ("[tree.proxies]\nreach = 1.5\n", "tree.proxies.reach"),
        ("[tree.flags]\npromotor = 'x'\n", "tree.flags.promoter"),
        ("[tree]\ndetractor_max = 7\n", "'tree.detractor_max' is not below 'tree.nps_good'"),
        ("[tree]\npromoter_min = 6\n", "'tree.nps_good' is above 'tree.promoter_min'"),
        ("[tree]\nseverity = ['A', 'A']\n", "'tree.severity' names a leaf twice"),
        ("[tree.cadence]\nKEPT = ['thank_them']\n", "'tree.tasks' lacks thank_them"),
        ("[tree.tasks.thank_them]\ntxt = 'x'\n", "`txt`"),
    ],
)
def test_the_policy_of_the_tree_refuses_what_cannot_be(tmp_path, text, named):
    own = tmp_path / "mine.toml"
    own.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_policy(own)
    assert "mine.toml" in str(refused.value) and named in str(refused.value)


@pytest.fixture(scope="session")
def triggers(kit, healthy):
    def run(signals=None, last=None, ago=10.0, **fields):
        at = None if ago is None else kit.now - timedelta(days=ago)
        return reassess_triggers(healthy(signals, **fields), last, at, kit.policy, kit.now, DAY)

    return run


def test_D15_triggers(triggers, read):
    assert triggers() == ()
    assert triggers({"nps": survey(6, 5)}) == ("low_nps",)
    assert triggers({"nps": survey(7, 5)}) == triggers({"nps": survey(6, 12)}) == ()
    same_day = {"nps": survey(6, 9)}  # the day of the last assessment, 2026-11-11
    assert triggers(same_day) == ("low_nps",) and triggers(same_day, last=read(same_day)) == ()
    busy = {"tickets": TICKETS | {"open": 4}}
    assert triggers(busy) == ("support_spike",) and triggers(busy, last=read()) == ("support_spike",)
    assert triggers(busy, last=read(busy)) == ()
    missed = {"outreach": {"attempts_90d": 4, "responses_90d": 3, "missed_check_in": True}}
    assert triggers(missed) == ("missed_check_in",)
    assert triggers(ago=91.0) == () and triggers(ago=91.001) == triggers(ago=None) == ("regular_review",)
    assert triggers({**missed, **busy, "nps": survey(0)}, ago=None) == (
        "low_nps",
        "support_spike",
        "missed_check_in",
        "regular_review",
    )


def test_D15_every_trigger_and_flag_has_a_sentence(kit):
    assert set(kit.policy.tree.triggers) == {"low_nps", "support_spike", "missed_check_in", "regular_review"}
    assert set(kit.policy.tree.flags) == {"renewal_overdue", "detractor", "promoter", "escalate_now"}


@pytest.fixture(scope="session")
def explained(kit, healthy):
    def run(signals=None, overrides=None, tree=TREE, **fields):
        account = healthy(signals, **fields)
        reading = read_tree(account, tree, kit.policy, kit.now, DAY, overrides)
        return tree_verdicts(account, reading, tree, kit.policy, kit.now, DAY)

    return run


def test_D17_every_verdict_explains_itself(explained, kit):
    found = explained({"adoption_pct": None, "nps": survey(5)}, renewal_at=kit.now + timedelta(days=10))
    assert [(one.rule, one.verdict) for one in found] == [
        ("D12", "Q1 yes"),
        ("D6", "Q2 yes"),
        ("D7", "Q3 no"),
        ("D8", "Q4 no"),
        ("D9", "Q5 yes"),
        ("D9", "Q6 yes"),
        ("D17", "Q1 > Q2 > Q3 > Q5 > CRITICAL"),
        ("D10", "CRITICAL"),
        ("D11", "detractor, escalate_now"),
        ("D16", "sponsor_meeting, save_plan, named_contact, daily_status"),
    ]
    assert all(one.inputs["policy"] == kit.policy.version for one in found)
    assert found[0].inputs["source"] == "proxy"
    assert found[0].inputs["why"] == "38 admin logins in 30 d are 475% of 8: 60% is reached"
    assert found[4].inputs["days_left"] == 10.0
    assert found[4].inputs["renewal_at"] == "2026-12-01T09:41:00Z"
    assert found[4].inputs["why"] == "renewal 2026-12-01, in 10.0 d, within 90 d"
    json.dumps([one.inputs for one in found])  # plain values only
    stored = found[6].inputs
    assert (stored["tree_version"], stored["tree_hash"], stored["skipped"]) == ("1.0.0", TREE.sha256, ["Q4", "Q6"])


def test_D13_D14_D17_open_outcomes_and_persons_are_explained(explained):
    found = {one.rule: one for one in explained({"nps": []}, overrides={"Q4": YES})}
    assert found["D13"].verdict == "no better than NEEDS_ATTENTION"
    assert found["D8"].inputs["source"] == "person" and found["D8"].inputs["signals_say"] == "no"
    still = {one.rule: one for one in explained(renewal_at=None)}
    assert still["D14"].verdict == "UNDETERMINED [HEALTHY..NEEDS_ATTENTION]"
    assert (still["D14"].inputs["next_question"], still["D14"].inputs["rank"]) == ("Q6", 2)
    assert "D16" not in still
    own = explained(tree=parse_tree(MINE), overrides={"FIT": YES})
    assert [(one.rule, one.verdict) for one in own][:2] == [("D5", "Q1 yes"), ("D17", "FIT yes")]
