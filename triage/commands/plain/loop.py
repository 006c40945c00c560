"""The plain mode itself: a prompt that names what has the focus, and a command a line, by the keys of the app."""

from collections.abc import Callable, Iterator, Sequence
from time import monotonic, sleep
from typing import NamedTuple

from data.errors import TriageError
from data.ports import Detail
from data.ports_list import Sort, View
from data.remedy import PERMISSIONS, REMEDIES
from data.saved_view import SORTS, SavedView
from triage.beside import Beside
from triage.commands.plain import bulk, cases, letters, outbox, reading, records, words
from triage.commands.plain.here import Here
from triage.commands.plain.inbox import AT_ONCE, Inbox
from triage.commands.plain.news import News
from triage.commands.plain.remedy import do_remedy
from triage.commands.plain.talk import Left
from triage.config_file import nearest

Act = Callable[[str], None]
FIRST_BOOK = 60.0  # seconds that piped commands wait for it


class Command(NamedTuple):
    """A key of the app, the words that mean the same, what it does in a few words, and the doing."""

    key: str
    words: tuple[str, ...]
    sentence: str
    act: Act


class Plain:
    """One session at the desk, until it is left."""

    def __init__(self, here: Here, views: Sequence[SavedView], account: str | None = None) -> None:
        self._here = here
        self._views = {one.name: one for one in views}
        self._inbox = Inbox(here)
        self._news = News(here, self._inbox)
        self._changed = self._left = False
        self._crash: BaseException | None = None
        self._beside = Beside(here.desk, self._note)
        self._wanted = account
        self._commands = [*self._moves(), *self._reads(), *self._deeds(), *self._places()]

    # --- the loop ---

    def run(self) -> int:
        """Greet, then take commands; returns how many changes wait."""
        self._here.say("triage, line by line. h lists the commands, q quits.")
        self._here.say(*words.status_lines(self._here.desk.header(), self._here.now))
        self._beside.start(self._crashed)
        if self._here.talk.waits:
            self._wait_for_book()
        if self._wanted:
            self._find(self._wanted)
        else:
            self._here.say(self._inbox.title(), self._inbox.line())
        try:
            while not self._left:
                self._one()
        except Left:
            self._here.say("")
        finally:
            waiting = self._here.desk.stop()
            self._beside.end()
        return waiting

    def _wait_for_book(self) -> None:
        """Whoever wrote the commands ahead meant them for a book that is there."""
        ends, header = monotonic() + FIRST_BOOK, self._here.desk.header()
        while header.synced_at is None and not words.link_line(header) and monotonic() < ends:
            sleep(0.1)
            header = self._here.desk.header()
        self._here.say(*self._read_news())

    def _one(self) -> None:
        try:
            line = self._here.talk.ask(self._inbox.prompt(), self._read_news)
        except Left as left:
            if left.ended:
                raise
            self._here.say("q quits.")
            return
        try:
            self.do(line)
        except (Left, KeyboardInterrupt) as left:
            if isinstance(left, Left) and left.ended:
                raise
            self._here.say("Left as it was.")
        except TriageError as error:
            self._here.say(str(error))

    def do(self, line: str) -> None:
        """One command: a key or a word, and what it is about."""
        if line.startswith("/"):
            self._filter(line[1:].strip())
            return
        word, _, rest = line.partition(" ")
        found = next((one for one in self._commands if word == one.key), None)
        found = found or next((one for one in self._commands if word.casefold() in one.words), None)
        if found is not None:
            found.act(rest.strip())
        elif line:
            known = [name for one in self._commands for name in one.words]
            self._here.say(f"There is no command {word}.{nearest(word, known)} h lists them.")

    # --- news ---

    def _note(self) -> None:
        self._changed = True

    def _crashed(self, error: BaseException) -> None:
        self._crash = error

    def _read_news(self) -> Sequence[str]:
        if self._crash is not None:
            raise self._crash
        if not self._changed:
            return ()
        self._changed = False
        self._beside.taken()
        try:
            return list(self._news.read())
        except TriageError as error:
            return (str(error),)

    # --- the commands ---

    def _moves(self) -> Iterator[Command]:
        box = self._inbox
        yield Command("j", ("next", "down"), "the next account", lambda rest: box.step(_times(rest)))
        yield Command("k", ("previous", "up"), "the one before", lambda rest: box.step(-_times(rest)))
        yield Command("g", ("first", "top"), "the first", lambda _: box.go(0))
        yield Command("G", ("last", "bottom"), "the last", lambda _: box.last())
        yield Command("go", ("goto",), "go 12: the twelfth; go ID: that account", self._go)
        yield Command("l", ("list",), "read the next ten; l 30 reads thirty", self._list)
        yield Command("say", ("here",), "Enter alone: say again where you are", lambda _: self._here.say(box.line()))
        yield Command("/", ("filter",), "/north: filter by name, id, mail; / alone shows all", self._filter)
        for view, name in words.VIEWS.items():
            yield Command(view.value, (name.replace(" ", "-"),), f"the list {name}", self._viewer(view))
        yield Command("V", ("view", "views"), "V NAME: a list of the config", self._saved)
        yield Command("s", ("sort",), "the next order; sort mrr: that order", self._sort)
        yield Command("U", ("untouched",), "only what nobody has handled, or all again", self._untouched)

    def _reads(self) -> Iterator[Command]:
        here = self._here
        yield Command("p", ("open", "details"), "all about this account", self._on(self._read))
        yield Command("w", ("why",), "what every rule says; w A3, w all: with inputs", self._why)
        yield Command(".", ("actions", "menu"), "what can be done with it", self._on(self._menu))
        yield Command("y", ("contact",), "say its contact", self._on(self._contact))
        yield Command("Y", ("id",), "say its id", self._on(lambda one: here.say(one.row.id)))
        yield Command("i", ("interview",), "the decision tree", self._on(lambda one: reading.interview(here, one)))

    def _deeds(self) -> Iterator[Command]:
        here = self._here
        for key, kind, name in (
            ("R", "reset_usage", "reset"),
            ("T", "grant_trial", "trial"),
            ("D", "apply_discount", "discount"),
            ("C", "change_tier", "tier"),
            ("A", "change_admin", "admin"),
        ):
            yield Command(key, (name,), kind.replace("_", " "), self._on(self._remedier(kind)))
        yield Command("o", ("write", "outreach"), "write to them", self._on(lambda one: letters.write(here, one)))
        yield Command("n", ("talk",), "log a conversation", self._on(lambda one: records.log_talk(here, one)))
        yield Command("note", ("notes",), "write a note", self._on(lambda one: records.write_note(here, one)))
        yield Command("z", ("snooze",), "snooze, with a reason", self._on(lambda one: records.snooze(here, one)))
        yield Command(
            "m", ("claim", "release"), "claim for an hour, or release", self._on(lambda one: records.claim(here, one))
        )
        yield Command("c", ("case",), "its case", self._on(lambda one: cases.open_case(here, one)))
        yield Command("all", ("every",), "all R: that for every account of this list", self._all)
        yield Command("u", ("undo",), "take back what is held", lambda _: outbox.take_back(here))

    def _places(self) -> Iterator[Command]:
        here = self._here
        yield Command("b", ("outbox",), "the outbox", lambda _: outbox.open_outbox(here))
        yield Command(
            "a", ("history",), "the trail of this account", self._on(lambda one: reading.audit(here, one.row.id))
        )
        yield Command("audit", ("trail",), "the trail of the whole book", lambda _: reading.audit(here, None))
        yield Command("d", ("day",), "my day: what is due", lambda _: cases.my_day(here, self._find))
        yield Command("f", ("follow-ups",), "messages nobody answered", lambda _: letters.follow_ups(here))
        yield Command("messages", ("mails",), "messages written here", lambda _: letters.messages(here))
        yield Command("t", ("portfolio",), "the book in figures", lambda _: reading.portfolio(here))
        yield Command("r", ("sync",), "sync now", self._sync)
        yield Command("status", ("header",), "who, where, how old, how many", self._status)
        yield Command("login", ("signin",), "sign in with a token", self._sign_in)
        yield Command("h", ("help", "?", "keys"), "this list", self._help)
        yield Command("q", ("quit", "exit"), "quit; what waits is kept", self._quit)

    def _on(self, act: Callable[[Detail], None]) -> Act:
        """What is done with the account under the cursor."""

        def acting(_rest: str) -> None:
            line = self._inbox.current
            detail = self._here.desk.detail(line.row.id) if line else None
            if detail is None:
                self._here.say(self._inbox.line())
            else:
                act(detail)

        return acting

    def _remedier(self, kind: str) -> Callable[[Detail], None]:
        def doing(detail: Detail) -> None:
            do_remedy(self._here, kind, detail.row.id)

        return doing

    def _viewer(self, view: View) -> Act:
        return lambda _: self._inbox.show(SavedView("", view))

    # --- what they do ---

    def _go(self, rest: str) -> None:
        if rest.isdecimal() and len(rest) < 10:
            self._inbox.go(int(rest) - 1)
        else:
            self._find(rest)

    def _find(self, account_id: str) -> None:
        if not self._inbox.find(account_id):
            if self._here.desk.detail(account_id) is None:
                self._here.say(f"{account_id or 'Nothing'} is not in the book.")
                return
            self._inbox.view, self._inbox.text = View.BOOK, ""
            self._inbox.reopen()
            self._inbox.find(account_id)
        self._here.say(self._inbox.line())

    def _list(self, rest: str) -> None:
        self._inbox.read_on(max(1, int(rest)) if rest.isdecimal() and len(rest) < 4 else AT_ONCE)

    def _filter(self, rest: str) -> None:
        self._inbox.text = rest
        self._inbox.reopen()

    def _saved(self, rest: str) -> None:
        if rest in self._views:
            self._inbox.show(self._views[rest])
        else:
            self._here.say(f"Views of the config: {', '.join(self._views) or 'none'}.{nearest(rest, [*self._views])}")

    def _sort(self, rest: str) -> None:
        orders = [*Sort]
        if rest and rest not in SORTS:
            self._here.say(f"Orders: {', '.join(SORTS)}.{nearest(rest, [*SORTS])}")
            return
        following = orders[(orders.index(self._inbox.sort) + 1) % len(orders)]
        self._inbox.sort = SORTS[rest] if rest else following
        self._inbox.reopen()

    def _untouched(self, _rest: str) -> None:
        self._inbox.untouched = not self._inbox.untouched
        self._inbox.reopen()

    def _all(self, rest: str) -> None:
        bulk.do_all(self._here, rest, self._inbox.rows(bulk.MOST + 1))

    def _read(self, detail: Detail) -> None:
        self._here.say(*words.account_lines(detail, self._here.now, self._here.glyphs))

    def _why(self, rest: str) -> None:
        self._on(lambda one: reading.why(self._here, one, rest))(rest)

    def _contact(self, detail: Detail) -> None:
        found = detail.row.contact
        self._here.say(f"{found.name}, {found.role}, {found.email or 'no mail'}" if found else "Nobody is known.")

    def _menu(self, detail: Detail) -> None:
        """Every action on the account, and what stands against it."""
        for one in (*self._reads(), *self._deeds()):
            kind = one.sentence.replace(" ", "_")
            self._here.say(f"{one.key}, {one.sentence}. {self._against(kind, detail)}".rstrip())

    def _against(self, kind: str, detail: Detail) -> str:
        if kind not in REMEDIES:
            return ""
        who = self._here.desk.header().who
        if self._here.desk.read_only:
            return "This profile is read-only."
        if who is not None and PERMISSIONS[kind] not in who.permissions:
            return f"Needs {PERMISSIONS[kind]}."
        try:
            self._here.desk.open_form(kind, detail.row.id)
        except TriageError as error:
            return str(error)
        return ""

    def _sync(self, _rest: str) -> None:
        self._here.desk.sync_now()
        self._here.say("Syncing now.")

    def _status(self, _rest: str) -> None:
        self._here.say(*words.status_lines(self._here.desk.header(), self._here.now))

    def _sign_in(self, _rest: str) -> None:
        token = self._here.talk.ask("Token, it is not shown:", secret=True)
        if not token:
            raise Left
        who, kept = self._here.desk.sign_in(token, keep=True)
        self._here.say(f"Signed in as {who.name}, {who.role}. {kept}".rstrip())

    def _help(self, rest: str) -> None:
        for one in self._commands:
            if not rest or rest in (one.key, *one.words):
                self._here.say(f"{one.key}, {', '.join(one.words)}: {one.sentence}.")

    def _quit(self, _rest: str) -> None:
        self._left = True


def _times(rest: str) -> int:
    return int(rest) if rest.isdecimal() and 0 < len(rest) < 6 else 1
