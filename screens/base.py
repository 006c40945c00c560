"""The frame every full screen shares: header, title, status line, key line; and the word that something changed."""

from collections.abc import Awaitable, Iterable, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from data.ports import Desk
from data.ports_list import Header
from screens.look_messages import DensityAsked, ThemesAsked
from screens.messages import Gravity, Messages, Said
from screens.read_only import READ_ONLY, writing_key
from screens.typing_guard import TYPED_TOO_FAST, TypingGuard
from widgets.header_line import HeaderLine
from widgets.key_line import Hint, KeyLine
from widgets.line import Blank, Line
from widgets.look import Look, look_of
from widgets.screen_diff import ScreenDiff
from widgets.sparing import SparingCompositor
from widgets.status_line import StatusLine
from widgets.thin_line import ThinLine
from widgets.view_tabs import TitleTabs

if TYPE_CHECKING:
    from screens.commands_now import Command

TALL = 40
TOLD_FOR = 6.0  # seconds


class DeskChanged(Message, bubble=False):
    """Something may look different: the sync thread said so, at most four times a second."""


def now_of(widget: Widget) -> datetime:
    """Return the time by the app's clock (tests may set `clock` on their app)."""
    clock = getattr(widget.app, "clock", None)
    return clock() if callable(clock) else datetime.now(UTC)


def messages_of(app: object) -> Messages:
    """Return what the app has to say unasked; nothing where the app has no such store."""
    messages = getattr(app, "messages", None)
    return messages if isinstance(messages, Messages) else Messages()


def types_text(widget: Widget | None) -> bool:
    """Return whether keys go into a text; asked by name, since importing TextArea would cost every start 10 ms."""
    return any(kind.__name__ in ("Input", "TextArea") for kind in type(widget).__mro__)


