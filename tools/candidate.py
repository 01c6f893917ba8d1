"""The candidate's process: loads the untrusted source and does what the judge asks of its functions. Runs inside the box.

Nothing here needs to be trusted: the judge takes only plain data from this process, and its death for a failure.
"""

import builtins
import contextlib
import io
import linecache
import operator
import sys
import traceback
import types
from collections.abc import Callable, Sequence
from typing import Any, cast

from tools import codec
from tools.wire import Gone, Wire

NAME, FILE = "solution", "solution.py"
_TEXT = 8_000
_REMEMBERED = 1 << 16

_OF_BUILTINS = tuple("len iter next str repr bool hash int float abs complex reversed round divmod pow format".split())
_OF_OPERATORS = tuple(
    "eq ne lt le gt ge neg pos invert index add sub mul matmul truediv floordiv mod lshift rshift xor contains getitem "
    "setitem delitem iadd isub imul".split()
)
_REFLECTED = tuple("add sub mul matmul truediv floordiv mod lshift rshift xor and or divmod pow".split())
Operation = Callable[..., Any]


def _enter(value: Any) -> Any:
    return value.__enter__()


def _exit(value: Any, *raised: Any) -> Any:
    return value.__exit__(*raised)


def _call(value: Any, *args: Any, **kwargs: Any) -> Any:
    return value(*args, **kwargs)


def _reflected(plain: Operation) -> Operation:
    def swapped(value: Any, other: Any) -> Any:
        return plain(other, value)

    return swapped


def _operations() -> dict[str, Operation]:
    found: dict[str, Operation] = {f"__{name}__": getattr(builtins, name) for name in _OF_BUILTINS}
    found |= {f"__{name}__": getattr(operator, name) for name in _OF_OPERATORS}
    found |= {f"__{name}__": getattr(operator, f"{name}_") for name in ("and", "or")}
    found |= {f"__r{name}__": _reflected(found[f"__{name}__"]) for name in _REFLECTED}
    found |= {"__enter__": _enter, "__exit__": _exit, "__call__": _call}
    return found | {one.__name__: one for one in (getattr, setattr, delattr, isinstance, issubclass)}


OPERATIONS = _operations()
"""What a judge may ask of a candidate's objects."""


