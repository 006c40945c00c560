"""`triage portfolio`: a stable object, readable text, and the lists that its filters name."""

import pytest

KEYS = {
    "": {"at", "synced_at", "policy", "book_day", "book", "index", "distribution", "industries", "value_tiers",
         "priorities", "red", "outreach", "fleet"},
    "book": {"accounts", "view", "filter", "mrr", "unknown_mrr"},
    "index": {"mean", "weighted_mean", "scored", "unscored", "high_or_critical"},
    "value_tiers": {"a_from", "b_from", "grid"},
    "red": {"since", "share", "now", "sla_late", "unanswered", "removed", "matured", "maturing"},
    "outreach": {"contacted", "not_contacted", "answered", "answered_within_days"},
}  # fmt: skip
KPI = {"rule", "value", "goal", "met", "n", "pending"}


def test_H8_H12_R15_the_object_has_every_key_and_sums_to_the_book(cli):
    found = cli("portfolio", "--json").json
    for name, keys in KEYS.items():
        assert keys <= (found[name] if name else found).keys(), name
    assert [one["class"] for one in found["distribution"]] == ["critical", "high", "medium", "low", None]
    assert sum(one["accounts"] for one in found["distribution"]) == found["book"]["accounts"] == 300
    assert len(found["value_tiers"]["grid"]) == 20
    assert sum(one["accounts"] for one in found["industries"]) == 300
    for cohort in (found["red"]["matured"], found["red"]["maturing"]):
        assert {"episodes", "recovered", "response_hours", "revenue", "churned"} <= cohort.keys()
        assert cohort["recovered"].keys() >= KPI and all(one.keys() >= KPI for one in cohort["revenue"].values())
    assert found["red"]["share"]["rule"] == "R15"
    rows = cli("list", "--all", "--json").json
    assert found["red"]["now"]["accounts"] == sum(row["red"]["is_red"] for row in rows)


@pytest.mark.parametrize("which", ["high", "red", "industry", "tier"])
def test_a_filter_lists_the_accounts_behind_its_number(cli, which):
    found = cli("portfolio", "--json").json
    some = {
        "high": found["index"]["high_or_critical"],
        "red": found["red"]["now"],
        "industry": max(found["industries"], key=lambda one: " " in one["name"]),
        "tier": max(found["value_tiers"]["grid"], key=lambda one: one["tier"] == "B" and one["accounts"]),
    }[which]
    assert some["accounts"] > 0
    rows = cli("list", "--view", some["view"], "--filter", some["filter"], "--json").json
    assert len(rows) == some["accounts"]


def test_the_text_says_figures_goals_and_misses_and_needs_no_network(cli):
    ran = cli("portfolio", environ={"TRIAGE_TOKEN": "", "HTTPS_PROXY": "http://127.0.0.1:1"})
    assert ran.code == 0 and not ran.err, ran
    for words in (
        "300 accounts",
        "index, mean",
        "INDUSTRY, WEAKEST FIRST",
        "share of the book",
        "under 5 %",
        "OUTREACH",
    ):
        assert words in ran.out
    assert "does not predict" in ran.out and "\x1b" not in ran.out


def test_without_a_complete_sync_it_says_so(bare):
    ran = bare("portfolio", "--json")
    assert (ran.code, ran.json) == (3, []) and "No data yet: triage sync" in ran.err
    ran = bare("portfolio")
    assert ran.code == 3 and not ran.out and "No data yet: triage sync" in ran.err


def test_help_says_where_the_shape_is_told(bare):
    ran = bare("portfolio", "--help")
    assert ran.code == 0 and "docs/portfolio.md" in ran.out
