"""Every text that a server may send is made harmless where it is decoded: found by type, so no new field is missed."""

import json
import types
import typing
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
import pytest

from data.account import Account, Entry, Member
from data.backends.port import Head
from data.errors import BadAnswer
from data.identity import Identity
from data.remedy import Moved, Receipt
from data.safe_text import SafeText
from data.wire import decode, decoder

HOSTILE = "Evil\x1b[2J\u202e\x9b31m"
# Free JSON is followed by `safe_tree` where it is read; the rest is hashed or compared, never drawn as it is.
HASHED = {"raw", "prev_hash", "hash", "head_hash", "signature", "key_id"}
FREE = {"before", "after", "from_", "to"}
PLAIN = {str: "plain", int: 1, float: 1.0, bool: True, date: "2026-11-20", datetime: "2026-11-20T10:00:00Z"}


def texts_in(kind: type, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str, bool]]:
    """Every place in `kind` that takes a text: its path on the wire, its field's name, and whether it is an Id."""
    found = []
    for field in msgspec.structs.fields(kind):
        if field.name in FREE:
            continue
        here, inner = (*path, field.encode_name), _inner(field.type)
        if typing.get_origin(inner) is tuple:
            here, inner = (*here, 0), _inner(typing.get_args(inner)[0])
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            found += texts_in(inner, here)
        elif typing.get_origin(inner) is Annotated:
            found += [(here, field.name, True)] if typing.get_args(inner)[0] is str else []
        elif isinstance(inner, type) and issubclass(inner, str):
            found.append((here, field.name, False))
    return found


def _inner(kind: Any) -> Any:
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return next(one for one in typing.get_args(kind) if one is not type(None))
    return kind


def sample(kind: type) -> dict[str, Any]:
    """A value of `kind` as the wire has it, everything filled."""
    made = {}
    for field in msgspec.structs.fields(kind):
        made[field.encode_name] = {} if field.name in FREE else _sample(_inner(field.type))
    return made


def _sample(kind: Any) -> Any:
    if typing.get_origin(kind) is Annotated:
        return _sample(typing.get_args(kind)[0])
    if typing.get_origin(kind) is tuple:
        return [_sample(_inner(typing.get_args(kind)[0]))]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return sample(kind)
    return "plain" if issubclass(kind, str) else PLAIN[kind]


CASES = [
    pytest.param(kind, *place, id=f"{kind.__name__}.{'.'.join(map(str, place[0]))}")
    for kind in (Account, Member, Entry, Identity, Moved, Head, Receipt)
    for place in texts_in(kind)
    if place[1] not in HASHED
]


@pytest.mark.parametrize(("kind", "path", "name", "is_id"), CASES)
def test_a_hostile_text_arrives_harmless_or_not_at_all(
    kind: type, path: tuple[str | int, ...], name: str, is_id: bool
) -> None:
    made: Any = sample(kind)
    assert decode(json.dumps(made).encode(), decoder(kind)), "the sample itself is of the contract"
    at = made
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = HOSTILE
    try:
        read: Any = decode(json.dumps(made).encode(), decoder(kind))
    except BadAnswer:
        assert is_id, f"{name} is read by people, so it must not stop a sync"
        return
    for step in path:
        read = read[step] if isinstance(step, int) else getattr(read, {"from": "from_"}.get(step, step))
    assert isinstance(read, SafeText) and read.suspicious and not set(read) & {"\x1b", "\x9b", "\u202e"}


def test_the_walk_finds_what_there_is() -> None:
    names = {case.id for case in CASES}
    assert len(names) > 40
    assert {"Account.name", "Account.contacts.0.email", "Account.claim.name", "Entry.actor.name"} <= names
