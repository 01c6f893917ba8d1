"""The typed door to llama.cpp: everything that touches ctypes or a native pointer is in this module.

Native calls hold no interpreter lock. A model and its context are used from one thread at a time; only `Context.abort`
may come from elsewhere.
"""

import ctypes
import os
from collections import deque
from collections.abc import Callable, Iterable
from collections.abc import Sequence as Listing
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

# Read by the OpenMP runtime when it is loaded. A thread that spins at a barrier while its partner has lost the processor
# wastes the very time the partner needs: on a machine that also does other work, decoding was up to 30 times slower.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from llama_cpp import llama_cpp as native
from llama_cpp._ctypes_extensions import load_shared_library

from agent.errors import MachineError

_LOG_ERROR = 4
_DECODED, _NO_CELLS, _ABORTED = 0, 1, 2
_GPU_TYPES = (1, 2)
"""`ggml_backend_dev_type`: discrete and integrated GPUs."""


class Aborted(Exception):
    """A decode was ended by `Context.abort`; some of its cells may be filled."""


class _Log:
    """llama.cpp's log, kept in memory: it must never reach the terminal."""

    def __init__(self) -> None:
        self._errors: deque[str] = deque(maxlen=20)
        self._callback = native.llama_log_callback(self._take)
        native.llama_log_set(self._callback, ctypes.c_void_p(None))

    def _take(self, level: int, text: bytes | None, _data: object) -> None:
        if level == _LOG_ERROR and text and text.strip():
            self._errors.append(text.decode("utf-8", "replace").strip())

    def clear(self) -> None:
        self._errors.clear()

    @property
    def cause(self) -> str:
        """The first error since `clear`, which names the cause; later ones only pass it on."""
        if not self._errors:
            return "llama.cpp gave no reason"
        return self._errors[0].split(": ", 1)[-1] if self._errors[0].startswith("llama") else self._errors[0]


@cache
def _log() -> _Log:
    """The library, initialised once per process."""
    log = _Log()
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")  # else a failed assertion there starts a debugger
    native.llama_backend_init()
    return log