class Candidate:
    """Objects that are not plain data stay here under a number; the judge holds the numbers."""

    def __init__(self, read_end: int, write_end: int) -> None:
        self._wire = Wire(read_end, write_end, self._serve, patient=True)
        self._objects: list[object] = []
        self._numbers: dict[int, int] = {}
        self._described: dict[type, int] = {}
        self._lent: dict[int, object] = {}
        self._lenders: dict[int, int] = {}
        self._made: set[int] = set()
        """Objects that the judge made by calling a class that adds to the container it is built on, as an LRU cache does."""
        self._module = types.ModuleType(NAME)
        self._printed = _Printed()

    def run(self) -> None:
        sys.stdout = sys.__stdout__ = self._printed
        self._wire.serve_forever()

    def _serve(self, operation: str, arguments: list[Any]) -> list[Any]:
        """The answer, and what was printed meanwhile: a test may capture it."""
        answer = self._answered(operation, arguments)
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        return [*answer, self._printed.taken()]

    def _answered(self, operation: str, arguments: list[Any]) -> list[Any]:
        # BaseException: the candidate's sys.exit is a failure of the one call, which the judge gets to see.
        try:
            if operation == "load":
                return ["answer", self._load(str(arguments[0]))]
            return ["answer", *self._perform(operation, arguments)]
        except BaseException as error:
            return ["raise", self._raised(error)]

    def _load(self, source: str) -> list[Any]:
        linecache.cache[FILE] = (len(source), None, source.splitlines(keepends=True), FILE)
        sys.modules[NAME] = self._module
        self._module.__file__ = FILE
        exec(compile(source, FILE, "exec", dont_inherit=True), self._module.__dict__)
        names: list[Any] = list(getattr(self._module, "__all__", None) or [n for n in vars(self._module) if n[:1] != "_"])
        encoder = self._encoder()
        exports: list[Any] = []
        for name in names:
            value = getattr(self._module, str(name), None)
            if not isinstance(value, types.ModuleType) or value.__name__ in sys.stdlib_module_names:
                exports.append([str(name), encoder.encode(value)])
        return [exports, self._reference(self._module)]

    def _perform(self, operation: str, arguments: list[Any]) -> list[Any]:
        """Returns the encoded result and the arguments' containers that the call has changed: `[[number, content], ...]`."""
        decoder = codec.Decoder(self._adopt)
        positional: list[Any] = decoder.all(arguments[0])
        named = {str(name): decoder.decode(value) for name, value in arguments[1]}
        kept = list(decoder.kept)
        before = self._contents(kept)
        with self._wire.turn.lent():
            result = OPERATIONS[operation](*positional, **named)
        if operation == "__call__" and _adds_to_a_container(positional[0]) and isinstance(result, positional[0]):
            self._made.add(self._number(result))
        encoder = self._encoder(kept)
        encoded = encoder.encode(result)
        changed: list[Any] = []
        for number, (old, container) in enumerate(zip(before, kept, strict=True)):
            if codec.Encoder(self._noted, kept).content(container) != old:
                changed.append([number, encoder.content(container)])
        return [encoded, changed]

    def _contents(self, kept: list[Any]) -> list[Any]:
        return [codec.Encoder(self._noted, kept).content(container) for container in kept]

    def _encoder(self, kept: Sequence[object] = ()) -> codec.Encoder:
        return codec.Encoder(self._foreign, kept, self._is_made)

    # What is not plain data

    def _foreign(self, value: object) -> Any:
        if (failure := _exception_class(value)) is not None:
            return ["exception class", self._class(failure)]
        if isinstance(value, types.ModuleType) and value.__name__ in sys.stdlib_module_names:
            return ["module", value.__name__]
        if isinstance(value, Callback):
            return ["yours", value.number]
        if id(value) in self._lenders:
            return ["yours", self._lenders[id(value)]]
        if getattr(type(value), "__module__", "") == "numpy" and getattr(value, "shape", None) == ():
            return codec.Encoder().encode(cast(Any, value).item())
        if isinstance(value, BaseException):
            return ["exception", self._raised(value)]
        return self._reference(value)

    def _noted(self, value: object) -> Any:
        """For comparing alone: what is described to nobody must not count as described."""
        return ["noted", self._number(value)]

    def _is_made(self, value: object) -> bool:
        return self._numbers.get(id(value)) in self._made

    def _number(self, value: object) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._objects)
            self._objects.append(value)
        return number

    def _reference(self, value: object) -> Any:
        number = self._number(value)
        kind = type(value)
        if kind in self._described:
            return ["remote", number, self._described[kind], None]
        self._described[kind] = len(self._described)
        methods = [name for name in OPERATIONS if name.startswith("__") and getattr(kind, name, None) is not None]
        return ["remote", number, self._described[kind], [kind.__name__, methods]]

    def _adopt(self, encoded: list[Any]) -> object:
        if encoded[0] == "mine":
            return self._objects[encoded[1]]
        if encoded[0] == "function":
            return codec.function_named(encoded[1])
        if encoded[0] == "callback":
            return Callback(self, encoded[1])
        if encoded[0] == "bare":
            return self._like(encoded[1], str(encoded[2]))
        if encoded[0] == "iterator":
            return iterate(Callback(self, encoded[1]))
        raise codec.CodecError(f"unknown kind of value {encoded[0]!r}")

    def _like(self, number: int, name: str) -> object:
        """An object with nothing of its own, in place of the judge's with that number."""
        if number not in self._lent:
            made = self._lent[number] = object() if name == "object" else type(name, (), {})()
            self._lenders[id(made)] = number
        return self._lent[number]

    def call_back(self, number: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with self._wire.turn:
            encoder = self._encoder()
            packed = [encoder.all(args), [[name, encoder.encode(value)] for name, value in kwargs.items()]]
            kind, answer = self._wire.ask("callback", [number, *packed])[:2]
            decoder = codec.Decoder(self._adopt)
            if kind == "answer":
                return decoder.decode(answer)
            failure = getattr(builtins, str(answer[0]), None)
            if not (isinstance(failure, type) and issubclass(failure, Exception)):
                failure = RuntimeError
            raise failure(*decoder.decode(answer[1]))

    # Failures

    def _raised(self, error: BaseException) -> list[Any]:
        if isinstance(error, Gone):
            raise error
        encoder = self._encoder()
        return [self._class(type(error)), _arguments(encoder, error), _text(error), _trace(error)]

    def _class(self, kind: type) -> Any:
        """`[number or None, module, name, bases]`, down to classes that both sides know by name."""
        if kind.__module__.split(".")[0] in sys.stdlib_module_names:
            builtin = kind.__module__ == "builtins"
            return [None, kind.__module__, kind.__name__, [] if builtin else [self._class(base) for base in kind.__bases__[:1]]]
        bases = [self._class(base) for base in kind.__bases__ if issubclass(base, BaseException)]
        return [self._number(kind), kind.__module__, kind.__name__, bases]


class _Printed(io.TextIOWrapper):
    """Standard output that also remembers, within bounds, what was written since it was last asked."""

    def __init__(self) -> None:
        super().__init__(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8", "backslashreplace")
        self._parts: list[str] = []
        self._size = 0

    def write(self, text: str, /) -> int:
        if self._size < _REMEMBERED:
            self._parts.append(text[: _REMEMBERED - self._size])
            self._size += len(text)
        return super().write(text)

    def taken(self) -> str:
        text = "".join(self._parts)
        self._parts, self._size = [], 0
        return text


class Callback:
    """A function of the judge's, callable from here."""

    def __init__(self, candidate: Candidate, number: int) -> None:
        self._candidate, self.number = candidate, number

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self._candidate.call_back(self.number, args, kwargs)


def iterate(following: Callback) -> Any:
    """A generator over an iterator of the judge's; `following` gives a tuple with the next value, or an empty one."""
    while found := following():
        yield found[0]


def _adds_to_a_container(called: object) -> bool:
    """Whether it is a class of the candidate's with public names that the container it is built on does not have."""
    if not isinstance(called, type):
        return False
    base = next((one for one in called.__mro__ if one in codec.MUTABLE), None)
    own = [name for one in called.__mro__ if one.__module__ == NAME for name in vars(one)]
    return base is not None and any(name[:1] != "_" and not hasattr(base, name) for name in own)


def _exception_class(value: Any) -> "type[Any] | None":
    return value if isinstance(value, type) and BaseException in value.__mro__ else None


def _arguments(encoder: codec.Encoder, error: BaseException) -> Any:
    try:
        return encoder.encode(tuple(one if not isinstance(one, BaseException) else str(one) for one in error.args))
    except BaseException:
        return ["tuple", []]


def _text(error: BaseException) -> str:
    try:
        return str(error)[:_TEXT]
    except BaseException:
        return ""


def _trace(error: BaseException) -> str:
    """The traceback from the candidate's first own line on."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != FILE:
        trace = trace.tb_next
    try:
        return "".join(traceback.format_exception(type(error), error, trace, limit=-12))[-_TEXT:]
    except BaseException:
        return ""
