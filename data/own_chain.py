"""This home's own chain, where a backend keeps no audit trail: the same hashes, one link for each step of a change."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from data.account import Value
from data.audit_proof import Evidence, Proof
from data.receipts import GENESIS, ChainReport, entry_hash


class Linked(Protocol):
    """A link: its number, the hashed text, the hash before and its own."""

    @property
    def seq(self) -> int:
        """Its number, dense from 1."""
        ...

    @property
    def raw(self) -> str:
        """The hashed JSON text."""
        ...

    @property
    def prev_hash(self) -> str:
        """The hash of the link before."""
        ...

    @property
    def hash(self) -> str:
        """Its own hash."""
        ...


class _Numbered(Value, frozen=True):
    seq: int


_numbered = msgspec.json.Decoder(_Numbered)


def prove_own(links: Iterable[Linked]) -> Proof:
    """Replay a chain from link 1; nothing but the chain itself is there to hold it against."""
    last, digest = 0, GENESIS
    report: ChainReport | None = None
    for link in links:
        why = _problem(link, last + 1, digest)
        if why:
            report = ChainReport(False, last, last + 1, why)
            break
        last, digest = link.seq, link.hash
    report = report or ChainReport(True, last, None, None)
    head = digest if last else ""
    return Proof(report, Evidence(), last, head, None, None, 0, 0, ())


def _problem(link: Linked, due: int, before: str) -> str:
    if link.seq != due:
        return f"Entry {due} is missing."
    if link.prev_hash != before:
        return f"Entry {due} does not follow from the one before it."
    if entry_hash(link.prev_hash, link.raw) != link.hash:
        return f"Entry {due}: its text was altered, the hash does not fit."
    try:
        said = _numbered.decode(link.raw).seq
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return f"Entry {due}: its text is no entry."
    return "" if said == due else f"Entry {due}: its text says {said}."
