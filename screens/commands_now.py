"""Every command that works on the present screen: its words, its key, the names it is typed by, and how it is found."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from textual.binding import ActiveBinding
from textual.screen import Screen

from data.key_names import written
from data.ports_list import Sort, View
from data.saved_view import SORTS, VIEWS, SavedView
from screens.keymap import GROUPS, usable
from screens.look_messages import ThemeChosen, ThemeShown
from widgets.look import look_of
from widgets.theme import PREFIX

ACCOUNTS = 6
SHORTEST = 2  # letters before accounts are looked for
NOT_COMMANDS = ("list.", "go.palette", "go.close", "view.clear")
SHORT = {  # beside the last part of the id, which is a name anyway
    "do.reset_usage": ("reset",),
    "do.grant_trial": ("trial",),
    "do.apply_discount": ("discount",),
    "do.change_tier": ("tier",),
    "do.change_admin": ("admin",),
    "do.take_back": ("undo",),
    "do.copy_contact": ("copy",),
    "do.menu": ("actions",),
    "go.quit": ("q", "exit"),
    "go.help": ("keys",),
    "go.sync": ("refresh",),
    "see.interview": ("tree",),
    "go.back": ("close",),
}
Run = Callable[[], Awaitable[object] | object]


class Command(NamedTuple):
    """What stands in a row of the palette; `typed` are the names that find it at once, the first one is shown."""

    words: str
    key: str
    typed: tuple[str, ...]
    run: Run


def commands_of(screen: Screen[Any], more: Iterable[Command]) -> list[Command]:
    """Return the screen's own commands in the order of its help, then `more` (views, orders), then themes."""
    return [*_bound(screen), *more, *_themes(screen)]


def _bound(screen: Screen[Any]) -> Iterator[Command]:
    order = [group for group, _ in GROUPS]
    found: dict[str, list[ActiveBinding]] = {}
    for active in usable(screen):
        name = str(active.binding.id)
        if not name.startswith(NOT_COMMANDS) and not _is_view(name):
            found.setdefault(name, []).append(active)
    for name in sorted(found, key=lambda one: _place(one, order)):
        first = found[name][0]
        words = first.binding.tooltip or first.binding.description
        last = name.partition(".")[2].replace("_", " ")
        typed = (*SHORT.get(name, ()), last)
        keys = " ".join(dict.fromkeys(written(one.binding.key) for one in found[name]))
        run = partial(screen.app.run_action, first.binding.action, first.node)
        yield Command(words[:1].upper() + words[1:], keys, typed, run)


def _place(name: str, order: Sequence[str]) -> int:
    group = name.partition(".")[0]
    return order.index(group) if group in order else len(order)


def _is_view(name: str) -> bool:
    return name.startswith("view.") and name[5:].isdecimal()


def view_commands(
    screen: Screen[Any], open_view: Callable[[View], object], sort_by: Callable[[Sort], object], sorts: Iterable[Sort]
) -> Iterator[Command]:
    """Return the views with their keys, and the orders that the present view has, as commands of a list."""
    keys = {str(one.binding.id): (written(one.binding.key), one.binding.tooltip) for one in usable(screen)}
    for name, view in VIEWS.items():
        key, words = keys.get(f"view.{view.value}", ("", name))
        if name != "all":
            yield Command(f"View: {words}", key, (f"view {name}", name), partial(open_view, view))
    names = {sort: name for name, sort in SORTS.items()}
    for sort in sorts:
        words = names[sort].replace("-", " ")
        yield Command(f"Sort by {words}", "", (f"sort {names[sort]}", f"order {names[sort]}"), partial(sort_by, sort))


def saved_commands(views: Iterable[SavedView], open_saved: Callable[[SavedView], object]) -> Iterator[Command]:
    """Return the views of the config file, by their names."""
    for one in views:
        yield Command(f"View: {one.name}", "", (f"view {one.name}", one.name), partial(open_saved, one))


def _themes(screen: Screen[Any]) -> Iterator[Command]:
    """Not in the plain theme: it is there because the terminal, or the person, has no colours."""
    if look_of(screen).styles.plain:
        return
    ours = [name for name in screen.app.available_themes if name.startswith(PREFIX)]
    others = sorted(name for name in screen.app.available_themes if name not in ours)
    for name in (*ours, *others):
        short = name.removeprefix(PREFIX)
        now = " (now)" if name == screen.app.theme else ""
        yield Command(f"Theme: {short}{now}", "", (f"theme {short}",), partial(_wear, screen, short))


def _wear(screen: Screen[Any], theme: str) -> None:
    """Wear a theme, and keep it as the picker does."""
    screen.post_message(ThemeShown(theme))
    screen.post_message(ThemeChosen(theme))


def ranked(commands: Iterable[Command], text: str) -> list[Command]:
    """Return the commands that a text may mean, the likeliest first: a typed name, then words, then mere letters."""
    asked = " ".join(text.lower().split())
    if not asked:
        return list(commands)
    scored = [(_score(asked, one), place, one) for place, one in enumerate(commands)]
    found = [(score, place, one) for score, place, one in scored if score is not None]
    best = min((score for score, _, _ in found), default=0.0)
    return [one for score, _, one in sorted(found, key=lambda row: row[:2]) if best > 3 or score <= 3]


def _score(asked: str, command: Command) -> float | None:
    """0 the name itself, 1 it begins so, 2 words that begin so, 3 somewhere in it, above: letters in their order."""
    texts = [*command.typed, command.words.lower()]
    scores = [score for one in texts if (score := _score_one(asked, one)) is not None]
    return min(scores, default=None)


def _score_one(asked: str, text: str) -> float | None:
    if text == asked:
        return 0
    if text.startswith(asked):
        return 1
    words = text.replace("-", " ").split()
    if all(any(word.startswith(part) for word in words) for part in asked.split()):
        return 2
    if asked in text:
        return 3
    at, first = -1, -1
    for letter in asked.replace(" ", ""):
        at = text.find(letter, at + 1)
        if at < 0:
            return None
        first = at if first < 0 else first
    return 4 + (at - first - len(asked)) / 100
