"""The loop from the command line: remedies, the outbox, pushing exactly once, conflicts, refusals, offline work."""

import hashlib
import json
import sqlite3
import stat
import urllib.request

import pytest

from triage.sandbox.process import start

REASON = "Ward rounds cannot record before the audit"


def trail(running, reason):
    asked = urllib.request.Request(
        running.url + "/v1/audit?limit=1000", headers={"Authorization": f"Bearer {running.token}"}
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        entries = json.loads(answer.read())["entries"]
    return [one for one in entries if one["reason"] == reason]


def resettable(cli, position):
    """(account, workspace) of the n-th at-cap account of the list; each test takes another."""
    rows = cli("list", "--category", "at_cap", "--json").json
    unused = [row for row in rows if row["handled"] is None]
    return unused[position]["id"], unused[position]["workspaces"][0]["id"]


def test_offline_everything_works_and_once_back_the_change_is_pushed_exactly_once(tmp_path, program):
    book = tmp_path / "book.db"
    server = start(accounts=60, seed=11, db=book)
    port = int(server.url.rsplit(":", 1)[1])
    cli = program(tmp_path / "home", server.url, server.token)
    assert cli("sync", "--json").json["pulled"] == 60
    server.stop()

    account, workspace = resettable(cli, 0)
    assert cli("show", account).code == 0
    words = ("remedy", "reset_usage", account, "--workspace", workspace, "--reason", REASON)
    queued = cli(*words, "--json")
    assert queued.code == 0 and queued.json["state"] == "queued"
    assert cli("list", "--json").json
    offline = cli("sync", "--json")
    assert offline.code == 3
    assert offline.json | {"took_ms": 0, "epoch": ""} == {
        **dict.fromkeys(("pushed", "conflicts", "rejected", "pulled", "removed", "took_ms"), 0),
        **{"waiting": 1, "full": False, "epoch": ""},
    }
    pending = next(row for row in cli("list", "--json").json if row["id"] == account)["pending"]
    assert [one["change_id"] for one in pending] == [queued.json["change_id"]]

    server = start(db=book, port=port)
    try:
        first = cli("sync", "--json")
        assert (first.code, first.json["pushed"], first.json["waiting"]) == (0, 1, 0)
        assert list(first.json) == [
            *("pushed", "conflicts", "rejected", "waiting", "pulled", "removed", "full", "epoch", "took_ms")
        ]
        second = cli("sync", "--json").json
        assert (second["pushed"], second["pulled"], second["full"]) == (0, 0, False)
        entries = trail(server, REASON)
        assert [one["change_id"] for one in entries] == [queued.json["change_id"]]
        row = cli("outbox", "list", "--json").json[0]
        assert row["state"] == "applied" and row["receipt"]["audit_seq"] == entries[0]["seq"]
        listed = [one for one in cli("audit", "list", "--json").json if one["reason"] == REASON]
        assert len(listed) == 1 and listed[0]["hash"] == entries[0]["hash"]
        assert list(listed[0]) == [
            *("seq", "change_id", "actor", "action", "account_id", "workspace_id", "reason", "before", "after"),
            *("authored_at", "applied_at", "hash"),
        ]
        proof = cli("audit", "verify", "--json").json
        assert dict(list(proof.items())[:4]) == {
            "ok": True,
            "entries": len(cli("audit", "--json").json),
            "first_bad": None,
            "why": None,
        }
        assert proof["last_seq"] == proof["signed"]["seq"] == proof["seen"]["seq"] == proof["entries"]
        assert proof["receipts"] == {"standing": 1, "beyond": 0, "missing": []}
    finally:
        server.stop()


@pytest.mark.parametrize("reason", ["123456789", " " * 20, "aaaaaaaaaaaa", "?!?!?!?!?!?!", "x" * 501])
def test_A14_a_bad_reason_is_refused_and_nothing_is_queued(cli, reason):
    account, workspace = resettable(cli, 0)
    ran = cli("remedy", "reset_usage", account, "--workspace", workspace, "--reason", reason, "--json")
    assert ran.code == 1
    assert ran.json["change_id"] is None and ran.json["state"] is None
    assert [guard["rule"] for guard in ran.json["guards"] if guard["blocking"]] == ["A14"]
    assert "Reason" in ran.err
    assert cli("outbox", "list", "--json").json == []


def test_remedy_json_has_the_promised_keys_and_dry_run_queues_nothing(cli):
    account, workspace = resettable(cli, 0)
    ran = cli("remedy", "reset_usage", account, "--workspace", workspace, "--dry-run", "--json")
    assert ran.code == 0
    assert list(ran.json) == [
        *("change_id", "state", "kind", "account_id", "workspace_id", "before", "after", "guards")
    ]
    assert (ran.json["change_id"], ran.json["state"]) == (None, None)
    assert ran.json["after"]["workspace"]["hours_used"] == 0
    assert cli("outbox", "list", "--json").json == []
    blocked = cli("remedy", "apply_discount", account, "--set", "kind=gift", "--set", "percent=5", "--dry-run")
    assert blocked.code == 1 and "kind" in blocked.err


def test_a_viewers_remedy_is_refused_naming_the_permission(cli, sandbox):
    viewer = cli.changed(TRIAGE_TOKEN=sandbox.tokens["viewer"])
    assert viewer("sync").code == 0
    account, workspace = resettable(cli, 0)
    for more in (["--dry-run"], ["--reason", REASON]):
        ran = viewer("remedy", "reset_usage", account, "--workspace", workspace, "--json", *more)
        assert ran.code == 4 and "usage:reset" in ran.err
        assert ran.json["change_id"] is None
        assert ran.json["guards"][0]["rule"] == "permission" and ran.json["guards"][0]["blocking"]
    assert viewer("outbox", "list", "--json").json == []


def test_a_discount_above_the_limit_names_the_higher_permission(cli, sandbox):
    agent = cli.changed(TRIAGE_TOKEN=sandbox.tokens["agent"])
    assert agent("sync").code == 0
    account, _ = resettable(cli, 0)
    ran = agent("remedy", "apply_discount", account, "--set", "kind=scholarship", "--set", "percent=35", "--dry-run")
    assert ran.code == 4 and "discount:write:high" in ran.err


def test_offline_with_another_token_nothing_is_authored(cli):
    stranger = cli.changed(TRIAGE_TOKEN="somebody-elses", TRIAGE_BASE_URL=cli.environ["TRIAGE_BASE_URL"])
    account, workspace = resettable(cli, 0)
    ran = stranger("remedy", "reset_usage", account, "--workspace", workspace, "--reason", REASON)
    assert ran.code == 4, ran
    assert stranger("outbox", "--json").json == []


def test_push_sends_at_once_and_a_repeat_needs_the_acknowledgement(cli):
    account, workspace = resettable(cli, 1)
    words = ("remedy", "reset_usage", account, "--workspace", workspace, "--json", "--push")
    first = cli(*words, "--reason", "Sent at once from the command line")
    assert (first.code, first.json["state"]) == (0, "applied")
    assert cli("sync").code == 0
    repeat = cli(*words[:-1], "--dry-run", "--reason", "Once more")
    assert repeat.code == 1
    assert {guard["rule"] for guard in repeat.json["guards"] if guard["blocking"]} >= {"A13"} or "Nothing to reset" in (
        repeat.err
    )


def test_conflict_shows_who_when_and_why_and_waits_for_a_person(cli, sandbox, tmp_path, program):
    account, workspace = resettable(cli, 2)
    words = ("remedy", "reset_usage", account, "--workspace", workspace)
    mine = cli(*words, "--reason", "Mine, written while a colleague was faster", "--json")
    assert mine.json["state"] == "queued"
    other = program(tmp_path / "other", sandbox.url, sandbox.tokens["agent"])
    assert other("sync").code == 0
    assert other(*words, "--reason", "The colleague was faster today", "--push").code == 0

    synced = cli("sync", "--json")
    assert (synced.code, synced.json["conflicts"], synced.json["pushed"]) == (0, 1, 0)
    row = cli("outbox", "list", "--json").json[0]
    assert list(row)[:15] == [  # the promised keys; later ones are additions
        *("change_id", "kind", "account_id", "workspace_id", "params", "reason", "state", "attempts", "authored_at"),
        *("hold_until", "next_try_at", "last_error", "unknown", "conflict", "receipt"),
    ]
    assert row["state"] == "conflict" and row["unknown"] is False
    moved = row["conflict"][0]
    assert list(moved) == ["field", "from", "to", "staff_id", "name", "at", "reason", "change_id"]
    assert moved["reason"] == "The colleague was faster today" and moved["at"] and moved["name"]
    assert trail(sandbox, "Mine, written while a colleague was faster") == []
    said = cli("outbox", "show", row["change_id"]).out
    assert "“The colleague was faster today”" in said and "Z, “" in said
    check = cli("check")
    assert check.code == 1 and any(line.startswith("conflict") and account in line for line in check.out.splitlines())

    change = row["change_id"]
    assert cli("outbox", "undo", change).code == 1
    assert cli("outbox", "retry", change).code == 1
    assert cli("outbox", "discard", change).code == 1
    discarded = cli("outbox", "discard", change[:8], "--reason", "The colleague did it already", "--json")
    assert (discarded.code, discarded.json["state"]) == (0, "discarded")
    assert cli("sync", "--json").json["conflicts"] == 0
    assert "The colleague did it already" in cli("outbox", "list").out.split(change[:8])[1].splitlines()[0]


def test_a_refused_push_of_a_gone_permission_exits_4(cli, sandbox):
    """The cache still believes what the server has long denied: the verdict is the server's."""
    account, workspace = resettable(cli, 3)
    ran = cli("remedy", "reset_usage", account, "--workspace", workspace, "--reason", REASON, "--json")
    assert ran.code == 0
    outbox = cli.changed(TRIAGE_TOKEN="revoked-token")("outbox", "push", "--json")
    assert outbox.code == 4
    assert cli("outbox", "--json").json[0]["state"] == "queued"


def test_undo_takes_a_queued_change_back_without_a_trace(cli, sandbox):
    account, workspace = resettable(cli, 4)
    reason = "Taken back before it left the machine"
    change = cli("remedy", "reset_usage", account, "--workspace", workspace, "--reason", reason, "--json").json
    undone = cli("outbox", "undo", change["change_id"], "--json")
    assert (undone.code, undone.json["state"]) == (0, "discarded")
    assert cli("outbox", "push", "--json").json["pushed"] == 0
    assert trail(sandbox, reason) == []
    assert cli("outbox", "look-up", "ffff").code == 1


def test_read_only_queues_and_sends_nothing(cli, sandbox):
    account, workspace = resettable(cli, 5)
    reason = "Queued before the read-only run"
    words = ("remedy", "reset_usage", account, "--workspace", workspace, "--reason", reason)
    assert cli("--read-only", *words).code == 4
    assert cli(*words).code == 0
    assert cli("sync", "--read-only", "--json").json["pushed"] == 0
    assert cli("outbox", "push", "--read-only").code == 4
    assert trail(sandbox, reason) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["grant_trial", "ID", "--set", "month=2"], "Did you mean months?"),
        (["grant_trial", "ID", "--set", "months=two"], "months is a number"),
        (["grant_trial", "ID", "--set", "months=1.5"], "whole number"),
        (["apply_discount", "ID", "--set", "clear=yes"], "true or false"),
        (["reset_usage", "ID", "--set", "tier=free"], "takes none"),
        (["reset_usage", "ID", "--set", "tier"], "name=value"),
        (["grant_trial", "ID", "--workspace", "ws_1"], "leave out --workspace"),
        (["reset_usage", "ID", "--workspace", "ws_nobody"], "no workspace 'ws_nobody'"),
        (["reset_usages", "ID"], "Did you mean reset_usage?"),
        (["change_tier", "ID", "--dry-run", "--push"], "contradict"),
    ],
)
def test_usage_errors_exit_2_and_say_what_was_meant(cli, words, said):
    account, _ = resettable(cli, 0)
    ran = cli("remedy", *[account if word == "ID" else word for word in words])
    assert ran.code == 2 and said in ran.err, ran


