"""The crash screen: a sentence, the kind of error and where; no locals and no message that could hold data."""

import traceback
from pathlib import Path

from data.errors import FileProblem

FRAMES = 8
SENTENCE = "triage stopped because of an error in itself. What you submitted is safe in the outbox; start it again."


def crash_words(error: BaseException | None) -> str:
    """Return what is printed after a crash, newest frame first; a file of ours that failed is no error in itself."""
    if isinstance(error, FileProblem):
        return f"triage stopped: {error}"
    lines = [SENTENCE]
    if error is not None:
        lines.append(f"{type(error).__name__}, at:")
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
        lines += [f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return "\n".join(lines)
