"""`triage config` and `triage version`."""

import argparse

import msgspec

from data.key_names import written
from triage import VERSION
from triage.commands.context import Context, emit, emit_json
from triage.commands.parser import Parser
from triage.config_file import schema
from triage.config_views import as_keys, as_list_keys
from triage.outreach_settings import OutreachSettings

SCREENS_SHOWN = 4


def add(name: str, parser: Parser) -> None:
    """Add the options of a command of this family."""
    if name == "config":
        parser.add_argument("--schema", action="store_true", help="print the JSON Schema of the config file")
        parser.add_argument("--keys", action="store_true", help="print every action with its id and its keys")
        parser.add_argument("--json", action="store_true", help="print a JSON object, with --keys an array")
        parser.set_defaults(run=run_config)
    else:
        parser.set_defaults(run=run_version)


def run_config(args: argparse.Namespace, context: Context) -> int:
    """Print the settings in effect, each with its source."""
    if args.schema:
        emit_json(schema())
        return 0
    settings = context.settings
    if args.keys:
        return _print_keys(settings.keys, args.json)
    values: dict[str, object] = {
        "profile": settings.profile,
        "base_url": settings.base_url or "",
        "backend": settings.backend,
        "directus_url": settings.directus_url or "",
        "token_command": list(settings.token_command),
        "read_only": settings.read_only,
        "hold_seconds": settings.hold_seconds,
        "stale_after": f"{settings.stale_after:g}s",
        "sync_every": f"{settings.sync_every:g}s",
        "live": settings.live,
        "theme": settings.theme,
        "glyphs": settings.glyphs,
        "colour": settings.colour,
        "policy": str(settings.policy_file or ""),
        "tree": str(settings.tree_file or ""),
        **{f"outreach.{name}": value for name, value in _outreach(settings.outreach).items()},
        **{f'keys."{name}"': [written(key) for key in keys.split(",")] for name, keys in settings.keys.items()},
        **{f"columns.{name}": value for name, value in as_list_keys(settings.columns).items()},
        **{f"views.{one.name}.{key}": value for one in settings.views for key, value in as_keys(one).items()},
    }
    places = {
        "config_file": str(settings.config_file),
        "state_dir": str(settings.state_dir),
        "cache_dir": str(settings.cache_dir),
        "log_file": str(settings.log_file),
    }
    if args.json:
        emit_json({**values, **places, "sources": settings.sources})
        return 0
    for key, value in values.items():
        emit(f"{key} = {_toml(value)}  # {settings.sources.get(key.split('.')[0], 'default')}")
    for key, path in places.items():
        missing = " (not there)" if key == "config_file" and not settings.config_found else ""
        emit(f"# {key}: {path}{missing}")
    return 0


def _print_keys(keymap: dict[str, str], as_json: bool) -> int:
    """Every action that can be given other keys, with those it has now and the screens it is on."""
    from triage.config_keys import book, keys_of

    rows = [(entry, keys_of(entry, keymap)) for entry in book()]
    if as_json:
        emit_json(
            [
                {
                    "id": entry.id,
                    "keys": list(keys),
                    "remapped": entry.id in keymap,
                    "what": entry.words,
                    "screens": list(entry.screens),
                }
                for entry, keys in rows
            ]
        )
        return 0
    for entry, keys in rows:
        mark = "*" if entry.id in keymap else " "
        where = ", ".join(entry.screens) if len(entry.screens) <= SCREENS_SHOWN else f"{len(entry.screens)} screens"
        emit(f"{mark} {entry.id:<20}{' '.join(keys):<16}{entry.words}  ({where})")
    return 0


def run_version(args: argparse.Namespace, context: Context) -> int:
    """Print the version."""
    emit(f"triage {VERSION}")
    return 0


def _outreach(settings: OutreachSettings) -> dict[str, object]:
    """[outreach] as the file has it; no secret is among its keys."""
    return {**msgspec.structs.asdict(settings), "zone": str(settings.zone or "")}


def _toml(value: object) -> str:
    """One value as TOML; JSON's spelling is TOML's for these."""
    import json

    return json.dumps(value, ensure_ascii=False)
