"""SIGKILL of a real client at random moments of a push: each change is in the audit exactly once afterwards."""

import os
import random
import subprocess
import sys
import time

import pytest

from data.remedy import State
from triage.sandbox import process

TRIALS = [
    pytest.param(20, marks=pytest.mark.timeout(120)),
    pytest.param(150, marks=[pytest.mark.soak, pytest.mark.timeout(3600)]),
]
CLIENT = """
import os, random, sys
from datetime import UTC, datetime
from pathlib import Path
from data.backends.native import NativeBackend
from data.outbox import Outbox
from data.push import push

backend = NativeBackend(sys.argv[1], os.environ["TRIAGE_TOKEN"])
outbox = Outbox.open(Path(sys.argv[2]))
identity = backend.identity()
print("ready", flush=True)
push(backend, outbox, identity=identity, base_url=backend.base_url, now=lambda: datetime.now(UTC), rng=random.Random())
print("done", flush=True)
"""


def start_client(person, token):
    """A client in its own process, ready to push."""
    child = subprocess.Popen(
        [sys.executable, "-c", CLIENT, person.backend.base_url, str(person.outbox.directory)],
        env={**os.environ, "TRIAGE_TOKEN": token},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "ready\n"
    return child


@pytest.fixture
def shop(trials, make_shop):
    """A sandbox with accounts enough for every trial."""
    with process.start(accounts=6 * trials, seed=7) as running:
        yield make_shop(running)


@pytest.mark.parametrize("trials", TRIALS)
def test_I1_a_client_killed_at_any_moment_applies_each_change_exactly_once(shop, trials):
    dice = random.Random(20)
    span, interrupted, everything = 0.15, 0, []
    for trial in range(trials):
        maya = shop.person()
        accounts = [shop.account() for _ in range(3)]
        chosen = [accounts[0], accounts[1], accounts[0], accounts[2], accounts[0]]
        changes = [maya.write(account, reason=f"Trial {trial}, change {n}") for n, account in enumerate(chosen)]
        child = start_client(maya, shop.running.token)
        begun = time.monotonic()
        if trial == 0:
            child.wait()  # the first runs through and tells how long that takes
            span = time.monotonic() - begun
        else:
            time.sleep(dice.random() * span)
            child.kill()
            child.wait()
        child.stdout.close()
        interrupted += any(maya.row(change).state is not State.APPLIED for change in changes)
        maya.push(ignore_backoff=True)
        assert [maya.row(change).state for change in changes] == [State.APPLIED] * 5
        assert maya.push(ignore_backoff=True).pushed == 0
        everything += changes
    entries = [e for page in maya.backend.audit(0) for e in page.entries]
    for change in everything:
        assert [(e.outcome, e.reason) for e in entries if e.change_id == change.change_id] == [
            ("applied", change.reason)
        ]
    assert interrupted >= trials // 4, "the kills came too late to mean anything"
