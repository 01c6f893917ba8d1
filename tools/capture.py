"""What is kept of a stream that may be endless: its head and its tail. Runs inside the box."""

_NOTICE = 64
"""Bytes set aside for the notice."""
GENEROSITY = 16
"""A stream that brings over this many times what is kept of it has brought enough."""


class Capture:
    """Takes bytes; `bytes` gives at most `keep` of them, with a notice where something was left out."""

    def __init__(self, keep: int) -> None:
        self._total, self._enough = 0, keep * GENEROSITY
        self._half = max(1, (keep - _NOTICE) // 2)
        self._head, self._tail = bytearray(), bytearray()

    def take(self, data: bytes) -> bool:
        """Whether that was enough."""
        self._total += len(data)
        room = self._half - len(self._head)
        self._head += data[: max(0, room)]
        self._tail += data[max(0, room) :]
        if len(self._tail) > 4 * self._half:
            del self._tail[: -self._half]
        return self._total > self._enough

    def bytes(self) -> bytes:
        del self._tail[: -self._half]
        left_out = self._total - len(self._head) - len(self._tail)
        if not left_out:
            return bytes(self._head + self._tail)
        head, tail = bytes(self._head), bytes(self._tail)
        head = head[: len(head) - _broken_end(head)]
        while tail and tail[0] & 0xC0 == 0x80:
            tail = tail[1:]
        return head + b"\n[... %d bytes left out ...]\n" % left_out + tail


def _broken_end(data: bytes) -> int:
    """Bytes at the end that begin a UTF-8 character without finishing it."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 != 0x80:
            needed = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2 if byte >= 0xC0 else 1
            return back if needed > back else 0
    return 0
