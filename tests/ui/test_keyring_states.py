"""Six states of a keyring, with the real program: what is said on the command line, by the doctor and on screen."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit import keyrings

from data import keyring_probe
from triage.sandbox.process import Running

STATES = ("good", "none", "locked", "hanging", "raising", "plain")
SAID = {
    "good": "The keyring works.",
    "none": "This machine has no keyring.",
    "locked": "The keyring is locked, or not set up yet. Unlock it and sign in again.",
    "hanging": "The keyring gave no answer within 3 s",
    "raising": "The keyring answers with an error",
    "plain": "The only keyring here stores plain text or is unknown, so it is not used",
}
IN_FORM = {state: words[:30] for state, words in SAID.items() if state not in ("good", "none")}


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> str:
    """Each state in turn; the two that need a real Secret Service need its programs."""
    chosen: str = request.param
    if chosen in ("good", "locked") and keyrings.MISSING:
        pytest.skip(f"not installed: {', '.join(keyrings.MISSING)} (Debian: apt-get install gnome-keyring dbus)")
    return chosen


@pytest.fixture
def ring(state: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables under which the keyring of this machine is in that state."""
    config = tmp_path / "config"
    environ = {**keyrings.write_plug_in(tmp_path), "XDG_CONFIG_HOME": str(config), "XDG_DATA_HOME": str(config)}
    if state in ("good", "locked"):
        with keyrings.secret_service() as service:
            if state == "locked":
                keyrings.lock(service)
            yield {**environ, **service}
        return
    if state == "plain":
        keyrings.write_keyringrc(config, "otherring.PlaintextKeyring")
    else:
        name = {"none": "keyring.backends.fail.Keyring"}.get(state, f"otherring.{state.title()}")
        environ["PYTHON_KEYRING_BACKEND"] = name
    yield environ


@pytest.fixture
def run(ui_server: Running, tmp_path: Path, ring: dict[str, str]) -> Callable[..., Any]:
    """Run `triage …` with that keyring, signed out; more variables by keyword."""
    (tmp_path / "run").mkdir(mode=0o700)
    keep = {name: text for name, text in os.environ.items() if not name.startswith(("TRIAGE_", "XDG_", "DBUS_"))}
    base = {**keep, "TRIAGE_BASE_URL": ui_server.url, "XDG_RUNTIME_DIR": str(tmp_path / "run"), **ring}

    def ran(*words: str, stdin: str = "", **more: str) -> Any:
        command = [sys.executable, "-m", "triage", "--home", str(tmp_path / "home"), *words]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, env={**base, **more}, timeout=60)

    return ran


def holding(folder: Path, text: str) -> list[Path]:
    """The files below `folder` that hold a text."""
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_each_state_is_said_and_the_next_place_is_taken(
    state: str, ring: dict[str, str], run: Callable[..., Any], ui_server: Running, tmp_path: Path, tally: Any
) -> None:
    token = ui_server.tokens["agent"]
    before = run("doctor")
    assert SAID[state] in before.stdout, before.stdout
    assert ("ok  keyring" in before.stdout) is (state == "good")
    kept = run("login", "--token-stdin", stdin=token)
    assert kept.returncode == 0 and token not in kept.stderr and "secret detail" not in kept.stderr
    if state == "good":
        assert "Kept in the keyring" in kept.stderr
        assert holding(tmp_path, token) == []
        assert holding(Path(ring["KEYRINGS"]), token) == []  # gnome-keyring encrypts
        assert list(Path(ring["KEYRINGS"]).glob("*.keyring"))
    else:
        assert SAID[state] in kept.stderr and "until you log out of this machine" in kept.stderr
        (file,) = holding(tmp_path, token)
        assert file.is_relative_to(tmp_path / "run") and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("whoami").returncode == 0
    after = run("doctor")
    assert f"from {'keyring' if state == 'good' else 'runtime file'}" in after.stdout
    assert run("logout").returncode == 0
    signed_out = run("whoami")
    assert signed_out.returncode == 4 and holding(tmp_path, token) == []
    assert (SAID[state] in signed_out.stderr) is (state in IN_FORM), signed_out.stderr
    tally("keyring states")


def test_insecure_storage_is_asked_for_and_says_what_it_does(
    state: str, run: Callable[..., Any], ui_server: Running, tmp_path: Path
) -> None:
    token = ui_server.tokens["agent"]
    if state == "none":  # without any place, only the explicit word lets a file be written
        refused = run("login", "--token-stdin", stdin=token, XDG_RUNTIME_DIR="")
        assert refused.returncode == 1 and "--insecure-storage" in refused.stderr and holding(tmp_path, token) == []
    ran = run("login", "--token-stdin", "--insecure-storage", stdin=token, XDG_RUNTIME_DIR="")
    assert ran.returncode == 0
    if state == "good":
        assert "Kept in the keyring" in ran.stderr and holding(tmp_path, token) == []
        return
    assert "unprotected" in ran.stderr and "as you asked" in ran.stderr
    (file,) = holding(tmp_path, token)
    assert file.is_relative_to(tmp_path / "home") and str(file) in ran.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "unprotected: --insecure-storage asked for that" in run("doctor", XDG_RUNTIME_DIR="").stdout


def test_the_sign_in_form_says_why_the_keyring_did_not_help(
    state: str, ring: dict[str, str], ui_server: Running, tmp_path: Path, in_pty: Callable[..., Any]
) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    env = {**ring, "TRIAGE_TOKEN": "", "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    app = in_pty(ui_server, tmp_path / "home", **env)
    app.until(lambda text: IN_FORM.get(state, "Reading and writing down still work") in text)
    token = ui_server.tokens["agent"]
    while "paste the token first" in app.text:  # the field takes the focus a moment after the form is drawn
        app.keys(f"\x1b[200~{token}\x1b[201~")
        app.read(1)
    app.keys("\x13")
    where = "Kept in the keyring." if state == "good" else "No keyring: kept until log-out."
    app.until(lambda text: where in text)
    app.keys("q")
    assert app.ended() == 0 and token.encode() not in app.received


@pytest.mark.parametrize("state", ["locked"], indirect=True)
def test_a_locked_keyring_is_never_made_to_ask(
    ring: dict[str, str], run: Callable[..., Any], ui_server: Running
) -> None:
    """Nobody sees a prompt over SSH: only whether it is locked is asked, as the bus itself heard."""
    with keyrings.overheard(ring) as calls:
        assert run("login", "--token-stdin", stdin=ui_server.tokens["agent"]).returncode == 0
        assert run("whoami").returncode == 0
        assert run("logout").returncode == 0
    assert "ReadAlias" in calls
    assert not calls & {"Unlock", "Prompt", "BeginPrompting", "CreateCollection", "CreateItem", "SearchItems"}, calls


@pytest.mark.parametrize("state", ["hanging"], indirect=True)
def test_a_hanging_keyring_is_killed_after_three_seconds(
    ring: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in ring.items():
        monkeypatch.setenv(name, text)
    assert keyring_probe.LIMIT == 3.0
    began = time.monotonic()
    _, found = keyring_probe.ask_keyring("get", "https://billing.example")
    took = time.monotonic() - began
    asked, helper = map(int, Path(ring["RING_PIDS"]).read_text().split())
    os.kill(helper, 9)  # ours: the back-end above started it outside the group, and it still held the pipe
    assert found.state == "hanging" and took < 30, "the helper's 90 s were waited for"
    assert not Path(f"/proc/{asked}").exists()
