"""One operator of the tests: a home with the real desk and the real rounds of its sync threads, without the threads."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from kit.faulty import Crash

from data.backends.native import NativeBackend
from data.errors import Busy, TriageError
from data.remedy import Change, Order
from triage.desk import Desk, Place, Session, TokenBox
from triage.desk.link import LinkState
from triage.desk.policies import Policies
from triage.desk.sync import look_up_round
from triage.desk.workers import Puller, Pusher
from triage.policy import load_policy

POLICY = load_policy()
REASON = "They asked for it on the phone"
HOLD = 10.0


class Operator:
    """Somebody at a desk; `clock` may go wrong by `skew` seconds. Rounds are those of the app's own workers."""

    def __init__(
        self,
        name: str,
        home: Path,
        url: str,
        clock: Callable[[], datetime],
        connect: Callable[[str, str], NativeBackend],
        token: str,
    ) -> None:
        self.name, self.home, self.url = name, home, url
        self.skew = 0.0
        self._clock = clock
        self.token = TokenBox(lambda: token, lambda _token: None)
        self.session = Session(
            place=Place(url, "default", home, home, "triage/test", hold_seconds=HOLD),
            policies=Policies.of(POLICY),
            clock=self.now,
            connect=connect,
            token=self.token,
            rng=random.Random(4),
        )
        self.pause = 0.0
        self.open()

    def now(self) -> datetime:
        """The time as this machine has it."""
        return self._clock() + timedelta(seconds=self.skew)

    def open(self) -> None:
        """Start the app."""
        self.desk = Desk.open(self.session)
        self.link = LinkState(self.now, lambda: None)
        self.desk._link = self.link
        self.pusher = Pusher(self.session, self.link, lambda: None, lambda: None)
        self.puller = Puller(self.session, self.link, lambda: None, self.pusher.hurry)

    def crash(self) -> None:
        """The process is gone; start again."""
        self.desk.close()
        self.open()

    def round(self, worker: Pusher | Puller) -> str | None:
        """One round as the thread does it; answers the name of what ended it, None when it went through."""
        self.pause = 0.0
        try:
            self.pause = worker._round(self.desk.cache, self.desk.box)
            worker._failures = 0
        except Busy:
            return "Busy"
        except TriageError as error:
            self.pause = worker._failed(error)
            return type(error).__name__
        except Crash:
            self.crash()
            return "Crash"
        return None

    def push(self, *, eager: bool = False) -> str | None:
        """A round of the push; `eager` as after the link's return."""
        if eager:
            self.pusher.hurry()
        return self.round(self.pusher)

    def pull(self) -> str | None:
        """A round of the pull."""
        return self.round(self.puller)

    def sign_in(self, token: str) -> None:
        """Use another token from the next round on."""
        self.token.take(token, False)
        for worker in (self.pusher, self.puller):
            worker.forget_backend()
            worker._identity = None
        self.pusher.hurry()

    def write(self, order: Order, *, hold: bool = False) -> Change | None:
        """Submit at the desk; None where the rules or the permissions refuse."""
        try:
            return self.desk.submit(order, hold=hold)
        except TriageError:
            return None

    def look_up(self, change_id: str) -> Change:
        """Ask now what became of a change."""
        backend, _ = self.pusher._connected(self.desk.cache)
        return look_up_round(self.session, backend, self.desk.cache, self.desk.box, change_id)
