"""A state machine over the real client, the real server, faults, rivals, clocks and restored backups: I1–I9."""

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from kit.faulty import FAULTS, Crash, FaultyTransport, connected
from kit.live_server import LiveServer, seed_book
from kit.operator import REASON, Operator
from kit.soak import trials
from kit.truth import Truth
from kit.twin import Twin

from data.errors import NotPossible, TriageError
from data.receipts import GENESIS, entry_hash
from data.remedy import NEEDS_YOU, PENDING, Order, State

SHRINK = bool(os.environ.get("TRIAGE_SHRINK"))
PHASES = (Phase.generate, Phase.shrink) if SHRINK else (Phase.generate,)
PARTS, EXAMPLES, STEPS = 8, 25, 50
WORDS = "A good enough reason for it"
LONGEST_WAIT = timedelta(seconds=900)
ACCOUNT = st.integers(0, 1)
ROW = st.integers(0, 60)
BAD = st.lists(st.sampled_from([None, None, None, *FAULTS]), max_size=5)


class World:
    """What examples share: the server, the ways to it, and templates of a seeded book and of synced homes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.book = directory / "book.db"
        self.server = LiveServer(self._template())
        self.way = FaultyTransport(self.server.clock.now)
        self.clean = FaultyTransport(self.server.clock.now)
        self.twin = Twin()
        self.start = self.server.clock.moment
        self.tokens = self._open()
        self._backends = {}
        for name, token in (("mine", "lead"), ("rival", "agent")):
            one = self.operator(name, token)
            assert one.pull() is None
            one.desk.close()
            shutil.copytree(directory / name, directory / f"{name}.template")
        with self.server.reading() as db:
            rows = db.execute("SELECT id, body FROM accounts ORDER BY seq").fetchall()
        self.accounts = [row["id"] for row in rows]

    def _template(self) -> Path:
        from datetime import UTC, datetime

        path = self.directory / "book.template"
        seed_book(path, 6, 5, datetime(2026, 11, 21, tzinfo=UTC))
        return path

    def _open(self) -> dict[str, str]:
        for name in ("book.db", "book.db-wal", "book.db-shm"):
            (self.directory / name).unlink(missing_ok=True)
        shutil.copyfile(self.directory / "book.template", self.book)
        return self.server.open(self.book).tokens

    def connect(self, url: str, token: str):
        """One connection pool for all examples: making one costs more than an example."""
        if token not in self._backends:
            way = self.way if token == self.tokens["lead"] else self.clean
            self._backends[token] = connected(url, token, way, self.server.clock.now)
        return self._backends[token]

    def operator(self, name: str, token: str) -> Operator:
        """Somebody with a home."""
        return Operator(
            name, self.directory / name, self.server.url, self.server.clock.now, self.connect, self.tokens[token]
        )

    def begin(self) -> None:
        """Everything as it was at first."""
        self.server.close()
        self.server.roles.clear()
        self.server.revoked.clear()
        self.server.clock.moment = self.start
        self._open()
        self.way.set()
        self.way._late.clear()
        for name in ("mine", "rival"):
            shutil.rmtree(self.directory / name)
            shutil.copytree(self.directory / f"{name}.template", self.directory / name)

    def end(self) -> None:
        """Stop the server and the second process."""
        self.twin.close()
        self.server.end()


class Loop(RuleBasedStateMachine):
    """Me, a rival, and everything that can happen to us."""

    world: World
    counted = {"examples": 0, "steps": 0}

    def __init__(self) -> None:
        super().__init__()
        self.world.begin()
        self.server = self.world.server
        self.way = self.world.way
        self.me = self.world.operator("mine", "lead")
        self.rival = self.world.operator("rival", "agent")
        self.truth = Truth(self.server)
        self.truth.read()
        self.backup: Path | None = None
        self.percent = 0
        self.stamps: dict[str, object] = {}
        self.sound = False
        self.counted["examples"] += 1
        self.counted["steps"] -= 1  # the invariants are checked once before the first step

    def teardown(self) -> None:
        try:
            if self.sound:
                self.come_to_rest()
        finally:
            self.me.desk.close()
            self.rival.desk.close()

    # --- people write ---
    def write(self, who: Operator, account: int, kind: str, hold: bool) -> None:
        account_id = self.world.accounts[account]
        self.percent = self.percent % 19 + 1
        found = who.desk.cache.account(account_id)
        workspace = found.workspaces[0].id if found and found.workspaces else None
        orders = {
            "apply_discount": {"params": {"kind": "scholarship", "percent": float(self.percent)}},
            "reset_usage": {"workspace_id": workspace, "acknowledged": (found.name.split()[0],) if found else ()},
            "grant_trial": {},
            "note": {"params": {"text": f"Note {self.percent}"}},
            "claim": {"params": {"minutes": 30}},
            "set_flag": {"params": {"flag": "beta", "on": self.percent % 2 == 0}},
        }
        written = who.write(Order(kind, account_id, reason=REASON, **orders[kind]), hold=hold)
        if written is not None:
            self.truth.wrote(written, who.name)

    @rule(
        account=ACCOUNT,
        kind=st.sampled_from(["apply_discount", "apply_discount", "reset_usage", "grant_trial", "note", "claim"]),
        hold=st.booleans(),
    )
    def i_write(self, account, kind, hold):
        self.write(self.me, account, kind, hold)

    @rule(account=ACCOUNT, kind=st.sampled_from(["apply_discount", "note", "set_flag"]), fresh=st.booleans())
    def the_rival_works(self, account, kind, fresh):
        if fresh:
            self.rival.pull()
        self.write(self.rival, account, kind, False)
        self.rival.push()

    @rule(account=ACCOUNT, lost=st.sampled_from([None, "lost after", "html", "cut"]), rival=st.booleans())
    def i_work_and_an_answer_may_be_lost(self, account, lost, rival):
        """The common story: look, write, somebody else was quicker or the answer is lost, try again."""
        self.me.pull()
        self.write(self.me, account, "apply_discount", False)
        if rival and lost is None:
            self.the_rival_works(account, "apply_discount", True)
        self.way.set(lost)
        self.me.push(eager=True)
        self.way.set()
        if rival and lost is not None:
            self.the_rival_works(account, "apply_discount", True)
        self.me.push(eager=True)

    # --- rounds ---
    @rule(faults=BAD, eager=st.booleans())
    def i_push(self, faults, eager):
        self.way.set(*faults)
        self.me.push(eager=eager)
        self.way.set()

    @rule(faults=BAD)
    def i_pull(self, faults):
        self.way.set(*faults, everywhere=True)
        ended = self.me.pull()
        self.way.set()
        if ended is None:
            self.check_pulled(self.me)

    @rule()
    def the_rival_pulls(self):
        if self.rival.pull() is None:
            self.check_pulled(self.rival)

    @rule(faults=BAD)
    def everything_fails(self, faults):
        self.way.set(*faults, everywhere=True)
        self.me.push()
        self.way.set()

    # --- time ---
    @rule(seconds=st.sampled_from([1, 5, 11, 70, 1000, 7200]))
    def time_passes(self, seconds):
        self.way.deliver()
        self.server.clock.move(seconds)

    @rule(seconds=st.sampled_from([-86400, -7200, -120, 120, 7200, 86400]))
    def my_clock_jumps(self, seconds):
        self.way.deliver()
        self.me.skew += seconds

    # --- the server ---
    @rule(revoked=st.sampled_from([False, False, True]))
    def my_token(self, revoked):
        self.server.set_revoked("lead", revoked)

    @rule(role=st.sampled_from(["viewer", "agent", "lead", "lead"]))
    def my_role(self, role):
        self.server.set_role("lead", role)

    @rule(hang_up=st.booleans())
    def server_restarts(self, hang_up):
        self.server.restart(hang_up=hang_up)

    @rule()
    def server_is_away(self):
        path = self.server.service.database.path
        self.server.close()
        self.me.push()
        self.me.pull()
        self.server.open(path)

    @rule()
    def server_is_backed_up(self):
        self.backup = self.world.directory / "backup.db"
        self.server.back_up(self.backup)

    @rule(new_epoch=st.booleans())
    def server_is_restored(self, new_epoch):
        if self.backup is not None:
            self.way.deliver()
            self.truth.read()
            self.server.restore(self.backup, new_epoch=new_epoch)
            self.truth.rewound()

    # --- people act ---
    @rule(who=st.sampled_from(["lead", "lead", "agent"]))
    def i_sign_in(self, who):
        self.me.sign_in(self.world.tokens[who])

    @rule(row=ROW, act=st.sampled_from(["take_back", "discard", "retry", "look_up"]), faults=BAD)
    def i_act(self, row, act, faults):
        rows = self.me.desk.box.changes()
        if not rows:
            return
        before = rows[row % len(rows)]
        self.way.set(*faults, everywhere=True)
        try:
            self.act(act, before.change_id)
        except NotPossible:
            assert self.me.desk.box.get(before.change_id) == before
            return
        except TriageError:
            assert act == "look_up"
            return
        except Crash:
            self.me.crash()
            return
        finally:
            self.way.set()
        self.truth.read()
        if act in ("take_back", "discard"):
            assert not before.unknown and before.change_id not in self.truth.applied
        if act == "retry":
            assert before.unknown or before.state is State.QUEUED

    def act(self, act: str, change_id: str) -> None:
        if act == "look_up":
            self.me.look_up(change_id)
        elif act == "discard":
            self.me.desk.discard(change_id, WORDS)
        else:
            getattr(self.me.desk, act)(change_id)

    @rule(row=ROW, hold=st.booleans())
    def i_write_it_again(self, row, hold):
        rows = [one for one in self.me.desk.box.changes() if one.state in NEEDS_YOU]
        if not rows:
            return
        old = rows[row % len(rows)]
        if old.state is State.CONFLICT:
            self.me.desk.conflict_view(old.change_id)
        try:
            new = self.me.desk.reauthor(old.change_id, WORDS, hold)
        except TriageError:
            assert self.me.desk.box.get(old.change_id) == old
            return
        assert not old.unknown
        assert self.me.desk.box.get(old.change_id).last_error == f"rewritten as {new.change_id}"
        self.truth.wrote(new, "mine")

    @rule()
    def i_start_the_app_again(self):
        self.me.crash()

    # --- a second process on my home ---
    @rule(act=st.sampled_from(["push", "hurry", "pull"]), faults=BAD, mine=st.sampled_from([None, "push", "pull"]))
    def the_second_process(self, act, faults, mine):
        """It works alone, or at the same moment as this one: one of the two may find the lock taken, no more."""
        faults = [None if fault == "late" else fault for fault in faults]
        token = self.me.token.get()
        self.world.twin.begin(act, self.me.home, self.server.url, token, self.me.now(), faults)
        here = getattr(self.me, mine)() if mine else None
        there = self.world.twin.finish()
        assert not (here == there == "Busy") and (mine or there != "Busy"), "a lock that nobody holds"

    @rule(account=ACCOUNT)
    def the_second_process_pushes_while_i_write(self, account):
        self.world.twin.begin("hurry", self.me.home, self.server.url, self.me.token.get(), self.me.now(), [])
        self.write(self.me, account, "apply_discount", False)
        self.write(self.me, account, "note", False)
        self.world.twin.finish()

    # --- what must hold ---
    @invariant()
    def everything_holds(self):
        self.counted["steps"] += 1
        self.sound = False
        self.truth.read()
        for who in (self.me, self.rival):
            self.check(who)
        self.sound = True

    def check(self, who: Operator) -> None:
        box, cache = who.desk.box, who.desk.cache
        now = (box.stamp(), cache.stamp(), len(self.truth.applied), self.truth.era, id(who.desk))
        if self.stamps.get(who.name) != now:
            rows = self.truth.check_rows(box, who.name)
            self.truth.check_order(box, rows)
            self.truth.check_screen(who.desk, rows)
            self.check_trail(who)
            self.stamps[who.name] = now
        due = box.next_due(who.now())
        assert due is None or due - who.now() <= LONGEST_WAIT, "it would wait for longer than anything asks it to"

    def check_trail(self, who: Operator) -> None:
        last = GENESIS
        for number, entry in enumerate(who.desk.box.trail(), 1):
            assert (entry.seq, entry.prev_hash, entry.hash) == (number, last, entry_hash(last, entry.raw))
            last = entry.hash

    def check_pulled(self, who: Operator) -> None:
        """After a whole pull: the server's accounts, and an honest word about its history."""
        self.truth.read()
        problem = who.desk.audit_problem()
        if self.truth.contradicted(who.desk):
            # a head that a push saw after the restore may hide it from the pull; the receipts we keep give it away
            assert problem or not who.desk.verify_audit().ok, "history was rewritten and nobody says so"
        elif self.truth.era == 0:
            assert not problem, f"a false alarm: {problem}"
        assert self.truth.current(who.desk), "I8: a whole pull, and not the server's accounts"

    def come_to_rest(self) -> None:
        """The link is up and time passes: I1, I7."""
        self.way.set()
        self.way.deliver()
        self.server.set_revoked("lead", False)
        self.server.set_role("lead", "lead")
        self.me.sign_in(self.world.tokens["lead"])
        for who in (self.me, self.rival):
            for _ in range(40):
                assert who.push() in (None, "SignedOut", "Offline"), who.link.status  # a kept connection may be dead
                if who.desk.box.next_due(who.now()) is None:
                    break
                self.server.clock.move(max(who.pause, 0.05))
            for row in who.desk.box.changes():
                mine = row.staff_id == who.desk.cache.identity.staff_id
                assert row.state not in PENDING or not mine, f"I1, I7: {row}"
                assert not row.unknown or not mine, f"I1: still unknown: {row}"
            assert any(who.pull() is None for _ in range(3)), who.link.status
            self.check_pulled(who)
            self.check(who)


