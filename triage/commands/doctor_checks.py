"""The checks of `triage doctor`: each says ok or not, what it saw, and what to do."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from data.database import on_network
from data.errors import ConfigError, TriageError
from data.outbox_presence import is_lost
from data.schema import CACHE_APPLICATION_ID, CACHE_SCHEMA, OUTBOX_APPLICATION_ID, OUTBOX_SCHEMA
from triage.commands.context import Context
from triage.commands.terminal import examine_terminal
from triage.config import Settings

SKEW = 60.0
READ_WHOLE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor; `todo` is empty where nothing is to be done."""

    name: str
    ok: bool
    what: str
    todo: str = ""


def examine(context: Context) -> list[Finding]:
    """Run every check that is possible; a broken config leaves only itself and the terminal."""
    terminal = [Finding("terminal", *found) for found in examine_terminal(context.environ)]
    try:
        settings = context.settings
    except ConfigError as error:
        return [Finding("config", False, str(error), "Correct the file or the variable named."), *terminal]
    found = "" if settings.config_found else " (not there; the defaults hold)"
    return [
        Finding("config", True, f"{settings.config_file}{found}, profile {settings.profile}"),
        *_policy(settings),
        *_tree(settings),
        *_places(settings),
        *_files(settings),
        *_state(settings),
        *_monitor(settings, context.flags.verbose > 0),
        *_network(context, settings),
        *terminal,
    ]


def _policy(settings: Settings) -> Iterator[Finding]:
    from triage.policy import load_policy

    try:
        policy = load_policy(settings.policy_file)
        yield Finding("policy", True, f"{settings.policy_file or 'as shipped'}, version {policy.version}")
    except TriageError as error:
        yield Finding("policy", False, str(error), "Correct the policy file, or leave `policy` empty.")


def _tree(settings: Settings) -> Iterator[Finding]:
    """D18: the tree in effect, and one that waits to be accepted."""
    from triage.desk.trees import Trees

    try:
        trees = Trees(settings.state_dir, settings.tree_file)
        tree, other = trees.in_effect(), trees.waiting()
    except TriageError as error:
        yield Finding("tree", False, str(error), "Correct the tree file, or leave `tree` empty.")
        return
    todo = (
        f"triage assess --diff {settings.tree_file or 'shipped'} shows what the config's tree changes." if other else ""
    )
    yield Finding("tree", not todo, f"version {tree.version}, {tree.mark}", todo)


def _places(settings: Settings) -> Iterator[Finding]:
    """The two directories: ours alone, and not on a network file system."""
    for name, path in (("state", settings.state_dir), ("cache", settings.cache_dir)):
        if not path.exists():
            yield Finding(name, True, f"{path} (made when it is needed)")
            continue
        todo = _mode_problem(path, 0o700)
        if not os.access(path, os.W_OK | os.X_OK):
            todo = "It cannot be written; give it back to your user."
        if on_network(path):
            todo = todo or "It lies on a network file system: slower, without WAL. Prefer a local --home."
        yield Finding(name, not todo, str(path), todo)


def _files(settings: Settings) -> Iterator[Finding]:
    outbox = (settings.outbox_file, OUTBOX_APPLICATION_ID, OUTBOX_SCHEMA)
    cache = (settings.cache_file, CACHE_APPLICATION_ID, CACHE_SCHEMA)
    cures = {
        "outbox.db": "It is never deleted by triage. triage doctor --rescue-outbox prints what it still holds, "
        "--new-outbox puts it aside and begins an empty one.",
        "cache.db": "It is only a copy: the next triage sync rebuilds it.",
    }
    for path, application_id, schema in (outbox, cache):
        if not path.exists():
            lost = path == settings.outbox_file and is_lost(path)
            what = f"{path} is gone, though there was one here" if lost else "not there yet"
            yield Finding(path.name, not lost, what, f"Put it back, or: {_BEGIN_ANEW}" if lost else "")
            continue
        wrong = _file_problem(path, application_id, schema)
        if wrong:
            yield Finding(path.name, False, f"{path} {wrong}", cures[path.name])
            continue
        todo = _mode_problem(path, 0o600)
        yield Finding(path.name, not todo, f"schema {schema}, sound, {path.stat().st_size // 1024} KiB", todo)