@cache
def _ggml() -> Any:
    """The tensor library under llama.cpp, which alone knows the devices."""
    library = cast(Any, load_shared_library("ggml", Path(native.__file__).parent / "lib"))
    library.ggml_backend_dev_count.restype = ctypes.c_size_t
    for name, result, arguments in (
        ("get", ctypes.c_void_p, [ctypes.c_size_t]),
        ("type", ctypes.c_int, [ctypes.c_void_p]),
        ("description", ctypes.c_char_p, [ctypes.c_void_p]),
        ("memory", None, [ctypes.c_void_p, ctypes.POINTER(ctypes.c_size_t), ctypes.POINTER(ctypes.c_size_t)]),
    ):
        function = getattr(library, f"ggml_backend_dev_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def offload_supported() -> bool:
    """Whether this build of llama.cpp can use a GPU at all."""
    _log()
    return bool(native.llama_supports_gpu_offload())


def gpus() -> list[tuple[str, int]]:
    """The GPUs that this build sees: name and free bytes."""
    _log()
    library, found = _ggml(), list[tuple[str, int]]()
    for index in range(library.ggml_backend_dev_count()):
        device = library.ggml_backend_dev_get(index)
        if library.ggml_backend_dev_type(device) in _GPU_TYPES:
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            library.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
            found.append((library.ggml_backend_dev_description(device).decode(errors="replace"), free.value))
    return found


def cell_bytes(layers: int, head: int, heads: int) -> int:
    """Bytes that one token takes in the cache: key and value, 16-bit numbers, `heads` heads of `head` numbers each."""
    return 2 * 2 * layers * heads * head


class Model:
    """Weights and vocabulary of one GGUF file.

    `going(fraction)` is called while it loads, from the loading thread; when it returns False the load ends with
    `Aborted`. Raises `MachineError` for a file that llama.cpp refuses.
    """

    def __init__(self, path: Path, *, gpu_layers: int, going: Callable[[float], bool], vocabulary_only: bool = False) -> None:
        _log().clear()
        stopped = False

        def progress(fraction: float, _data: object) -> bool:
            nonlocal stopped
            stopped = stopped or not going(fraction)
            return not stopped

        parameters = native.llama_model_default_params()
        parameters.n_gpu_layers = gpu_layers
        parameters.vocab_only = vocabulary_only
        callback = native.llama_progress_callback(progress)
        parameters.progress_callback = callback
        self._model = native.llama_model_load_from_file(str(path).encode(), parameters)
        if stopped:
            self.close()
            raise Aborted
        if not self._model:
            raise MachineError(f"{path}: llama.cpp cannot load this model ({_log().cause})")
        vocabulary = native.llama_model_get_vocab(self._model)
        assert vocabulary
        self._vocabulary = vocabulary
        self._begin = cast(int, native.llama_vocab_bos(vocabulary))
        self._pieces: dict[int, bytes] = {}

    @property
    def pointer(self) -> native.llama_model_p:
        assert self._model, "the model is closed"
        return self._model

    @cached_property
    def training_context(self) -> int:
        return native.llama_model_n_ctx_train(self.pointer)

    @cached_property
    def layers(self) -> int:
        return native.llama_model_n_layer(self.pointer)

    @cached_property
    def size(self) -> int:
        """Bytes of all tensors."""
        return native.llama_model_size(self.pointer)

    @cached_property
    def cell_size(self) -> int:
        """Bytes that one token takes in the cache."""
        pointer = self.pointer
        head = native.llama_model_n_embd(pointer) // max(1, native.llama_model_n_head(pointer))
        return cell_bytes(self.layers, head, native.llama_model_n_head_kv(pointer))

    @cached_property
    def recurrent(self) -> bool:
        """Whether a state, not cells, holds the past (wholly or in part): no part of a sequence can be copied or removed."""
        return native.llama_model_is_recurrent(self.pointer) or native.llama_model_is_hybrid(self.pointer)

    @cached_property
    def sliding_window(self) -> int:
        """Tokens that the windowed layers look back; 0 if there are none."""
        return native.llama_model_n_swa(self.pointer)

    @cached_property
    def chat_template(self) -> str | None:
        template = native.llama_model_chat_template(self.pointer, None)
        return template.decode("utf-8", "replace") if template else None

    @cached_property
    def first(self) -> int | None:
        """The token that every text must begin with, where the model asks for one."""
        return self._begin if native.llama_vocab_get_add_bos(self._vocabulary) and self._begin >= 0 else None

    @cached_property
    def marks(self) -> tuple[str, str]:
        """Texts of the begin-of-text and end-of-text tokens; empty where there is none."""
        end = cast(int, native.llama_vocab_eos(self._vocabulary))
        return self.text(self._begin) if self._begin >= 0 else "", self.text(end) if end >= 0 else ""

    def metadata(self, key: str) -> str | None:
        """A value of the file's header as text."""
        buffer = ctypes.create_string_buffer(256)
        size = native.llama_model_meta_val_str(self.pointer, key.encode(), cast(Any, buffer), len(buffer))
        return buffer.value.decode("utf-8", "replace") if size >= 0 else None

    def tokenize(self, text: str, *, control: bool) -> list[int]:
        """Tokens of `text`. With `control`, control tokens spelled out in it become those tokens."""
        data = text.encode("utf-8", "replace")
        size = len(data) + 16
        tokens = (native.llama_token * size)()
        count = native.llama_tokenize(self._vocabulary, data, len(data), tokens, size, False, control)
        assert count >= 0, "a token is at least one byte"
        return tokens[:count]

    def piece(self, token: int) -> bytes:
        """What `token` adds to the text; nothing for a control token."""
        piece = self._pieces.get(token)
        if piece is None:
            buffer = ctypes.create_string_buffer(64)
            size = native.llama_token_to_piece(self._vocabulary, token, buffer, 64, 0, False)
            if size < 0:
                buffer = ctypes.create_string_buffer(-size)
                size = native.llama_token_to_piece(self._vocabulary, token, buffer, -size, 0, False)
            piece = self._pieces[token] = buffer.raw[:size]
        return piece

    def text(self, token: int) -> str:
        """The token's name in the vocabulary, control tokens too."""
        return native.llama_vocab_get_text(self._vocabulary, token).decode("utf-8", "replace")

    def ends(self, token: int) -> bool:
        """Whether `token` ends a generation."""
        return native.llama_vocab_is_eog(self._vocabulary, token)

    def is_control(self, token: int) -> bool:
        """Whether `tokenize` makes `token` of its text only with `control`."""
        attributes = native.llama_vocab_get_attr(self._vocabulary, token)
        return bool(attributes & (native.LLAMA_TOKEN_ATTR_CONTROL | native.LLAMA_TOKEN_ATTR_UNKNOWN))

    def close(self) -> None:
        if self._model:
            native.llama_model_free(self._model)
            self._model = None


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

    @property
    def room(self) -> int:
        return self.capacity - self.rows

    def add(self, sequence: int, position: int, tokens: Listing[int], *, logits: bool) -> int:
        """Appends consecutive tokens of one sequence; returns the last one's row, which alone has logits, if wanted."""
        start, end = self.rows, self.rows + len(tokens)
        self._tokens[start:end] = tokens
        self._positions[start:end] = range(position, position + len(tokens))
        self._sequences[start:end] = [sequence] * len(tokens)
        self._wanted[start:end] = [0] * len(tokens)
        self._wanted[end - 1] = logits
        self.value.n_tokens = end
        return end - 1


class Context:
    """The key-value cache of one model, unified over its sequences, and the decode that fills it."""

    def __init__(self, model: Model, *, cells: int, sequences: int, batch: int, threads: int) -> None:
        _log().clear()
        parameters = native.llama_context_default_params()
        parameters.n_ctx = cells
        parameters.n_seq_max = parameters.n_outputs_max = sequences
        parameters.n_batch = parameters.n_ubatch = batch
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.kv_unified = True
        parameters.swa_full = model.sliding_window > 0
        parameters.no_perf = True
        self._context = native.llama_init_from_model(model.pointer, parameters)
        if not self._context:
            raise MachineError(f"llama.cpp cannot make a context of {cells} tokens ({_log().cause}); try a smaller context")
        memory = native.llama_get_memory(self._context)
        if not memory:
            self.close()
            raise MachineError("this model keeps no key-value cache, so it cannot answer; choose a generative model")
        self._memory = memory
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
        _log().clear()
        code = native.llama_decode(self.pointer, batch.value)
        if code == _DECODED:
            native.llama_synchronize(self.pointer)
        if code == _ABORTED:
            raise Aborted
        if code not in (_DECODED, _NO_CELLS):
            raise MachineError(f"llama.cpp failed to decode (code {code}: {_log().cause}); `ponder doctor` tries the build")
        return code == _DECODED

    def copy(self, source: int, target: int, length: int) -> None:
        """Makes the first `length` tokens of `source` those of the empty sequence `target`; no cell is copied."""
        native.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def rewind(self, sequence: int, length: int) -> bool:
        """Keeps the first `length` tokens of `sequence`; False where the model cannot, and nothing was done."""
        return bool(native.llama_memory_seq_rm(self._memory, sequence, length, -1))

    def drop(self, sequence: int) -> None:
        native.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def close(self) -> None:
        if self._context:
            native.llama_free(self._context)
            self._context = None


class Chain:
    """Samplers applied one after another; the last one picks."""

    def __init__(self, stages: "Iterable[native.llama_sampler_p]") -> None:
        self._chain: Any = native.llama_sampler_chain_init(native.llama_sampler_chain_default_params())
        for stage in stages:
            native.llama_sampler_chain_add(self._chain, stage)

    def sample(self, context: Context, row: int) -> int:
        """A token from the logits of the last decode's batch row `row`."""
        assert self._chain, "the chain is closed"
        return native.llama_sampler_sample(self._chain, context.pointer, row)

    def close(self) -> None:
        if self._chain:
            native.llama_sampler_free(self._chain)
            self._chain = None
