"""Gzip on several threads: one ordinary stream, its blocks compressed side by side.

The blocks are joined at byte boundaries as in pigz, so that every reader sees a single member;
the bytes depend on the content alone.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
"""Deflate, no name, no time, fastest, unknown system."""

BLOCK = 8 * 1024 * 1024
FAST = 1
"""Compression level: images are mostly noise, which more effort hardly shrinks."""

RAW = -15


def write_gzipped(file: Path, content: bytes | memoryview) -> None:
    """Write ``content`` compressed to ``file``."""
    view = memoryview(content).cast("B")
    with ThreadPoolExecutor(os.cpu_count()) as pool, file.open("wb") as stream:
        stream.write(HEADER)
        for packed in chain(pool.map(_pack, _blocks(view)), [_finished()]):
            stream.write(packed)
        stream.write(struct.pack("<II", zlib.crc32(view), len(view) & 0xFFFFFFFF))


def _blocks(view: memoryview) -> Iterator[memoryview]:
    return (view[start : start + BLOCK] for start in range(0, len(view), BLOCK))


def _pack(block: memoryview) -> bytes:
    packer = zlib.compressobj(FAST, zlib.DEFLATED, RAW)
    return packer.compress(block) + packer.flush(zlib.Z_SYNC_FLUSH)


def _finished() -> bytes:
    return zlib.compressobj(FAST, zlib.DEFLATED, RAW).flush()
