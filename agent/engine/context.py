"""The key-value cache of a model and the decode that fills it: ctypes, and a native pointer that no other room sees.

Native calls hold no interpreter lock. A context is used from one thread at a time; only `Context.abort` may come from
elsewhere.
"""

import ctypes
from collections.abc import Sequence as Listing
from functools import cached_property
from typing import Any, cast

import numpy as np
from llama_cpp import llama_cpp as native

from agent.engine.llama import Aborted, Model, library_log
from agent.engine.sampling import Logits
from agent.errors import MachineError

_DECODED, _NO_CELLS, _ABORTED = 0, 1, 2


class Batch:
    """What one decode evaluates: a token, its position, its sequence, and whether its logits are wanted, row by row."""

    def __init__(self, capacity: int) -> None:
        self._tokens = (native.llama_token * capacity)()
        self._positions = (native.llama_pos * capacity)()
        self._sequences = (native.llama_seq_id * capacity)()
        self._wanted = (ctypes.c_int8 * capacity)()
        self._counts = (ctypes.c_int32 * capacity)(*[1] * capacity)
        pointer, step = ctypes.POINTER(native.llama_seq_id), ctypes.sizeof(native.llama_seq_id)
        start = ctypes.addressof(self._sequences)
        self._lists = (pointer * capacity)(*(ctypes.cast(start + step * row, pointer) for row in range(capacity)))
        value = cast(Any, native.llama_batch())
        value.token, value.pos, value.logits = self._tokens, self._positions, self._wanted
        value.n_seq_id, value.seq_id = self._counts, self._lists
        self.value = cast(native.llama_batch, value)
        self.capacity = capacity

    def clear(self) -> None:
        self.value.n_tokens = 0

    @property
    def rows(self) -> int:
        return self.value.n_tokens

    def add(self, sequence: int, position: int, tokens: Listing[int], *, logits: bool) -> int:
        """Appends consecutive tokens of one sequence, all with logits or none; returns the first one's row."""
        start, end = self.rows, self.rows + len(tokens)
        self._tokens[start:end] = tokens
        self._positions[start:end] = range(position, position + len(tokens))
        self._sequences[start:end] = [sequence] * len(tokens)
        self._wanted[start:end] = [logits] * len(tokens)
        self.value.n_tokens = end
        return start


class Context:
    """The key-value cache of one model, unified over its sequences, and the decode that fills it."""

    def __init__(self, model: Model, *, cells: int, sequences: int, batch: int, outputs: int, threads: int) -> None:
        """`batch`: rows of one decode; `outputs`: how many of them may have logits."""
        library_log().clear()
        parameters = native.llama_context_default_params()
        parameters.n_ctx = cells
        parameters.n_seq_max = sequences
        parameters.n_outputs_max = max(outputs, sequences)
        parameters.n_batch = parameters.n_ubatch = batch
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.kv_unified = True
        parameters.swa_full = model.sliding_window > 0
        parameters.no_perf = True
        self._context = native.llama_init_from_model(model.pointer, parameters)
        if not self._context:
            raise MachineError(
                f"llama.cpp cannot make a context of {cells} tokens for {sequences} sequences ({library_log().cause})"
            )
        memory = native.llama_get_memory(self._context)
        if not memory:
            self.close()
            raise MachineError("this model keeps no key-value cache, so it cannot answer; choose a generative model")
        self._memory = memory
        self._vocabulary = model.vocabulary_size
        self._abort_flag = ctypes.create_string_buffer(2)
        self._watch_abort_flag()

    def _watch_abort_flag(self) -> None:
        """llama.cpp asks its abort callback before every graph node, some thousand times a second.

        A Python callback would need the interpreter lock each time and so wait for whatever else runs. The C library's
        `strlen` on the flag's buffer says the same without it: 0 for no, 1 for yes.
        """
        address = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p).value
        assert address
        self._callback = native.ggml_abort_callback(address)
        flag = ctypes.cast(self._abort_flag, ctypes.c_void_p)
        native.llama_set_abort_callback(self.pointer, self._callback, flag)

    @property
    def pointer(self) -> native.llama_context_p:
        assert self._context, "the context is closed"
        return self._context

    @cached_property
    def cells(self) -> int:
        """Tokens that fit, all sequences together; llama.cpp rounds up what was asked for."""
        return native.llama_n_ctx(self.pointer)

    @cached_property
    def batch(self) -> int:
        """Rows that one decode can take."""
        return native.llama_n_batch(self.pointer)

    @property
    def aborting(self) -> bool:
        return self._abort_flag.raw[0] != 0

    def abort(self) -> None:
        """Ends the decode under way, or the next one, with `Aborted`. Safe from any thread and in a signal handler."""
        self._abort_flag[0] = b"\x01"

    def resume(self) -> None:
        """Decodes again after `abort`."""
        self._abort_flag[0] = b"\x00"

    def decode(self, batch: Batch) -> bool:
        """Evaluates `batch` and waits for its logits. False: no free cells, nothing was done.

        Raises `Aborted`, and `MachineError` when llama.cpp fails; cells may then be filled in part.
        """
        library_log().clear()
        code = native.llama_decode(self.pointer, batch.value)
        if code == _DECODED:
            native.llama_synchronize(self.pointer)
        if code == _ABORTED:
            raise Aborted
        if code not in (_DECODED, _NO_CELLS):
            raise MachineError(
                f"llama.cpp failed to decode (code {code}: {library_log().cause}); `ponder doctor` tries the build"
            )
        return code == _DECODED

    def logits(self, row: int) -> Logits:
        """What the last decode came to in batch row `row`: a view of llama.cpp's memory until the next decode."""
        return np.ctypeslib.as_array(native.llama_get_logits_ith(self.pointer, row), (self._vocabulary,))

    def copy(self, source: int, target: int, length: int) -> None:
        """Makes the first `length` tokens of `source` those of the empty sequence `target`; no cell is copied."""
        native.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def rewind(self, sequence: int, length: int) -> bool:
        """Keeps the first `length` tokens of `sequence`; False where the model cannot, and nothing was done."""
        return bool(native.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def earliest(self, sequence: int) -> int:
        """The first position that every layer still has: windowed ones give away cells that lie behind their window."""
        return native.llama_memory_seq_pos_min(self._memory, sequence)

    def drop(self, sequence: int) -> None:
        native.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def saved(self, sequence: int) -> bytes:
        """The cells of a sequence as bytes, for `restore`; empty where the model's state cannot be had."""
        number = native.llama_seq_id(sequence)
        size = native.llama_state_seq_get_size(self.pointer, number)
        state = (ctypes.c_uint8 * size)()
        return ctypes.string_at(state, native.llama_state_seq_get_data(self.pointer, state, size, number))

    def restore(self, sequence: int, state: bytes) -> bool:
        """Makes `state` the cells of the empty sequence; False if it is not such a state, and the sequence is empty still."""
        source = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        taken = native.llama_state_seq_set_data(self.pointer, source, len(state), native.llama_seq_id(sequence))
        if taken != len(state):
            self.drop(sequence)
        return taken == len(state)

    def close(self) -> None:
        if self._context:
            native.llama_free(self._context)
            self._context = None
