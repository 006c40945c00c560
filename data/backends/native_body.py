"""The bytes of an answer: their compression undone piece by piece, so that a small answer cannot fill the memory."""

import zlib
from collections.abc import Iterable, Iterator

import httpx

PIECE = 64 * 1024
# A block of zstd is 4 bytes at its smallest and 128 KiB when undone: a slice is at most 32 MiB.
SLICE = 1024
ZSTD_WINDOW = 8 * 1024 * 1024


def decoded(response: httpx.Response) -> Iterator[bytes]:
    """Yield the body as it arrives, gzip or zstd undone; DecodingError for what is damaged, cut or was not offered."""
    names = response.headers.get("content-encoding", "").lower().strip()
    chunks = response.iter_raw()
    if names in ("", "identity"):
        return chunks
    if names in ("gzip", "x-gzip"):
        return _gunzipped(chunks)
    if names == "zstd":
        return _unzstd(chunks)
    raise httpx.DecodingError("the answer is compressed in a way that was not offered")


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    machine = zlib.decompressobj(wbits=31)
    begun = False
    for chunk in chunks:
        begun = begun or bool(chunk)
        rest, piece = chunk, b"."
        while (rest or len(piece) == PIECE) and not machine.eof:
            try:
                piece = machine.decompress(rest, PIECE)
            except zlib.error:
                raise httpx.DecodingError("the answer's gzip is damaged") from None
            rest = machine.unconsumed_tail
            yield piece
    if begun and not machine.eof:
        raise httpx.DecodingError("the answer's gzip was cut")


def _unzstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import zstandard  # 5 ms that no first frame waits for

    machine = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()
    begun = False
    for chunk in chunks:
        begun = begun or bool(chunk)
        for start in range(0, len(chunk), SLICE):
            if machine.eof:
                return
            try:
                yield machine.decompress(chunk[start : start + SLICE])
            except zstandard.ZstdError:
                raise httpx.DecodingError("the answer's zstd is damaged") from None
    if begun and not machine.eof:
        raise httpx.DecodingError("the answer's zstd was cut")
