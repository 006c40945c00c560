"""Blobs of the cache, packed: zstd with a dictionary of what accounts, verdicts and pasts have in common."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import BadAnswer

if TYPE_CHECKING:
    import zstandard

DICTIONARY = Path(__file__).with_name("packed.dict")
LEVEL = 1
LARGEST = 64 * 1024 * 1024  # of one blob; whatever claims more is damaged, and nobody makes room for it
_FRAME = b"\x28\xb5\x2f\xfd"  # how zstd begins and JSON never does


class Packing:
    """Packs and unpacks blobs; one for each thread, for zstd keeps its working memory in it.

    What a file holds refers to the dictionary by its number: another dictionary needs another schema number.
    """

    def __init__(self) -> None:
        import zstandard  # a millisecond; whoever reads no blob is spared it

        self._error = zstandard.ZstdError
        self._size = zstandard.frame_content_size
        self._in = zstandard.ZstdCompressor(level=LEVEL, dict_data=_dictionary(), write_checksum=True)
        self._out = zstandard.ZstdDecompressor(dict_data=_dictionary())

    def pack(self, raw: bytes) -> bytes:
        """Return a blob as it is stored."""
        return self._in.compress(raw)

    def unpack(self, blob: bytes) -> bytes:
        """Return what was packed; plain JSON comes back as it is. BadAnswer where the bytes are not what was stored."""
        if not blob.startswith(_FRAME):
            return blob
        try:
            if self._size(blob) > LARGEST:
                raise BadAnswer("A stored value is far too large.")
            return self._out.decompress(blob)
        except self._error:
            raise BadAnswer("A stored value cannot be unpacked.") from None


@lru_cache(maxsize=1)
def _dictionary() -> "zstandard.ZstdCompressionDict":
    """Return the dictionary, made ready once: it is the same for all threads."""
    import zstandard

    made = zstandard.ZstdCompressionDict(DICTIONARY.read_bytes())
    made.precompute_compress(level=LEVEL)
    return made