def test_workspace_may_be_left_out_only_where_one_fits(cli):
    rows = cli("list", "--category", "at_cap", "--json").json
    single = next(row for row in rows if len(row["workspaces"]) == 1)
    several = next(row for row in rows if len(row["workspaces"]) > 1 and all(one["used"] for one in row["workspaces"]))
    ran = cli("remedy", "reset_usage", single["id"], "--dry-run", "--json")
    assert ran.json["workspace_id"] == single["workspaces"][0]["id"]
    ran = cli("remedy", "reset_usage", several["id"], "--dry-run")
    assert ran.code == 2 and several["workspaces"][1]["id"] in ran.err


def test_audit_export_holds_the_hashed_bytes_in_a_private_file(cli, tmp_path):
    out = tmp_path / "trail.jsonl"
    assert cli("audit", "export", "--out", out).code == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    before = "0" * 64
    *lines, closing = map(json.loads, out.read_text().splitlines())
    for line in lines:
        assert line["prev_hash"] == before
        before = hashlib.sha256(f"{before}\n{line['raw']}".encode()).hexdigest()
        assert before == line["hash"]
    assert (closing["entries"], closing["last_hash"], closing["signed"]["hash"]) == (len(lines), before, before)
    assert cli("audit", "export").out.splitlines()[:-1] == out.read_text().splitlines()[:-1]
    kept = out.read_bytes()
    refused = cli("audit", "export", "--out", out)
    assert (refused.code, out.read_bytes()) == (1, kept) and "stays as it is" in refused.err


