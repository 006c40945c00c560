"""Keys as people write them (`R`, `?`, `ctrl+s`, `esc`) and as Textual names them (`question_mark`, `escape`)."""

import unicodedata

from data.errors import ConfigError

_WRITTEN = {
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "up": "↑",
    "down": "↓",
}
_SHORT = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
# "!" to "~", every sign that a keyboard of any country has a key for
_SIGNS = {
    _SHORT.get(long, long): sign
    for sign in map(chr, range(0x21, 0x7F))
    if not sign.isalnum()
    for long in (unicodedata.name(sign).lower().replace("-", "_").replace(" ", "_"),)
}
_BASES = frozenset(
    (*_SIGNS, "enter", "escape", "tab", "space", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown")
) | {"up", "down", "left", "right", *(f"f{number}" for number in range(1, 13))}
_OTHERS = {"esc": "escape", "return": "enter", "pgdn": "pagedown", "pgup": "pageup", "del": "delete"}
_FROM = {
    **_OTHERS,
    **{short: long for long, short in _WRITTEN.items()},
    **{sign: long for long, sign in _SIGNS.items()},
}
_MODIFIERS = ("ctrl", "alt", "shift")
_SAME = {"m": "enter", "j": "a line feed", "h": "backspace", "i": "tab"}
_TAKEN = {
    "ctrl+c": "never does anything, so that it never quits",
    "ctrl+q": "lets a stopped terminal go on",
    "ctrl+z": "puts the app to sleep",
    "ctrl+left_square_bracket": "is esc on every terminal",
}


def written(key: str) -> str:
    """Return a key as people read it: enter, esc, ctrl+s, `?`, R."""
    modifiers, _, base = key.rpartition("+")
    return f"{modifiers}+{written(base)}" if modifiers else _WRITTEN.get(key) or _SIGNS.get(key, key)


def types_text(key: str) -> bool:
    """Return whether a key by its Textual name types something where a text is asked for."""
    return len(key) == 1 or key == "space" or key in _SIGNS


def named(text: str) -> str:
    """Return Textual's name of a key as people write it; ConfigError says why it is none, or cannot be used."""
    *modifiers, base = [part for part in text.strip().split("+") if part] or [""]
    base = "+" if text.strip().endswith("+") else base
    modifiers = [part.lower() for part in modifiers]
    plain = _FROM.get(base, _FROM.get(base.lower(), base if len(base) == 1 else base.lower()))
    single = len(plain) == 1 and plain.isalnum()
    if not (single or plain in _BASES) or not set(modifiers) <= set(_MODIFIERS):
        raise ConfigError(f"{text!r} is no key.{_near(base, text)}")
    if single and "ctrl" in modifiers:
        plain = plain.lower()
    if modifiers == ["shift"] and single:
        raise ConfigError(f"{text!r} is written as the letter it types: {plain.upper()}")
    key = "+".join([*(one for one in _MODIFIERS if one in modifiers), plain])
    if modifiers == ["ctrl"] and plain in _SAME:
        raise ConfigError(f"{text} is the same as {_SAME[plain]} on most terminals. Take another key.")
    if key in _TAKEN:
        raise ConfigError(f"{text} {_TAKEN[key]}. Take another key.")
    return key


def _near(base: str, text: str) -> str:
    from difflib import get_close_matches

    *modifiers, last = text.lower().split("+")
    known = [one for one in (*_BASES, *_OTHERS) if one not in _SIGNS]
    guessed = [get_close_matches(one, _MODIFIERS, n=1, cutoff=0.5) for one in modifiers]
    guessed.append([base] if len(base) == 1 or base in known else get_close_matches(last, known, n=1, cutoff=0.6))
    if not text or not all(guessed):
        return " Write it like R, ?, space, ctrl+s or f5."
    return f" Did you mean {'+'.join(one[0] for one in guessed)}?"
