"""Decode and encode JSON: every text passes safe_text here, nothing else may build values from foreign bytes."""

import re
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from data.errors import BadAnswer
from data.safe_text import SafeReason, SafeText, safe_reason, safe_text

T = TypeVar("T")
SHORT = 48

# Tiers, roles, currencies and owners stand in every account: cleaned once each, not once an account.
_short = lru_cache(maxsize=8192)(safe_text)

_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)

_LAST, _FIRST = b"9999-12-31", b"0001-01-01"
_BEYOND = re.compile(rb'"(9999-12-31|0001-01-01)[Tt ][0-9:.]+[+-](?!00:?00)')
_ESCAPED_ASCII = re.compile(rb"\\u00([2-7][0-9a-fA-F])")


def _decode_hook(kind: type, value: Any) -> Any:
    if kind is object:
        return value  # free JSON (`before`, `after`): safe_tree follows where it is read from a server
    if not isinstance(value, str):
        raise ValueError("Expected `str`")  # of these two the decoder says what did not fit, and where
    if kind is SafeText:
        return _short(value) if len(value) <= SHORT else safe_text(value)
    if kind is SafeReason:
        return safe_reason(value)
    raise NotImplementedError(kind)


def _encode_hook(value: Any) -> Any:
    if isinstance(value, SafeText):
        return str(value)
    raise NotImplementedError(type(value))


_encoder = msgspec.json.Encoder(enc_hook=_encode_hook)


def decoder(kind: type[T]) -> "msgspec.json.Decoder[T]":
    """Return a decoder for `kind` that runs safe_text over every SafeText field; keep it, it is costly to build."""
    return msgspec.json.Decoder(kind, dec_hook=_decode_hook)


def encode(value: object) -> bytes:
    """Encode any of our values as JSON bytes (times RFC 3339 UTC with Z)."""
    return _encoder.encode(value)


def convert(value: object, kind: type[T]) -> T:
    """Turn plain JSON values into `kind`, with safe_text; BadAnswer where they don't fit."""
    try:
        return msgspec.convert(value, kind, dec_hook=_decode_hook)
    except msgspec.ValidationError as error:
        raise BadAnswer(f"The answer is {not_the_contracts(error)}") from None


def not_the_contracts(error: Exception) -> str:
    """Say what did not fit, and what a person can do about it; the end of a sentence."""
    if isinstance(error, UnicodeDecodeError):
        what = "it is no UTF-8"
    elif isinstance(error, RecursionError):
        what = "it is nested too deeply"
    else:
        what = safe_reason(str(error))
    return f"not the contract's: {what}. What is here stays as it was; ask whoever runs the server, or check base_url."


def refuse_edges(raw: bytes) -> None:
    """BadAnswer for a time that lies in no year once it is told in UTC; nobody could show it or compare it."""
    if b"\\" in raw and b"\\u00" in raw:  # a single byte is found much faster, and hardly ever there
        raw = _ESCAPED_ASCII.sub(lambda found: bytes((int(found[1], 16),)), raw)
    if (_LAST in raw or _FIRST in raw) and _BEYOND.search(raw):
        raise BadAnswer(f"The answer is {not_the_contracts(ValueError('a time lies before or after all years'))}")


def decode(raw: bytes, using: "msgspec.json.Decoder[T]") -> T:
    """Decode foreign bytes; BadAnswer says what did not fit."""
    refuse_edges(raw)
    try:
        return using.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer(f"The answer is {not_the_contracts(error)}") from None


def mended(raw: bytes) -> bytes:
    """Return JSON with SUB for escaped lone surrogates: the decoder refuses those, and safe_text replaces a SUB."""
    if b"\\ud" not in raw and b"\\uD" not in raw:
        return raw
    return _ESCAPES.sub(lambda found: b"\\u001a" if found[1] else found[0], raw)


def plain(value: object) -> Any:
    """Turn one of our values into plain JSON values (times as text), for printing and comparing."""
    return msgspec.to_builtins(value, enc_hook=_encode_hook)


def safe_tree(value: Any) -> Any:
    """Return plain JSON values with every text in them, keys included, made safe (for `before`, `after`, `params`).

    Notes are among them, so texts keep the length of a reason.
    """
    if isinstance(value, str):
        return safe_reason(value)
    if isinstance(value, dict):
        return {safe_text(key): safe_tree(item) for key, item in value.items()}
    if isinstance(value, list):
        return [safe_tree(item) for item in value]
    return value
