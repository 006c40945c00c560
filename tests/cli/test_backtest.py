"""`triage backtest` on labelled files (H19): the arithmetic, missing values, and what it refuses."""

import random

import pytest
from cli.conftest import Program


@pytest.fixture
def run(tmp_path):
    return Program(tmp_path / "home")


def table(path, rows, heads=("use", "score", "minutes", "gone")):
    path.write_text("\n".join(",".join(map(str, row)) for row in (heads, *rows)) + "\n", encoding="utf-8")
    return path


MAPPED = ("--map", "adoption=use", "csat=score@0..10", "open_tickets=minutes@12..0")


def test_H19_the_index_is_the_weighted_mean_and_its_auc_that_of_all_pairs(run, tmp_path):
    dice = random.Random(4)
    rows = []
    for _ in range(300):
        use, score, minutes = dice.randrange(101), dice.randrange(11), dice.randrange(13)
        rows.append((use, score, minutes, int(dice.random() < 0.9 - use / 150 - score / 40)))
    done = run("backtest", table(tmp_path / "a.csv", rows), "--label", "gone", *MAPPED, "--json")
    assert done.code == 0, done
    index = {one["name"]: one for one in done.json["rankings"]}["index"]
    scored = [(round((0.4 * u + 0.2 * 10 * s + 0.2 * (12 - m) / 12 * 100) / 0.8, 9), gone) for u, s, m, gone in rows]
    left, stayed = ([one for one, gone in scored if gone is it] for it in (1, 0))
    won = sum((a < b) + (a == b) / 2 for a in left for b in stayed)
    assert index["auc"] == pytest.approx(won / (len(left) * len(stayed)))
    assert (done.json["rows"], done.json["churned"], index["rows"], len(index["bins"])) == (300, len(left), 300, 10)


def test_H19_published_where_the_index_loses(run, tmp_path):
    """Satisfaction tells all and usage lies: then sentiment alone must be said to rank better."""
    rows = [(90 if gone else 10, 1 if gone else 9, 0, "yes" if gone else "no") for gone in (True, False) * 20]
    done = run("backtest", table(tmp_path / "a.csv", rows), "--label", "gone", *MAPPED[:3])
    assert done.code == 0, done
    assert "The index loses: sentiment alone ranks better" in done.out
    assert run("backtest", tmp_path / "a.csv", "--label", "gone", *MAPPED[:3], "--json").json["beaten_by"] == [
        "sentiment"
    ]


def test_H5_what_is_missing_is_never_zero(run, tmp_path):
    rows = [("", 5, "", 1), ("x", "", 3, 0), (80, 9, 1, 0), (20, 2, 9, 1)]
    done = run("backtest", table(tmp_path / "a.csv", rows), "--label", "gone", *MAPPED, "--json").json
    found = {one["name"]: (one["rows"], one["missing"]) for one in done["rankings"]}
    assert found == {"index": (2, 2), "usage": (2, 2), "support": (3, 1), "sentiment": (3, 1)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--map", "adoption=nowhere"), "no column"),
        (("--map", "adopton=use"), "adoption"),
        (("--map", "adoption"), "METRIC=COLUMN"),
        (("--map", "adoption=use@5..5"), "the same"),
        (("--label", "use", "--map", "adoption=use"), "neither yes nor no"),
    ],
)
def test_what_it_cannot_read_is_named(run, tmp_path, words, said):
    table(tmp_path / "a.csv", [(50, 5, 5, 1)])
    done = run("backtest", tmp_path / "a.csv", "--label", "gone", *words)
    assert done.code == 2 and said in done.err and not done.out, done
    missing = run("backtest", tmp_path / "none.csv", "--label", "gone", "--map", "adoption=use")
    assert missing.code == 1 and "No such file" in missing.err


def test_a_hostile_file_says_only_words(run, tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\x1b[31muse,gone\n1,\x1b]0;x\x07\n")
    done = run("backtest", tmp_path / "a.csv", "--label", "gone", "--map", "adoption=use")
    assert done.code == 2 and "\x1b" not in done.err + done.out
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\x00use")
    assert run("backtest", tmp_path / "a.csv", "--label", "gone", "--map", "adoption=use").code == 2
