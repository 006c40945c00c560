"""The TOML config file: its keys, and errors that name file, line, key and the nearest valid name."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from data.backends.registry import Name
from data.errors import ConfigError
from data.saved_view import name_problem
from triage.config_views import ListKeys, ViewKeys
from triage.outreach_settings import OutreachKeys

UNSET = msgspec.UNSET
Made = TypeVar("Made", bound=msgspec.Struct)
_DURATION = r"^[0-9]{1,5}(\.[0-9]{1,5})?(s|m|h|d)$"  # so short that the longest is still a time to add and to wait
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Duration = Annotated[str, msgspec.Meta(pattern=_DURATION, description="a number and s, m, h or d: 90s, 5m, 1h")]


class Keys(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The keys that the file and each of its profiles may set; UNSET where they don't."""

    base_url: (
        Annotated[str, msgspec.Meta(description="the billing backend: https, or http to this machine")]
        | msgspec.UnsetType
    ) = UNSET
    backend: Annotated[Name, msgspec.Meta(description="which API base_url speaks")] | msgspec.UnsetType = UNSET
    directus_url: (
        Annotated[str, msgspec.Meta(description="dembrane only: the Directus that signs in and knows logins")]
        | msgspec.UnsetType
    ) = UNSET
    token_command: (
        Annotated[str | list[str], msgspec.Meta(description="a program that prints the token, run without a shell")]
        | msgspec.UnsetType
    ) = UNSET
    read_only: Annotated[bool, msgspec.Meta(description="never queue or send a change")] | msgspec.UnsetType = UNSET
    hold_seconds: (
        Annotated[float, msgspec.Meta(ge=0, le=600, description="how long u can take a remedy back")]
        | msgspec.UnsetType
    ) = UNSET
    stale_after: Duration | msgspec.UnsetType = UNSET
    sync_every: Duration | msgspec.UnsetType = UNSET
    live: Annotated[bool, msgspec.Meta(description="hear of changes as they happen")] | msgspec.UnsetType = UNSET
    theme: Annotated[str, msgspec.Meta(description="auto or a theme's name")] | msgspec.UnsetType = UNSET
    glyphs: Literal["auto", "unicode", "console", "ascii"] | msgspec.UnsetType = UNSET
    density: Literal["comfortable", "compact"] | msgspec.UnsetType = UNSET
    mouse: bool | msgspec.UnsetType = UNSET
    notify: Literal["none", "bell", "desktop"] | msgspec.UnsetType = UNSET
    colour: (
        Annotated[str, msgspec.Meta(pattern=r"^([a-z_-]+|#[0-9a-fA-F]{6})?$", description="a colour for the profile")]
        | msgspec.UnsetType
    ) = UNSET
    policy: (
        Annotated[str, msgspec.Meta(description="a file that overrides thresholds, relative to this one")]
        | msgspec.UnsetType
    ) = UNSET
    tree: (
        Annotated[
            str, msgspec.Meta(description="a decision tree of one's own, relative to this file; has to be accepted")
        ]
        | msgspec.UnsetType
    ) = UNSET
    outreach: OutreachKeys | msgspec.UnsetType = UNSET
    columns: ListKeys | msgspec.UnsetType = UNSET
    views: dict[str, ViewKeys] | msgspec.UnsetType = UNSET
    keys: (
        Annotated[dict[str, str | list[str]], msgspec.Meta(description="other keys for actions: do.reset_usage = 'X'")]
        | msgspec.UnsetType
    ) = UNSET


class ConfigFile(msgspec.Struct, frozen=True):
    """A config file as read: the default profile's name, the keys of all profiles, the profiles."""

    profile: str | None
    keys: Keys
    profiles: dict[str, Keys]
    text: str = ""


class Spot:
    """Where a key stands: `FILE, line 3`, looked for only when an error says it."""

    def __init__(self, path: Path, text: str, table: tuple[str, ...], key: str) -> None:
        self._told = path, text, table, key

    def __str__(self) -> str:
        path, text, table, key = self._told
        return f"{path}, line {_line(text, table, key)}"


def seconds(duration: str) -> float:
    """Return a duration such as `90s`, `5m`, `1h` or `2d` in seconds; ConfigError for anything else."""
    if not re.fullmatch(_DURATION, duration):
        raise ConfigError(f"{duration!r} is not a duration. Write a number and s, m, h or d: 90s, 5m, 1h.")
    return float(duration[:-1]) * _UNITS[duration[-1]]


