"""`triage show` on the four systems: every rule with its inputs, the score replayed from them, the text by system."""

import re
import shutil

import pytest

ALWAYS = {
    *("A1", "A6", "A7", "A8", "A10", "M9b"),
    *("D6", "D7", "D8", "D9", "D17"),
    *("H2", "H3", "H4", "H5", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R9"),
}
SERIES = {"M4", "M5", "M10", "M11"}
SCORED = {"H7", "H12", "H14", "H15", "H17"}
OPEN = {"R10", "R11", "R12", "R13", "R14", "R20"}
SYSTEMS = ("At risk (A)", "Usage monitor (M)", "Decision tree (D)", "Health index (H)", "Red account (R)")


@pytest.fixture(scope="module")
def read(sandbox, synced, program, tmp_path_factory):
    """The program in a copy of the synced home that only reads."""
    home = tmp_path_factory.mktemp("shown") / "home"
    shutil.copytree(synced[0], home)
    return program(home, sandbox.url, sandbox.token)


@pytest.fixture(scope="module")
def picked(read):
    """Accounts in different states: one of each monitor state, risk class and leaf, Red or not."""
    cli, found = read, {}
    for row in cli("list", "--all", "--json").json:
        kinds = (row["monitor"]["state"], row["health"]["class"], row["tree"]["leaf"], row["red"]["is_red"])
        for kind in kinds:
            found.setdefault(kind, row["id"])
    assert {"ok", "severe", "moderate", "high", "UNDETERMINED", "HEALTHY", True, False} <= set(found)
    return [cli("show", account, "--json").json for account in dict.fromkeys(found.values())]


def anchored(value, anchors):
    """H3: piecewise linear, clamped."""
    if value <= anchors[0][0]:
        return anchors[0][1]
    for (left, low), (right, high) in zip(anchors, anchors[1:], strict=False):
        if value <= right:
            return low + (high - low) * (value - left) / (right - left)
    return anchors[-1][1]


def test_P0_show_carries_every_rule_with_its_inputs(picked):
    for shown in picked:
        rules = {one["rule"] for one in shown["verdicts"]}
        assert rules >= ALWAYS, ALWAYS - rules
        assert {"D5", "D12"} & rules and {"D10", "D14"} & rules
        if shown["monitor"]["ratio"] is not None:
            assert rules >= SERIES | {"M8"} and {"M6", "M7", "M9"} & rules
        if shown["monitor"]["state"] in ("severe", "moderate"):
            assert "M12" in rules and {"M15", "M16"} & rules
        assert (rules >= SCORED) == (shown["health"]["score"] is not None)
        if shown["red"]["is_red"]:
            assert rules >= OPEN, OPEN - rules
        assert [one["inputs"]["question"] for one in shown["verdicts"] if "question" in one["inputs"]][:6] == [
            *("Q1", "Q2", "Q3", "Q4", "Q5", "Q6")
        ]
        assert all(one["inputs"].get("policy") for one in shown["verdicts"]), "every verdict records the policy"


def test_H17_the_breakdown_sums_to_the_score_and_replays_from_the_inputs(picked):
    for shown in picked:
        told = shown["score_breakdown"]
        verdicts = {one["inputs"].get("component"): one for one in shown["verdicts"] if one["rule"] == "H3"}
        present = [one for one in told["components"] if one["score"] is not None]
        coverage = sum(one["weight"] for one in present)
        assert abs(coverage - told["coverage"]) < 1e-9
        for one in told["components"]:
            inputs = verdicts[one["name"]]["inputs"]["metrics"]
            scores = [anchored(it["value"], it["anchors"]) for it in inputs if it["value"] is not None]
            assert one["score"] is None if not scores else abs(one["score"] - sum(scores) / len(scores)) < 1e-9
        if told["score"] is None:
            assert coverage < 0.5
            continue
        assert abs(sum(one["weight"] * one["score"] for one in present) / coverage - told["score"]) < 1e-9  # H4
        assert abs(50 + sum(one["contribution"] for one in present) - told["score"]) < 1e-9
        for one in present:
            assert abs(one["contribution"] - one["weight"] / coverage * (one["score"] - 50)) < 1e-9


def test_M4_M7_the_ratio_replays_from_the_counts(picked):
    replayed = 0
    for shown in picked:
        rules = {one["rule"]: one["inputs"] for one in shown["verdicts"]}
        if "M8" not in rules or "M7" not in rules or None in rules["M4"]["window"]:
            continue
        seats = rules["M4"]["seats"]
        usage = 100 * sum(min(1, x / seats) for x in rules["M4"]["window"]) / len(rules["M4"]["window"])
        assert abs(usage - rules["M8"]["usage"]) < 1e-6
        before = [min(1, x / seats) for x in rules["M7"]["baseline"] if x is not None]
        held = rules["M12"]["frozen_baseline"] if rules["M7"]["frozen"] else 100 * sum(before) / len(before)
        assert abs(usage / held - shown["monitor"]["ratio"]) < 1e-6
        replayed += 1
    assert replayed


def test_show_prints_each_system_with_mark_word_and_arithmetic(read, picked):
    for shown in picked[:4]:
        told = read("show", shown["id"]).out
        at = [told.index(f"\n{name}") for name in SYSTEMS]
        assert at == sorted(at)
        blocks = [told[start:stop] for start, stop in zip(at, [*at[1:], len(told)], strict=True)]
        for block, letter in zip(blocks, "AMDHR", strict=True):
            rules = re.findall(r"^  ([AMDHR])\d", block, re.M)
            assert rules and set(rules) == {letter}
            said = sum(one["rule"].startswith(letter) for one in shown["verdicts"])
            assert len(rules) == said
        score = shown["score_breakdown"]["score"]
        if score is not None:
            sum_ = re.search(r"^  50\.00 (.*) = (\d+\.\d\d)$", blocks[3], re.M)
            adds = [float(word) for word in re.findall(r"[+-]\d+\.\d\d", sum_[1])]
            assert sum_[2] == f"{score:.2f}" and abs(50 + sum(adds) - score) < 0.03
            assert f"{shown['health']['class']} risk, {score:.1f}" in blocks[3]
        assert ("● Red" if shown["red"]["is_red"] else "not Red") in blocks[4]
        state = shown["monitor"]["state"]
        assert {"ok": "usage ok", "data_gap": "data gap", "new": "new account"}.get(state, state) in blocks[1]
