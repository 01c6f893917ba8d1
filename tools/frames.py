"""Length-prefixed frames over file descriptors. Used on both sides of the box's wall."""

import base64
import os
import struct
from typing import Any

_LENGTH = struct.Struct(">I")
PROGRAM, JUDGED = b"p", b"j"
JOB = struct.Struct(">cI")
"""What goes before a job: its kind (`PROGRAM` or `JUDGED`) and the length of its payload."""
CELL_KIND, FORGET = b"c", b"f"
CELL = struct.Struct(">cIII")
"""What goes before a cell: `CELL_KIND`, the length of its payload, the number of the state to fork (0: the state before every
cell) and that of the state after it. `FORGET` has no payload and names the state that is no longer needed in the last place."""
LARGEST = 256 * 1024 * 1024
"""Bytes of one frame; a longer one is a fault of the sender."""


class TooLongError(ValueError):
    """A frame above `LARGEST` was announced."""


def read_exactly(descriptor: int, count: int) -> bytes:
    """Raises `EOFError` when the other side is gone first."""
    parts: list[bytes] = []
    while count:
        part = os.read(descriptor, min(count, 1 << 20))
        if not part:
            raise EOFError("the other side is gone")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def pack(payload: bytes) -> bytes:
    return _LENGTH.pack(len(payload)) + payload


def length(header: bytes) -> int:
    """The payload's length; raises `TooLongError` above `LARGEST`."""
    count: int = _LENGTH.unpack(header)[0]
    if count > LARGEST:
        raise TooLongError(f"a frame of {count} bytes")
    return count


def send(descriptor: int, payload: bytes) -> None:
    write_all(descriptor, pack(payload))


def receive(descriptor: int) -> bytes:
    """Raises `EOFError` at the end of the stream, `TooLongError` for a frame above `LARGEST`."""
    return read_exactly(descriptor, length(read_exactly(descriptor, _LENGTH.size)))


def taken(arrived: bytearray) -> "bytes | None":
    """The first frame's payload, taken out of what has arrived; None where it is not whole yet. Raises `TooLongError`."""
    if len(arrived) < _LENGTH.size:
        return None
    end = _LENGTH.size + length(bytes(arrived[: _LENGTH.size]))
    if len(arrived) < end:
        return None
    payload = bytes(arrived[_LENGTH.size : end])
    del arrived[:end]
    return payload


def files(job: "dict[str, Any]") -> "dict[str, bytes]":
    """The files of a job's payload, by name."""
    return {str(name): base64.b64decode(data) for name, data in job["files"].items()}
