"""The keys as they are now: their written names, and which key an action has in the live keymap."""

from typing import Any

from textual.binding import ActiveBinding
from textual.screen import Screen

from data.key_names import written
from data.remedy import REMEDIES

# the order of the help screen: binding ids begin with one of these
GROUPS = (
    ("do", "Act on the account"),
    ("see", "Look closer"),
    ("view", "Views, order, filter"),
    ("mark", "Mark, for one remedy on many"),
    ("list", "Move"),
    ("go", "Go"),
)
# within their group the account's own screens go first, as people need them; what is not named here follows
FIRST = (
    *("see.open", "see.why", "see.interview", "see.case", "see.audit"),
    *("go.my_day", "go.follow_ups", "go.portfolio", "go.outbox", "go.sync", "go.help"),
)


def usable(screen: Screen[Any]) -> list[ActiveBinding]:
    """Return the bindings that work now, one for each key, in the order they were declared."""
    return [active for active in screen.active_bindings.values() if active.enabled and active.binding.id]


def keys_now(screen: Screen[Any]) -> dict[str, str]:
    """Return the first key of every action in the live keymap; actions that may not run now are left out."""
    keys: dict[str, str] = {}
    for one in usable(screen):
        keys.setdefault(one.binding.action, written(one.binding.key))
    return keys


def key_of(screen: Screen[Any], action: str) -> str:
    """Return the first key of an action, empty when it has none or may not run now."""
    return keys_now(screen).get(action, "")


def remedy_keys(screen: Screen[Any]) -> dict[str, str]:
    """Return the key of every remedy that may be used now."""
    keys = keys_now(screen)
    actions = {kind: f"remedy('{kind}')" for kind in REMEDIES}
    return {kind: keys[action] for kind, action in actions.items() if action in keys}


def table(screen: Screen[Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the live keymap for the help screen: heading, then keys with what they do."""
    found: dict[str, dict[str, tuple[list[str], str]]] = {group: {} for group, _ in GROUPS}
    for active in usable(screen):
        binding = active.binding
        group = str(binding.id).split(".")[0]
        words = binding.tooltip or binding.description
        if group in found and words:
            keys, _ = found[group].setdefault(str(binding.id), ([], words))
            keys.append(written(binding.key))
    return [
        (heading, [(" ".join(keys), words) for _, (keys, words) in sorted(found[group].items(), key=_place)])
        for group, heading in GROUPS
        if found[group]
    ]


def _place(entry: tuple[str, object]) -> int:
    return FIRST.index(entry[0]) if entry[0] in FIRST else len(FIRST)
