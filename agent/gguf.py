"""Reads the frame of a GGUF file, so that a truncated or foreign one is refused before llama.cpp maps it.

Format: ggml-org/ggml, docs/gguf.md. Little-endian: magic, version, two counts, key-value pairs, tensor infos, the aligned data.
Every count and length comes from the file, so none is believed: reading stops at the file's end, and each turn of a loop reads
at least a few bytes.
"""

import mmap
import os
import re
import stat
import struct
from pathlib import Path

from agent.errors import MachineError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
SPLIT = re.compile(r"(?P<name>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")

_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a value by its type number; 8 is a string, 9 an array."""
_STRING, _ARRAY, _UINT32 = 8, 9, 4

_BLOCKS = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    9: (32, 36),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    15: (256, 292),
    16: (256, 66),
    17: (256, 74),
    18: (256, 98),
    19: (256, 50),
    20: (32, 18),
    21: (256, 110),
    22: (256, 82),
    23: (256, 136),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    29: (256, 56),
    30: (1, 2),
    34: (256, 54),
    35: (256, 66),
    39: (32, 17),
}
"""Tensor type → (elements in a block, bytes of a block). A type newer than this table is taken to need one byte at least."""


class _Malformed(Exception):
    """Why the file is not a whole GGUF file, as the end of a sentence."""


class _NoModel(_Malformed):
    """Nor is there one in any part of a split model but the first, which alone names the architecture."""

    def __init__(self) -> None:
        super().__init__("there is no model in it")


def parts(path: Path) -> tuple[Path, ...]:
    """The files of a model that begins with `path`: of one that is split, `NAME-00001-of-00003.gguf` and those behind it."""
    found = SPLIT.fullmatch(path.name)
    if found is None or int(found["number"]) != 1:
        return (path,)
    return tuple(path.with_name(f"{found['name']}-{n:05d}-of-{found['count']}.gguf") for n in range(1, int(found["count"]) + 1))


def verify_gguf(path: Path) -> None:
    """Raises `MachineError`, one line, unless `path` is a whole GGUF file with a model in it, or the first of those that it is
    split into. Does not read the weights.
    """
    whole = parts(path)
    for part in whole:
        _verify_file(part, needs_tensors=len(whole) == 1)


def _verify_file(path: Path, *, needs_tensors: bool) -> None:
    try:
        with open(path, "rb", opener=_open_regular) as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise _Malformed("it is empty")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                _verify(_Reader(content, size), needs_tensors)
    except _Malformed as error:
        raise MachineError(f"{path}: not a usable GGUF model: {error}; {_mend(path, error)}") from None
    except OSError as error:
        raise MachineError(f"{path}: cannot read the model: {error.strerror or error}") from None


def _mend(path: Path, error: _Malformed) -> str:
    part = SPLIT.fullmatch(path.name)
    if part and int(part["number"]) != 1 and isinstance(error, _NoModel):
        return f"give its first part, {part['name']}-00001-of-{part['count']}.gguf"
    return "download it again"


def _open_regular(path: str, flags: int) -> int:
    """Opens without blocking on a named pipe, and refuses what is no plain file."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _Malformed("it is not a file")
    return descriptor


class _Reader:
    """A position in the file that can only move forward, never past the end."""

    def __init__(self, content: mmap.mmap, size: int) -> None:
        self.content, self.size, self.position = content, size, 0

    def skip(self, count: int) -> int:
        """Moves on and returns where it was."""
        start = self.position
        if count > self.size - start:
            raise _Malformed(f"it is cut off at {self.size:,} bytes, inside its header")
        self.position = start + count
        return start

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(form, self.content, self.skip(struct.calcsize(form)))
        return value

    def text(self) -> bytes:
        length = self.number("<Q")
        start = self.skip(length)
        return self.content[start : self.position] if length < 256 else b""


def _verify(reader: _Reader, needs_tensors: bool) -> None:
    if reader.content[:4] != MAGIC:
        raise _Malformed("it does not begin with GGUF")
    reader.skip(4)
    version = reader.number("<I")
    if version not in VERSIONS:
        raise _Malformed(f"its format version is {version}, and {' and '.join(map(str, VERSIONS))} are known")
    tensors, pairs = reader.number("<Q"), reader.number("<Q")
    alignment, has_architecture = _read_pairs(reader, pairs)
    if needs_tensors and (tensors == 0 or not has_architecture):
        raise _NoModel
    ends = [_tensor_end(reader) for _ in _counted(reader, tensors)]
    start = -(-reader.position // alignment) * alignment
    expected = start + max(ends) if ends else reader.position
    if expected > reader.size:
        raise _Malformed(f"it is cut off: {reader.size:,} bytes where its tensors need {expected:,}")


def _counted(reader: _Reader, count: int) -> range:
    """A loop over `count` entries; one that could not fit into the rest of the file is refused at once."""
    if count > reader.size - reader.position:
        raise _Malformed(f"it claims {count:,} entries in {reader.size:,} bytes")
    return range(count)


def _read_pairs(reader: _Reader, count: int) -> tuple[int, bool]:
    """The alignment of the data, and whether a model's architecture is named."""
    alignment, has_architecture = 32, False
    for _ in _counted(reader, count):
        key, kind = reader.text(), reader.number("<I")
        if key == b"general.alignment" and kind == _UINT32:
            alignment = reader.number("<I")
            if alignment == 0 or alignment % 8:
                raise _Malformed(f"its alignment is {alignment}")
            continue
        has_architecture |= key == b"general.architecture"
        _skip_value(reader, kind)
    return alignment, has_architecture


def _skip_value(reader: _Reader, kind: int) -> None:
    if kind == _STRING:
        reader.text()
    elif kind == _ARRAY:
        element, count = reader.number("<I"), reader.number("<Q")
        if element == _STRING:
            for _ in _counted(reader, count):
                reader.text()
        else:
            reader.skip(_scalar(element) * count)
    else:
        reader.skip(_scalar(kind))


def _scalar(kind: int) -> int:
    if kind not in _SCALARS:
        raise _Malformed(f"it holds a value of unknown type {kind}")
    return _SCALARS[kind]


def _tensor_end(reader: _Reader) -> int:
    """Where a tensor's data ends, in bytes from the start of all data."""
    reader.text()
    dimensions = reader.number("<I")
    if not 1 <= dimensions <= 4:
        raise _Malformed(f"it holds a tensor of {dimensions} dimensions")
    elements = 1
    for _ in range(dimensions):
        elements *= reader.number("<Q")
    kind, offset = reader.number("<I"), reader.number("<Q")
    per_block, size = _BLOCKS.get(kind, (elements or 1, 1))
    return offset + -(-elements // per_block) * size
