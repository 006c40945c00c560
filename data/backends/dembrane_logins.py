"""When administrators were last there: asked of Directus by e-mail, because its user ids are not the API's."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import msgspec

from data.account import Value
from data.backends.dembrane_files import keep, read_kept
from data.backends.dembrane_http import Wire
from data.backends.dembrane_shapes import Rollup, seen_decoder
from data.backends.native_http import Answered, read_json, reading
from data.errors import TriageError

FRESH = timedelta(hours=1)  # the classes of A8 are days apart
LONGEST = 5000  # characters of addresses in one URL
NAME = "dembrane-logins.json"
NOT_NAMED = "directus_url is not set, and the staff API has no logins per person"
REFUSED = (401, 403)

Seen = dict[str, datetime | None]


class _Kept(Value, frozen=True):
    """Last accesses by address in lower case, as of `at`; of what was asked and is not among them nobody knows."""

    base_url: str
    at: datetime
    seen: Seen
    asked: set[str]


_kept = msgspec.json.Decoder(_Kept)


class LastAccess:
    """The last access of administrators, at most an hour old, and why it is unknown where it is; fails no sync."""

    def __init__(self, directus: Wire | None, directory: Path, base_url: str) -> None:
        self._directus = directus
        self._path = directory / NAME
        self._base_url = base_url
        self.why = "" if directus else NOT_NAMED

    @property
    def told(self) -> bool:
        """True where the profile names an identity provider that did not refuse so far."""
        return not self.why

    def read(self, rollup: Rollup, bearer: str, now: datetime) -> Seen | None:
        """Return the last access by e-mail address in lower case (None: never), None where nobody may know.

        An identity provider that is away leaves what it told before.
        """
        if self._directus is None:
            return None
        kept = read_kept(self._path, _kept)
        kept = kept if kept is not None and kept.base_url == self._base_url else None
        fresh = kept if kept is not None and timedelta(0) <= now - kept.at < FRESH else None
        asked = fresh.asked if fresh else set()
        wanted = {key: address for key, address in _addresses(rollup).items() if key not in asked}
        if not wanted and fresh:
            return fresh.seen
        try:
            found = self._fetch(self._directus, sorted(wanted.values()), bearer)
        except TriageError as error:
            self.why = "" if kept else str(error)
            return kept.seen if kept else None
        if found is None:
            return None
        if fresh:
            found = fresh.seen | found
        keep(self._path, _Kept(self._base_url, fresh.at if fresh else now, found, asked | wanted.keys()))
        return found

    def _fetch(self, directus: Wire, wanted: list[str], bearer: str) -> Seen | None:
        """Ask in as many requests as it takes; None where this sign-in may not read users."""
        found: Seen = {}
        for some in _pieces(wanted):
            answered = self._ask(directus, some, bearer)
            if answered.status in REFUSED:
                self.why = f"{directus.host} lets this sign-in read no users ({answered.status})"
                return None
            seen = read_json(answered, directus.host, seen_decoder).data if answered.status == 200 else ()
            if answered.status != 200:
                raise TriageError(f"{directus.host} answered {answered.status} when it was asked for last accesses.")
            found |= {one.email.casefold(): one.last_access for one in seen if one.email}
        self.why = ""
        return found

    def _ask(self, directus: Wire, addresses: list[str], bearer: str) -> Answered:
        wanted = ",".join(addresses)
        params: dict[str, int | str] = {"filter[email][_in]": wanted, "fields": "email,last_access", "limit": -1}
        with reading(directus.host):
            return directus.ask("GET", "/users", bearer, params=params)


def _addresses(rollup: Rollup) -> dict[str, str]:
    """Every administrator's address by itself in lower case; one with a comma cannot be asked for."""
    return {
        str(one.email).casefold(): str(one.email)
        for row in rollup.rows
        for one in row.workspace_admins or ()
        if one.email and "," not in one.email and not one.email.suspicious
    }


def _pieces(addresses: list[str]) -> Iterator[list[str]]:
    """Split addresses so that each piece fits into a URL."""
    piece: list[str] = []
    length = 0
    for address in addresses:
        size = len(quote(address, safe="")) + 3
        if piece and length + size > LONGEST:
            yield piece
            piece, length = [], 0
        piece.append(address)
        length += size
    if piece:
        yield piece
