"""The app on a dembrane profile: signing in by password, what only this backend tells, an outage in the header."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dembrane.double import Double

from data.backends.registry import Chosen, connect, sign_in
from screens.account import AccountScreen
from screens.sign_in import SignIn
from screens.why import WhyScreen
from triage.desk import Desk, Place, Session, TokenBox, sync_once
from triage.desk.policies import Policies
from widgets.choice_row import ChoiceRow
from widgets.word_input import WordInput


def utc() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


@pytest.fixture
def desk_on(double: Double, tmp_path: Path) -> Iterator[Any]:
    """Open a desk on the double; `token` empty: nobody is signed in."""
    opened: list[Desk] = []

    def open_one(token: str, synced: bool = True) -> Desk:
        state, cache = tmp_path / "state", tmp_path / "cache"
        chosen = Chosen("dembrane", state, cache, double.directus_url)
        session = Session(
            place=Place(double.url, "dembrane", state, cache, "triage/test", sync_every=0.5),
            policies=Policies(),
            clock=utc,
            connect=lambda url, held: connect(chosen, url, held, None),
            token=TokenBox(lambda: token, lambda kept: ""),
            begin=lambda email, password, otp: sign_in(chosen, email, password, otp, utc()),
        )
        for _ in range(2 if synced else 0):
            assert sync_once(session).error is None
        desk = Desk.open(session)
        opened.append(desk)
        return desk

    yield open_one
    for desk in opened:
        desk.stop()
        desk.close()


async def test_a_password_signs_in_and_is_nowhere_to_be_seen(desk_on, app_of, wait, seen, double) -> None:
    desk = desk_on("", synced=False)
    app = app_of(desk)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: isinstance(app.screen, SignIn) and app.focused is not None)
        form = app.screen
        assert "type the e-mail first" in seen(app)
        form.query_one("#email", WordInput).value = "tom@vendor.example"
        form.query_one("#password", WordInput).value = "pass-tom"
        form.query_one("#keep", ChoiceRow).choose(1)
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: "one-time code" in seen(app) and form.query_one("#submit").ready)
        assert "pass-tom" not in seen(app)
        form.query_one("#otp", WordInput).value = "123456"
        await pilot.press("ctrl+s")
        await wait(pilot, lambda: app.screen is not form)
        await wait(pilot, lambda: desk.header().counts.book == len(double.book.accounts))
    assert desk.cache.identity.email == "tom@vendor.example"


async def test_months_and_the_backends_other_reason_are_shown(desk_on, app_of, wait, seen, double) -> None:
    desk = desk_on(double.token(minutes=600))
    pilot_account = double.book.cases["pilot_at_cap"].account.id
    app = app_of(desk, account=pilot_account)
    async with app.run_test(size=(80, 60)) as pilot:
        await wait(pilot, lambda: "Pilot at cap" in seen(app))
        await pilot.press("enter")
        await wait(pilot, lambda: isinstance(app.screen, AccountScreen))
        await wait(pilot, lambda: "hours a month" in seen(app))
        words = " ".join(seen(app).split())
        assert "Pilot at cap: the backend says at cap (11h / 10h (110%)), our rules pilot hard block" in words
        await pilot.press("w")
        await wait(pilot, lambda: isinstance(app.screen, WhyScreen) and "Backend" in seen(app))


async def test_an_outage_is_said_and_the_list_stays(desk_on, app_of, wait, seen, double) -> None:
    desk = desk_on(double.token(minutes=600))
    at_risk = desk.header().counts.at_risk
    double.degrade(["no_hours"])
    app = app_of(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "looks like an outage" in desk.header().status.sentence)
        assert desk.header().counts.at_risk == at_risk > 0
