"""The process keeps to itself: private files, no core dump, no token for children, no message of a crash."""

import os
import sys
import threading
from collections.abc import MutableMapping

# Textual's debug log and console are told every key and paste, a token typed at sign-in included.
_TELLTALE = ("TRIAGE_TOKEN", "TEXTUAL", "TEXTUAL_DEBUG", "TEXTUAL_LOG")
_PR_SET_DUMPABLE = 4


def keep_private(environ: MutableMapping[str, str]) -> dict[str, str]:
    """Set the process up before anything is read; returns the environment as it was, the token included.

    `environ` (the process's own) loses the token, so that no child inherits it. Whatever we, a library or a child
    makes from here on is 0600 or 0700, whatever the umask was.
    """
    found = dict(environ)
    for name in _TELLTALE:
        environ.pop(name, None)
    os.umask(0o077)
    _leave_no_core()
    sys.excepthook = lambda kind, error, _trace: _say_briefly(kind, error)
    threading.excepthook = lambda args: _say_briefly(args.exc_type, args.exc_value)
    sys.unraisablehook = lambda args: _say_briefly(args.exc_type, args.exc_value)
    return found


def _leave_no_core() -> None:
    """No core file of us or our children; on Linux nor may other processes of the user read our memory or environ."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _say_briefly(kind: type[BaseException], error: BaseException | None) -> None:
    """Python's own report would quote the error's message, and with it whatever data it was about."""
    from data.safe_text import drawable
    from screens.crash import crash_words

    if not issubclass(kind, (KeyboardInterrupt, SystemExit)):
        print("\n".join(map(drawable, crash_words(error).splitlines())), file=sys.stderr)
