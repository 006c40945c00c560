"""A list that is gone through line by line: what the outbox, the trail and the day have in common."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from triage.commands.plain.here import Here
from triage.commands.plain.talk import Left
from triage.config_file import nearest

One = TypeVar("One")
Act = Callable[[One], None]
AT_ONCE = 10


class Browser(Generic[One]):
    """`load` gives the list, `line` one of it in a line, `story` one in full; `acts` are what can be done, by key."""

    def __init__(
        self,
        here: Here,
        title: str,
        load: Callable[[], Sequence[One]],
        line: Callable[[One], str],
        key: Callable[[One], str],
        story: Callable[[One], Sequence[str]] | None = None,
        acts: dict[str, tuple[str, Act[One]]] | None = None,
        none: str = "Nothing here.",
    ) -> None:
        """`key` is the same for the same thing, however often the list is loaded; `none` is said of an empty list."""
        self._here, self._title, self._none = here, title, none
        self._load, self._line, self._key = load, line, key
        self._story = story or (lambda one: (line(one),))
        self._acts = acts or {}
        self._all: Sequence[One] = ()
        self._focus = ""

    def run(self) -> None:
        """Go through the list until it is left."""
        self._all = self._load()
        self._here.say(f"{self._title}, {len(self._all)}." if self._all else f"{self._title}: {self._none}")
        if self._all:
            self._focus = self._key(self._all[0])
            self._here.say(self._line(self._all[0]))
        while self._all:
            try:
                word = self._here.talk.ask(f"{self._title}, {self._at + 1} of {len(self._all)}:", lambda: ())
            except Left as left:
                if left.ended:
                    raise
                continue
            if word.casefold() in ("q", "esc", "back", "quit"):
                return
            self._do(word)
            self._all = self._load()

    @property
    def _at(self) -> int:
        return next((at for at, one in enumerate(self._all) if self._key(one) == self._focus), 0)

    def _do(self, word: str) -> None:
        at, one = self._at, self._all[self._at]
        moves = {"j": at + 1, "k": at - 1, "g": 0, "G": len(self._all) - 1}
        if word in moves or word.isdecimal():
            to = moves[word] if word in moves else int(word[:9]) - 1
            self._go(to)
        elif word in ("l", "list"):
            self._here.say(*(f"{number}. {self._line(each)}" for number, each in enumerate(self._all, 1)))
        elif word == "say":
            self._here.say(self._line(one))
        elif word in ("p", "open"):
            self._here.say(*self._story(one))
        elif word in self._acts:
            try:
                self._acts[word][1](one)
            except Left as left:
                if left.ended:
                    raise
                self._here.say("Left as it was.")
        elif word in ("h", "?", "help"):
            self._help()
        else:
            self._here.say(
                f"There is no {word} here.{nearest(word, [*self._acts, 'list', 'help', 'back'])} ? says what is."
            )

    def _go(self, to: int) -> None:
        if not 0 <= to < len(self._all):
            self._here.say("This is the last." if to >= len(self._all) else "This is the first.")
            return
        self._focus = self._key(self._all[to])
        self._here.say(self._line(self._all[to]))

    def _help(self) -> None:
        acts = [f"{key}, {sentence}" for key, (sentence, _) in self._acts.items()]
        moves = ["j, the next; k, the one before; g, the first; G, the last; a number, that one"]
        reads = ["Enter, say it again; p, all about it; l, the whole list; q, back"]
        self._here.say(*moves, *reads, *acts)
