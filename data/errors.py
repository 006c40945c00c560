"""One error class per cause, each with a sentence a person can act on."""


class TriageError(Exception):
    """Base of everything triage raises on purpose; `str(error)` is shown to people as it stands."""

    exit_code = 1


class ConfigError(TriageError):
    """Settings that cannot be used: names file, key and the nearest valid name."""

    exit_code = 2


class Offline(TriageError):
    """No answer from the server: nobody listens, no route, a time-out or a cut connection."""

    exit_code = 3


class ServerFailing(Offline):
    """The server answers, but with errors (5xx or no problem document); retryable."""


class Degraded(ServerFailing):
    """The server answers with a book that looks like an outage behind it; nothing was taken over."""


class RateLimited(Offline):
    """The server asks for patience; `retry_after` in seconds."""

    def __init__(self, sentence: str, retry_after: float) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class SignedOut(TriageError):
    """The server does not accept the token, or there is none."""

    exit_code = 4


class NotAllowed(TriageError):
    """A permission is missing; the sentence names it."""

    exit_code = 4


class Gone(TriageError):
    """The server knows no such thing (404 or 410 as problem+json)."""


class BadAnswer(TriageError):
    """An answer that is not the contract's; the cache stays as it was."""

    exit_code = 3


class SuspiciousSync(TriageError):
    """A sync that would remove more than a fifth of the book: it stops and asks."""

    def __init__(self, removed: int, cached: int) -> None:
        super().__init__(
            f"This sync would remove {removed} of {cached} accounts. Nothing was removed. "
            "If that is right: triage sync --full --yes"
        )
        self.removed = removed
        self.cached = cached


class WrongBackend(ConfigError):
    """The cache holds the book of another backend; both are named."""

    def __init__(self, cached: str, asked: str) -> None:
        super().__init__(f"This cache holds the book of {cached}, not of {asked}. Use another --profile or --home.")


class NoData(TriageError):
    """There is no complete sync of this backend yet."""

    exit_code = 3


class FileProblem(TriageError):
    """A file of our own cannot be used; the sentence is wholly ours, so that it may be shown and logged anywhere."""


class CacheDamaged(FileProblem):
    """cache.db is damaged, foreign or of another schema; it is a copy and may be rebuilt."""


class UnreadableEntry(TriageError):
    """An audit entry that the cached copy holds, but not as an entry; `seq` names it."""

    def __init__(self, seq: int) -> None:
        super().__init__(
            f"Audit entry {seq} cannot be read in this copy. The server has the trail: remove cache.db (triage config "
            "says where) and sync."
        )
        self.seq = seq


class OutboxDamaged(FileProblem):
    """outbox.db cannot be read; it is never deleted or recreated by code."""


class Busy(TriageError):
    """Another process holds the pull or push lock; this one goes on without."""


class Rejected(TriageError):
    """A person's input that a rule refuses before anything is queued; `rule` is its id."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.rule = rule


class NotPossible(TriageError):
    """An action that the change's state does not permit (undo after sending, retry of a finished row)."""
