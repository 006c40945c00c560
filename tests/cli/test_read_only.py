"""Read-only: whatever would change something refuses with exit 4 and says why; and old figures ask for a sync."""

import shutil
import sqlite3

import pytest

WRITING = [
    ["remedy", "reset_usage", "ID", "--reason", "Never to be queued"],
    ["remedy", "reset_usage", "ID", "--reason", "Never to be queued", "--push"],
    ["outbox", "push"],
    ["outbox", "retry", "x"],
    ["outbox", "discard", "x", "--reason", "Never to be done"],
    ["outbox", "reauthor", "x", "--reason", "Never to be done"],
    ["outbox", "undo", "x"],
    ["assess", "ID", "--record"],
    ["assess", "--accept", "shipped"],
    ["monitor", "--send"],
    ["import", "--forget"],
    ["doctor", "--accept-keys"],
    ["doctor", "--new-outbox"],
]
READING = [
    ["list"],
    ["show", "ID"],
    ["check"],
    ["export"],
    ["handover"],
    ["portfolio"],
    ["outbox"],
    ["audit", "verify"],
    ["monitor"],
    ["assess", "ID"],
    ["config"],
    ["sync"],
]


@pytest.fixture(scope="module")
def looked(program, sandbox, synced, tmp_path_factory):
    """A home that a test only looks at, the id of one account, and what its outbox and facts are."""
    home = tmp_path_factory.mktemp("looked") / "home"
    shutil.copytree(synced[0], home)
    cli = program(home, sandbox.url, sandbox.token)
    return cli, cli("list", "--category", "at_cap", "--limit", 1, "--json").json[0]["id"]


def rows(home):
    with sqlite3.connect(next(home.rglob("outbox.db"))) as connection:
        found = [connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("change", "trail")]
    connection.close()
    return found


@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_what_would_change_something_refuses_with_4_and_says_why(looked, words):
    cli, account = looked
    before = rows(cli.home)
    ran = cli(*(account if word == "ID" else word for word in words), "--read-only")
    assert (ran.code, ran.out) == (4, "") and "Read-only, as --read-only has it" in ran.err, ran
    assert rows(cli.home) == before


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_what_only_reads_goes_on(looked, words):
    cli, account = looked
    ran = cli("--read-only", *(account if word == "ID" else word for word in words))
    assert "Read-only" not in ran.err and ran.out and ran.code in (0, 1), ran


def test_a_profile_can_be_read_only_and_is_named(cli):
    (cli.home / "config.toml").write_text("[profiles.watch]\nread_only = true\n[profiles.work]\n")
    ran = cli("--profile", "watch", "outbox", "push")
    assert ran.code == 4 and "read_only in [profiles.watch] of " in ran.err and "config.toml" in ran.err
    assert cli("--profile", "work", "outbox", "push").code == 0
    (cli.home / "config.toml").write_text("read_only = true\n")
    refused = cli("remedy", "reset_usage", "acc_x", "--reason", "Never to be queued", "--json")
    assert refused.code == 4 and refused.json["change_id"] is None and refused.json["guards"][0]["blocking"]


def test_a_look_at_a_remedy_is_no_write_and_a_sync_says_what_stays(cli):
    row = next(row for row in cli("list", "--json").json if row["tier"] != "guardian" and row["mrr"])
    words = ("remedy", "apply_discount", row["id"], "--set", "kind=scholarship", "--set", "percent=3")
    assert "Read-only" not in cli(*words, "--dry-run", "--read-only").err
    assert cli(*words, "--reason", "Waits for its sync here").code == 0
    ran = cli("sync", "--read-only", "--json")
    assert ran.json["pushed"] == 0 and "Read-only: 1 changes wait" in ran.err


def test_money_plan_and_rights_ask_for_a_sync_where_the_figures_are_old(cli):
    row = next(row for row in cli("list", "--json").json if row["tier"] != "guardian" and row["mrr"])
    words = ("remedy", "apply_discount", row["id"], "--set", "kind=scholarship", "--set", "percent=3")
    reason = ("--reason", "Agreed with their buyer", "--json")
    assert cli(*words, "--dry-run").code == 0
    (cli.home / "config.toml").write_text('stale_after = "0s"')
    refused = cli(*words, *reason)
    assert refused.code == 1 and refused.json["change_id"] is None, refused
    assert [one["rule"] for one in refused.json["guards"] if one["blocking"]] == ["stale"]
    assert "Sync first" in refused.err and "--ack" in refused.err
    assert cli(*words, "--dry-run").code == 1
    queued = cli(*words, *reason, "--ack", row["id"])
    assert (queued.code, queued.json["state"]) == (0, "queued")
    assert [one["blocking"] for one in queued.json["guards"] if one["rule"] == "stale"] == [False]


def test_a_reset_leaves_on_old_figures_the_server_checks_it(cli):
    (cli.home / "config.toml").write_text('stale_after = "0s"')
    row = cli("list", "--category", "at_cap", "--limit", 1, "--json").json[0]
    words = ("remedy", "reset_usage", row["id"], "--workspace", row["workspaces"][0]["id"], "--json", "--dry-run")
    assert "stale" not in [one["rule"] for one in cli(*words).json["guards"]]
