"""A read-only profile: the keys that would change something are not shown, and pressed they say why nothing happens."""

from textual.binding import NoBinding
from textual.screen import Screen

READ_ONLY = "Read-only: this profile changes nothing."
WRITES = frozenset(
    {
        *("remedy", "contact", "outreach", "claim", "snooze", "note", "take_back"),
        *("write_again", "discard", "decide", "push"),
        *("reply", "record", "move"),
    }
)


def writes(action: str) -> bool:
    """Return whether an action, with its parameters or without, changes something."""
    return action.partition("(")[0] in WRITES


def writing_key(screen: Screen[None], key: str) -> bool:
    """Return whether a key has such an action on this screen, by the keymap as it is now."""
    try:
        return any(writes(binding.action) for binding in screen._bindings.get_bindings_for_key(key))
    except NoBinding:
        return False