class TriageScreen(Screen[None]):
    """A full screen over a desk. Subclasses give `body`, `hints` and `show`; `show` runs on every change and tick."""

    AUTO_FOCUS = ""
    NEVER_HELD_BACK: ClassVar[frozenset[str]] = frozenset({"j", "k", "g", "G"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("exclamation_mark", "messages", "messages", id="go.messages", show=False, tooltip="all that was said"),
        Binding("L", "themes", "theme", id="go.themes", show=False, tooltip="pick a theme"),
        Binding("equals_sign", "density", "density", id="go.density", show=False, tooltip="compact or roomy"),
        Binding("colon,ctrl+p", "palette", "commands", id="go.palette", tooltip="every command, by a few letters"),
        Binding("ctrl+o", "jump", "jump", id="go.jump", tooltip="a letter for every place in sight"),
    ]
    DEFAULT_CSS = """
    TriageScreen { layout: vertical; background: $triage-bg; color: $triage-text; overflow: hidden hidden; }
    TriageScreen #gap { height: 0; background: $triage-bg; }
    TriageScreen.-tall #gap { height: 1; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._compositor = SparingCompositor(self._terminal)
        self.desk = desk
        self.opened = True  # False on a screen that has read everything when it is resumed for the first time
        self._told, self._told_at = "", 0.0

    def _terminal(self) -> ScreenDiff | None:
        """What is known of the terminal that this screen is drawn on."""
        line = getattr(self.app, "line", None)
        return line.screen if isinstance(line, ThinLine) else None

    @property
    def told(self) -> str:
        """The gravest message that nobody has read, with how many wait behind it, else what was said a moment ago."""
        messages = messages_of(self.app)
        grave = messages.current(monotonic()) if self.is_current else None
        if grave is not None:
            key = self.look.key("go.messages", "!")
            more = f"   {messages.behind} more, {key} lists them" if messages.behind else ""
            return grave.text + more
        return self._told if monotonic() - self._told_at < TOLD_FOR else ""

    @property
    def composed(self) -> bool:
        """True once its widgets are there, which `on_mount` draws; Textual calls it mounted only afterwards."""
        return bool(self.children)

    @property
    def now(self) -> datetime:
        """The time, UTC."""
        return now_of(self)

    @property
    def look(self) -> Look:
        """Styles and glyphs."""
        return look_of(self)

    @property
    def crumb(self) -> str:
        """What this screen is called in the title rows of those opened from it."""
        return next((title.title for title in self.query(TitleTabs)), "Inbox")

    def _below(self) -> "list[TriageScreen]":
        full = [one for one in self.app.screen_stack if isinstance(one, TriageScreen)]
        return full[: full.index(self)] if self in full else full

    # --- what a screen gives ---

    def title_row(self) -> Widget:
        """The row below the header; the inbox has its tabs here."""
        return TitleTabs(id="title")

    def body(self) -> Iterable[Widget]:
        """The widgets between title and status line."""
        return ()

    def hints(self) -> Sequence[Hint]:
        """The keys that work now, in order."""
        return ()

    def draw(self, header: Header) -> None:
        """Bring what the screen shows up to date; called on mount, on a change and every second."""

    # --- the frame ---

    def size_classes(self) -> dict[str, bool]:
        """The classes that go by the terminal's size; style sheets ask for them."""
        return {"-tall": self.app.size.height >= TALL and not self.look.compact}

    def compose(self) -> ComposeResult:
        """Header, title, body, status, keys; classes first, so that the style sheets are applied once."""
        self.update_classes(self.size_classes(), update=False)
        yield HeaderLine(id="header")
        yield Blank(id="gap")
        yield self.title_row()
        yield from self.body()
        yield StatusLine(id="status")
        yield KeyLine(id="keys")

    def on_mount(self) -> None:
        """First drawing, and the tick of ages."""
        self.set_interval(1.0, self.tick)
        self.refresh_frame()

    def on_resize(self) -> None:
        """A blank row below the header only where there is room."""
        self.update_classes(self.size_classes())
        self.call_after_refresh(self.refresh_frame)

    def on_screen_resume(self) -> None:
        """Coming back from another screen: what it did shows at once."""
        if self.opened:
            self.reload()
        self.opened = True

    def on_desk_changed(self) -> None:
        """Something may look different."""
        self.reload()

    def reload(self) -> None:
        """Read again what the screen shows; screens that hold something override it."""
        self.refresh_frame()

    def tick(self) -> None:
        """Ages and countdowns."""
        if self.is_current:
            self.refresh_frame()

    def refresh_frame(self) -> None:
        """Header, keys and the screen's own part."""
        if not self.composed:
            return
        header = self.desk.header()
        self.query_one(HeaderLine).show(header, self.now)
        self.draw(header)
        for title in self.query(TitleTabs):
            title.show_trail([one.crumb for one in self._below()])
        self.query_one(KeyLine).show(self.hints(), help_key=not types_text(self.focused))

    def tell(self, sentence: str) -> None:
        """Say what just happened; it stands until the next key, and a few seconds at most."""
        self.remember(sentence)
        self.refresh_frame()

    def remember(self, sentence: str) -> None:
        """The same without drawing, for what is found out while a screen is being drawn."""
        self._told, self._told_at = sentence, monotonic()
        messages_of(self.app).say(Said(self.now, sentence, Gravity.NOTE))

    def warn(self, sentence: str, gravity: Gravity = Gravity.WARNING) -> None:
        """Say what nobody asked for; it stands until a key is pressed that can mean it was read."""
        messages_of(self.app).say(Said(self.now, sentence, gravity))
        self.refresh_frame()

    def forget_told(self) -> None:
        """What just happened has been read."""
        self._told = ""

    def on_key(self, event: events.Key) -> None:
        """Forget what was said; let no action key through that nobody can have meant."""
        self.forget_told()
        if self.desk.read_only and writing_key(self, event.key):
            self.tell(READ_ONLY)
        guard = getattr(self.app, "guard", None)
        if isinstance(guard, TypingGuard) and event.key not in self.NEVER_HELD_BACK and guard.doubts(event):
            event.stop()
            event.prevent_default()
            self.tell(TYPED_TOO_FAST)

    def say(self, left: Line | None = None, right: Line | None = None) -> None:
        """Put pieces on the status line."""
        self.query_one(StatusLine).show(left, right)

    # --- what every screen does ---

    def action_sync(self) -> None:
        """r: push and pull now."""
        self.desk.sync_now()
        self.tell("Syncing now.")

    def action_themes(self) -> None:
        """L: pick a theme."""
        self.post_message(ThemesAsked())

    def action_messages(self) -> None:
        """!: all that was said, in full."""
        from screens.messages_list import MessagesList

        messages = messages_of(self.app)
        messages.read_all()
        self.app.push_screen(MessagesList(tuple(messages.past)))

    def copy(self, text: str, name: str) -> None:
        """Copy one line and say so, with what to do if it did not arrive."""
        self.app.copy_to_clipboard(text)
        words = getattr(self.app, "copied_words", None)
        self.tell(words(name) if callable(words) else f"Copied {name}.")

    def action_density(self) -> None:
        """=: with or without blank lines between things."""
        self.post_message(DensityAsked())

    def action_palette(self) -> None:
        """`:`, ctrl+p: every command that works here, and every account."""
        from screens.commands_now import commands_of
        from screens.palette import Palette

        self.app.push_screen(Palette(commands_of(self, self.more_commands()), self._found), self._command)

    def action_jump(self) -> None:
        """ctrl+o: a letter goes to its place."""
        from screens.jump import open_jump

        if not open_jump(self):
            self.tell("There is nothing to jump to here.")

    def more_commands(self) -> Sequence["Command"]:
        """The commands that are no keys."""
        return ()

    def _found(self, text: str) -> Sequence["Command"]:
        from screens.go_to import accounts

        return accounts(self, text)

    async def _command(self, command: "Command | None") -> None:
        done = command.run() if command is not None else None
        if isinstance(done, Awaitable):
            await done

    def action_help(self) -> None:
        """?: the keys as they are now."""
        from screens.help import HelpScreen
        from screens.keymap import table

        self.app.push_screen(HelpScreen(table(self)))
