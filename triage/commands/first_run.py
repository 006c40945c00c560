"""The first-run guide: asks for backend and token where none is set, and begins a config file where there is none."""

import os
from contextlib import closing
from pathlib import Path
from time import monotonic

import msgspec

from data.backends.registry import Name
from data.errors import BadAnswer, ConfigError, SignedOut, TriageError
from data.ports_guide import Welcome
from triage.commands.context import Context
from triage.config import base_url_of

NOBODY = "first-run-guide"  # no token: what a server says to it tells whether one is there
BEGUN = "# Begun by the first-run guide. triage config shows every setting."
LEFT = "Nothing is set up. triage opens the guide again; triage demo shows a made-up book."


class LiveGuide:
    """The guide's way to the network, the keyring and the config file (data.ports_guide.Guide)."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.config_file = str(context.settings.config_file)
        self.config_found = context.settings.config_found

    def at(self, url: str, backend: str, token: str = "") -> Context:
        """Return the context of a backend that no file names yet; ConfigError for an address that cannot be one."""
        name: Name = "dembrane" if backend == "dembrane" else "native"
        environ = {**self._context.environ, **({"TRIAGE_TOKEN": token} if token else {})}
        made = Context(self._context.flags, environ)
        base_url = base_url_of(url, "The address")
        made.settings = msgspec.structs.replace(self._context.settings, base_url=base_url, backend=name)
        return made

    def reach(self, url: str, backend: str) -> str:
        """Ask whether the backend answers there; returns one sentence, raises TriageError with what is wrong."""
        from triage.commands.joined import connector, token_box

        context = self.at(url, backend)
        began = monotonic()
        try:
            with closing(connector(context, token_box(context))(context.settings.need_base_url(), NOBODY)) as asked:
                asked.identity()
        except SignedOut:
            pass  # it is there, and asks who we are
        except BadAnswer as error:
            raise BadAnswer(f"Something else answers there, not this API: {error}") from None
        return f"It answers, in {(monotonic() - began) * 1000:.0f} ms."

    def sign_in(self, url: str, backend: str, token: str, keep: bool) -> Welcome:
        """Check a token and keep it if asked; raises TriageError with what is wrong."""
        from data.credentials import checked, keep_token
        from triage.commands.joined import connector, token_box

        context = self.at(url, backend)
        token = checked(token, "The token")
        settings = context.settings
        with closing(connector(context, token_box(context))(settings.need_base_url(), token)) as asked:
            identity = asked.identity()
        kept = keep_token(settings.places(context.environ), token).short if keep else ""
        return Welcome(identity, kept or "This session only.")

    def lines(self, url: str, backend: str) -> list[str]:
        """Return the lines of the config file that name this backend."""
        import json

        profile = self._context.settings.profile
        head = [] if profile == "default" else [f"[profiles.{profile}]"]
        kind = [] if backend == "native" else [f'backend = "{backend}"']
        return [*head, f"base_url = {json.dumps(base_url_of(url, 'The address'))}", *kind]

    def begin_file(self, url: str, backend: str) -> str:
        """Write the config file where there is none, 0600; returns what to tell. One that is there is never touched."""
        from data.database import make_directory

        path = Path(self.config_file)
        if self.config_found:
            return f"For {path}: {'   '.join(self.lines(url, backend))}"
        text = "\n".join(
            ["# Begun by the first-run guide. triage config shows every setting.", *self.lines(url, backend)]
        )
        try:
            make_directory(path.parent)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(f"{text}\n")
        except OSError as error:
            return f"{path} cannot be written ({error.strerror}). Put there: {'   '.join(self.lines(url, backend))}"
        return f"Begun: {path}"


def first_context(context: Context) -> Context:
    """Return the context to go on with after the guide; ConfigError where it was left."""
    from triage.app_look import Wishes
    from triage.first_run import FirstRunApp

    settings = context.settings
    guide = LiveGuide(context)
    app = FirstRunApp(guide, Wishes(settings.theme, settings.glyphs, colour=settings.colour or None))
    app.run(mouse=settings.mouse)
    if app.return_code:
        raise TriageError("The guide ended by a fault of its own.")
    if app.started is None:
        raise ConfigError(LEFT)
    url, backend, token = app.started
    context.say(guide.begin_file(url, backend))
    made = guide.at(url, backend)
    if _is_kept(made, token):
        return made
    return guide.at(url, backend, token)


def _is_kept(context: Context, token: str) -> bool:
    """Whether the token is found again without the guide."""
    from data.credentials import find_token

    try:
        found = find_token(context.settings.places(context.environ), context.environ)
    except TriageError:
        return False
    return found is not None and found.token == token