def test_audit_verify_raises_no_alarm_between_a_push_and_the_next_sync(cli):
    account, workspace = resettable(cli, 6)
    words = ("remedy", "reset_usage", account, "--workspace", workspace, "--reason", "Pushed before the next pull")
    assert cli(*words, "--ack", account, "--push").code == 0
    assert cli("audit", "verify").code == 0
    assert cli("sync").code == 0
    assert cli("audit", "verify").code == 0


def test_audit_verify_names_the_first_bad_entry(cli):
    cache = next(cli.home.rglob("cache.db"))
    with sqlite3.connect(cache) as connection:
        entry = json.loads(connection.execute("SELECT payload FROM audit WHERE seq = 3").fetchone()[0])
        entry["raw"] += " "
        connection.execute("UPDATE audit SET payload = ? WHERE seq = 3", (json.dumps(entry).encode(),))
    connection.close()
    ran = cli("audit", "verify", "--json")
    assert ran.code == 1
    assert list(ran.json)[:4] == ["ok", "entries", "first_bad", "why"]
    assert (ran.json["ok"], ran.json["first_bad"]) == (False, 3) and ran.json["why"]
    with sqlite3.connect(cache) as connection:
        connection.execute("UPDATE audit SET payload = ? WHERE seq = 3", (b"{{",))
    connection.close()
    ran = cli("audit", "verify", "--json")
    assert ran.code == 1
    assert (ran.json["ok"], ran.json["entries"], ran.json["first_bad"]) == (False, 2, 3) and "3" in ran.json["why"]
    assert cli("audit", "list").code == 1


