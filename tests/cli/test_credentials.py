"""Tokens: where they are found and kept, in which order, and what each state of the keyring leads to."""

import os
import stat
import sys
import time

import pytest

from data.credentials import Found, Places, find_token, forget_token, keep_token, keyring_state
from data.errors import ConfigError, SignedOut

URL = "https://billing.example"
CANARY = "canary-7f3a-token"

# A keyring plug-in of another program, as the keyring library would load it. The good one poses under an allowed name.
PLUG_IN = """
import json, os, pathlib, time
import keyring.backend, keyring.errors

class Base(keyring.backend.KeyringBackend):
    priority = 9
    def _all(self):
        path = pathlib.Path(os.environ["FAKE_RING"])
        return json.loads(path.read_text()) if path.exists() else {}
    def _store(self, values):
        pathlib.Path(os.environ["FAKE_RING"]).write_text(json.dumps(values))
    def get_password(self, service, user):
        found = self._all().get(service + user)
        return found[::-1] if found else None  # reversed: the "encryption" of this ring
    def set_password(self, service, user, password):
        self._store({**self._all(), service + user: password[::-1]})
    def delete_password(self, service, user):
        values = self._all(); del values[service + user]; self._store(values)

class Plain(Base): pass
class Good(Base): pass
class Locked(Base):
    def get_password(self, service, user): raise keyring.errors.KeyringLocked("locked")
class Hanging(Base):
    def get_password(self, service, user): time.sleep(60)
class Raising(Base):
    def get_password(self, service, user): raise ZeroDivisionError("secret detail")
for one in (Good, Locked, Hanging, Raising):
    one.__module__, one.__qualname__ = "keyring.backends.SecretService", "Keyring"
"""
STATES = {
    "Good": ("good", "works"),
    "Locked": ("locked", "locked"),
    "Hanging": ("hanging", "no answer within 3 s"),
    "Raising": ("raising", "error"),
    "Plain": ("plain", "plain text"),
    "none": ("none", "no keyring"),
}


@pytest.fixture
def ring(tmp_path, monkeypatch):
    """Choose the machine's keyring by name."""
    folder = tmp_path / "plug-in"
    folder.mkdir()
    (folder / "otherring.py").write_text(PLUG_IN)
    monkeypatch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
    monkeypatch.setenv("FAKE_RING", str(tmp_path / "ring.json"))

    def choose(name):
        backend = "keyring.backends.fail.Keyring" if name == "none" else f"otherring.{name}"
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)

    choose("none")
    return choose


@pytest.fixture
def places(tmp_path):
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    return Places(URL, state_dir=tmp_path / "state", runtime_dir=runtime)


@pytest.mark.parametrize("name", STATES)
def test_each_state_of_the_keyring_is_told_in_time(ring, name):
    ring(name)
    begun = time.monotonic()
    state = keyring_state(URL)
    assert time.monotonic() - begun < 30  # the limit is 3 s; its own test is tests/ui/test_keyring_states.py
    assert (state.state, state.usable) == (STATES[name][0], name == "Good")
    assert STATES[name][1] in state.sentence
    assert "secret detail" not in state.sentence


def test_a_good_keyring_keeps_finds_and_forgets(ring, places, tmp_path):
    ring("Good")
    assert keep_token(places, CANARY).where == "keyring"
    assert find_token(places, {}) == Found(CANARY, "keyring")
    other = Places("https://other.example", state_dir=places.state_dir)
    assert find_token(other, {}) is None
    assert forget_token(places) == ("keyring",)
    assert find_token(places, {}) is None
    assert forget_token(places) == ()


@pytest.mark.parametrize("name", ["Plain", "Raising", "Locked", "none"])
def test_without_a_usable_keyring_the_runtime_directory_keeps_it(ring, places, name):
    ring(name)
    kept = keep_token(places, CANARY)
    assert kept.where == "runtime file" and CANARY not in kept.sentence
    assert find_token(places, {}) == Found(CANARY, "runtime file")
    files = [path for path in places.runtime_dir.rglob("*") if path.is_file()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600]
    assert stat.S_IMODE(files[0].parent.stat().st_mode) == 0o700
    assert not (places.state_dir).exists()
    assert forget_token(places) == ("runtime file",)


