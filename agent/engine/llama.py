"""llama.cpp's library, the devices that it sees, and its models: the typed door to what is loaded once.

Native calls hold no interpreter lock. A model and its context are used from one thread at a time.
"""

import ctypes
import os
from collections import deque
from collections.abc import Callable
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

# Read by the OpenMP runtime when it is loaded. A thread that sleeps at every barrier costs up to a fifth of a decode's speed;
# one that spins long while its partner has lost the processor wastes the time that the partner needs (docs/LOG.md has both).
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from llama_cpp import llama_cpp as native
from llama_cpp._ctypes_extensions import load_shared_library

from agent.errors import MachineError

_LOG_ERROR = 4
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
def library_log() -> _Log:
    """The log of the library, which is initialised with it, once per process."""
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


def build() -> str:
    """Which llama.cpp this is: its version and the processor's and GPU's features that it was built for."""
    library_log()
    return f"{version('llama-cpp-python')} {native.llama_print_system_info().decode(errors='replace')}"


def offload_supported() -> bool:
    """Whether this build of llama.cpp can use a GPU at all."""
    library_log()
    return bool(native.llama_supports_gpu_offload())


def gpus() -> list[tuple[str, int]]:
    """The GPUs that this build sees: name and free bytes."""
    library_log()
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
        library_log().clear()
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
        self._model = native.llama_model_load_from_file(os.fsencode(path), parameters)
        if stopped:
            self.close()
            raise Aborted
        if not self._model:
            raise MachineError(f"{path}: llama.cpp cannot load this model ({library_log().cause})")
        if native.llama_model_has_encoder(self._model):
            self.close()
            raise MachineError(f"{path}: this model has an encoder, which ponder does not run; choose one that only decodes")
        vocabulary = native.llama_model_get_vocab(self._model)
        assert vocabulary
        self.vocabulary = vocabulary
        self._begin = cast(int, native.llama_vocab_bos(vocabulary))
        self._pieces: dict[int, bytes] = {}

    @property
    def pointer(self) -> native.llama_model_p:
        assert self._model, "the model is closed"
        return self._model

    @cached_property
    def vocabulary_size(self) -> int:
        return native.llama_vocab_n_tokens(self.vocabulary)

    @cached_property
    def training_context(self) -> int:
        return native.llama_model_n_ctx_train(self.pointer)

    @cached_property
    def layers(self) -> int:
        return native.llama_model_n_layer(self.pointer)

    @cached_property
    def cell_size(self) -> int:
        """Bytes that one token takes in the cache."""
        pointer = self.pointer
        stated = self.metadata(f"{self.metadata('general.architecture')}.attention.key_length")
        head = int(stated) if stated else native.llama_model_n_embd(pointer) // max(1, native.llama_model_n_head(pointer))
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
        return self._begin if native.llama_vocab_get_add_bos(self.vocabulary) and self._begin >= 0 else None

    @cached_property
    def marks(self) -> tuple[str, str]:
        """Texts of the begin-of-text and end-of-text tokens; empty where there is none."""
        end = cast(int, native.llama_vocab_eos(self.vocabulary))
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
        count = native.llama_tokenize(self.vocabulary, data, len(data), tokens, size, False, control)
        assert count >= 0, "a token is at least one byte"
        return tokens[:count]

    def piece(self, token: int) -> bytes:
        """What `token` adds to the text; nothing for a control token."""
        piece = self._pieces.get(token)
        if piece is None:
            buffer = ctypes.create_string_buffer(64)
            size = native.llama_token_to_piece(self.vocabulary, token, buffer, 64, 0, False)
            if size < 0:
                buffer = ctypes.create_string_buffer(-size)
                size = native.llama_token_to_piece(self.vocabulary, token, buffer, -size, 0, False)
            piece = self._pieces[token] = buffer.raw[:size]
        return piece

    def text(self, token: int) -> str:
        """The token's name in the vocabulary, control tokens too."""
        return native.llama_vocab_get_text(self.vocabulary, token).decode("utf-8", "replace")

    def ends(self, token: int) -> bool:
        """Whether `token` ends a generation."""
        return native.llama_vocab_is_eog(self.vocabulary, token)

    def is_control(self, token: int) -> bool:
        """Whether `tokenize` makes `token` of its text only with `control`."""
        attributes = native.llama_vocab_get_attr(self.vocabulary, token)
        return bool(attributes & (native.LLAMA_TOKEN_ATTR_CONTROL | native.LLAMA_TOKEN_ATTR_UNKNOWN))

    def close(self) -> None:
        if self._model:
            native.llama_model_free(self._model)
            self._model = None
