"""Opening the plain mode over the desk; it needs no terminal, and never imports Textual."""

import signal
import sys
from contextlib import closing
from types import FrameType
from typing import NoReturn

from triage.commands.context import Context
from triage.commands.joined import open_session, utc_now
from triage.commands.plain.here import Here
from triage.commands.plain.loop import Plain
from triage.commands.plain.talk import PipedTalk, Talk, TerminalTalk
from triage.commands.plain.words import spoken
from triage.desk import Desk
from widgets.glyphs import pick

ENDED = 128


def open_plain(context: Context, account_id: str | None) -> int:
    """Work at the desk line by line; returns 0, or 128 and the signal's number where one ended it."""
    settings = context.settings
    settings.need_base_url()
    with closing(Desk.open(open_session(context, network=True))) as desk:
        glyphs = spoken(pick(settings.glyphs, context.environ))

        def work(talk: Talk) -> int:
            return Plain(Here(desk, talk, utc_now, glyphs), settings.views, account_id).run()

        if sys.stdin.isatty() and sys.stdout.isatty():
            terminal = TerminalTalk()
            _heed(terminal)
            with terminal.opened():
                waiting = work(terminal)
        else:
            waiting = work(PipedTalk())
    if waiting:
        context.say(f"{waiting} wait; triage sync sends them")
    return 0


def _heed(terminal: TerminalTalk) -> None:
    """The terminal is set up again after a suspension, and given back whatever ends us."""

    def resume(_number: int, _frame: FrameType | None) -> None:
        terminal.resume()

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(ENDED + number)

    signal.signal(signal.SIGCONT, resume)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