@pytest.fixture(scope="module")
def world():
    """One server for all examples of this process, its files in memory: power cuts are other tests' matter."""
    memory = Path("/dev/shm")
    base = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    directory = Path(tempfile.mkdtemp(prefix="triage-machine-", dir=base))
    made = World(directory)
    yield made
    made.end()
    shutil.rmtree(directory)


def run(world: World, number: int, examples: int, steps: int) -> dict[str, int]:
    """Run examples of one seed; answers how many examples and steps there really were."""
    counted = {"examples": 0, "steps": 0}
    made = seed(number)(type("Machine", (Loop,), {"world": world, "counted": counted}))
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=PHASES,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    run_state_machine_as_test(made, settings=how, _min_steps=steps)
    return counted


@pytest.mark.timeout(400)
@pytest.mark.parametrize("part", range(PARTS))
def test_I1_to_I9_whatever_happens(world, part, tally):
    counted = run(world, part, EXAMPLES, STEPS)
    tally("state machine examples", counted["examples"], seed=f"parts 0-{PARTS - 1}")
    tally("state machine steps", counted["steps"])


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("lane", range(2))
def test_soak_I1_to_I9_whatever_happens(world, lane, tally):
    first = int.from_bytes(os.urandom(4), "big")
    for number in trials(10_000 // 20, 0.6):
        print("state machine seed", first + number)
        counted = run(world, first + number, 20, 100)
        tally("state machine examples", counted["examples"], seed=f"from {first} on")
        tally("state machine steps", counted["steps"])
