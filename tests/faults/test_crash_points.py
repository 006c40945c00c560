"""A push crashed at every step under every network fault, and again while it recovers: exactly once, in order."""

import random
from collections.abc import Iterator

import pytest
from kit.crash import homes
from kit.crash_push import Scene
from kit.proxy import FAULTS, Proxy
from kit.soak import trials

from triage.sandbox import process

SLOW = ("stall", "slow drip")
MOST_STEPS = 400
SEED = 31


@pytest.fixture(scope="module")
def server() -> Iterator[process.Running]:
    """A server that is never in a hurry."""
    with process.start(accounts=60, seed=7, extra=["--rate", "1000000:1000000"]) as running:
        yield running


@pytest.fixture
def make_scene(server):
    """Scenes, checked against the server's history at the end."""
    made = []
    with homes() as root:

        def make(seed: int) -> Scene:
            made.append(Scene(server, Proxy(server.url, seed), root, random.Random(seed)))
            return made[-1]

        yield make
        for scene in made:
            scene.proxy.close()


def finish(tally, scene: Scene, crashed: int) -> None:
    """Check, and hand the counts over; what was refused is counted at the client's socket, which alone can see it."""
    scene.check_history()
    tally("crash trials (point x fault)", crashed)
    for fault in FAULTS:
        tally(f"fault: {fault}", scene.hits[fault] if fault == "refused" else scene.proxy.hits[fault])
    scene.proxy.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_I1_crashed_at_every_step_under(fault, make_scene, tally):
    scene = make_scene(SEED + FAULTS.index(fault))
    crashed = whole = 0
    for at in range(1, MOST_STEPS):
        # Behind the first request where it must be: nothing is old or kept before.
        plan = (None, fault) if fault in SLOW or at % 2 else (fault, None, fault)
        again = scene.dice.randrange(1, 50) if at % 4 == 0 else 0
        bomb = scene.run(plan, at, again, timeout=0.1 if fault in SLOW else 5.0)
        crashed += bomb.blown
        whole = 0 if bomb.blown else whole + 1
        if whole == 2:  # both plans went through to their end
            break
    assert 40 <= crashed < MOST_STEPS - 2, "the sweep did not reach the end of the push"
    finish(tally, scene, crashed)


@pytest.mark.parametrize("tried", ["drop before", "drop after commit"])
def test_I1_crashed_while_what_became_of_it_is_looked_up(tried, make_scene, tally):
    scene, crashed = make_scene(SEED + 30), 0
    for at in range(1, MOST_STEPS, 2):
        bomb = scene.run((), at, tried=tried)
        if not bomb.blown:
            break
        crashed += 1
    assert 20 <= crashed < MOST_STEPS // 2 - 1, "the sweep did not reach the end of the push"
    finish(tally, scene, crashed)


# Four of them, so that both cores are busy; each checks its history in pieces and begins anew.
@pytest.mark.soak
@pytest.mark.timeout(12 * 3600)
@pytest.mark.parametrize("part", range(4))
def test_I1_crashed_anywhere_under_any_faults(part, make_scene, tally):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    dice, scene, crashed = random.Random(seed), None, 0
    tally("crash trials (point x fault)", 0, seed=f"{part}: {seed}")
    for number in trials(12_500, 0.12):
        if number % 250 == 0:
            if scene is not None:
                finish(tally, scene, crashed)
            scene, crashed = make_scene(dice.randrange(1 << 32)), 0
        plan = tuple(dice.choice((None, *FAULTS)) for _ in range(dice.randrange(1, 6)))
        slow = any(fault in SLOW for fault in plan)
        again = dice.choice((0, 0, dice.randrange(1, 120)))
        bomb = scene.run(plan, dice.randrange(1, 160), again, 0.1 if slow else 5.0, every=True)
        crashed += bomb.blown
    finish(tally, scene, crashed)
