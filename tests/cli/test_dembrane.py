"""The program on a dembrane profile: signing in, syncing, reading, the doctor, and an outage."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dembrane.double import Double
from kit.terminal import Terminal

PASSWORD = "pass-maya"
MAYA = "maya@vendor.example"


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    """A double on the machine's own clock; tests leave it as they found it."""
    with Double() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, double: Double, program: Any) -> Any:
    """A home whose only profile is dembrane's, nobody signed in, with a runtime directory for the token."""
    made = program(tmp_path / "home")
    made.home.mkdir(mode=0o700)
    (made.home / "config.toml").write_text(
        '[profiles.dembrane]\nbackend = "dembrane"\n'
        f'base_url = "{double.url}"\ndirectus_url = "{double.directus_url}"\n'
    )
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    return made.changed(TRIAGE_PROFILE="dembrane", XDG_RUNTIME_DIR=str(runtime))


def login(home: Any, email: str = MAYA, typed: str = f"{PASSWORD}\n") -> Any:
    return home("login", "--password-stdin", email, stdin=typed)


def named(ran: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for one in ran.json:
        found.setdefault(one["name"], []).append(one)
    return found


def test_sign_in_sync_list_show_and_doctor(home: Any, double: Double) -> None:
    signed_in = login(home)
    assert signed_in.code == 0 and MAYA in signed_in.err and PASSWORD not in signed_in.err, signed_in
    synced = home("sync", "--json")
    assert synced.code == 0 and synced.json["pulled"] == len(double.book.accounts), synced
    assert home("sync", "--json").code == 0  # closed months
    assert home("sync", "--json").json["pulled"] == 0
    listed = {row["id"]: row for row in home("list", "--json").json}
    capped = double.book.cases["rounded_to_cap"].account.id
    assert listed[capped]["category"] == "at_cap"
    pilot = home("show", double.book.cases["pilot_at_cap"].account.id, "--json")
    assert pilot.code == 0 and '"backend_differs"' in pilot.out
    doctor = named(home("doctor", "--json"))
    assert doctor["backend"][0]["ok"] and MAYA in doctor["identity"][0]["what"]
    missing = " ".join(one["what"] for one in doctor["missing"])
    assert "audit" in missing and "versions" in missing and "logins" not in missing.replace("admin logins:", "")
    assert home("whoami", "--json").json["permissions"] == [
        "usage:reset",
        "trial:grant",
        "discount:write",
        "tier:change",
        "admin:change",
    ]
    kept = [path for path in home.home.rglob("*") if path.is_file() and b"refresh" in path.read_bytes()]
    assert kept == []


def test_a_token_that_runs_out_is_renewed_and_what_is_kept_is_the_new_one(home: Any, double: Double) -> None:
    login(home)
    double.clock.move(minutes=16)
    assert home("sync").code == 0
    renewed = len(double.received("/auth/refresh"))
    assert renewed == 1
    assert home("whoami").code == 0 and home("doctor", "--json").code == 0
    assert len(double.received("/auth/refresh")) == renewed


def test_wrong_passwords_codes_and_settings_are_said(home: Any) -> None:
    wrong = login(home, typed="not-this-one\n")
    assert wrong.code == 4 and "e-mail address" in wrong.err and "not-this-one" not in wrong.err
    assert login(home, "tom@vendor.example", "pass-tom\n").code == 4
    assert "one-time code" in login(home, "tom@vendor.example", "pass-tom\n").err
    assert login(home, "tom@vendor.example", "pass-tom\n123456\n").code == 0
    customer = login(home, "nils@customer.example", "pass-nils\n")
    assert customer.code == 4 and "no staff" in customer.err
    config = home.home / "config.toml"
    config.write_text(config.read_text().replace('"dembrane"\nbase', '"dembrain"\nbase'))
    broken = home("sync")
    assert broken.code == 2 and "config.toml, line 2: profiles.dembrane.backend" in broken.err, broken
    config.write_text('base_url = "http://127.0.0.1:9"\ndirectus_url = "http://elsewhere.example"\n')
    plain = home.changed(TRIAGE_PROFILE=None)("sync")
    assert plain.code == 2 and "directus_url" in plain.err
    config.write_text('base_url = "http://127.0.0.1:9"\n')
    native = home.changed(TRIAGE_PROFILE=None)("login", "--password-stdin", MAYA, stdin="x\n")
    assert native.code == 2 and "directus_url" in native.err


def test_an_outage_is_said_and_the_list_stays(home: Any, double: Double) -> None:
    home = home.changed(TRIAGE_TOKEN=double.token(minutes=600))
    assert home("sync").code == 0
    before = home("list", "--json").json
    double.degrade(["no_hours"])
    ran = home("sync")
    double.well()
    assert ran.code == 3 and "looks like an outage" in ran.err, ran
    assert [one["id"] for one in home("list", "--json").json] == [one["id"] for one in before]


def test_what_cannot_be_done_is_refused_before_anything_is_queued(home: Any, double: Double) -> None:
    home = home.changed(TRIAGE_TOKEN=double.token(minutes=600))
    home("sync")
    why = ("--reason", "A reason long enough")
    for case, kind, *params in (
        ("subscribed", "grant_trial", "tier=guardian"),
        ("managed", "grant_trial", "tier=guardian"),
        ("guardian", "grant_trial", "tier=innovator"),
        ("trial", "grant_trial", "tier=guardian"),
        ("pioneer", "grant_trial", "tier=guardian"),
        ("managed", "change_tier", "tier=changemaker"),
        ("quiet", "change_tier", "tier=pilot"),
        ("quiet", "change_tier", "tier=pioneer"),
        ("trial", "change_tier", "tier=guardian"),
        ("subscribed", "change_tier", "tier=guardian"),
        ("trial", "apply_discount", "kind=scholarship", "percent=10"),
        ("quiet", "apply_discount", "kind=scholarship", "percent=12.5"),
        ("scholarship", "apply_discount", "kind=scholarship", "percent=50"),
        ("locked_but_absent", "reset_usage"),
    ):
        one = double.book.cases[case].account.id
        settings = [word for param in params for word in ("--set", param)]
        ran = home("remedy", kind, one, *settings, *why)
        assert ran.code == 1 and "queued" not in ran.out, (case, kind, ran)
    one = double.book.cases["quiet"].account.id
    from_records = home("remedy", "claim", one, *why)
    assert from_records.code == 2
    assert double.writes == [] and home("outbox", "list", "--json").json == []


def test_a_person_types_address_password_and_code(home: Any, double: Double) -> None:
    words = [sys.executable, "-m", "triage", "--home", str(home.home)]
    typing = Terminal([*words, "login"], {**home.environ, "TERM": "xterm-256color"})
    try:
        for asked, typed in (
            ("E-mail", "tom@vendor.example"),
            ("Password", "pass-tom"),
            ("One-time code", "123456"),
        ):
            typing.until(lambda text, asked=asked: asked in text)
            typing.keys(typed + "\n")
        assert typing.ended() == 0
        assert b"Signed in to" in typing.received and b"pass-tom" not in typing.received
    finally:
        typing.close()
    assert home("whoami", "--json").json["name"] == "tom@vendor.example"
