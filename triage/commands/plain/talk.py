"""What is said and asked, line by line: nothing is drawn, no code is sent but newline and the blanks of an erasure."""

import codecs
import os
import select
import sys
import termios
import tty
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from wcwidth import wcswidth, wcwidth

from data.safe_text import safe_text

LOOK = 0.5  # seconds between two looks for news while nobody types
LONGEST = 2000  # characters of an answer
_ARROWS = {b"[A": "k", b"OA": "k", b"[B": "j", b"OB": "j"}
_ENTER, _ERASE, _END = ("\r", "\n"), ("\x7f", "\b"), "\x04"
_LINE_AWAY, _WORD_AWAY, _ESCAPE = "\x15", "\x17", "\x1b"
News = Callable[[], Sequence[str]]


class Left(Exception):
    """Whoever was asked left the question: escape, ctrl+c, ctrl+d, or the end of the input."""

    def __init__(self, ended: bool = False) -> None:
        super().__init__()
        self.ended = ended


class Talk(ABC):
    """One line is one announcement; the cursor waits behind the prompt, which names what has the focus."""

    def say(self, *lines: str) -> None:
        """Say some lines, each made harmless."""
        for line in lines:
            sys.stdout.write(f"{safe_text(line, cells=None).rstrip()}\n")
        sys.stdout.flush()

    @abstractmethod
    def ask(self, prompt: str, news: News | None = None, *, secret: bool = False) -> str:
        """Return what is answered, Left where nothing is. `news` is said while nothing has been typed yet.

        With `news` an arrow key on an empty line answers `k` or `j`. A secret is not shown.
        """

    waits = False  # for the first book, before anything is asked

    @abstractmethod
    def settle(self) -> None:
        """Forget what was typed ahead: what is asked next is not to be answered by a paste that was meant otherwise."""


class PipedTalk(Talk):
    """Whoever pipes lines in: they are read as they come, and news is said before a question."""

    waits = True

    def ask(self, prompt: str, news: News | None = None, *, secret: bool = False) -> str:
        """Read a line."""
        self.say(*(news() if news else ()))
        sys.stdout.write(f"{safe_text(prompt, cells=None)} ")
        sys.stdout.flush()
        line = sys.stdin.readline(LONGEST)
        sys.stdout.write("\n")
        if not line:
            raise Left(ended=True)
        return line.strip() or ("" if news is None else "say")

    def settle(self) -> None:
        """A file was written ahead on purpose."""


class TerminalTalk(Talk):
    """A terminal without echo, whose letters are given back as they come; news waits until the line is empty."""

    def __init__(self) -> None:
        self._handle = sys.stdin.fileno()
        self._letters = codecs.getincrementaldecoder("utf-8")("ignore")
        self._ahead = ""

    @contextmanager
    def opened(self) -> Iterator["TerminalTalk"]:
        """Take the terminal's own line editing away, and give it back at the end."""
        before = termios.tcgetattr(self._handle)
        try:
            self.resume()
            yield self
        finally:
            termios.tcsetattr(self._handle, termios.TCSADRAIN, before)

    def resume(self) -> None:
        """Set the terminal up (again, after it was suspended)."""
        tty.setcbreak(self._handle, termios.TCSADRAIN)
        # Else the kernel drops, right after it has sent the signal of a ctrl+c, what was answered to it meanwhile.
        mode = termios.tcgetattr(self._handle)
        mode[3] |= termios.NOFLSH
        termios.tcsetattr(self._handle, termios.TCSADRAIN, mode)

    def settle(self) -> None:
        """Forget what was typed ahead."""
        termios.tcflush(self._handle, termios.TCIFLUSH)
        self._ahead = ""
        self._letters.reset()

    def ask(self, prompt: str, news: News | None = None, *, secret: bool = False) -> str:
        """Read a line, letter by letter."""
        line = _Typed(f"{safe_text(prompt, cells=None)} ", secret)
        try:
            line.begin()
            while True:
                letter = self._letter()
                if not letter:
                    said = [] if line.text or news is None else news()
                    if said:
                        line.end()
                        self.say(*said)
                        return ""
                    continue
                answer = self._take(line, letter, news is not None)
                if answer is not None:
                    line.end()
                    return answer
        except KeyboardInterrupt:
            self.settle()
            line.end()
            raise Left from None

    def _take(self, line: "_Typed", letter: str, moves: bool) -> str | None:
        if letter in _ENTER:
            return line.text.strip() or ("" if not moves else "say")
        if letter == _END and not line.text:
            line.end()
            raise Left(ended=True)
        if letter == _ESCAPE:
            return self._escape(line, moves)
        if letter in _ERASE:
            line.erase(1)
        elif letter == _LINE_AWAY:
            line.erase(len(line.text))
        elif letter == _WORD_AWAY:
            line.erase(len(line.text) - len(line.text.rstrip().rpartition(" ")[0]))
        elif letter.isprintable() and len(line.text) < LONGEST:
            line.add(letter)
        return None

    def _escape(self, line: "_Typed", moves: bool) -> str | None:
        """An arrow key moves where that can be; any other such key does nothing; escape itself leaves a question."""
        code = self._rest_of_code()
        if not code and not moves:
            line.end()
            raise Left
        if not code:
            line.erase(len(line.text))
        return _ARROWS.get(code) if moves and not line.text else None

    def _rest_of_code(self) -> bytes:
        code = self._ahead.encode()
        self._ahead = ""
        while select.select([self._handle], [], [], 0.05)[0] and len(code) < 32:
            code += os.read(self._handle, 1)
            if len(code) > 1 and 0x40 <= code[-1] <= 0x7E:
                break
        return code

    def _letter(self) -> str:
        """The next letter, "" where none comes in LOOK; Left where none will ever come.

        It never waits for ever: a ctrl+c in the moment before the waiting begins is noticed only when that ends.
        """
        while not self._ahead:
            if not select.select([self._handle], [], [], LOOK)[0]:
                return ""
            try:
                some = os.read(self._handle, 1)
            except OSError:  # the terminal is gone
                some = b""
            if not some:
                raise Left(ended=True)
            self._ahead += self._letters.decode(some)
        letter, self._ahead = self._ahead[0], self._ahead[1:]
        return letter


class _Typed:
    """The line that is being typed, as it stands on the terminal."""

    def __init__(self, prompt: str, secret: bool) -> None:
        self.text = ""
        self._prompt, self._secret = prompt, secret
        self._ended = False

    def begin(self) -> None:
        self._write(self._prompt)

    def end(self) -> None:
        """The cursor goes to a new line, once."""
        if not self._ended:
            self._write("\n")
        self._ended = True

    def add(self, letter: str) -> None:
        self.text += letter
        self._write("" if self._secret else letter)

    def erase(self, count: int) -> None:
        """Take letters away; across the end of a row, where no terminal goes back, the line is said anew."""
        gone = self.text[len(self.text) - count :] if count else ""
        self.text = self.text[: len(self.text) - count]
        if self._secret or not gone:
            return
        wide = max(0, wcswidth(gone)) if wcswidth(gone) >= 0 else sum(max(0, wcwidth(one)) for one in gone)
        left = max(0, wcswidth(self._prompt + self.text))
        columns = _columns()
        if (left + wide) // columns == left // columns:
            self._write("\b" * wide + " " * wide + "\b" * wide)
        else:
            self._write(f"\n{self._prompt}{self.text}")

    @staticmethod
    def _write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


def _columns() -> int:
    try:
        return os.get_terminal_size().columns or 80
    except OSError:
        return 80
