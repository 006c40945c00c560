"""A draft on the screen: to whom, from whom, its text, what speaks against it; kept as it is typed."""

from collections.abc import Iterable

from textual.containers import Container, Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget

from data.errors import TriageError
from data.ports import Desk
from data.ports_list import Header
from data.ports_outreach import Channel, OutreachForm
from screens.base import TriageScreen
from screens.inbox_words import band
from widgets import severity_badge
from widgets.block import Lines
from widgets.channel_rows import ChannelRows, Way
from widgets.letter_area import LetterArea
from widgets.line import Painted, Piece
from widgets.numbers import count, fit
from widgets.outreach_facts import OutreachFacts
from widgets.view_tabs import TitleTabs
from widgets.word_input import WordInput

LABEL = 10
TO_CHARS, SUBJECT_CHARS, TEXT_CHARS = 200, 200, 8000
NARROW = 80  # columns below which a name beside the address has no room
KEPT_AFTER = 0.4  # seconds without a key before a draft is written down
WIDE, SMALL, ROOMY = 120, 22, 32  # columns for facts at the right; lines below which they have no room, and for gaps
FRAME = 15  # lines that are not the facts': frame, fields, a text of three lines, the ways
WAYS = (
    Way(Channel.EMAIL.value, "Send mail", "ctrl+s", "leaves once the server has its record, at most once"),
    Way(Channel.SLACK.value, "Post to Slack", "ctrl+k", "for colleagues, with what the alert says; the draft stays"),
    Way(Channel.COPY.value, "Copy text", "ctrl+t", "then asks whether you sent it"),
    Way(Channel.ELSEWHERE.value, "Sent elsewhere", "ctrl+g", "nothing is sent, only logged"),
)


class Caption(Lines):
    """A muted label or remark beside a field."""

    GROUND = Painted.GROUND


