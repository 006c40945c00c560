"""Outreach to one customer: the draft, and the ways by which it leaves, each at most once."""

import os
from collections.abc import Sequence
from pathlib import PurePath
from typing import ClassVar

from textual.binding import Binding, BindingType

from data.errors import NotPossible, TriageError
from data.ports_outreach import Channel
from screens.ask_sent import by_hand
from screens.base import TriageScreen
from screens.clipboard import CopyLines
from screens.keymap import keys_now
from screens.outreach_draft import OutreachDraft, words_of
from screens.reason_editor import edit_lines
from widgets.channel_rows import ChannelRows
from widgets.form_button import FormButton
from widgets.key_line import Hint
from widgets.letter_area import LetterArea
from widgets.word_input import WordInput


class OutreachScreen(OutreachDraft):
    """One draft. Leaving by esc throws nothing away; a bare Enter sends nothing."""

    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = ["outreach.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send('email')", "send", id="do.send", tooltip="send the mail", priority=True),
        Binding("ctrl+k", "send('slack')", "Slack", id="do.slack", tooltip="post it to Slack", priority=True),
        Binding("ctrl+t", "copy", "copy", id="do.copy_text", tooltip="copy the text", priority=True),
        Binding("ctrl+g", "elsewhere", "elsewhere", id="do.elsewhere", tooltip="it was sent elsewhere", priority=True),
        Binding("ctrl+e", "editor", "editor", id="do.editor", tooltip="the text in $EDITOR", priority=True),
        Binding("ctrl+n", "anew", "start over", id="do.anew", tooltip="anew from the template", priority=True),
        Binding("question_mark", "help", "keys", id="go.help", tooltip="these keys"),
        Binding("escape", "back", "back", id="go.back", tooltip="back; the draft is kept"),
    ]

    def hints(self) -> Sequence[Hint]:
        """The keys that work now."""
        keys = keys_now(self)
        some = [("send('email')", "send", Channel.EMAIL), ("send('slack')", "Slack", Channel.SLACK)]
        open_ones = [(action, label) for action, label, channel in some if channel not in self.form.cannot]
        rest = [("copy", "copy"), ("elsewhere", "elsewhere"), ("editor", "editor"), ("anew", "start over")]
        return [Hint(keys[action], label) for action, label in (*open_ones, *rest, ("back", "back")) if action in keys]

    # --- leaving ---

    def on_form_button_pressed(self, event: FormButton.Pressed) -> None:
        """One of the ways."""
        event.stop()
        name = self.query_one(ChannelRows).name_of(event.button)
        act = {"copy": self.action_copy, "elsewhere": self.action_elsewhere}.get(name)
        act() if act else self.action_send(name)

    def on_form_button_ignored(self) -> None:
        """A bare Enter never sends."""
        self.tell("Space sends it, or its key.")

    def action_send(self, name: str) -> None:
        """ctrl+s, ctrl+k: queue the record; the message leaves once the server has accepted it."""
        channel = Channel(name)
        why = self.keep() or self.form.cannot.get(channel)
        if why:
            self.tell(why)
            self._go_to_what_lacks(channel)
            return
        if self._queue(channel):
            if channel is Channel.SLACK:
                self.tell("The post leaves once the server has its record. The draft stays.")
            else:
                to = self.person(self.kept[0]) or self.kept[0]
                self._leave(f"The mail to {to} leaves once the server has its record.")

    def action_copy(self) -> None:
        """ctrl+t: the text goes to the clipboard, then a person says whether they sent it."""
        self.post_message(CopyLines(self.typed[2]))
        self._ask(Channel.COPY)

    def action_elsewhere(self) -> None:
        """ctrl+g: it was sent by another way."""
        self._ask(Channel.ELSEWHERE)

    def _ask(self, channel: Channel) -> None:
        problem = self.keep()
        if problem:
            self.tell(problem)
            return

        def answered(sent: bool | None) -> None:
            if sent and self._queue(channel):
                self._leave("Logged as sent by you. The follow-up is counted from now.")
            elif not sent:
                self.tell("The draft is kept. Nothing was logged.")

        self.app.push_screen(by_hand(self.form.message, self.now, channel is Channel.COPY), answered)

    def _queue(self, channel: Channel) -> bool:
        message = self.form.message
        try:
            self.desk.send_outreach(message.outreach_id, channel)
            if channel is Channel.SLACK:
                self.form = self.desk.open_outreach(message.account_id)
                self.renew()
        except TriageError as error:
            self.tell(str(error))
            return False
        return True

    def _go_to_what_lacks(self, channel: Channel) -> None:
        if channel is Channel.EMAIL:
            to, subject, _ = self.kept
            lacks = "#to" if "@" not in to else "#subject" if not subject.strip() else "#text"
            self.set_focus(self.query_one(lacks))

    def action_editor(self) -> None:
        """ctrl+e: the person's own editor on the text."""
        letter = self.query_one(LetterArea)
        try:
            letter.fill(edit_lines(self.app, letter.text, os.environ))
        except NotPossible as error:
            self.tell(str(error))
        self.set_focus(letter)

    def action_anew(self) -> None:
        """ctrl+n, twice: throw the draft away and write it from the template."""
        if not self.anew_asked:
            self.anew_asked = True
            again = self.look.key("do.anew", "ctrl+n")
            self.tell(f"{again} again throws this draft away and writes it from the template.")
            return
        message = self.form.message
        try:
            self.desk.drop_outreach(message.outreach_id)
            self.form = self.desk.open_outreach(message.account_id)
        except TriageError as error:
            self.tell(str(error))
            return
        self.kept, self.edited = words_of(self.form), False
        to, subject, text = self.kept
        self.query_one("#to", WordInput).value, self.query_one("#subject", WordInput).value = to, subject
        self.query_one(LetterArea).fill(text)
        self.anew_asked = False
        self.tell("Written from the template. The draft before is gone.")

    def action_back(self) -> None:
        """esc: back; the draft is kept."""
        problem = "" if self.unkept else self.keep()
        if problem:
            self.unkept = True
            self.tell(f"The draft cannot be kept: {problem} esc again leaves without it.")
            return
        self._leave("The draft is kept and opens again with o. Nothing was sent." if self.edited else "")

    def _leave(self, sentence: str) -> None:
        below = next((one for one in reversed(self.app.screen_stack[:-1]) if isinstance(one, TriageScreen)), None)
        self.dismiss()
        if below is not None and sentence:
            below.tell(sentence)