def _state(settings: Settings) -> Iterator[Finding]:
    """The config's own file, the age of the data, and what is stuck; files that are damaged are said elsewhere."""
    from triage.commands.doctor_state import examine_config, examine_data, examine_outbox
    from triage.commands.joined import utc_now

    now = utc_now()
    yield from (Finding(*line) for line in examine_config(settings))
    if not settings.cache_file.exists() or not _file_problem(settings.cache_file, CACHE_APPLICATION_ID, CACHE_SCHEMA):
        yield from (Finding(*line) for line in examine_data(settings, now))
    yield from (Finding(*line) for line in examine_outbox(settings, now))


def _monitor(settings: Settings, every: bool) -> Iterator[Finding]:
    """M23; an account that lacks something is no fault of this installation."""
    from triage.commands.doctor_monitor import monitor_needs

    cache = settings.cache_file
    if cache.exists() and not _file_problem(cache, CACHE_APPLICATION_ID, CACHE_SCHEMA):  # opening would rebuild it
        found = monitor_needs(settings, every)
        yield from [Finding("monitor", True, found)] if found else []


def _file_problem(path: Path, application_id: int, schema: int) -> str:
    """What is wrong with a database file, an empty text when nothing is."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            small = path.stat().st_size <= READ_WHOLE
            sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0] if small else "ok"
    except sqlite3.Error as error:
        return f"cannot be read: {error}."
    if found != application_id:
        return "was made by another program."
    if version != schema:
        return f"has schema {version}; this triage knows {schema}."
    return "" if sound == "ok" else f"is damaged: {sound}."


def _mode_problem(path: Path, mode: int) -> str:
    facts = path.stat()
    if facts.st_uid != os.getuid():
        return "It belongs to another user."
    if stat.S_IMODE(facts.st_mode) & 0o077:
        return f"Others can read it: chmod {mode:o} {path}"
    return ""


def _network(context: Context, settings: Settings) -> Iterator[Finding]:
    """Keyring, token, backend, identity and clock."""
    if settings.base_url is None:
        todo = "Set base_url in the config file or TRIAGE_BASE_URL. To look around without one: triage demo"
        yield Finding("backend", False, "none is set", todo)
        return
    from data.credentials import find_token, keyring_state
    from data.keyring_probe import KeyringState
    from data.places import local_path

    places = settings.places(context.environ)
    asked: list[KeyringState] = []
    try:
        token = find_token(places, context.environ, asked.append)
    except TriageError as error:
        yield Finding("token", False, str(error), "Correct where the token comes from, or triage login.")
        return
    ring = asked[0] if asked else keyring_state(places.base_url)
    needed = token is None or token.source == "keyring"
    yield Finding(
        "keyring", ring.usable or not needed, ring.sentence, "" if ring.usable or not needed else _RING_ADVICE
    )
    if token is None:
        yield Finding("token", False, "none found", "triage login, or set TRIAGE_TOKEN or TRIAGE_TOKEN_FILE.")
        return
    todo = ""
    if token.source == "TRIAGE_TOKEN_FILE":
        todo = _mode_problem(local_path(context.environ["TRIAGE_TOKEN_FILE"], "TRIAGE_TOKEN_FILE"), 0o600)
    unprotected = ", unprotected: --insecure-storage asked for that" if token.source == "state file" else ""
    yield Finding("token", not todo, f"from {token.source}{unprotected}", todo)
    yield from _backend(context, token.token)


_BEGIN_ANEW = "triage doctor --new-outbox begins an empty one."
_RING_ADVICE = "Unlock or install a keyring, or use TRIAGE_TOKEN_FILE or token_command."


def _backend(context: Context, token: str) -> Iterator[Finding]:
    from triage.commands.joined import connector, token_box, utc_now

    base_url = context.settings.need_base_url()
    try:
        with closing(connector(context, token_box(context))(base_url, token)) as backend:
            before = utc_now()
            identity = backend.identity()
            after = utc_now()
            lacks = backend.capabilities.lacks
    except TriageError as error:
        todo = "triage login with a new token." if error.exit_code == 4 else "Everything but sync works meanwhile."
        yield Finding("backend", False, f"{base_url}: {error}", todo)
        return
    took = (after - before).total_seconds()
    yield Finding("backend", True, f"{base_url} answers in {took * 1000:.0f} ms")
    yield Finding("identity", True, f"{identity.name} ({identity.staff_id}), {identity.role}")
    yield from (Finding("missing", True, f"this backend {lack}") for lack in lacks)
    if identity.server_time is None:
        return
    skew = (before - identity.server_time).total_seconds() + took / 2
    wrong = abs(skew) > SKEW
    what = (
        f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server's"
        if wrong
        else "agrees with the server's"
    )
    yield Finding(
        "clock", not wrong, what, "Set this machine's clock (NTP): ages and holds depend on it." if wrong else ""
    )
