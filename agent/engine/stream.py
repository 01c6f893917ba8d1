"""Bytes of token pieces in, text that may be shown out: whole characters only, and never a part of a stop string."""

import codecs
from collections.abc import Iterable


class TextStream:
    """The text of one sequence as it is sampled.

    A token may end inside a UTF-8 character, and a stop string may span tokens: what could still become either is held
    back until it is decided. Invalid bytes become U+FFFD, as `bytes.decode(errors="replace")` has them.
    """

    def __init__(self, stop: Iterable[str] = ()) -> None:
        self._stop = tuple(string for string in stop if string)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self.stopped = False
        """A stop string was met; everything after it is dropped."""

    def push(self, piece: bytes) -> str:
        """The text that `piece` settles; empty while it is undecided."""
        return self._settle(self._decoder.decode(piece))

    def finish(self) -> str:
        """What was held back, when no further piece comes."""
        text = self._settle(self._decoder.decode(b"", final=True))
        text, self._held = text + self._held, ""
        return text

    def _settle(self, new: str) -> str:
        if self.stopped:
            return ""
        text = self._held + new
        found = [(at + len(string), at) for string in self._stop if (at := text.find(string)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            _end, start = min(found)  # the one complete first, however the text came in pieces
            return text[:start]
        settled = len(text) - max((_overlap(text, string) for string in self._stop), default=0)
        self._held = text[settled:]
        return text[:settled]


def _overlap(text: str, stop: str) -> int:
    """Characters at the end of `text` that `stop` could begin with."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:size]):
            return size
    return 0