def test_a_sync_that_finds_the_locks_taken_says_so_and_exits_0(cli):
    from data.locks import pull_lock, push_lock

    state, cache = next(cli.home.rglob("outbox.db")).parent, next(cli.home.rglob("cache.db")).parent
    with pull_lock(cache), push_lock(state):
        ran = cli("sync", "--json")
    assert ran.code == 0 and "lock" in ran.err and ran.json["pulled"] == 0


def test_several_of_my_own_changes_on_one_account_go_in_order(cli):
    assert cli("sync").code == 0
    rows = cli("list", "--category", "approaching_cap", "--json").json
    account = [row["id"] for row in rows if row["tier"] != "guardian"][1]  # the first is the conflicts'
    for percent in (5, 6):
        words = ("remedy", "apply_discount", account, "--set", "kind=scholarship", "--set", f"percent={percent}")
        assert cli(*words, "--reason", f"Step {percent} of what was agreed", "--json").code == 0
    assert cli("sync", "--json").json["pushed"] == 2
    entries = [one for one in cli("audit", "--json").json if one["account_id"] == account]
    assert [one["after"]["discount"]["percent"] for one in entries[:2]] == [6, 5]
    first, second = (
        cli("remedy", "apply_discount", account, *given, "--reason", "One after the other", "--json").json["change_id"]
        for given in (("--set", "clear=true"), ("--set", "kind=scholarship", "--set", "percent=7"))
    )
    assert cli("outbox", "undo", first).code == 0
    assert {one["change_id"]: one["state"] for one in cli("outbox", "--json").json}[second] == "parked"
    again = cli("outbox", "reauthor", second, "--reason", "On its own, after a second look", "--json")
    assert (again.code, again.json["state"]) == (0, "queued"), again
    assert cli("sync", "--json").json["pushed"] == 1
