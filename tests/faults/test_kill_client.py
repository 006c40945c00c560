"""SIGKILL of a real client while it sends, fetches or recovers: each change exactly once, the book never torn."""

import json
import random
import subprocess
import sys
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime

import pytest
from kit.killable import ROOT, Clients, cache_of, state_of
from kit.soak import trials

from data.cache import Cache
from data.database import check_all
from data.pull import pull
from data.remedy import State
from triage.policy import load_policy
from triage.rules.assess import judge_all
from triage.rules.health import Rulebook
from triage.sandbox import process
from triage.tree_file import load_tree

RULES = Rulebook(load_policy(), load_tree())
KILLS = 20  # in each of the three ordinary tests
BOOK = 60
SOAK_PARTS = 2


class Field:
    """One server, one person after another with a home of their own, and clients that are killed."""

    def __init__(self, running, make_shop, root, seed):
        self.shop, self.root, self.dice = make_shop(running), root, random.Random(seed)
        self.clients = Clients(running.url, running.token)
        self.accounts = [self.shop.account() for _ in range(9)]
        self.everything, self.kills, self.interrupted, self.span = [], 0, 0, 0.2

    def written(self):
        """A home with a chain of three remedies and two more on accounts that already saw others."""
        self.home = self.root / uuid.uuid4().hex
        maya = self.shop.person(directory=state_of(self.home))
        maya.percent = 5 * len(self.everything) % 1990  # on these accounts no discount comes twice in a row
        three = [maya.backend.account(account.id).account for account in self.dice.sample(self.accounts, 3)]
        chosen = [three[0], three[1], three[0], three[2], three[0]]
        return maya, [maya.write(account, reason=f"They asked, number {n}") for n, account in enumerate(chosen)]

    def kill(self, *, pulls):
        """One client, killed at a random moment or by itself at a random step."""
        by_step = self.dice.random() < 0.5
        client = self.clients.start(self.home, pulls=pulls, dies_at=self.dice.randrange(1, 110) if by_step else 0)
        if not by_step:
            time.sleep(self.dice.random() * self.span)
            client.kill()
        self.kills += self.clients.ended(client)

    def kill_program(self):
        """The real `triage sync`, killed at a random moment."""
        child = subprocess.Popen(
            [sys.executable, "-m", "triage", "--home", str(self.home), "sync", "--json"],
            env={
                **self.clients.environ,
                "HOME": str(self.home),
                "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        wait_until_it_opens(child, state_of(self.home) / "push.lock")
        time.sleep(self.dice.random() * self.span)
        child.kill()
        self.kills += child.wait() == -9

    def recover(self, maya, changes, *, pulls):
        """Whatever the kills left behind: one push in peace settles it, one pull brings the book."""
        self.interrupted += any(maya.row(change).state is not State.APPLIED for change in changes)
        maya.push(ignore_backoff=True)
        states = [(maya.row(change).state, maya.row(change).last_error) for change in changes]
        assert states == [(State.APPLIED, None)] * len(changes)
        assert maya.push(ignore_backoff=True).pushed == 0
        assert maya.outbox.counts().waiting == 0
        self.everything += changes
        if pulls:
            self.check_book(maya)

    def check_book(self, maya):
        """The killed cache is sound, and after a pull it is what the server has."""
        with closing(Cache.open(cache_of(self.home), maya.backend.base_url)) as cache:
            assert not cache.rebuilt_why
            check_all(cache.connection)
            now = datetime.now(UTC)
            pull(maya.backend, cache, lambda day: lambda some: judge_all(some, RULES, now, day), now)
            found = cache.all("SELECT id, payload FROM account")
            kept = {key: json.loads(cache.packing.unpack(raw)) for key, raw in found}
            listed = cache.all("SELECT count(*) FROM listing")[0][0], cache.all("SELECT sum(accounts) FROM tally")[0][0]
        items = [item for batch in maya.backend.accounts(None) for item in batch.items]
        assert kept == {item.account.id: json.loads(item.raw) for item in items}
        assert listed == (len(kept), len(kept))

    def check_history(self):
        """Every change stands in the audit exactly once, as it was written and in its order."""
        maya = self.shop.person()
        entries = {}
        for page in maya.backend.audit(0):
            for entry in page.entries:
                entries.setdefault(entry.change_id, []).append((entry.outcome, entry.reason, entry.account_id))
        for change in self.everything:
            assert entries[change.change_id] == [("applied", change.reason, change.account_id)]
        assert len({change.change_id for change in self.everything}) == len(self.everything)

    def close(self):
        self.clients.close()
        for close in self.shop.closing:
            close()
        self.shop.closing.clear()


def wait_until_it_opens(child, path):
    """Wait until a program has opened a file of its home; generous, and over when the program is."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends and child.poll() is None:
        if path.exists():
            return
        time.sleep(0.005)


@pytest.fixture
def field(make_shop, tmp_path):
    made = []
    with process.start(accounts=BOOK, seed=7, extra=["--rate", "1000000:1000000"]) as running:

        def make(seed):
            made.append(Field(running, make_shop, tmp_path, seed))
            return made[-1]

        yield make
        for one in made:
            one.close()


def finish(field, tally):
    field.check_history()
    # A kill counts only where the client still ran; some must have met it before everything was sent.
    assert field.interrupted >= 2 or field.kills < 10, "the kills came too late to mean anything"
    tally("client killed", field.kills)


def test_I1_a_client_killed_while_it_sends_applies_each_change_exactly_once(field, tally):
    field = field(20)
    while field.kills < KILLS:
        maya, changes = field.written()
        field.kill(pulls=False)
        field.recover(maya, changes, pulls=False)
    finish(field, tally)


def test_I1_killed_while_it_recovers_and_while_it_fetches(field, tally):
    field = field(21)
    while field.kills < KILLS:
        maya, changes = field.written()
        for _ in range(field.dice.choice((2, 3))):
            field.kill(pulls=True)
        field.recover(maya, changes, pulls=True)
    finish(field, tally)


def test_I1_the_program_itself_killed_in_a_sync(field, tally):
    field = field(22)
    while field.kills < KILLS:
        maya, changes = field.written()
        if field.dice.random() < 0.3:
            field.kill_program()
        field.kill(pulls=True)
        field.recover(maya, changes, pulls=True)
    finish(field, tally)


@pytest.mark.soak
@pytest.mark.timeout(12 * 3600)
@pytest.mark.parametrize("part", range(SOAK_PARTS))
def test_I1_clients_killed_again_and_again(part, field, tally):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    field = field(seed)
    for _ in trials(3_000, 0.17):
        maya, changes = field.written()
        for _ in range(field.dice.choice((1, 1, 2, 3))):
            pulls = field.dice.random() < 0.5
            if field.dice.random() < 0.05:
                field.kill_program()
            else:
                field.kill(pulls=pulls)
        field.recover(maya, changes, pulls=field.dice.random() < 0.3)
        maya.outbox.close()
        maya.backend.close()
        if field.kills >= 3_000 // SOAK_PARTS:
            break
    finish(field, tally)
    tally("client killed", 0, seed=f"{part}: {seed}")
