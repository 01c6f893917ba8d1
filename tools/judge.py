"""The judge's process: runs checks against a candidate that lives in another process. Runs inside the box.

What comes back from the candidate is plain data, or a `Remote`: a handle whose attributes, methods and operators are asked of
the candidate. A candidate's object must not be able to answer for an expected value, so a `Remote` never equals plain data,
has no order against it, and says nothing of how far it is from it.
"""

import builtins
import importlib
import linecache
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from tools import codec
from tools.candidate import OPERATIONS
from tools.refusals import CandidateError, Refused, fault, noted
from tools.wire import Gone, Wire

_SET = object.__setattr__
_GET = object.__getattribute__
_ORDER = frozenset({"__lt__", "__le__", "__gt__", "__ge__"})
_COMPARING = frozenset(
    f"__{side}{name}__"
    for side in ("", "r", "i")
    for name in ("add", "sub", "truediv", "floordiv", "mod", "divmod", "and", "or", "xor")
)
"""Operators by which tests compare: with `abs(f(2) - 4) < 1e-6` the candidate's object is shown the expected value."""
_TELLING = _COMPARING | frozenset(
    f"__{name}__"
    for name in (
        *("mul", "rmul", "imul", "matmul", "rmatmul", "pow", "rpow", "neg", "pos", "invert", "abs", "round"),
        *("int", "float", "complex", "index", "bool", "len"),
    )
)
_JOINING = frozenset(f"__{side}{name}__" for side in ("", "r", "i") for name in ("add", "mod"))
_BARE = frozenset({"__module__", "__dict__", "__weakref__", "__doc__"})
"""What a class has that says nothing."""
_BLANKS = frozenset({bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, type(None)})
OWN_TRACE = "In the candidate:\n"
"""What follows is the candidate's own traceback, and no more: who shows a failure begins behind it."""


