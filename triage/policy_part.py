"""What the tables of the policy are made of: frozen structs that refuse unknown keys, and bounded numbers."""

from typing import Annotated

import msgspec

Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the policy's tables."""