def read_file(path: Path) -> ConfigFile:
    """Read the config file; ConfigError names the line and what was meant."""
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from None
    except RecursionError:
        raise ConfigError(f"{path} is nested too deeply.") from None
    except ValueError as error:  # a number of thousands of digits is one too, and no TOMLDecodeError
        raise ConfigError(f"{path} is not TOML: {error}.") from None
    profile, profiles = tree.pop("profile", None), tree.pop("profiles", {})
    if profile is not None and not isinstance(profile, str):
        raise _wrong(path, text, (), "profile", "must be a profile's name")
    if not isinstance(profiles, dict) or not all(isinstance(table, dict) for table in profiles.values()):
        raise _wrong(path, text, (), "profiles", "must be tables such as [profiles.production]")
    return ConfigFile(
        profile,
        _keys(path, text, (), tree, ("profile", "profiles")),
        {name: _keys(path, text, ("profiles", name), table, ()) for name, table in profiles.items()},
        text,
    )


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the config file."""
    made = msgspec.json.schema(Keys)
    keys = made["$defs"]["Keys"]["properties"]
    keys["outreach"] = made["$defs"]["OutreachKeys"]
    keys["columns"] = made["$defs"]["ListKeys"]
    keys["views"] = {"type": "object", "additionalProperties": made["$defs"]["ViewKeys"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "triage config.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "profile": {"type": "string", "description": "the profile used unless one is named"},
            **keys,
            "profiles": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": False, "properties": keys},
            },
        },
    }


def nearest(word: str, known: "list[str] | tuple[str, ...]") -> str:
    """Return ` Did you mean X?` or an empty text."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=0.5)
    return f" Did you mean {close[0]}?" if close else ""


def _keys(path: Path, text: str, table: tuple[str, ...], tree: dict[str, Any], beside: tuple[str, ...]) -> Keys:
    outreach, views = tree.get("outreach"), tree.get("views")
    if isinstance(outreach, dict):
        _decoded(path, text, (*table, "outreach"), outreach, OutreachKeys)
    if isinstance(tree.get("columns"), dict):
        _decoded(path, text, (*table, "columns"), tree["columns"], ListKeys)
    for name, view in views.items() if isinstance(views, dict) else ():
        problem = name_problem(name) or ("" if isinstance(view, dict) else "must be a table such as [views.renewals]")
        if problem:
            raise _wrong(path, text, (*table, "views"), name, problem)
        _decoded(path, text, (*table, "views", name), view, ViewKeys)
    if isinstance(tree.get("keys"), dict):
        from triage.config_keys import KeyProblem, checked, flat  # only where keys are set

        tree = {**tree, "keys": flat(tree["keys"])}
        try:
            checked(tree["keys"])
        except KeyProblem as problem:
            raise _wrong(path, text, (*table, "keys"), problem.key, str(problem)) from None
    return _decoded(path, text, table, tree, Keys, beside)


def _decoded(
    path: Path, text: str, table: tuple[str, ...], tree: dict[str, Any], kind: type[Made], beside: tuple[str, ...] = ()
) -> Made:
    """One table as its keys; ConfigError names the line and what was meant."""
    known = [*(one.encode_name for one in msgspec.structs.fields(kind)), *beside]
    for key in tree:
        if key not in known:
            raise _wrong(path, text, table, key, "is no setting." + nearest(key, known))
    try:
        return msgspec.convert({key: value for key, value in tree.items() if key not in beside}, kind, strict=True)
    except msgspec.ValidationError as error:
        sentence, _, where = str(error).partition(" - at `$.")
        key = re.split(r"[.\[`]", where)[0]
        what = f"has a value that does not fit: {sentence}.{_choices(kind, key, sentence)}"
        raise _wrong(path, text, table, key, what) from None


def _choices(kind: type[msgspec.Struct], key: str, sentence: str) -> str:
    """The nearest of the words that a key takes, or all of them; empty where it takes any."""
    wrong = re.fullmatch(r"Invalid enum value '(.*)'", sentence)
    words = re.findall(
        r"'enum': \[([^\]]*)\]", str(msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"][key])
    )
    known = re.findall(r"'([^']*)'", words[0]) if words else []
    if wrong is None or not known:
        return ""
    return nearest(wrong[1], known) or f" It is one of {', '.join(known)}."


def _wrong(path: Path, text: str, table: tuple[str, ...], key: str, what: str) -> ConfigError:
    name = ".".join((*table, key))
    what = what if what.endswith("?") or what.endswith(".") else what + "."
    return ConfigError(f"{path}, line {_line(text, table, key)}: {name} {what}")


def _line(text: str, table: tuple[str, ...], key: str) -> int:
    """The line on which a key stands in its table, else the table's own, 1 where neither can be told."""
    at: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\s*\[([^\[\]]+)\]", line)
        if head:
            at = tuple(part.strip().strip("\"'") for part in head.group(1).split("."))
            if at[: len(table) + 1] == (*table, key):
                return number
        elif at == table and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
    return _line(text, table[:-1], table[-1]) if table else 1
