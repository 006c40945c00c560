"""SIGKILL of the real server at random moments of a push, then the same file on the same port: each change once."""

import random
import threading
import time
import uuid
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from data.remedy import State
from triage.sandbox import process

TRIALS = [
    pytest.param(20, marks=pytest.mark.timeout(180)),
    pytest.param(100, marks=[pytest.mark.soak, pytest.mark.timeout(3600)]),
]


def restart(db, port):
    """The server over the same file on the same port."""
    for _ in range(50):
        with suppress(process.SandboxFailed):
            return process.start(accounts=200, seed=7, db=db, port=port)
        time.sleep(0.1)
    raise AssertionError("the server does not come back")


@pytest.mark.parametrize("trials", TRIALS)
def test_I1_a_server_killed_at_any_moment_applies_each_change_exactly_once(tmp_path, make_shop, trials):
    dice = random.Random(21)
    db = tmp_path / "server.db"
    running = process.start(accounts=10 * trials, seed=7, db=db)
    port = urlsplit(running.url).port
    shop = make_shop(running)
    maya = shop.person()
    everything, interrupted = [], 0
    try:
        for trial in range(trials):
            accounts = [shop.account() for _ in range(3)]
            chosen = [accounts[0], accounts[1], accounts[0], accounts[2], accounts[0]]
            changes = [maya.write(account, reason=f"Trial {trial}, change {n}") for n, account in enumerate(chosen)]
            killer = threading.Timer(dice.random() * 0.12, running.kill)
            killer.start()
            maya.push()
            killer.join()
            interrupted += any(maya.row(change).state is not State.APPLIED for change in changes)
            running = restart(db, port)
            maya.clock.move(minutes=6)
            for _ in range(2):  # the first may meet a connection that died with the server
                maya.push()
                maya.clock.move(minutes=6)
            assert [maya.row(change).state for change in changes] == [State.APPLIED] * 5
            everything += changes
        entries = [e for page in maya.backend.audit(0) for e in page.entries]
        for change in everything:
            assert [e.outcome for e in entries if e.change_id == change.change_id] == ["applied"]
    finally:
        running.stop()
    assert interrupted >= trials // 4, "the kills came too late to mean anything"
    assert len({uuid.UUID(change.change_id) for change in everything}) == 5 * trials