class Remote:
    """One object of the candidate's; `_ponder` is `(link, number)`. Each class of the candidate's gets a subclass."""

    __slots__ = ("_ponder",)

    def __getattribute__(self, name: str) -> Any:
        if name in ("__class__", "_ponder"):
            return _GET(self, name)
        if name.startswith("__array"):
            raise AttributeError(name)  # by which numpy would take addresses in this process from the candidate
        return _ask(self, "getattr", name)

    def __setattr__(self, name: str, value: object) -> None:
        _ask(self, "setattr", name, value)

    def __delattr__(self, name: str) -> None:
        _ask(self, "delattr", name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and bool(_ask(self, "__eq__", other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return int(_ask(self, "__hash__"))

    def __bool__(self) -> bool:
        return bool(_ask(self, "__bool__"))

    def __str__(self) -> str:
        return str(_ask(self, "__str__"))

    def __repr__(self) -> str:
        return str(_ask(self, "__repr__"))

    def __format__(self, specification: str) -> str:
        return str(_ask(self, "__format__", specification))

    def __instancecheck__(self, instance: object) -> bool:
        return bool(_ask_plainly(self, "isinstance", instance, self))

    def __subclasscheck__(self, subclass: object) -> bool:
        return bool(_ask_plainly(self, "issubclass", subclass, self))


def _link(remote: Remote) -> "tuple[Link, int]":
    return _GET(remote, "_ponder")


def _ask(remote: Remote, operation: str, *args: object, **kwargs: object) -> Any:
    return _link(remote)[0].perform(operation, (remote, *args), kwargs)


def _ask_plainly(remote: Remote, operation: str, *args: object) -> Any:
    return _link(remote)[0].perform(operation, args, {})


def _method(name: str) -> Callable[..., Any]:
    def method(self: Remote, *args: Any, **kwargs: Any) -> Any:
        if name in _ORDER and not isinstance(args[0], Remote):
            raise _without_order(self, name, args[0])
        return _ask(self, name, *args, **kwargs)

    method.__name__ = name
    return method


def _without_order(remote: Remote, operator: str, plain: object) -> Exception:
    """The `TypeError` of a class that has no order against such values, else a refusal. It is asked about an empty value of the
    same kind: the real one may be what a test expects.
    """
    if type(plain) in _BLANKS:
        try:
            _ask(remote, operator, type(plain)())
        except TypeError as error:
            return error
    return noted(Refused(f"the candidate's {type(remote).__name__} object has no order against plain data"))


class Link:
    """The judge's end: calls the candidate, turns what comes back into values, and lays changed arguments back in place."""

    def __init__(self, read_end: int, write_end: int) -> None:
        self._wire = Wire(read_end, write_end, self._serve)
        self._stdout = sys.stdout
        self._callbacks: list[Callable[..., Any]] = []
        self._numbers: dict[int, int] = {}
        self._remotes: dict[int, Remote] = {}
        self._kinds: dict[int, type[Remote]] = {}
        self._failures: dict[int, type[BaseException]] = {}
        self._shown: set[int] = set()
        """Handles that may know an expected value, or came of one that does."""

    def load(self, source: str) -> "tuple[dict[str, Any], Remote]":
        """The candidate's public names, and its module; raises what its source raised."""
        (exports, module), decoder = self._ask("load", [source]), codec.Decoder(self._adopt)
        named = {str(name): decoder.decode(value) for name, value in exports}
        return {name: value for name, value in named.items() if _may_be_global(name)}, decoder.decode(module)

    def perform(self, operation: str, args: tuple[object, ...], kwargs: dict[str, object]) -> Any:
        with self._wire.turn:
            encoder = codec.Encoder(self._foreign)
            try:
                packed = [encoder.all(args), [[name, encoder.encode(value)] for name, value in kwargs.items()]]
            except RecursionError:
                raise noted(Refused("what is nested so deep cannot be handed to the candidate")) from None
            try:
                answer = self._ask(operation, packed, 2)
            except StopIteration as error:
                if operation == "__next__":
                    raise
                # Let loose, it would end a loop of the judge's over its own cases.
                raise CandidateError(f"StopIteration: {error}") from None
            decoder = codec.Decoder(self._adopt, encoder.kept)
            try:
                result = decoder.decode(answer[0])
                for number, content in answer[1]:
                    decoder.refill(encoder.kept[number], content)
            except (codec.CodecError, TypeError, ValueError, LookupError, RecursionError) as error:
                raise noted(CandidateError(f"the candidate sent what is no plain data ({error})")) from None
            self._weigh(operation, args, result)
            return result

    def _weigh(self, operation: str, args: tuple[object, ...], result: object) -> None:
        """Raises `Refused` where an object that was shown an expected value would say how far it is from it."""
        handles = {_link(one)[1] for one in (*args, result) if isinstance(one, Remote)}
        shown = operation in _COMPARING and any(_is_held_against(operation, one) for one in args)
        if shown or (operation in _TELLING and handles & self._shown):
            self._shown |= handles
            if not isinstance(result, Remote):
                kind = type(next(one for one in args if isinstance(one, Remote))).__name__
                raise noted(
                    Refused(f"the candidate's {kind} object cannot be reckoned with plain data; plain data is expected")
                )

    def _ask(self, operation: str, arguments: list[Any], parts: int = 1) -> Any:
        try:
            kind, *answer = self._wire.ask(operation, arguments)
        except Gone as gone:
            raise noted(CandidateError(f"no answer from the candidate: {gone}")) from None
        printed = answer.pop() if answer else ""
        if printed and isinstance(printed, str) and sys.stdout is not self._stdout:
            # The judge's program captures what is printed; on its own output a candidate has no place.
            sys.stdout.write(printed)
        if kind == "raise" and len(answer) == 1:
            error = self._failure(answer[0])
            raise noted(error) if type(error) is CandidateError else error
        if kind != "answer" or len(answer) != parts:
            raise noted(CandidateError("the candidate sent a garbled answer"))
        return answer if parts > 1 else answer[0]

    def _serve(self, operation: str, arguments: list[Any]) -> list[Any]:
        # The one thing that a candidate may ask for: a call of a function that was handed to it.
        try:
            number, args, kwargs = arguments
            if operation != "callback" or type(number) is not int or not 0 <= number < len(self._callbacks):
                raise CandidateError("the candidate asked for what it was not given")
            decoder = codec.Decoder(self._adopt)
            positional = decoder.all(args)
            named = {str(name): decoder.decode(value) for name, value in kwargs}
            with self._wire.turn.lent():
                result = self._callbacks[number](*positional, **named)
            return ["answer", codec.Encoder(self._foreign).encode(result)]
        except BaseException as error:
            # Let through, it would leave the candidate without its answer, and take the next question for that.
            return ["raise", [type(error).__name__, codec.Encoder(self._foreign).encode(tuple(str(one) for one in error.args))]]

    # What is not plain data

    def _foreign(self, value: object) -> Any:
        if isinstance(value, Remote):
            return ["mine", _link(value)[1]]
        if isinstance(value, type) and value in self._failures.values():
            return ["mine", next(number for number, kind in self._failures.items() if kind is value)]
        if (name := codec.function_name(value)) is not None:
            return ["function", name]
        if callable(value):
            return ["callback", self._callback(value, value)]
        if _is_bare(value):
            return ["bare", self._callback(value, cast(Any, value)), type(value).__name__]
        if isinstance(value, Iterator):
            return ["iterator", self._callback(values := cast(Iterator[Any], value), lambda: tuple(_first(values)))]
        raise noted(Refused(f"a {type(value).__name__} cannot be handed to the candidate, which runs in a process of its own"))

    def _callback(self, owner: object, function: Callable[..., Any]) -> int:
        if id(owner) not in self._numbers:
            self._numbers[id(owner)] = len(self._callbacks)
            self._callbacks.append(function)
            self._remotes.setdefault(-len(self._callbacks), cast(Remote, owner))  # keeps the owner, hence its id, alive
        return self._numbers[id(owner)]

    def _adopt(self, encoded: list[Any]) -> Any:
        if encoded[0] == "remote" and len(encoded) == 4:
            return self._remote(*encoded[1:])
        if encoded[0] == "exception class":
            return self._failure_class(encoded[1])
        if encoded[0] == "module" and encoded[1] in sys.stdlib_module_names:
            return importlib.import_module(encoded[1])
        if encoded[0] == "exception":
            return self._failure(encoded[1])
        if encoded[0] == "yours" and type(encoded[1]) is int and 0 <= encoded[1] < len(self._callbacks):
            return self._callbacks[encoded[1]]
        raise codec.CodecError(f"unknown kind of value {str(encoded[0])[:40]!r}")

    def _remote(self, number: Any, kind: Any, description: Any) -> Remote:
        if type(number) is not int or type(kind) is not int or number < 0:
            raise codec.CodecError("garbled reference")
        if description is not None and kind not in self._kinds:
            name, methods = description
            known = {method: _method(method) for method in OPERATIONS if method in methods and method not in vars(Remote)}
            self._kinds[kind] = type(str(name)[:100], (Remote,), {**known, "__slots__": ()})
        if number not in self._remotes:
            remote = self._kinds[kind].__new__(self._kinds[kind])
            _SET(remote, "_ponder", (self, number))
            self._remotes[number] = remote
        return self._remotes[number]

    # Failures

    def _failure(self, raised: Any) -> BaseException:
        """The exception to raise here for what was raised there."""
        try:
            described, args, text, trace = raised
            kind, decoded = self._failure_class(described), codec.Decoder(self._adopt).decode(args)
        except (codec.CodecError, TypeError, ValueError, LookupError, RecursionError):
            return CandidateError("the candidate sent a garbled failure")
        if kind in (BaseException, CandidateError):
            kind = CandidateError
            decoded = (f"{str(described[2])[:100]}: {text}",)
        try:
            error = kind(*decoded)
        except Exception:
            error = kind.__new__(kind)
            error.args = tuple(decoded)
        error.__notes__ = [f"{OWN_TRACE}{trace}".rstrip()] if trace else []
        return error

    def _failure_class(self, described: Any) -> type[BaseException]:
        """`BaseException` for those that are no `Exception`, which no test shall catch as one."""
        number, module, name, bases = described
        if number is None:
            # Not unittest's: its SkipTest would let a candidate skip the tests that it fails.
            known = str(module).split(".")[0] in sys.stdlib_module_names - {"unittest"}
            kind = getattr(sys.modules.get(str(module)), str(name), None) if known else None
            if isinstance(kind, type):
                return kind if issubclass(kind, Exception) else BaseException
            return self._failure_class(bases[0]) if bases and known else CandidateError
        if type(number) is not int:
            raise codec.CodecError("garbled class")
        if number not in self._failures:
            parents = tuple(dict.fromkeys(self._failure_class(base) for base in bases)) or (CandidateError,)
            try:
                self._failures[number] = type(str(name)[:100], parents, {"__module__": "solution"})
            except TypeError:
                self._failures[number] = type(str(name)[:100], parents[:1], {"__module__": "solution"})
        return self._failures[number]


def _may_be_global(name: str) -> bool:
    """A candidate's own `abs` must not stand in the checks for the real one; `from solution import abs` still works."""
    return name.isidentifier() and not name.startswith("_") and not hasattr(builtins, name)


def _is_held_against(operator: str, value: object) -> bool:
    """Whether a test may learn by the operator how far a result is from that value. Text has no difference, and `+` and `%` put
    sequences together.
    """
    if isinstance(value, (Remote, str, bytes)) or callable(value):
        return False
    return not (operator in _JOINING and isinstance(value, Sequence))


def _is_bare(value: object) -> bool:
    """Whether nothing can be done with it but hold it and ask whether it is the same: `object()`, or of an empty class."""
    own = [name for kind in type(value).__mro__ if kind is not object for name in vars(kind) if name not in _BARE]
    return not own and not getattr(value, "__dict__", None)


def _first(values: Iterator[Any]) -> Iterator[Any]:
    for value in values:
        yield value
        return


class Solution(types.ModuleType):
    """What `import solution` gives: names not found here are asked of the candidate's module, so they are always current."""

    def __init__(self, exports: dict[str, Any], module: Remote) -> None:
        super().__init__("solution")
        self.__dict__["__all__"] = list(exports)
        self.__dict__["_module"] = module
        self.__dict__.update({name: value for name, value in exports.items() if callable(value)})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.__dict__["_module"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            super().__setattr__(name, value)
        else:
            setattr(self.__dict__["_module"], name, value)


class _NotLoaded:
    """Finds `solution` where the candidate could not be loaded, and says why."""

    def __init__(self, why: str) -> None:
        self._why = why

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "solution":
            raise ImportError(f"the candidate cannot be loaded\n{OWN_TRACE}{self._why}")


class _Material:
    """Imports the modules among the given files from memory: the working folder may hold what the candidate wrote."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._sources = {name[:-3]: data for name, data in files.items() if name.endswith(".py")}

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        from importlib.machinery import ModuleSpec

        return ModuleSpec(name, cast(Any, self)) if name in self._sources else None

    def create_module(self, spec: object) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        exec(compile(self._sources[module.__name__], f"{module.__name__}.py", "exec"), module.__dict__)


def prepare(source: str, files: dict[str, bytes], read_end: int, write_end: int) -> dict[str, Any]:
    """Loads the candidate and makes `solution` importable; returns its public names, to be globals of the judge's program."""
    fault()
    sys.meta_path.append(cast(Any, _Material(files)))
    linecache.cache["solution.py"] = (len(source), None, source.splitlines(keepends=True), "solution.py")
    try:
        exports, module = Link(read_end, write_end).load(source)
    except BaseException as error:
        # What ends an interpreter is a failure to load, too.
        notes: list[str] = getattr(error, "__notes__", [])
        why = notes[0].removeprefix(OWN_TRACE) if notes else f"{type(error).__name__}: {error}"
        sys.meta_path.insert(0, cast(Any, _NotLoaded(why)))
        return {}
    sys.modules["solution"] = Solution(exports, module)
    return exports
