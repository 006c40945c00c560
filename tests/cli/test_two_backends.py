"""One working day from the command line, on either backend: the same commands, differing only in what it offers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dembrane.double import Double

from triage.sandbox.process import start

REASON = "Agreed with Iris on the phone"
DEMBRANE = '[profiles.day]\nbackend = "dembrane"\nbase_url = "{url}"\n'


@dataclass
class Where:
    """A backend at work; `sent` counts the changes that have reached it."""

    name: str
    cli: Any
    stop: Any
    sent: Any
    book: int


@pytest.fixture(params=("native", "dembrane"))
def where(request: Any, tmp_path: Path, program: Any) -> Iterator[Where]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    if request.param == "native":
        server = start(accounts=60, seed=11, db=tmp_path / "book.db")
        cli = program(home, server.url, server.token)

        def sent() -> int:
            found = cli("audit", "list", "--json").json
            return sum(one["reason"] == REASON for one in found)

        yield Where("native", cli, server.stop, sent, 60)
        server.stop()
        return
    with Double() as double:
        (home / "config.toml").write_text(DEMBRANE.format(url=double.url))
        cli = program(home, token=double.token(minutes=600), TRIAGE_PROFILE="day")
        yield Where("dembrane", cli, double.end, lambda: len(double.writes), len(double.book.accounts))


def free_account(cli: Any, position: int = 0) -> str:
    """An at-risk account on the free tier without a discount."""
    rows = cli("list", "--json").json
    found = [row["id"] for row in rows if row["tier"] == "free" and row["category"] in ("at_cap", "approaching_cap")]
    return found[position]


def discount(account: str, *more: str) -> tuple[str, ...]:
    return ("remedy", "apply_discount", account, "--set", "kind=scholarship", "--set", "percent=30", *more)


def test_a_day_from_sync_to_audit(where: Where, tmp_path: Path) -> None:
    cli = where.cli
    assert cli("list", "--json").code == 3
    assert cli("sync", "--json").json["pulled"] == where.book
    rows = cli("list", "--json").json
    assert rows and all(row["category"] for row in rows) and len(cli("list", "--all", "--json").json) == where.book
    account = free_account(cli)
    assert cli("show", account, "--json").json["id"] == account
    looked = cli(*discount(account, "--dry-run", "--json"))
    assert looked.code == 0 and looked.json["after"]["discount"] == {"kind": "scholarship", "percent": 30.0}
    assert cli(*discount(account, "--reason", "short")).code == 1
    queued = cli(*discount(account, "--reason", REASON, "--json")).json
    assert queued["state"] == "queued" and where.sent() == 0
    assert cli("outbox", "undo", queued["change_id"][:8]).code == 0
    queued = cli(*discount(account, "--reason", REASON, "--json")).json
    pending = next(row for row in cli("list", "--json").json if row["id"] == account)["pending"]
    assert [one["change_id"] for one in pending] == [queued["change_id"]]
    done = cli("sync", "--json").json
    assert (done["pushed"], done["waiting"]) == (1, 0) and where.sent() == 1
    assert cli("sync", "--json").json["pushed"] == 0 and where.sent() == 1
    row = next(one for one in cli("outbox", "list", "--json").json if one["change_id"] == queued["change_id"])
    assert row["state"] == "applied" and (row["receipt"] is not None) == (where.name == "native")
    shown = cli("outbox", "show", queued["change_id"][:8])
    assert shown.code == 0 and ("Audit" if where.name == "native" else "answered") in shown.out
    entries = [one for one in cli("audit", "list", "--json").json if one["reason"] == REASON]
    assert [one["change_id"] for one in entries] == [queued["change_id"]]
    assert entries[0]["action"] == "apply_discount" and entries[0]["account_id"] == account
    assert cli("audit", "list", "--account-id", account, "--json").json[0]["change_id"] == queued["change_id"]
    proof = cli("audit", "verify", "--json")
    assert proof.code == 0 and proof.json["ok"] and proof.json["entries"] > 0
    file = tmp_path / "trail.jsonl"
    assert cli("audit", "export", "--out", file).code == 0
    replayed = cli("audit", "verify", "--file", file, home=False)
    assert replayed.code == 0 and "The chain holds" in replayed.out
    assert ("own chain" in replayed.out) == (where.name == "dembrane")
    lines = file.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "Agreed with Iris" in line)
    lines[at] = lines[at].replace("Agreed with Iris", "Agreed with Ines")
    file.write_text("".join(lines))
    forged = cli("audit", "verify", "--file", file, home=False)
    assert forged.code == 1 and "altered" in forged.out


def test_offline_it_waits_and_a_viewers_keys_are_refused(where: Where) -> None:
    cli = where.cli
    cli("sync")
    account = free_account(cli)
    where.stop()
    queued = cli(*discount(account, "--reason", REASON, "--json")).json
    away = cli("sync", "--json")
    assert away.code == 3 and away.json["waiting"] == 1
    row = next(one for one in cli("outbox", "list", "--json").json if one["change_id"] == queued["change_id"])
    assert row["state"] == "queued" and not row["unknown"]
    assert cli("--read-only", *discount(account, "--reason", REASON)).code == 4
    assert cli("handover", "--json").code == 0


def test_the_other_four_remedies_are_queued_and_applied(where: Where) -> None:
    cli = where.cli
    cli("sync")
    capped = [row for row in cli("list", "--category", "at_cap", "--json").json if row["tier"] == "free"]
    spaces = [(row["id"], row["workspaces"][0]["id"]) for row in capped]
    assert len(spaces) >= 3
    more = ("--reason", REASON, "--push", "--json")
    reset = cli("remedy", "reset_usage", spaces[0][0], "--workspace", spaces[0][1], *more)
    trial = cli("remedy", "grant_trial", spaces[1][0], "--set", "tier=innovator", "--set", "months=2", *more)
    tier = cli("remedy", "change_tier", spaces[2][0], "--set", "tier=innovator", *more)
    assert [one.code for one in (reset, trial, tier)] == [0, 0, 0], (reset, trial, tier)
    assert [one.json["state"] for one in (reset, trial, tier)] == ["applied"] * 3
    again = cli("remedy", "reset_usage", spaces[0][0], "--workspace", spaces[0][1], "--reason", REASON)
    assert again.code == 1  # A13, and nothing to reset
    same = cli("remedy", "change_tier", spaces[2][0], "--set", "tier=innovator", "--reason", REASON)
    cli("sync")
    same = cli("remedy", "change_tier", spaces[2][0], "--set", "tier=innovator", "--reason", REASON)
    assert same.code == 1 and "already" in same.out + same.err


def test_who_am_i_and_the_doctor_say_what_is_missing(where: Where) -> None:
    cli = where.cli
    cli("sync")
    who = cli("whoami", "--json").json
    assert {"usage:reset", "trial:grant", "discount:write", "tier:change", "admin:change"} <= set(who["permissions"])
    assert who["capabilities"]["idempotent"] is (where.name == "native")
    missing = [one for one in cli("doctor", "--json").json if one["name"] == "missing"]
    assert bool(missing) == (where.name == "dembrane")


def test_a_process_killed_while_the_server_hangs_sends_nothing_twice(tmp_path: Path, program: Any) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with Double() as double:
        (home / "config.toml").write_text(DEMBRANE.format(url=double.url))
        cli = program(home, token=double.token(minutes=600), TRIAGE_PROFILE="day")
        cli("sync")
        account = double.book.cases["at_cap"].account.id
        queued = cli("remedy", "reset_usage", account, "--reason", REASON, "--json").json
        double.fault("hang_after", method="POST", seconds=30)
        words = [sys.executable, "-m", "triage", "--home", str(home), "sync"]
        child = subprocess.Popen(words, env=cli.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not double.writes:
            assert child.poll() is None
        child.kill()
        child.wait()
        for _ in range(3):
            assert cli("sync").code == 0
        (row,) = cli("outbox", "list", "--json").json
        assert row["unknown"] and row["do"] == ["look-up", "decide"] and len(double.writes) == 1
        assert "looks as if it happened" in row["last_error"]
        shown = cli("outbox", "show", queued["change_id"][:8]).out
        assert "never sent again by itself" in shown and "triage outbox decide" in shown
        assert cli("outbox", "retry", queued["change_id"]).code == 0 and cli("sync").code == 0
        assert cli("outbox", "discard", queued["change_id"], "--reason", REASON).code == 1
        assert cli("outbox", "decide", queued["change_id"]).code == 2
        looked = cli("outbox", "look-up", queued["change_id"])
        assert looked.code == 0 and "never sent again by itself" in looked.err
        decided = cli("outbox", "decide", queued["change_id"], "--happened", "--reason", "Iris sees it", "--json")
        assert decided.code == 0 and decided.json["state"] == "applied" and not decided.json["unknown"]
        cli("sync")
        assert len(double.writes) == 1 and double.book.cases["at_cap"].resets == 1
        events = [json.loads(line) for line in cli("audit", "export").out.splitlines()]
        said = [json.loads(one["raw"]) for one in events if "raw" in one]
        assert [one["event"] for one in said] == ["authored", "sent", "retried", "decided", "applied"]
