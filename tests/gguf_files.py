"""Small GGUF files, made byte by byte."""

import struct


def text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def tiny_gguf(*, data_bytes: int = 4096) -> bytes:
    """A whole GGUF file of one tensor of `data_bytes` bytes (float32): a valid frame, no model that could be run."""
    pairs = text("general.architecture") + struct.pack("<I", 8) + text("llama")
    pairs += text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
    pairs += text("llama.scores") + struct.pack("<IIQ", 9, 6, 3) + bytes(12)
    tensor = text("weight") + struct.pack("<IQIQ", 1, data_bytes // 4, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 3) + pairs + tensor
    padding = -len(head) % 32
    return head + bytes(padding) + bytes(range(256)) * (data_bytes // 256)
