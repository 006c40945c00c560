"""The single facts of the cache: whose book it is, how far it goes, its audit trail, and who we are."""

from datetime import UTC, date, datetime

from data.backends.port import Capabilities
from data.cache_file import CacheFile
from data.errors import WrongBackend
from data.health_book import EMPTY_BOOK, BookContext
from data.identity import Identity
from data.receipts import Signed
from data.wire import decoder, encode

_identity = decoder(Identity)
_offers = decoder(Capabilities)
_book = decoder(BookContext)
_signed = decoder(Signed)


class CacheFacts(CacheFile):
    """Facts that stand once, by name."""

    def check_backend(self) -> None:
        """Raise WrongBackend when the book is of another backend than the one asked for."""
        if self.expected is not None and (cached := self.base_url) is not None and cached != self.expected:
            raise WrongBackend(cached, self.expected)

    @property
    def base_url(self) -> str | None:
        """Whose book this is; None while it is empty."""
        return self.get("base_url")

    @property
    def epoch(self) -> str | None:
        """The server's epoch of the book."""
        return self.get("epoch")

    @property
    def cursor(self) -> int | None:
        """The seq after which the next delta starts."""
        return self.fact("cursor", int)

    @property
    def complete_through(self) -> date | None:
        """The last UTC day of which the server has every feed, as of the last complete sync."""
        return self.fact("complete_through", date.fromisoformat)

    @property
    def synced_at(self) -> datetime | None:
        """When the last complete sync ended; None: there is no complete one yet."""
        return self.fact("synced_at", _moment)

    @property
    def book_since(self) -> datetime | None:
        """When the book was last begun from nothing (first sync, new epoch, restored server); None: never."""
        return self.fact("book_since", _moment)

    @property
    def book_context(self) -> BookContext:
        """The book as it was last looked over (P0), or an empty one."""
        found = self.get("book_context")
        return self.decoded(found.encode(), _book) if found else EMPTY_BOOK

    @property
    def book_rules(self) -> str | None:
        """By which rules the book was looked over; None: nobody noted it."""
        return self.get("book_rules")

    def keep_book_context(self, book: BookContext, rules: str | None = None) -> None:
        """Keep what a walk over the book found by `rules` (None: those noted), until the next day's or other rules."""
        with self.writing():
            self.put(book_context=encode(book).decode(), book_rules=rules or self.book_rules)

    @property
    def watching_since(self) -> datetime | None:
        """When the first whole round over this book ended: what was found then was not seen to happen (M12)."""
        return self.fact("watching_since", _moment)

    @property
    def audit_after(self) -> int:
        """The last audit seq we hold."""
        return self.fact("audit_after", int) or 0

    @property
    def audit_problem(self) -> str | None:
        """What is wrong with the audit trail that the server sent, in one sentence; None when nothing is."""
        return self.get("audit_problem")

    def note_audit_problem(self, problem: str) -> None:
        """Keep what the signed head gave away about the trail, until the next pull has looked again."""
        with self.writing():
            self.put(audit_problem=problem)

    @property
    def restored(self) -> bool:
        """True when the server was seen to have gone back: the book has to be fetched anew, whatever its cursor."""
        return self.get("restored") is not None

    def note_restored(self, seen: str, *, dealt_with: bool = False) -> bool:
        """Let the next pull fetch the book anew, once for each lost state `seen` of the server; True if it will.

        `dealt_with`: it was fetched anew already.
        """
        with self.writing():
            if self.get("restored_seen") == seen:
                return False
            self.put(restored_seen=seen)
            if not dealt_with:
                self._forget_history()
        return not dealt_with

    def forget_history(self) -> None:
        """The server was seen to have gone back: the book is to be fetched anew."""
        with self.writing():
            self._forget_history()

    def _forget_history(self) -> None:
        self.put(restored=1, shadow_epoch=None, shadow_cursor=None)

    def note_signed_head(self, head: Signed, checked: int) -> None:
        """Keep the signed head that the trail was last seen to reach, and up to which seq receipts were looked for."""
        with self.writing():
            self.put(audit_signed=encode(head).decode(), receipts_checked=checked)

    @property
    def receipts_checked(self) -> int:
        """Up to which audit seq my receipts were found in the trail; what is appended later cannot change that."""
        return self.fact("receipts_checked", int) or 0

    def restart_trail(self) -> None:
        """Let the next pull take the audit trail anew, in the place of the one that is here."""
        with self.writing():
            self.put(audit_restart=1)

    @property
    def signed_head(self) -> Signed | None:
        """The signed head that the trail was last seen to reach; None when there was none yet."""
        found = self.get("audit_signed")
        return self.decoded(found.encode(), _signed) if found else None

    @property
    def identity(self) -> Identity | None:
        """The identity that the last `/v1/me` of this backend answered; None when it never did."""
        found = self.get("identity")
        if not found or self.get("identity_url") != (self.expected or self.base_url):
            return None
        return self.decoded(found.encode(), _identity)

    @property
    def identity_mark(self) -> str | None:
        """The mark of the token by which `identity` was answered."""
        return self.get("identity_mark")

    def remember_identity(self, identity: Identity, mark: str | None, offers: Capabilities | None = None) -> None:
        """Remember who we are to the backend this cache was opened for, a one-way mark of the token, what it offers."""
        with self.writing():
            url = self.expected or self.base_url
            self.put(identity=encode(identity).decode(), identity_mark=mark, identity_url=url)
            self.put(offers=encode(offers).decode() if offers else None)

    @property
    def offers(self) -> Capabilities | None:
        """What the backend offered when it was last asked who we are; None: nobody noted it."""
        found = self.get("offers")
        return self.decoded(found.encode(), _offers) if found else None


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(float(text), UTC)
