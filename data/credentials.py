"""Tokens: where they are looked for, kept and forgotten; never in an argument, a log or a repr."""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from data.database import make_directory
from data.errors import ConfigError, SignedOut
from data.keyring_probe import KeyringState, ask_keyring
from data.places import Places, local_path

_TOKEN = re.compile(r"[!-~]{1,4096}")
_COMMAND_LIMIT = 30.0


class Found(msgspec.Struct, frozen=True):
    """A token and where it came from; the repr holds no token."""

    token: str
    source: str

    def __repr__(self) -> str:
        return f"Found({self.source})"


class Kept(msgspec.Struct, frozen=True):
    """Where a token was kept: `keyring`, `runtime file`, `state file` or `memory`, and a sentence that says so."""

    where: str
    sentence: str

    @property
    def short(self) -> str:
        """The same for a line of 80 cells that begins with who signed in."""
        return _SHORT[self.where]


_SHORT = {
    "keyring": "Kept in the keyring.",
    "runtime file": "No keyring: kept until log-out.",
    "state file": "No keyring: kept unprotected.",
    "memory": "No keyring: kept until you quit.",
}


def find_token(
    places: Places, environ: Mapping[str, str], on_ring: Callable[[KeyringState], object] = lambda _state: None
) -> Found | None:
    """Return the token for `places.base_url`, None where no place has one.

    In order: TRIAGE_TOKEN, TRIAGE_TOKEN_FILE, the token command, the keyring, the file in `$XDG_RUNTIME_DIR`, the file
    that `--insecure-storage` asked for. A named file or command that fails raises ConfigError or SignedOut: it is
    never passed over. May take 3 s (keyring) or as long as the command takes, at most 30 s. `on_ring` is told how
    the keyring stands, where it was asked.
    """
    if environ.get("TRIAGE_TOKEN"):
        return Found(checked(environ["TRIAGE_TOKEN"], "TRIAGE_TOKEN"), "TRIAGE_TOKEN")
    if environ.get("TRIAGE_TOKEN_FILE"):
        return Found(_from_named_file(Path(environ["TRIAGE_TOKEN_FILE"])), "TRIAGE_TOKEN_FILE")
    if places.token_command:
        return Found(_from_command(places, environ), "token command")
    token, ring = ask_keyring("get", places.base_url)
    on_ring(ring)
    if token:
        return Found(checked(token, "The keyring's token"), "keyring")
    for path, source in ((_runtime_file(places), "runtime file"), (_state_file(places), "state file")):
        kept = _read_private(path) if path is not None else None
        if kept is not None:
            return Found(kept, source)
    return None


def keep_token(places: Places, token: str, *, insecure: bool = False) -> Kept:
    """Keep a token: in the keyring, else in `$XDG_RUNTIME_DIR` (until logout of the machine), else nowhere (`memory`).

    `insecure` (only on a person's explicit request) puts a plain file into the state directory where no keyring is
    usable. Copies in the other places are removed, so that no older token is found first.
    """
    token = checked(token, "The token")
    _, state = ask_keyring("set", places.base_url, token)
    if state.usable:
        _remove_files(places)
        return Kept("keyring", f"Kept in the keyring ({state.backend}).")
    path = _state_file(places) if insecure else _runtime_file(places)
    if path is None:
        return Kept("memory", f"{state.sentence} Kept in memory only, until this program ends.")
    _remove_files(places)
    try:
        _write_private(path, token)
    except OSError as error:
        return Kept("memory", f"{state.sentence} {path} cannot be written ({error.strerror}). Kept in memory only.")
    if insecure:
        return Kept("state file", f"{state.sentence} Kept unprotected in {path}, as you asked.")
    return Kept("runtime file", f"{state.sentence} Kept in {path} until you log out of this machine.")


def keep_renewed(places: Places, token: str) -> None:
    """Keep a token in the place of the one that it renews; a file that `--insecure-storage` asked for stays one."""
    state = _state_file(places)
    keep_token(places, token, insecure=state is not None and state.exists())


def forget_token(places: Places) -> tuple[str, ...]:
    """Remove the token from keyring and files; returns the places where one was."""
    removed = _remove_files(places)
    token, state = ask_keyring("delete", places.base_url)
    if token is not None and state.usable:
        removed.append("keyring")
    return tuple(removed)


def keyring_state(base_url: str) -> KeyringState:
    """Say how the keyring stands, within 3.5 s (for `triage doctor`)."""
    return ask_keyring("get", base_url)[1]


def checked(token: str, where: str) -> str:
    """Return a token without surrounding blanks; ConfigError where it cannot be one (it goes into a header)."""
    token = token.strip()
    if not _TOKEN.fullmatch(token):
        raise ConfigError(f"{where} is empty or holds characters that no token has.")
    return token


def _from_named_file(path: Path) -> str:
    try:
        with local_path(str(path), "TRIAGE_TOKEN_FILE").open(encoding="ascii") as file:
            return checked(file.read(5000), f"TRIAGE_TOKEN_FILE ({path})")
    except UnicodeDecodeError:
        raise ConfigError(f"TRIAGE_TOKEN_FILE ({path}) holds characters that no token has.") from None
    except OSError as error:
        raise ConfigError(f"TRIAGE_TOKEN_FILE ({path}) cannot be read: {error.strerror}.") from None


def _from_command(places: Places, environ: Mapping[str, str]) -> str:
    import subprocess

    name = places.token_command[0]
    try:
        done = subprocess.run(
            places.token_command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMMAND_LIMIT,
            env={**_without_token(environ), "TRIAGE_BASE_URL": places.base_url},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SignedOut(f"The token command {name} did not end within {_COMMAND_LIMIT:.0f} s.") from None
    except OSError as error:
        raise ConfigError(f"The token command {name} cannot be run: {error.strerror}.") from None
    if done.returncode != 0:
        raise SignedOut(f"The token command {name} ended with {done.returncode} and gave no token.")
    first = done.stdout.decode("ascii", "replace").strip().splitlines()[:1]
    return checked(first[0] if first else "", f"What the token command {name} printed")


def _without_token(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in environ.items() if name != "TRIAGE_TOKEN"}


def _file_name(places: Places) -> str:
    return "token-" + hashlib.sha256(places.base_url.encode()).hexdigest()[:32]


def _runtime_file(places: Places) -> Path | None:
    return places.runtime_dir / "triage" / _file_name(places) if places.runtime_dir else None


def _state_file(places: Places) -> Path | None:
    return places.state_dir / _file_name(places) if places.state_dir else None


def _read_private(path: Path) -> str | None:
    """Read a token file of ours; ConfigError where others could have read or written it."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with os.fdopen(handle, encoding="ascii", errors="replace") as file:
        facts = os.fstat(handle)
        if hasattr(os, "getuid") and (facts.st_uid != os.getuid() or stat.S_IMODE(facts.st_mode) & 0o077):
            raise ConfigError(f"{path} is open to others, so its token may be known. Remove it and sign in again.")
        return checked(file.read(5000), str(path))


def _write_private(path: Path, token: str) -> None:
    make_directory(path.parent)
    if hasattr(os, "getuid") and path.parent.stat().st_uid != os.getuid():
        raise PermissionError(1, "its directory is not yours")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(token + "\n")


def _remove_files(places: Places) -> list[str]:
    removed = []
    for path, name in ((_runtime_file(places), "runtime file"), (_state_file(places), "state file")):
        if path is not None and (path.is_symlink() or path.exists()):
            path.unlink(missing_ok=True)
            removed.append(name)
    return removed
