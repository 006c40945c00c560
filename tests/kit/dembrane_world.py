"""A home on a dembrane double: its desk's work without a terminal, on the double's own clock."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

from dembrane.book import Account, Workspace
from dembrane.double import Double

from data.backends.dembrane import DembraneBackend, Options
from data.remedy import Change, Order
from data.steps import Steps
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies
from triage.desk.sync import Outcome, look_up_round

REASON = "Agreed with Iris on the phone"
SHORT = (1.0, 1.0)


class DembraneHome:
    """One home; `writes` are the two limits of a write in seconds, `steps` hears of its connection's steps."""

    def __init__(self, root: Path, double: Double, steps: Steps | None = None) -> None:
        self.double, self.root, self.steps = double, root, steps
        self.writes = SHORT
        self.token = double.token(minutes=100_000)
        self.session = Session(
            place=Place(double.url, "dembrane", root / "state", root / "cache", "triage/test", hold_seconds=0.0),
            policies=Policies(),
            clock=double.clock.now,
            connect=self._connect,
            token=TokenBox(lambda: self.token, lambda kept: ""),
            rng=Random(7),
        )

    def _connect(self, url: str, token: str) -> DembraneBackend:
        options = Options(self.double.directus_url, self.root / "state", self.root / "cache")
        clock = self.double.clock.now
        return DembraneBackend(url, token, options, writes=self.writes, clock=clock, steps=self.steps)

    def case(self, name: str) -> Workspace:
        """A workspace of the double's book."""
        return self.double.book.cases[name]

    def billed(self, name: str) -> Account:
        """Its billing account."""
        return self.double.book.cases[name].account

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        """The desk, opened and closed."""
        with closing(Desk.open(self.session)) as desk:
            yield desk

    def order(self, kind: str, case: str, /, **params: Any) -> Order:
        """What a person asks for on the account of a case, or on its workspace."""
        space = self.case(case)
        on_space = kind in ("reset_usage", "change_admin")
        acknowledged = ("A", *space.account.label.split(), space.account.id, *params.pop("ack", ()))
        return Order(kind, space.account.id, space.id if on_space else None, params, REASON, acknowledged)

    def write(self, kind: str, case: str, /, **params: Any) -> str:
        """Queue a remedy; returns its id."""
        with self.desk() as desk:
            return desk.submit(self.order(kind, case, **params), hold=False).change_id

    def guards(self, kind: str, case: str, /, **params: Any) -> list[str]:
        """What blocks it, in words."""
        with self.desk() as desk:
            return [one.message for one in desk.preview(self.order(kind, case, **params)).guards if one.blocking]

    def sync(self) -> Outcome:
        """Push and pull."""
        return sync_once(self.session)

    def look_up(self, change_id: str) -> Change:
        """Ask what became of a change."""
        with self.desk() as desk, closing(self.session.backend()) as backend:
            return look_up_round(self.session, backend, desk.cache, desk.box, change_id)

    def row(self, change_id: str) -> Change:
        """A row of the outbox."""
        with self.desk() as desk:
            return desk.box.get(change_id)