class OutreachDraft(TriageScreen):
    """The fields of one draft and what is known about it; subclasses give the keys by which it leaves."""

    def __init__(self, desk: Desk, form: OutreachForm) -> None:
        super().__init__(desk)
        self.form = form
        self.kept = words_of(form)
        self._timer: Timer | None = None
        self.edited = False
        self.anew_asked = False
        self.unkept = False  # a person was told that the draft cannot be kept

    # --- the frame ---

    def body(self) -> Iterable[Widget]:
        """The fields and the text, the facts, the ways."""
        to, subject, text = self.kept
        with Container(id="sheet"):
            with Vertical(id="letter"):
                with Horizontal(classes="entry"):
                    yield _label("To")
                    yield WordInput(to, most=TO_CHARS, id="to")
                    yield Caption(id="to-remark")
                yield Caption([(self._sender(), ())], id="from")
                with Horizontal(classes="entry"):
                    yield _label("Subject")
                    yield WordInput(subject, most=SUBJECT_CHARS, id="subject")
                yield Caption(id="text-head")
                yield LetterArea(text, id="text")
            yield OutreachFacts(id="facts")
        yield ChannelRows(WAYS, id="ways")

    def on_mount(self) -> None:
        """The first thing that needs an answer has the focus: the address, else the text, at its first gap."""
        self._fit()
        letter = self.query_one(LetterArea)
        gap = letter.text.find("[no ")
        if gap >= 0:
            before = letter.text[:gap].split("\n")
            letter.move_cursor((len(before) - 1, len(before[-1])))
            self.call_after_refresh(letter.scroll_cursor_visible, animate=False)
        self.set_focus(letter if self.kept[0] else self.query_one("#to"))
        self.renew()

    def on_resize(self) -> None:
        """Facts at the right, below, or nowhere."""
        self._fit()
        self.renew()

    def _fit(self) -> None:
        self.set_class(self.app.size.width >= WIDE, "-wide")
        self.set_class(self.app.size.width < NARROW, "-narrow")
        self.set_class(self.app.size.height < SMALL, "-small")
        self.set_class(self.app.size.height >= ROOMY, "-roomy")

    def draw(self, header: Header) -> None:
        """Title and status; the form itself changes only as it is typed."""
        title = self.query_one(TitleTabs)
        detail = self.desk.detail(self.form.message.account_id)
        word = "Follow-up" if self.form.message.follow_up else "Outreach"
        if detail is None:
            title.show(word, ["This account is no longer in the book."], (), band(header, self.now))
        else:
            badge = [*severity_badge.badge(detail.row, self.look), *severity_badge.doubt(detail.row, self.look)]
            title.show(word, [severity_badge.named(detail.row, 40, self.look)], badge, band(header, self.now))
        calm = "The draft is kept as you type. Nothing leaves before you say so."
        self.say([(self.told or calm, "text" if self.told else "muted")])

    # --- what is typed ---

    @property
    def typed(self) -> tuple[str, str, str]:
        """Address, subject and text as they stand in the fields."""
        to, subject = (self.query_one(f"#{name}", WordInput).value for name in ("to", "subject"))
        return to, subject, self.query_one(LetterArea).text

    def on_input_changed(self) -> None:
        """Address or subject."""
        self._note_typing()

    def on_letter_area_typed(self) -> None:
        """The text."""
        self._note_typing()

    def on_word_input_done(self) -> None:
        """Enter moves on, and never sends."""
        self.focus_next()

    def _note_typing(self) -> None:
        self.anew_asked = self.unkept = False
        if self._timer is not None:
            self._timer.stop()
        if self.typed != self.kept:
            self._timer = self.set_timer(KEPT_AFTER, self._keep_or_say)
        self.renew()

    def _keep_or_say(self) -> None:
        problem = self.keep()
        if problem:
            self.tell(problem)

    def keep(self) -> str:
        """Write the draft down where it has changed; returns why it could not be, empty when it was."""
        if self._timer is not None:
            self._timer.stop()
        typed, message = self.typed, self.form.message
        if typed == self.kept:
            return ""
        try:
            self.desk.save_outreach(message.outreach_id, *typed)
            self.form = self.desk.open_outreach(message.account_id)
        except TriageError as error:
            return str(error)
        self.kept, self.edited = typed, True
        self.renew()
        return ""

    # --- drawing ---

    def renew(self) -> None:
        """Bring everything around the fields up to date."""
        if not self.is_mounted or not self.query("#ways"):
            return
        to, _, text = self.typed
        known = self.person(to)
        name = fit(known or to, 30, self.look.glyphs).rstrip()
        closed = {channel.value: why for channel, why in self.form.cannot.items()}
        labels = {Channel.EMAIL.value: f"Send to {name}" if name else "Send mail"}
        self.query_one(ChannelRows).show(closed, labels)
        wide = self.has_class("-wide")
        most = max(2, self.app.size.height - (8 if wide else FRAME))
        self.query_one(OutreachFacts).show(self.form, self.now, most)
        self.query_one("#to-remark", Caption).show([([(known, "muted")], ())])
        counted: Piece = (
            f"{count(len(text))} of {count(TEXT_CHARS)}",
            "cap bold" if len(text) > TEXT_CHARS else "muted",
        )
        keys: list[Piece] = [(self.look.key("do.editor", "ctrl+e"), "key"), (" editor   ", "muted"), counted]
        self.query_one("#text-head", Caption).show([([("Text", "muted")], keys)])

    def person(self, address: str) -> str:
        """Return the name behind an address, empty where nobody of the account has it."""
        detail = self.desk.detail(self.form.message.account_id)
        people = detail.account.contacts if detail else ()
        return next((f"{one.name}" for one in people if one.email and one.email == address.strip()), "")

    def _sender(self) -> list[Piece]:
        sender = self.form.sender
        if sender is None:
            return [(f"{'From':<{LABEL}}", "muted"), ("nobody: no CSM is assigned", "strong bold")]
        mail: Piece = (f"  {sender.email}", "muted") if sender.email else ("  no e-mail address", "strong bold")
        return [(f"{'From':<{LABEL}}", "muted"), (" ", "text"), (str(sender.name), "text"), mail]


def _label(words: str) -> Caption:
    made = Caption([([(f"{words:<{LABEL}}", "muted")], ())])
    made.styles.width = LABEL
    return made


def words_of(form: OutreachForm) -> tuple[str, str, str]:
    """Return address, subject and text of a draft."""
    return str(form.message.contact), str(form.message.subject), form.message.text
