"""Schemathesis over every operation of the document, all checks, stateful too, against the real server process."""

import json
import os
import random
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest
from kit.soak import trials

from triage.sandbox import process

ROOT = Path(__file__).parents[2]
KIT = ROOT / "tests" / "kit"
SEED = 3
ENDLESS = ("/v1/events",)  # its answer has no end; tests/sandbox/test_events.py tries it


def sweep(running: process.Running, directory: Path, seed: int, examples: int, seconds: int) -> dict[str, Any]:
    """One run of schemathesis; returns its report, fails with what it printed when it found anything."""
    headers = {"Authorization": f"Bearer {running.token}"}
    listed = httpx.get(f"{running.url}/v1/accounts", params={"limit": 20}, headers=headers).json()["accounts"]
    report = directory / f"{seed}.json"
    environ = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": str(KIT / "schemathesis_hooks.py"),
        "TRIAGE_TEST_URL": running.url,
        "TRIAGE_TEST_TOKEN": running.token,
        "TRIAGE_TEST_ACCOUNTS": json.dumps([one["id"] for one in listed if one["workspaces"]]),
    }
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "--no-color"]
    command += ["--config-file", str(KIT / "schemathesis.toml"), "run", str(ROOT / "docs" / "openapi.json")]
    command += ["--url", running.url, "-H", f"Authorization: {headers['Authorization']}", "--checks", "all"]
    command += [word for path in ENDLESS for word in ("--exclude-path", path)]
    command += ["--seed", str(seed), "--max-examples", str(examples), "--no-shrink", "--continue-on-failure"]
    command += ["--generation-database", "none", "--report", "json", "--report-json-path", str(report)]
    ran = subprocess.run(command, cwd=directory, env=environ, capture_output=True, text=True, timeout=seconds)
    told = "\n".join(line[:1500] for line in ran.stdout.splitlines())
    assert ran.returncode == 0, f"seed {seed}\n{told[-12_000:]}\n{ran.stderr[-2000:]}"
    found: dict[str, Any] = json.loads(report.read_text("utf-8"))
    assert (found["failures"], found["errors"], found["complete"]) == ([], [], True)
    assert [found["phases"][name]["status"] for name in ("coverage", "fuzzing", "stateful")] == ["success"] * 3
    return found


def start() -> process.Running:
    return process.start(accounts=40, seed=7, extra=["--rate", "100000:1000000"])


def the_chain_is_sound_and_all_is_served(running: process.Running) -> None:
    """After all of it the server still serves what it holds, and its trail has no gap."""
    headers = {"Authorization": f"Bearer {running.token}"}
    with httpx.Client(base_url=running.url, headers=headers) as client:
        assert len(client.get("/v1/accounts", params={"limit": 1000}).json()["accounts"]) == 40
        after, seqs = 0, []
        while True:
            page = client.get("/v1/audit", params={"after": after, "limit": 1000}).json()
            seqs += [entry["seq"] for entry in page["entries"]]
            after = page["next_after"]
            if not page["more"]:
                break
        assert seqs == list(range(1, client.get("/v1/audit/head").json()["seq"] + 1))


def test_schemathesis_finds_nothing(tmp_path: Path, tally: Any) -> None:
    with start() as running:
        found = sweep(running, tmp_path, SEED, 8, 600)
        the_chain_is_sound_and_all_is_served(running)
    assert found["operations"]["tested"] + len(ENDLESS) == found["operations"]["total"] == 11
    tally("schemathesis cases", found["test_cases"]["generated"], seed=SEED)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_schemathesis_finds_nothing_for_long(tmp_path: Path, tally: Any) -> None:
    rng = random.Random(SEED)
    with start() as running:
        for _ in trials(60, 0.07):
            seed = rng.randrange(2**31)
            found = sweep(running, tmp_path, seed, 60, 900)
            tally("schemathesis cases", found["test_cases"]["generated"], seed=seed)
        the_chain_is_sound_and_all_is_served(running)


def test_the_id_of_a_change_that_only_the_trail_knows_is_taken(world: Any) -> None:
    # found by schemathesis: such an id (a seeded book's past) met the trail's UNIQUE index and was a 500
    past = world.audit(account_id="acc_0")[0]
    body = world.body("note", "acc_0", change_id=past["change_id"], params={"text": "once more"})
    assert [world.post(body, role).status_code for role in ("agent", "lead")] == [422, 404]
    assert world.post(body, "agent").json()["type"] == "key-reused"
    assert world.post({**body, "change_id": str(uuid.uuid4())}, "agent").status_code == 201