def test_a_plain_text_ring_never_gets_the_token(ring, places, tmp_path):
    ring("Plain")
    keep_token(places, CANARY)
    assert not (tmp_path / "ring.json").exists()


def test_only_an_explicit_request_writes_into_the_state_directory(ring, places):
    assert keep_token(places, "older").where == "runtime file"
    kept = keep_token(places, CANARY, insecure=True)
    assert kept.where == "state file" and "unprotected" in kept.sentence
    assert find_token(places, {}) == Found(CANARY, "state file")
    ring("Good")
    assert keep_token(places, CANARY, insecure=True).where == "keyring"
    assert list(places.state_dir.iterdir()) == []


def test_without_any_place_it_stays_in_memory(ring, tmp_path):
    kept = keep_token(Places(URL, state_dir=tmp_path / "state"), CANARY)
    assert kept.where == "memory"
    assert not (tmp_path / "state").exists()


def test_a_file_open_to_others_is_refused(ring, places):
    keep_token(places, CANARY)
    file = next(path for path in places.runtime_dir.rglob("token-*"))
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="open to others"):
        find_token(places, {})


def test_a_link_is_not_followed(ring, places, tmp_path):
    keep_token(places, CANARY)
    file = next(path for path in places.runtime_dir.rglob("token-*"))
    real = tmp_path / "real"
    file.rename(real)
    file.symlink_to(real)
    assert find_token(places, {}) is None


def test_environment_then_file_then_command_then_keyring(ring, places, tmp_path):
    ring("Good")
    keep_token(places, "from-the-ring")
    named = tmp_path / "named"
    named.write_text("from-the-file\n")
    command = Places(URL, (sys.executable, "-c", "print('from-the-command')"), places.state_dir, places.runtime_dir)
    environ = {**os.environ, "TRIAGE_TOKEN_FILE": str(named)}
    assert find_token(command, {**environ, "TRIAGE_TOKEN": " from-the-environment\n"}).token == "from-the-environment"
    assert find_token(command, environ).token == "from-the-file"
    assert find_token(command, os.environ).token == "from-the-command"
    assert find_token(places, os.environ).token == "from-the-ring"


def test_the_token_command_learns_the_url_and_no_shell_runs(places):
    program = "import os,sys; print(os.environ['TRIAGE_BASE_URL'][8:] + sys.argv[1].replace(' ', '_'))"
    with_command = Places(URL, (sys.executable, "-c", program, "$(id) ;"))
    assert find_token(with_command, os.environ).token == "billing.example$(id)_;"


def test_a_failing_source_is_named_and_never_passed_over(places, tmp_path):
    failing = Places(URL, (sys.executable, "-c", "import sys; print('half-a-token'); sys.exit(3)"))
    with pytest.raises(SignedOut, match="ended with 3") as caught:
        find_token(failing, os.environ)
    assert "half-a-token" not in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be run"):
        find_token(Places(URL, (str(tmp_path / "no-such-program"),)), os.environ)
    with pytest.raises(ConfigError, match="cannot be read"):
        find_token(places, {"TRIAGE_TOKEN_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("bad", ["two words", "line\r\nX-Evil: 1", "ünï", "\x1b[31m"])
def test_what_cannot_stand_in_a_header_is_refused_without_being_shown(places, bad):
    with pytest.raises(ConfigError) as caught:
        find_token(places, {"TRIAGE_TOKEN": bad})
    assert bad not in str(caught.value)


def test_repr_holds_no_token():
    assert CANARY not in repr(Found(CANARY, "keyring"))
    assert CANARY not in f"{[Found(CANARY, 'keyring')]}"
