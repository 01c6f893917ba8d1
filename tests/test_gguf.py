"""A file that is no whole GGUF model is refused with one line before anything is loaded."""

import os
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import MachineError
from agent.gguf import verify_gguf
from tests.gguf_files import text, tiny_gguf

WHOLE = tiny_gguf()
HEADER = b"GGUF" + struct.pack("<I", 3)


def refused(path: Path) -> str:
    with pytest.raises(MachineError) as caught:
        verify_gguf(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_a_whole_file_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "whole.gguf"
    path.write_bytes(WHOLE)
    verify_gguf(path)
    path.write_bytes(WHOLE + b"padding behind the data is harmless")
    verify_gguf(path)


def test_a_split_model_is_as_whole_as_its_parts(tmp_path: Path) -> None:
    first, second = (tmp_path / f"big-0000{number}-of-00002.gguf" for number in (1, 2))
    first.write_bytes(HEADER + struct.pack("<QQ", 0, 0))
    with pytest.raises(MachineError, match=r"00002-of-00002\.gguf: cannot read"):
        verify_gguf(first)
    second.write_bytes(WHOLE[:-1])
    with pytest.raises(MachineError, match=r"00002-of-00002\.gguf: .* cut off"):
        verify_gguf(first)
    second.write_bytes(WHOLE)
    verify_gguf(first)
    second.write_bytes(first.read_bytes())
    assert refused(second).endswith("there is no model in it; give its first part, big-00001-of-00002.gguf")
    alone = tmp_path / "alone.gguf"
    alone.write_bytes(first.read_bytes())
    assert refused(alone).endswith("there is no model in it; download it again")


@pytest.mark.model
def test_the_real_model_is_accepted_and_one_byte_less_is_not(smollm2_path: Path, tmp_path: Path) -> None:
    verify_gguf(smollm2_path)
    copy = tmp_path / "cut.gguf"
    copy.write_bytes(smollm2_path.read_bytes()[:-1])
    assert "cut off" in refused(copy)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"GG", "GGUF"),
        (b"<!DOCTYPE html>" * 100, "does not begin with GGUF"),
        (HEADER[:6], "cut off"),
        (b"GGUF" + struct.pack(">I", 3) + WHOLE[8:], "version"),
        (b"GGUF" + struct.pack("<I", 1) + WHOLE[8:], "version"),
        (HEADER + struct.pack("<QQ", 0, 0), "no model"),
        (HEADER + struct.pack("<QQ", 2**63, 0) + bytes(64), "no model"),
        (HEADER + struct.pack("<QQ", 1, 2**63) + bytes(64), "claims"),
        (HEADER + struct.pack("<QQQ", 1, 1, 2**64 - 1) + bytes(64), "cut off"),
        (HEADER + struct.pack("<QQ", 1, 1) + text("k") + struct.pack("<IIQ", 9, 8, 2**62) + bytes(64), "claims"),
        (HEADER + struct.pack("<QQ", 1, 1) + text("k") + struct.pack("<IIQ", 9, 10, 2**62) + bytes(64), "cut off"),
        (HEADER + struct.pack("<QQ", 1, 1) + text("k") + struct.pack("<I", 99) + bytes(64), "unknown type 99"),
        (HEADER + struct.pack("<QQ", 1, 1) + text("general.alignment") + struct.pack("<II", 4, 0) + bytes(64), "alignment"),
        (WHOLE[: len(WHOLE) // 2], "cut off"),
        (WHOLE[:-1], "cut off"),
    ],
)
def test_what_is_not_a_whole_model_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    assert reason in refused(path)


def test_what_is_not_a_file_is_refused_without_waiting(tmp_path: Path) -> None:
    """Opening a named pipe that nobody writes to blocked for ever."""
    os.mkfifo(tmp_path / "pipe.gguf")
    assert "not a file" in refused(tmp_path / "pipe.gguf")
    assert "not a file" in refused(tmp_path)
    assert "not a file" in refused(Path("/dev/zero"))
    assert "No such file" in refused(tmp_path / "missing.gguf")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(0, len(WHOLE) - 1), garbage=st.binary(max_size=40))
def test_no_damaged_header_raises_anything_else(tmp_path: Path, cut: int, garbage: bytes) -> None:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(WHOLE[:cut] + garbage + WHOLE[cut + len(garbage) :])
    with suppress(MachineError):
        verify_gguf(path)
