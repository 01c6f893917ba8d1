"""Evaluated prefixes on disk, so that the next start of the same model need not evaluate them again.

A file's name says what it is of (model, build, device, tokens), its first bytes whether the rest is whole. A file that is
stale has another name, one that is damaged is not believed; both give way in time. Nothing here may fail a run.
"""

import hashlib
import os
from collections.abc import Sequence as Listing
from contextlib import suppress
from pathlib import Path

FILES, BYTES = 16, 256 << 20
"""What is kept, the latest used first."""
_SUFFIX = ".prefix"
_DIGEST = hashlib.sha256().digest_size


class PrefixStore:
    """States of prefixes in a folder of their own. `key`: all that a state depends on besides its tokens."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder, self._key = folder, key

    def load(self, tokens: Listing[int]) -> bytes | None:
        """The state that was saved for these tokens; None if there is none, or not a whole one."""
        path = self._path(tokens)
        with suppress(OSError):
            content = path.read_bytes()
            if content[:_DIGEST] == hashlib.sha256(content[_DIGEST:]).digest():
                os.utime(path)
                return content[_DIGEST:]
        return None

    def save(self, tokens: Listing[int], state: bytes) -> None:
        """Writes a state, whole or not at all, and lets the oldest go. A disk that is full or read-only is no matter."""
        path = self._path(tokens)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                part.write_bytes(hashlib.sha256(state).digest() + state)
                os.replace(part, path)
            finally:
                part.unlink(missing_ok=True)
            self._trim()

    def _path(self, tokens: Listing[int]) -> Path:
        text = f"{self._key}\n{','.join(map(str, tokens))}"
        return self._folder / (hashlib.sha256(os.fsencode(text)).hexdigest()[:32] + _SUFFIX)

    def _trim(self) -> None:
        found = [(path.stat(), path) for path in self._folder.glob(f"*{_SUFFIX}*")]
        found.sort(key=lambda entry: entry[0].st_mtime_ns, reverse=True)
        size = 0
        for rank, (stat, path) in enumerate(found):
            size += stat.st_size
            if rank >= FILES or size > BYTES:
                path.unlink(missing_ok=True)
