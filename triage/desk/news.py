"""What is said once about the two files of a home, when they are opened."""

from contextlib import suppress

from data.cache import Cache
from data.database import on_network
from data.errors import FileProblem
from data.outbox import Outbox


def home_news(cache: Cache, outbox: Outbox) -> list[str]:
    """What was found when the two files were opened and is said once: a rebuilt cache, an outbox begun anew."""
    notes = []
    if cache.rebuilt_why:
        notes.append(f"{cache.rebuilt_why} It was only a copy: the book is fetched anew.")
    name, known = outbox.name, cache.get("outbox")
    if name and name != known:
        with suppress(FileProblem), cache.writing():  # a full disk is told by whoever has something to write
            cache.put(outbox=name)
    if known and name and name != known:
        notes.append(f"The outbox in {outbox.directory} is a new one. What an earlier one had not sent is not in it.")
    return notes


def network_note(cache: Cache, outbox: Outbox) -> str:
    """The warning of a home on a network file system, empty on a local one."""
    there = cache.network_warning or on_network(outbox.directory)
    return "This home lies on a network file system: slower, without WAL. Prefer a local --home." if there else ""
