"""When administrators were last there: asked of Directus by e-mail, because its user ids are not the API's."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from data.backends.dembrane_http import Wire
from data.backends.dembrane_shapes import Rollup, seen_decoder
from data.backends.native_http import Answered, read_json, reading
from data.errors import TriageError

AT_ONCE = 40  # addresses a request: a URL has its limits


class LastAccess:
    """The last access of administrators, and why it is unknown where it is; never fails a sync."""

    def __init__(self, directus: Wire | None) -> None:
        self._directus = directus
        self.why = "" if directus else "directus_url is not set, and the staff API has no logins per person"

    @property
    def asked(self) -> bool:
        """True where the profile names an identity provider that did not refuse so far."""
        return not self.why

    def read(self, rollup: Rollup, bearer: str) -> dict[str, datetime | None] | None:
        """Return the last access by e-mail address in lower case (None: never), None where nobody may know."""
        if self._directus is None:
            return None
        found: dict[str, datetime | None] = {}
        for some in _in_pieces(sorted(_addresses(rollup))):
            try:
                answered = self._ask(self._directus, some, bearer)
                if answered.status != 200:
                    self.why = _refused(self._directus.host, answered.status)
                    return None
                seen = read_json(answered, self._directus.host, seen_decoder).data
            except TriageError as error:
                self.why = str(error)
                return None
            found |= {one.email.casefold(): one.last_access for one in seen if one.email}
        self.why = ""
        return found

    def _ask(self, directus: Wire, addresses: Sequence[str], bearer: str) -> Answered:
        params: dict[str, int | str] = {
            "filter[email][_in]": ",".join(addresses),
            "fields": "email,last_access",
            "limit": -1,
        }
        with reading(directus.host):
            return directus.ask("GET", "/users", bearer, params=params)


def _refused(host: str, status: int) -> str:
    if status in (401, 403):
        return f"{host} lets this sign-in read no users ({status})"
    return f"{host} answered {status} when it was asked for last accesses"


def _addresses(rollup: Rollup) -> set[str]:
    """Every administrator's address once; one with a comma cannot be asked for."""
    return {
        str(one.email)
        for row in rollup.rows
        for one in row.workspace_admins or ()
        if one.email and "," not in one.email and not one.email.suspicious
    }


def _in_pieces(addresses: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(addresses), AT_ONCE):
        yield addresses[start : start + AT_ONCE]
