"""Length-prefixed frames over file descriptors. Used on both sides of the box's wall."""

import os
import struct

_LENGTH = struct.Struct(">I")
JOB = struct.Struct(">cI")
"""What goes before a job: its kind (`p`rogram or `j`udged) and the length of its payload."""
LARGEST = 256 * 1024 * 1024
"""Bytes of one frame; a longer one is a fault of the sender."""


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
    """The payload's length; raises `ValueError` above `LARGEST`."""
    count: int = _LENGTH.unpack(header)[0]
    if count > LARGEST:
        raise ValueError(f"a frame of {count} bytes")
    return count


def send(descriptor: int, payload: bytes) -> None:
    write_all(descriptor, pack(payload))


def receive(descriptor: int) -> bytes:
    """Raises `EOFError` at the end of the stream, `ValueError` for a frame above `LARGEST`."""
    return read_exactly(descriptor, length(read_exactly(descriptor, _LENGTH.size)))
