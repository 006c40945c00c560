"""Judging many accounts at once: raw lines go in, rows ready to be written come out, in this process or in another."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from data.account import Value
from data.assessment import Row, Subject, Touch
from data.backends.port import Item
from data.errors import BadAnswer
from data.health_book import Past
from data.imported import Imported, with_import
from data.listing_columns import Place, place_of, search_text, verdict_columns, wanted_members
from data.packed import Packing
from data.wire import encode

Judged = tuple[Row, Past | None]
# The rules over some accounts: what is stored, and what only the cache knows of each; None where it knew nothing.
Assess = Callable[[Sequence[Subject]], Sequence[Judged]]
SOME = 64  # accounts judged at a time: few enough to stay near the processor, enough for its code to


class Made(NamedTuple):
    """An account as the tables of the cache take it; its blobs packed, it travels cheaply between processes."""

    id: str
    seq: int
    version: int
    payload: bytes
    listing: tuple[object, ...]
    row: bytes
    past: bytes | None
    place: Place
    members: tuple[tuple[str, str, float], ...]


class Chunk(Value, frozen=True):
    """Undecoded accounts, by seq, with what the cache knows of them, by id."""

    lines: tuple[bytes, ...]
    touches: dict[str, tuple[Touch, ...]]
    pasts: dict[str, Past]
    imports: dict[str, Imported]


class Done(NamedTuple):
    """What became of a chunk: its rows up to the first line that is no account, where that stands and what is wrong."""

    made: list[Made]
    stopped: int | None = None
    why: str = ""


class Crew(Protocol):
    """Judges chunks beside this process. Answers come in the order in which chunks were given."""

    @property
    def room(self) -> int:
        """How many chunks may be under way; before another is given, an answer has to be taken."""
        ...

    def give(self, chunk: Chunk, through: date | None) -> None:
        """Begin with a chunk, for a feed date."""
        ...

    def take(self) -> Done:
        """The answer to the chunk that was given first; waits for it."""
        ...

    def close(self) -> None:
        """End, whatever is under way."""
        ...


def made_of(item: Item, judged: Judged, packing: Packing) -> Made:
    """One judged account as the tables take it."""
    row, past = judged
    account = item.account
    return Made(
        account.id,
        account.seq,
        account.version,
        packing.pack(item.raw),
        (row.id, row.name.casefold(), search_text(account), *verdict_columns(row)),
        packing.pack(encode(row)),
        None if past is None else packing.pack(encode(past)),
        place_of(row),
        wanted_members(row),
    )


def judge_chunk(chunk: Chunk, assess: Assess) -> Done:
    """Decode and judge a chunk, of each account the newest; ends at the first line that is no account."""
    packing, made = Packing(), dict[str, Made]()
    for start in range(0, len(chunk.lines), SOME):
        found, why = _decoded(chunk.lines[start : start + SOME])
        subjects = []
        for item in found:
            account = with_import(item.account, chunk.imports.get(item.account.id))
            subjects.append((account, chunk.touches.get(account.id, ()), chunk.pasts.get(account.id)))
        for item, one in zip(found, assess(subjects), strict=True):
            made[item.account.id] = made_of(item, one, packing)
        if why:
            return Done(list(made.values()), start + len(found), why)
    return Done(list(made.values()))


def _decoded(lines: Sequence[bytes]) -> tuple[list[Item], str]:
    """The accounts of some lines, up to the first that is none, and what is wrong with that one."""
    from data.backends.native_delta import read_line  # a program that only reads never decodes an answer

    found = list[Item]()
    for raw in lines:
        try:
            found.append(read_line(raw))
        except BadAnswer as error:
            return found, str(error)
    return found, ""


def judged(subjects: Sequence[Subject], assess: Assess) -> list[Judged]:
    """Judge accounts, some at a time."""
    return [one for at in range(0, len(subjects), SOME) for one in assess(subjects[at : at + SOME])]
