"""Signing in to dembrane through its Directus: by password, one-time code, and renewals that happen once."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dembrane.clock import Clock
from dembrane.double import Double

from data.backends.dembrane import DembraneBackend, Options
from data.backends.dembrane_signin import OtpNeeded, Password, sign_in
from data.errors import ConfigError, Offline, SignedOut
from data.token_pair import TokenPair, lasting_name, pair_of, to_text

NOON = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)
MAYA = Password("maya@vendor.example", "pass-maya")


class Shelf:
    """A place for one token that several processes share."""

    renewable = True

    def __init__(self, token: str) -> None:
        self.token: str | None = token
        self.saved = 0

    def load(self) -> str | None:
        return self.token

    def save(self, token: str) -> None:
        self.token, self.saved = token, self.saved + 1


@pytest.fixture
def double() -> Iterator[Double]:
    with Double(clock=Clock(NOON)) as running:
        yield running


def backend(double: Double, shelf: Shelf, root: Path) -> DembraneBackend:
    assert shelf.token
    options = Options(double.directus_url, root / "state", root / "cache")
    return DembraneBackend(double.url, shelf.token, options, shelf, clock=double.clock.now)


def signed_in(double: Double) -> Shelf:
    return Shelf(sign_in(double.directus_url, MAYA, NOON))


def test_a_password_gives_a_session_and_its_wrong_ones_none(double: Double, tmp_path: Path) -> None:
    shelf = signed_in(double)
    with closing(backend(double, shelf, tmp_path)) as ours:
        assert ours.identity().email == MAYA.email
    with pytest.raises(SignedOut, match="e-mail address"):
        sign_in(double.directus_url, Password(MAYA.email, "wrong"), NOON)
    with pytest.raises(OtpNeeded):
        sign_in(double.directus_url, Password("tom@vendor.example", "pass-tom"), NOON)
    tom = sign_in(double.directus_url, Password("tom@vendor.example", "pass-tom", "123456"), NOON)
    with closing(backend(double, Shelf(tom), tmp_path)) as ours:
        assert ours.identity().email == "tom@vendor.example"
    with pytest.raises(Offline):
        sign_in("http://127.0.0.1:9", MAYA, NOON)
    with pytest.raises(ConfigError, match="directus_url"):
        sign_in("http://directus.example", MAYA, NOON)


def test_no_secret_stands_in_a_repr(double: Double) -> None:
    shelf = signed_in(double)
    assert shelf.token
    pair = pair_of(shelf.token)
    assert pair and pair.access not in repr(pair) and "pass-maya" not in repr(MAYA)


def test_a_token_that_ran_out_is_renewed_once_and_keeps_its_name(double: Double, tmp_path: Path) -> None:
    shelf = signed_in(double)
    first = shelf.token
    with closing(backend(double, shelf, tmp_path)) as ours:
        double.clock.move(minutes=16)
        ours.identity()
        assert list(ours.accounts(None))[-1].last
    assert len(double.received("/auth/refresh")) == 1 and shelf.saved == 1
    assert first and shelf.token and shelf.token != first
    assert lasting_name(shelf.token) == lasting_name(first)
    assert "authorization" not in double.received("/auth/refresh")[0].headers


def test_of_many_processes_one_renews(double: Double, tmp_path: Path) -> None:
    shelf = signed_in(double)
    several = [backend(double, shelf, tmp_path) for _ in range(5)]
    double.clock.move(minutes=16)
    double.fault("delay", "/auth/refresh", seconds=0.3)
    found: list[object] = []
    threads = [threading.Thread(target=lambda one=one: found.append(one.identity().email)) for one in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for one in several:
        one.close()
    assert found == [MAYA.email] * 5
    assert len(double.received("/auth/refresh")) == 1


def test_a_session_that_ended_is_signed_out_after_one_try(double: Double, tmp_path: Path) -> None:
    shelf = signed_in(double)
    with closing(backend(double, shelf, tmp_path)) as ours:
        double.clock.move(days=8)
        with pytest.raises(SignedOut):
            ours.identity()
    assert len(double.received("/auth/refresh")) == 1 and shelf.saved == 0


def test_a_plain_token_is_never_renewed(double: Double, tmp_path: Path) -> None:
    with closing(backend(double, Shelf(double.token()), tmp_path)) as ours:
        ours.identity()
        double.clock.move(minutes=16)
        with pytest.raises(SignedOut):
            ours.identity()
    assert double.received("/auth/") == []


def test_directus_being_away_is_offline_and_not_signed_out(double: Double, tmp_path: Path) -> None:
    shelf = signed_in(double)
    with closing(backend(double, shelf, tmp_path)) as ours:
        double.clock.move(minutes=16)
        double.fault("fail_before", "/auth/refresh")
        with pytest.raises(Offline):
            ours.identity()
        assert ours.identity().email == MAYA.email


def test_what_is_kept_is_one_text_without_blanks() -> None:
    text = to_text(TokenPair("s", "a.b.c", "r-_"))
    assert " " not in text and text.isascii() and pair_of(text) == TokenPair("s", "a.b.c", "r-_")
    assert pair_of("{broken") is None and pair_of("eyJ.plain.token") is None
    assert lasting_name("eyJ.plain.token") == "eyJ.plain.token"


def test_the_remembered_identity_outlives_a_renewal_but_not_another_session() -> None:
    from triage.desk import TokenBox

    def mark(*parts: str) -> str | None:
        return TokenBox(lambda: to_text(TokenPair(*parts)), str).mark()

    assert mark("one", "a", "r") == mark("one", "b", "s") != mark("two", "a", "r")


def test_somebody_elses_sign_in_is_not_taken_over(double: Double, tmp_path: Path) -> None:
    shelf = signed_in(double)
    with closing(backend(double, shelf, tmp_path)) as ours:
        shelf.token = sign_in(double.directus_url, Password("tom@vendor.example", "pass-tom", "123456"), NOON)
        double.clock.move(minutes=16)
        with pytest.raises(SignedOut):
            ours.identity()
    assert double.received("/auth/refresh") == []
