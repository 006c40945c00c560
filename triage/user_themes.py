"""Themes of a person's own: one TOML file each in a folder, read again when it changes (docs/themes.md)."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from data.errors import ConfigError
from triage.config_file import Spot, nearest
from widgets.theme import DARK, PALETTES, SEVERITIES, WORDS, Palette, contrast

Stamp = tuple[int, int]
_NAME = r"[a-z0-9][a-z0-9_-]*"
_COLOUR = r"#[0-9a-fA-F]{6}"
GROUNDS_OF_WORDS = ("bg", "panel", "raised", "cursor", "tint")
_KEYS = ("base", "dark", "fill", "colours")


class UserThemes:
    """The folder and what was found in it; None: there is no folder, and no theme."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.palettes: dict[str, Palette] = {}
        self._stamps: dict[Path, Stamp] = {}

    def changed(self) -> bool:
        """Return whether a file has come, gone or changed since it was read."""
        return self._look() != self._stamps

    def read(self, taken: Collection[str]) -> list[str]:
        """Read all files; returns what is wrong with them. One that went wrong keeps the colours it had."""
        self._stamps = self._look()
        before, self.palettes, problems = self.palettes, {}, []
        for path in sorted(self._stamps):
            try:
                palette = read_theme(path, taken)
            except ConfigError as error:
                problems.append(str(error))
                if path.stem in before:
                    self.palettes[path.stem] = before[path.stem]
            else:
                self.palettes[palette.name] = palette
                problems += [f"{path}{_line_of(path, role)}: {what}" for role, what in faint_words(palette)]
        return problems

    def _look(self) -> dict[Path, Stamp]:
        stamps: dict[Path, Stamp] = {}
        if self.folder is not None:
            try:
                for path in self.folder.glob("*.toml"):
                    found = path.stat()
                    stamps[path] = (found.st_mtime_ns, found.st_size)
            except OSError:
                return stamps  # it went away under our hands: the next look sees what is left
        return stamps


def read_theme(path: Path, taken: Collection[str] = ()) -> Palette:
    """Return the palette of a file; ConfigError names file, line and key, and the nearest name that is one."""
    import re
    import tomllib

    if not re.fullmatch(_NAME, path.stem) or path.stem in (*taken, *PALETTES, "auto", "plain"):
        what = "is a theme that triage has" if re.fullmatch(_NAME, path.stem) else "is no name for a theme"
        raise ConfigError(f"{path}: {path.stem!r} {what}. Give the file another name in small letters.")
    try:
        text = path.read_text(encoding="utf-8")
        tree = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from None
    except (RecursionError, ValueError) as error:
        raise ConfigError(f"{path} is not TOML: {error}.") from None
    colours = tree.get("colours", {})
    _check(path, text, tree, colours)
    base = PALETTES[tree.get("base", DARK.name)]
    flags = {key: tree[key] for key in ("dark", "fill") if key in tree}
    return Palette(**{**msgspec.to_builtins(base), **colours, **flags, "name": path.stem})


def faint_words(palette: Palette) -> list[tuple[str, str]]:
    """Return the roles whose words are hard to read on a ground they stand on, with the ratio; such a theme is used."""
    colours = palette.colours()
    made = []
    for role in ("strong", "text", "muted", "accent", *SEVERITIES):
        ratio, ground = min((contrast(colours[role], colours[one]), one) for one in GROUNDS_OF_WORDS)
        if ratio < WORDS:
            made.append((role, f"colours.{role} reads at {ratio:.1f} on {ground}; words need {WORDS}."))
    return made


def _line_of(path: Path, role: str) -> str:
    found = str(Spot(path, path.read_text(encoding="utf-8"), ("colours",), role))
    return found.removeprefix(str(path))


def _check(path: Path, text: str, tree: dict[str, Any], colours: Any) -> None:
    import re

    for key in tree:
        if key not in _KEYS:
            raise _wrong(path, text, (), key, "is no setting of a theme." + nearest(key, _KEYS))
    if not isinstance(colours, dict):
        raise _wrong(path, text, (), "colours", "must be a table: [colours].")
    if tree.get("base", DARK.name) not in PALETTES:
        known = ", ".join(PALETTES)
        raise _wrong(path, text, (), "base", f"must be one of {known}." + nearest(str(tree["base"]), list(PALETTES)))
    for key in ("dark", "fill"):
        if not isinstance(tree.get(key, False), bool):
            raise _wrong(path, text, (), key, "must be true or false.")
    roles = list(DARK.colours())
    for role, colour in colours.items():
        if role not in roles:
            raise _wrong(path, text, ("colours",), role, "is no role of a theme." + nearest(role, roles))
        if not isinstance(colour, str) or not re.fullmatch(_COLOUR, colour):
            raise _wrong(path, text, ("colours",), role, 'must be a colour such as "#FA6A74".')


def _wrong(path: Path, text: str, table: tuple[str, ...], key: str, what: str) -> ConfigError:
    return ConfigError(f"{Spot(path, text, table, key)}: {'.'.join((*table, key))} {what}")
