"""Signing in and out: what is kept where, and that the token is in no other file."""

import pytest


@pytest.fixture
def outsider(bare, sandbox, tmp_path):
    """Nobody signed in; a runtime directory of its own."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    return bare.changed(TRIAGE_TOKEN=None, XDG_RUNTIME_DIR=str(runtime))


def holding(folder, token):
    return [path for path in folder.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]


def test_login_keeps_the_token_outside_the_home_and_logout_forgets_it(outsider, sandbox, tmp_path):
    ran = outsider("login", "--token-stdin", stdin=sandbox.token + "\n")
    assert ran.code == 0 and "Maya Okafor" in ran.err and ran.out == ""
    assert sandbox.token not in ran.err
    assert holding(outsider.home, sandbox.token) == []
    assert len(holding(tmp_path / "run", sandbox.token)) == 1
    assert outsider("whoami", "--json").json["name"]
    assert outsider("sync", "--json").json["pulled"] == 300
    assert holding(outsider.home, sandbox.token) == []
    out = outsider("logout")
    assert out.code == 0 and "runtime file" in out.err
    assert outsider("whoami").code == 4
    assert holding(tmp_path, sandbox.token) == []


def test_insecure_storage_only_on_request_and_private(outsider, sandbox):
    ran = outsider("login", "--token-stdin", "--insecure-storage", stdin=sandbox.token)
    assert ran.code == 0 and "unprotected" in ran.err
    (kept,) = holding(outsider.home, sandbox.token)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert outsider("whoami").code == 0
    assert outsider("logout").code == 0 and holding(outsider.home, sandbox.token) == []


def test_without_any_place_login_says_so_and_keeps_nothing(outsider, sandbox):
    ran = outsider.changed(XDG_RUNTIME_DIR=None)("login", "--token-stdin", stdin=sandbox.token)
    assert ran.code == 1 and "--insecure-storage" in ran.err
    assert holding(outsider.home, sandbox.token) == []


def test_a_token_the_server_refuses_is_not_kept(outsider, tmp_path):
    ran = outsider("login", "--token-stdin", stdin="wrong-token-canary")
    assert ran.code == 4 and "wrong-token-canary" not in ran.err
    assert holding(tmp_path, "wrong-token-canary") == []
    empty = outsider("login", "--token-stdin", stdin="\n")
    assert empty.code == 2
    offline = outsider.changed(TRIAGE_BASE_URL="http://127.0.0.1:9")(
        "login", "--token-stdin", stdin="wrong-token-canary"
    )
    assert offline.code == 3 and holding(tmp_path, "wrong-token-canary") == []


def test_login_asks_only_where_somebody_can_answer(outsider):
    for more in ([], ["--no-input"]):
        ran = outsider("login", *more)
        assert ran.code == 2 and "--token-stdin" in ran.err


def test_login_says_when_the_environment_wins(outsider, sandbox):
    ran = outsider.changed(TRIAGE_TOKEN=sandbox.token)("login", "--token-stdin", stdin=sandbox.tokens["agent"])
    assert ran.code == 0 and "TRIAGE_TOKEN is set and wins" in ran.err
