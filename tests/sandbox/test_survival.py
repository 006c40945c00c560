"""The file survives: SIGKILL, restarts, two starts, foreign files; the process ends when asked or orphaned."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from triage.sandbox import process


def chain_is_sound(entries: list[dict[str, Any]]) -> bool:
    """The same check as in test_audit, over the links alone."""
    import hashlib

    last = "0" * 64
    for number, entry in enumerate(entries, start=1):
        digest = hashlib.sha256(f"{last}\n{entry['raw']}".encode()).hexdigest()
        if (entry["seq"], entry["prev_hash"], entry["hash"]) != (number, last, digest):
            return False
        last = entry["hash"]
    return True


def test_a_committed_change_is_there_after_sigkill(
    launch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temp"))
    own = launch()
    body = own.body("note", "acc_0", params={"text": "keep me"})
    answer = own.post(body, version=None)
    identity = (own.running.tokens, own.client().get("/v1/keys").json(), own.client().get("/v1/accounts").json())
    own.running.kill()
    assert list((tmp_path / "temp").iterdir()) == [], "a kill leaves nothing beside the book"
    again = launch(accounts=5, seed=99)
    assert again.running.tokens == identity[0]
    assert again.client().get("/v1/keys").json() == identity[1]
    assert again.client().get("/v1/accounts").json() == identity[2]
    replay = again.post(body, version=None)
    assert replay.headers["Idempotent-Replayed"] == "true"
    assert replay.json() == answer.json()


@pytest.mark.parametrize("trial", range(3))
def test_killed_at_a_random_moment_every_answered_change_is_there_once(launch: Any, trial: int) -> None:
    own = launch()
    rng = random.Random(trial)
    bodies = [own.body("note", f"acc_{n % 3}", params={"text": f"note {n}"}) for n in range(400)]
    answered: list[str] = []

    def push() -> None:
        for body in bodies:
            try:
                answer = own.post(body, version=None)
            except httpx.TransportError:
                return
            assert answer.status_code == 201
            answered.append(body["change_id"])

    thread = threading.Thread(target=push)
    thread.start()
    time.sleep(rng.uniform(0.05, 0.5))
    own.running.kill()
    thread.join()
    again = launch()
    entries = again.audit()
    there = [entry["change_id"] for entry in entries[3:]]
    assert chain_is_sound(entries)
    assert there[: len(answered)] == answered
    assert len(there) <= len(answered) + 1
    assert len(set(there)) == len(there)
    for body in bodies[: len(answered) + 1]:
        assert again.post(body, version=None).status_code in (200, 201)
    total = [entry["change_id"] for entry in again.audit()[3:]]
    assert total == [body["change_id"] for body in bodies[: len(answered) + 1]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_quickly_with_exit_0(launch: Any, number: int) -> None:
    own = launch()
    own.client().get("/v1/me")
    os.kill(own.running.pid, number)
    assert own.running.process.wait(10) == 0


def test_asked_to_end_while_seeding_it_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "triage.sandbox", "--port", "0", "--accounts", "200000", "--db"]
    with subprocess.Popen([*command, str(tmp_path / "big.db")], stdout=subprocess.PIPE) as child:
        deadline = time.monotonic() + 20
        while not list(tmp_path.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)
        child.terminate()
        assert child.wait(20) == 0
    assert list(tmp_path.iterdir()) == []


def test_it_dies_with_its_parent(tmp_path: Path) -> None:
    parent = (
        "import sys, time; from triage.sandbox.process import start; r = start(accounts=3); "
        "print(r.pid, r.url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        pid, url = child.stdout.readline().split()
        assert httpx.get(f"{url}/v1/health").status_code == 200
        child.kill()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/v1/health", timeout=1)
        except httpx.TransportError:
            return
        time.sleep(0.1)
    raise AssertionError(f"{pid} outlived its parent")


@pytest.mark.parametrize("content", [b"my holiday photos", b"SQLite format 3\x00" + b"\x00" * 100])
def test_a_foreign_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(content)
    with pytest.raises(process.SandboxFailed, match="other.db"):
        process.start(db=path)
    assert path.read_bytes() == content


def test_a_taken_port_is_said_in_a_sentence(world: Any) -> None:
    port = int(world.running.url.rpartition(":")[2])
    with pytest.raises(process.SandboxFailed, match=f"Port {port} cannot be used"):
        process.start(accounts=1, port=port)


def test_a_new_file_is_private_and_no_draft_is_left(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with process.start(accounts=10, db=path) as running:
        assert httpx.get(f"{running.url}/v1/health").status_code == 200
        assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in tmp_path.iterdir()] == ["new.db"]


def test_an_empty_file_is_seeded(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    with process.start(accounts=7, db=path) as running:
        headers = {"Authorization": f"Bearer {running.token}"}
        assert len(httpx.get(f"{running.url}/v1/accounts", headers=headers).json()["accounts"]) == 7


def test_the_first_line_is_the_promised_json() -> None:
    command = [sys.executable, "-m", "triage.sandbox", "--port", "0", "--accounts", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        said = json.loads(child.stdout.readline())
        assert said.keys() == {"url", "token", "tokens"}
        assert said["tokens"].keys() == {"viewer", "agent", "lead"}
        assert said["token"] == said["tokens"]["lead"]
        child.terminate()
        assert child.wait(10) == 0
        assert child.stdout.read() == ""
