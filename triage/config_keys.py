"""The [keys] table of the config file: other keys for actions, checked against every key of every screen."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from data.errors import ConfigError
from data.key_names import named, types_text, written


class Entry(NamedTuple):
    """An action: its id, the keys it has unless remapped, what it does, where, and whether a text is typed there."""

    id: str
    keys: tuple[str, ...]
    words: str
    screens: tuple[str, ...]
    typing: bool


class KeyProblem(ConfigError):
    """What is wrong with one key of [keys]."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(what)
        self.key = key


@cache
def book() -> tuple[Entry, ...]:
    """Every action with a key, as `keys.txt` has it (`make keys` writes that file from the screens)."""
    return tuple(_entries(files("triage").joinpath("keys.txt").read_text(encoding="utf-8")))


def _entries(text: str) -> Iterator[Entry]:
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, keys, words, screens, *flags = [part.strip() for part in line.split("|")]
            where = tuple(one.strip() for one in screens.split(","))
            yield Entry(name, tuple(keys.split(" ")), words, where, flags == ["typing"])


def flat(table: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return `do.menu = "x"` as one key, whether TOML made a table of it or it was written in quotes."""
    made: dict[str, Any] = {}
    for key, value in table.items():
        name = f"{before}.{key}" if before else key
        made |= flat(value, name) if isinstance(value, Mapping) else {name: value}
    return made


def checked(table: Mapping[str, Any]) -> dict[str, str]:
    """Return a flat table as Textual's keymap (ids with names of keys); KeyProblem says which entry is wrong."""
    known = {entry.id: entry for entry in book()}
    typing = {entry.id for entry in book() if entry.typing}
    made = {}
    for name, value in table.items():
        if name not in known:
            raise KeyProblem(name, "is no action." + _nearest_id(name, list(known)))
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, Sequence) or not texts or not all(isinstance(one, str) for one in texts):
            raise KeyProblem(name, 'must be a key such as "R", or several such as ["R", "ctrl+r"].')
        try:
            keys = [named(one) for one in texts]
        except ConfigError as error:
            raise KeyProblem(name, f"cannot be that key: {error}") from None
        for key in keys:
            if name in typing and types_text(key):
                raise KeyProblem(name, f"works where a text is typed, and {written(key)} would be typed. Take ctrl+…")
        made[name] = ",".join(dict.fromkeys(keys))
    return made


def clash(keymap: Mapping[str, str]) -> KeyProblem | None:
    """Return the first two actions of one screen that a keymap gives the same key, None where there are none."""
    for screen, entries in _by_screen().items():
        holder: dict[str, Entry] = {}
        for entry in sorted(entries, key=lambda one: one.id in keymap):
            for key in keymap[entry.id].split(",") if entry.id in keymap else entry.keys:
                other = holder.setdefault(key, entry)
                if other.id == entry.id or (key in entry.keys and key in other.keys):
                    continue
                theirs = f"{other.id} ({other.words})"
                what = f"({entry.words}) and {theirs} would both have {written(key)} on the screen {screen!r}."
                return KeyProblem(entry.id, f"{what} Give one of them another key.")
    return None


def _by_screen() -> dict[str, list[Entry]]:
    screens: dict[str, list[Entry]] = {}
    for entry in book():
        for screen in entry.screens:
            screens.setdefault(screen, []).append(entry)
    return screens


def keys_of(entry: Entry, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of an action as they are now, as people write them."""
    return tuple(written(key) for key in (keymap[entry.id].split(",") if entry.id in keymap else entry.keys))


def _nearest_id(name: str, known: list[str]) -> str:
    """By the whole id, or by its last word alone: somebody who writes `reset` means `do.reset_usage`."""
    from difflib import get_close_matches

    last = {one.partition(".")[2]: one for one in reversed(known)}
    word = name.rpartition(".")[2]
    close = get_close_matches(name, known, n=1, cutoff=0.7)
    close = close or [id_ for short, id_ in last.items() if word and short.startswith(word)]
    found = close or [last[one] for one in get_close_matches(word, list(last), n=1, cutoff=0.5)]
    return f" Did you mean {found[0]}?" if found else " triage config --keys lists them."
