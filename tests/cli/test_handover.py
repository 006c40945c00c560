"""`triage handover`: a shift as text and JSON, from the local trail and outbox; nobody is asked."""

import json
import shutil
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta

KEYS = [
    *("staff_id", "name", "profile", "backend", "since", "until", "synced_at"),
    *("applied", "needs_you", "waiting", "discarded", "snoozed", "claims", "follow_ups"),
]


def say(sandbox, kind, account, params=None, reason=None):
    """A change that reaches the server from another machine of the same person."""
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    audit = {"reason": reason, "authored_at": at, "client": "tests", "shown_before": {}, "acknowledged": []}
    told = {"change_id": str(uuid.uuid4()), "account_id": account, "workspace_id": None, "kind": kind}
    body = json.dumps({**told, "params": params or {}, "dedupe_key": None, "audit": audit}).encode()
    headers = {
        "Authorization": f"Bearer {sandbox.token}",
        "Content-Type": "application/json",
        "Idempotency-Key": told["change_id"],
    }
    asked = urllib.request.Request(sandbox.url + "/v1/changes", body, headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.status in (200, 201)
    return told["change_id"]


def test_a_shift_is_told_in_text_and_json_without_the_network(cli, sandbox):
    assert cli("sync").code == 0
    rows = [row for row in cli("list", "--category", "approaching_cap", "--json").json if row["tier"] != "guardian"]
    done, waits, back, rest, mine = rows[-5:]
    scholarship = ("--set", "kind=scholarship", "--set")
    words = ("remedy", "apply_discount", done["id"], *scholarship, "percent=4", "--reason", "Agreed on the phone")
    assert cli(*words, "--push").code == 0
    words = (
        "remedy",
        "apply_discount",
        waits["id"],
        *scholarship,
        "percent=3",
        "--reason",
        "Agreed by e-mail",
        "--json",
    )
    waiting = cli(*words).json["change_id"]
    words = ("remedy", "apply_discount", back["id"], *scholarship, "percent=2", "--reason", "Not quite sure", "--json")
    taken = cli(*words).json["change_id"]
    assert cli("outbox", "undo", taken).code == 0
    until = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="seconds").replace("+00:00", "Z")
    snooze = {"until": until, "wake_on_worse": True, "category": rest["category"]}
    say(sandbox, "snooze", rest["id"], snooze, "Their budget round is on Monday")
    say(sandbox, "claim", mine["id"], {"minutes": 60})
    gone = cli.changed(TRIAGE_BASE_URL=sandbox.url, TRIAGE_TOKEN=None)
    assert cli("sync", "--read-only").code == 0, "what another machine did comes along, what waits here stays"

    told = gone("handover", "--json").json
    assert list(told) == KEYS and told["profile"] == "default" and told["name"]
    applied = {(one["kind"], one["account_id"]): one for one in told["applied"]}
    assert applied["apply_discount", done["id"]]["what"] == "Discount 4 %, scholarship"
    assert applied["apply_discount", done["id"]]["reason"] == "Agreed on the phone"
    assert {("snooze", rest["id"]), ("claim", mine["id"])} <= set(applied)
    assert [one["at"] for one in told["applied"]] == sorted(one["at"] for one in told["applied"])
    assert waiting in [one["change_id"] for one in told["waiting"]]
    assert taken in [one["change_id"] for one in told["discarded"]] and taken not in str(told["applied"])
    [snoozed] = [one for one in told["snoozed"] if one["account_id"] == rest["id"]]
    assert (snoozed["reason"], snoozed["in_shift"]) == ("Their budget round is on Monday", True)
    assert mine["id"] in [one["account_id"] for one in told["claims"]]

    text = gone("handover").out
    assert text.startswith(f"Handover of {told['name']}, 20")
    for line in (
        f"{done['name']} ({done['id']}): Discount 4 %, scholarship  “Agreed on the phone”",
        f"- {waits['name']} ({waits['id']}): Discount 3 %, scholarship  “Agreed by e-mail”",
        f"- {back['name']} ({back['id']}): Discount 2 %, scholarship.",
        "“Their budget round is on Monday”",
        f"- {mine['name']} ({mine['id']}) until ",
    ):
        assert line in text, text
    assert [line for line in text.splitlines() if line.endswith(")") and "(" in line and line[0] != "-"][0] != ""

    short = gone("handover", "--since", "0s", "--json").json
    assert (short["applied"], short["discarded"]) == ([], []), "what fell before the shift"
    assert waiting in [one["change_id"] for one in short["waiting"]], "what is open is told however old it is"
    assert [one["in_shift"] for one in short["snoozed"] if one["account_id"] == rest["id"]] == [False]


def test_conflicts_need_a_person_and_say_who_moved_what(cli, program, sandbox, tmp_path):
    assert cli("sync").code == 0
    shutil.copytree(cli.home, tmp_path / "other")
    other = program(tmp_path / "other", sandbox.url, sandbox.token)
    rows = cli("list", "--category", "approaching_cap", "--json").json
    account = [row for row in rows if row["tier"] != "guardian"][0]["id"]
    words = ("remedy", "apply_discount", account, "--set", "kind=scholarship", "--set", "percent=6")
    assert cli(*words, "--reason", "Written before the other one").code == 0
    words = (*words[:-1], "percent=9", "--reason", "A colleague was faster", "--push")
    assert other(*words).code == 0
    assert cli("sync").code == 0
    told = cli("handover", "--json").json
    assert [one["state"] for one in told["needs_you"] if one["account_id"] == account] == ["conflict"]
    text = cli("handover").out
    assert "Needs a person (" in text and "is conflict. discount is now" in text.replace("discount.percent", "discount")


def test_without_data_or_with_a_wrong_duration_it_says_so(bare, cli):
    ran = bare("handover", "--json")
    assert (ran.code, ran.json) == (3, []) and "triage sync" in ran.err
    assert cli("handover", "--since", "today").code == 2
    next(cli.home.rglob("outbox.db")).write_bytes(b"no database at all " * 400)
    ran = cli("handover")
    assert (ran.code, ran.out) == (1, "") and "outbox" in ran.err
