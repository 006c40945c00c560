"""triage/keys.txt: every action with a key, as the screens declare them: `make keys` writes it."""

import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget

import screens
from triage.app import TriageApp

FILE = Path(__file__).parents[2] / "triage" / "keys.txt"
HEAD = """# Every action with a key: id | keys | what it does | screens | typing where a text is typed there.
# Written by `make keys` from the screens' own bindings; a test holds it fresh. [keys] of the config takes these ids.
"""
TYPED = ("form.", "filter.", "find.")


def of_class(kind: type[Any]) -> dict[str, list[Binding]]:
    """Return a class's bindings by id."""
    found: dict[str, list[Binding]] = {}
    for bindings in kind._merge_bindings().key_to_bindings.values():
        for one in bindings:
            if one.id:
                found.setdefault(one.id, []).append(one)
    return found


def all_screens() -> list[type[Screen[Any]]]:
    """Return every screen that can be opened: those nothing derives from."""
    found: set[type[Screen[Any]]] = set()
    for module in pkgutil.iter_modules(screens.__path__):
        loaded = importlib.import_module(f"screens.{module.name}")
        found |= {
            kind
            for kind in vars(loaded).values()
            if inspect.isclass(kind) and issubclass(kind, Screen) and kind.__module__.startswith("screens.")
        }
    bases = {base for kind in found for base in kind.__mro__[1:]}
    return sorted(found - bases, key=lambda kind: kind.__name__)


def widgets_in(screen: type[Screen[Any]]) -> set[type[Widget]]:
    """Return the widgets that the modules of a screen and of its bases know."""
    modules = [sys.modules[kind.__module__] for kind in screen.__mro__ if kind.__module__.startswith("screens.")]
    known = {kind for module in modules for kind in vars(module).values() if inspect.isclass(kind)}
    names = {kind.__module__ for kind in known if kind.__module__.startswith("widgets.")}
    inside = {kind for name in names for kind in vars(sys.modules[name]).values() if inspect.isclass(kind)}
    return {kind for kind in known | inside if issubclass(kind, Widget) and not issubclass(kind, Screen)}


def name_of(screen: type[Screen[Any]]) -> str:
    """Return the name of a screen in words: `remedy form`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", screen.__name__.removesuffix("Screen")).lower()


def book() -> str:
    """Return the file as it ought to be."""
    rows: dict[tuple[str, str], tuple[str, list[str], bool]] = {}

    def take(kind: type[Any], where: str) -> None:
        for name, bindings in of_class(kind).items():
            keys = " ".join(one.key for one in bindings)
            first = bindings[0]
            words = first.tooltip or first.description
            typing = name.startswith(TYPED) or any(one.priority for one in bindings if not one.system)
            _, places, before = rows.setdefault((name, keys), (words, [], False))
            places += [where] if where not in places else []
            rows[name, keys] = (rows[name, keys][0], places, typing or before)

    for screen in all_screens():
        take(screen, name_of(screen))
        for widget in sorted(widgets_in(screen), key=lambda kind: kind.__name__):
            take(widget, name_of(screen))
        for name, bindings in of_class(TriageApp).items():
            key = (name, " ".join(one.key for one in bindings))
            rows.setdefault(key, (bindings[0].description, [], True))[1].append(name_of(screen))
    lines = [
        f"{name} | {keys} | {words} | {', '.join(sorted(set(where)))}" + (" | typing" if typing else "")
        for (name, keys), (words, where, typing) in sorted(rows.items())
    ]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(book(), encoding="utf-8")
