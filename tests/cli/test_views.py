"""The views, orders and filters of the four health systems on the command line; their words in JSON, CSV and text."""

import csv
import io
import tomllib
from datetime import datetime

HEALTH = ["score", "class", "coverage", "partial", "priority", "slope", "upsell", "playbook"]
RED = ["is_red", "causes", "sla_due_at", "composite", "next_clock", "late"]
CAUSES = {"composite", "usage", "relationship", "support", "financial", "adoption", "product"}
STATES = {"ok", "moderate", "severe", "new", "dormant", "data_gap"}
LEAVES = {"HEALTHY", "NEEDS_ATTENTION", "AT_RISK", "CRITICAL", "UNDETERMINED"}


def listed(cli, *words):
    return cli("list", *words, "--json").json


def ids(rows):
    return [row["id"] for row in rows]


def test_the_keys_are_always_there_and_the_words_are_those_of_the_document(cli):
    for row in listed(cli, "--view", "all"):
        assert list(row["health"]) == HEALTH
        assert row["health"]["class"] in {"low", "medium", "high", "critical", None}
        assert (row["health"]["score"] is None) == (row["health"]["class"] is None)
        assert list(row["monitor"]) == ["state", "ratio", "since"] and row["monitor"]["state"] in STATES
        assert list(row["tree"]) == ["leaf", "despite", "range", "flags"] and row["tree"]["leaf"] in LEAVES
        assert list(row["red"]) == RED and set(row["red"]["causes"]) <= CAUSES


def test_M8_drift_holds_the_open_alerts_severe_first_then_the_lowest_ratio(cli):
    drift, book = listed(cli, "--view", "drift"), listed(cli, "--all")
    assert set(ids(drift)) == {one["id"] for one in book if one["monitor"]["state"] in ("severe", "moderate")}
    wanted = sorted(drift, key=lambda one: (one["monitor"]["state"] != "severe", one["monitor"]["ratio"], one["id"]))
    assert ids(drift) == ids(wanted) and {one["monitor"]["state"] for one in drift} == {"severe", "moderate"}


def test_R11_red_holds_the_red_accounts_by_the_clock_that_runs_out_first(cli):
    red, book = listed(cli, "--view", "red"), listed(cli, "--view", "book")
    assert set(ids(red)) == {one["id"] for one in book if one["red"]["is_red"]}
    due = [one["red"]["sla_due_at"] or "9999" for one in red]
    assert due == sorted(due) and len(red) > 5
    assert ids(listed(cli, "--view", "red", "--sort", "sla")) == ids(red)


def test_every_order_is_offered(cli):
    known = {
        "mrr": lambda one: -(one["mrr"] or 0),
        "health": lambda one: (one["health"]["score"] is None, one["health"]["score"] or 0),
        "priority": lambda one: (one["health"]["priority"] is None, -(one["health"]["priority"] or 0)),
        "sla": lambda one: one["red"]["sla_due_at"] or "9999",
        "name": lambda one: one["name"].casefold(),
    }
    for name, key in known.items():
        rows = listed(cli, "--all", "--sort", name)
        assert rows == sorted(rows, key=key), name
    every = {tuple(ids(listed(cli, "--all", "--sort", name))) for name in (*known, "severity", "renewal", "last-login")}
    assert len(every) == 8
    wrong = cli("list", "--sort", "heath")
    assert wrong.code == 2 and "Did you mean health?" in wrong.err
    assert "drift" in cli("list", "--view", "drfit").err


def test_a_filter_narrows_by_what_the_rules_say_and_a_slip_is_named(cli):
    book = listed(cli, "--all")
    severe = listed(cli, "--all", "--filter", "drift:severe")
    assert ids(severe) == [one["id"] for one in book if one["monitor"]["state"] == "severe"] and severe
    red = listed(cli, "--all", "--filter", "red:yes health:high,critical")
    assert ids(red) == [
        one["id"] for one in book if one["red"]["is_red"] and one["health"]["class"] in ("high", "critical")
    ]
    owner = next(one["owner"]["name"] for one in book if one["owner"])
    mine = listed(cli, "--all", "--filter", f'owner:"{owner}"')
    assert ids(mine) == [one["id"] for one in book if one["owner"] and one["owner"]["name"] == owner]
    slip = cli("list", "--filter", "healt:critical")
    assert slip.code == 0 and "Did you mean health:?" in slip.err


def test_csv_and_text_have_the_columns_of_the_four_systems(cli):
    rows = list(csv.DictReader(io.StringIO(cli("list", "--all", "--csv").out)))
    for line, one in zip(rows, listed(cli, "--all"), strict=True):
        assert line["id"] == one["id"] and line["monitor_state"] == one["monitor"]["state"]
        assert line["health_class"] == (one["health"]["class"] or "") and line["tree_leaf"] == one["tree"]["leaf"]
        assert line["is_red"] == ("yes" if one["red"]["is_red"] else "no")
        assert line["red_causes"] == " ".join(one["red"]["causes"])
    text = cli("list", "--view", "red").out
    assert "SLA" in text and "HEALTH" in text and "Red by " in text and " within " in text
    drift = listed(cli, "--view", "drift", "--limit", 1)[0]
    line = cli("list", "--view", "drift", "--limit", 1, "--plain").out.rstrip().split("\t")
    assert len(line) == 14 and f"{drift['monitor']['ratio']:.3f} of its own past" in line[-1]
    assert str(datetime.fromisoformat(drift["monitor"]["since"]).date()) in line[-1]


SAVED = """
[views.worst-first]
view = "book"
filter = "health:high,critical"
sort = "mrr"
columns = ["id", "mrr", "age", "projected"]
[views.plain-one]
"""


def test_a_saved_view_has_its_accounts_order_and_columns_and_options_narrow_it_on(cli):
    (cli.home / "config.toml").write_text(SAVED)
    wanted = listed(cli, "--view", "book", "--filter", "health:high,critical", "--sort", "mrr")
    assert ids(listed(cli, "--view", "worst-first")) == ids(wanted) and len(wanted) > 5
    assert ids(listed(cli, "--view", "worst-first", "--limit", 3)) == ids(wanted[:3])
    by_name = listed(cli, "--view", "worst-first", "--sort", "name")
    assert ids(by_name) == [one["id"] for one in sorted(wanted, key=lambda one: (one["name"].casefold(), one["id"]))]
    word = wanted[4]["name"].split()[0]
    both = listed(cli, "--view", "worst-first", "--filter", word)
    assert 0 < len(both) < len(wanted) and set(ids(both)) <= set(ids(wanted))
    assert ids(listed(cli, "--view", "worst-first", "--filter", word, "--limit", 1)) == ids(both[:1])
    text = cli("list", "--view", "worst-first").out.splitlines()
    assert text[0].split() == ["ID", "MRR", "AGE", "PROJECTED"] and text[1].split()[0] == wanted[0]["id"]
    assert [line.split("\t")[0] for line in cli("list", "--view", "worst-first", "--plain").out.splitlines()] == ids(
        wanted
    )
    assert ids(listed(cli, "--view", "plain-one")) == ids(listed(cli))
    slip = cli("list", "--view", "worst-frist")
    assert slip.code == 2 and "Did you mean worst-first?" in slip.err and "plain-one" in slip.err
    values = tomllib.loads(cli("config").out)["views"]
    assert values["worst-first"]["columns"] == ["id", "mrr", "age", "projected"] and values["plain-one"]["filter"] == ""
    assert cli("config", "--json").json["sources"]["views"] == "file"
    assert (cli.home / "config.toml").read_text() == SAVED, "the config is never written"
