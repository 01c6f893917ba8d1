"""Plain data as JSON text, both ways, between a judge and the candidate it must not trust. Runs inside the box.

Values keep their exact types: None, bool, int, float, complex, str, bytes, bytearray, list, tuple, named tuple, dict, set,
frozenset, deque, Counter, OrderedDict, range, slice, Fraction, Decimal, date, time, datetime, timedelta, and the classes
int, str, ... themselves. A subclass of a plain type travels as its plain base, so none of its methods comes along. Anything
else goes through the `foreign` hooks. Sharing and cycles of mutable containers are kept. Reading constructs no other class.
"""

import builtins
import collections
import datetime
import decimal
import fractions
import json
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

Encoded = Any
"""What `json` can write: scalars as themselves, everything else as `[tag, ...]`."""

_SMALL = 1 << 63
_KNOWN: tuple[Any, ...] = (
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    bytearray,
    list,
    tuple,
    dict,
    set,
    frozenset,
    range,
    object,
    type,
)
_CLASSES: dict[str, Any] = {known.__name__: known for known in (*_KNOWN, fractions.Fraction, decimal.Decimal)}
_FUNCTIONS = {name: function for name, function in vars(builtins).items() if callable(function) and name.islower()}


class CodecError(ValueError):
    """What the other side sent is no plain data."""


def refuse(value: object) -> Encoded:
    raise TypeError(f"a {type(value).__name__} cannot be handed over")


class Encoder:
    """Writes values; `kept` lists the mutable containers met, in order, so that the other side can refer to them by number."""

    def __init__(
        self,
        foreign: Callable[[object], Encoded] = refuse,
        known: Sequence[object] = (),
        apart: Callable[[object], bool] = lambda value: False,
    ) -> None:
        """`apart`: what goes through `foreign` although its class is built on a plain type."""
        self.kept: list[object] = list(known)
        self._numbers = {id(one): number for number, one in enumerate(known)}
        self._foreign, self._apart = foreign, apart

    def encode(self, value: object) -> Encoded:
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int or kind is float:
            return _number(value)
        plain = _PLAIN.get(kind)
        if plain is None:
            return self._other(value, kind)
        if kind not in MUTABLE:
            return [plain.tag, *plain.write(self, value)]
        number = self._numbers.get(id(value))
        return ["again", number] if number is not None else self.content(value, plain)

    def content(self, container: object, plain: "_Plain | None" = None) -> Encoded:
        """A mutable container itself, even where it is known already; what it holds may refer to known ones."""
        plain = plain or _PLAIN[type(container)]
        # One entry for each container written, known or not, as the reader makes one for each.
        self._numbers.setdefault(id(container), len(self.kept))
        self.kept.append(container)
        return [plain.tag, *plain.write(self, container)]

    def all(self, values: Iterable[object]) -> list[Encoded]:
        return [self.encode(value) for value in values]

    def _other(self, value: object, kind: type) -> Encoded:
        if kind is type and _CLASSES.get(getattr(value, "__name__", "")) is value:
            return ["class", getattr(value, "__name__", "")]
        base = next((base for base in _BASES if issubclass(kind, base)), None)
        if base is None or self._apart(value):
            return self._foreign(value)
        return self._downgraded(value, kind, base)

    def _downgraded(self, value: Any, kind: type, base: Any) -> Encoded:
        name, fields = str(base.__name__), cast(Any, getattr(kind, "_fields", None))
        if name == "tuple" and isinstance(fields, tuple):
            return [
                "named",
                kind.__name__,
                [str(field) for field in cast("tuple[Any, ...]", fields)],
                self.all(base.__iter__(value)),
            ]
        if name in ("int", "float", "complex"):
            return self.encode(base.__pos__(value))
        if name == "str":
            return str.__str__(value)
        if name in ("bytes", "bytearray", "list", "tuple"):
            return self.encode(base(base.__getitem__(value, slice(None))))
        if name in ("dict", "OrderedDict", "Counter"):
            return self.encode(base(base.items(value)))
        return self.encode(base(base.__iter__(value)))


def _number(value: Any) -> Encoded:
    if type(value) is int:
        return value if -_SMALL < value < _SMALL else ["int", hex(value)]
    return value if math.isfinite(value) else ["float", repr(value)]


class Decoder:
    """Reads values; `kept` lists the mutable containers made, in the same order as the encoder's."""

    def __init__(self, foreign: Callable[[list[Any]], object] | None = None, known: Sequence[object] = ()) -> None:
        self.kept: list[object] = list(known)
        self._foreign = foreign

    def decode(self, encoded: Encoded) -> Any:
        """Raises `CodecError` for whatever `Encoder` would not have written."""
        if not isinstance(encoded, list):
            if encoded is None or type(encoded) in (bool, int, float, str):
                return encoded
            raise CodecError("not plain data")
        parts = cast("list[Any]", encoded)
        try:
            read = _READ.get(parts[0])
            if read is not None:
                return read(self, parts[1:])
        except CodecError:
            raise
        except (ValueError, TypeError, KeyError, IndexError, ArithmeticError) as error:
            raise CodecError(f"garbled value: {error}") from None
        if self._foreign is None:
            raise CodecError(f"unknown kind of value {str(parts[0])[:40]!r}")
        return self._foreign(parts)

    def all(self, encoded: Any) -> list[Any]:
        return [self.decode(one) for one in encoded]

    def refill(self, container: Any, encoded: Encoded) -> None:
        """Makes a mutable container hold what `encoded` (from `Encoder.content`) says."""
        fresh = Decoder(self._foreign, self.kept)
        made = fresh.decode(encoded)
        self.kept = fresh.kept
        if isinstance(container, (list, bytearray)):
            container[:] = made
        else:
            container.clear()
            (container.update if hasattr(container, "update") else container.extend)(made)

    def keep(self, container: Any) -> Any:
        self.kept.append(container)
        return container


class _Plain:
    def __init__(self, tag: str, write: Callable[[Encoder, Any], list[Encoded]]) -> None:
        self.tag, self.write = tag, write


def _items(encoder: Encoder, value: Iterable[object]) -> list[Encoded]:
    return [encoder.all(value)]


def _pairs(encoder: Encoder, value: dict[object, object]) -> list[Encoded]:
    return [[[encoder.encode(key), encoder.encode(one)] for key, one in value.items()]]


_PLAIN: dict[type, _Plain] = {
    complex: _Plain("complex", lambda _, v: [repr(v.real), repr(v.imag)]),
    bytes: _Plain("bytes", lambda _, v: [v.decode("latin-1")]),
    bytearray: _Plain("bytearray", lambda _, v: [v.decode("latin-1")]),
    list: _Plain("list", _items),
    tuple: _Plain("tuple", _items),
    set: _Plain("set", _items),
    frozenset: _Plain("frozenset", _items),
    dict: _Plain("dict", _pairs),
    collections.OrderedDict: _Plain("ordered", _pairs),
    collections.Counter: _Plain("counter", _pairs),
    collections.deque: _Plain("deque", lambda e, v: [e.all(v), v.maxlen]),
    range: _Plain("range", lambda e, v: e.all((v.start, v.stop, v.step))),
    slice: _Plain("slice", lambda e, v: e.all((v.start, v.stop, v.step))),
    fractions.Fraction: _Plain("fraction", lambda _, v: [hex(v.numerator), hex(v.denominator)]),
    decimal.Decimal: _Plain("decimal", lambda _, v: [str(v)]),
    datetime.date: _Plain("date", lambda _, v: [v.isoformat()]),
    datetime.time: _Plain("time", lambda _, v: [v.isoformat()]),
    datetime.datetime: _Plain("datetime", lambda _, v: [v.isoformat()]),
    datetime.timedelta: _Plain("timedelta", lambda _, v: [v.days, v.seconds, v.microseconds]),
    type(Ellipsis): _Plain("ellipsis", lambda _, v: []),
    type(NotImplemented): _Plain("notimplemented", lambda _, v: []),
}
MUTABLE = frozenset({bytearray, list, set, dict, collections.OrderedDict, collections.Counter, collections.deque})
"""Plain types whose values change in place."""
_BASES: tuple[Any, ...] = (
    *(int, float, complex, str, bytes, bytearray, list, tuple),
    *(collections.OrderedDict, collections.Counter, dict, set, frozenset, collections.deque),
)


_Body = list[Any]


def _list(decoder: Decoder, body: _Body) -> Any:
    made: list[Any] = decoder.keep([])
    made.extend(decoder.all(body[0]))
    return made


def _set(decoder: Decoder, body: _Body) -> Any:
    made: set[Any] = decoder.keep(set())
    made.update(decoder.all(body[0]))
    return made


def _deque(decoder: Decoder, body: _Body) -> Any:
    made: collections.deque[Any] = decoder.keep(collections.deque(maxlen=body[1]))
    made.extend(decoder.all(body[0]))
    return made


def _mapping(decoder: Decoder, body: _Body, made: Any) -> Any:
    decoder.keep(made)
    for key, value in body[0]:
        made[decoder.decode(key)] = decoder.decode(value)
    return made


def _again(decoder: Decoder, body: _Body) -> Any:
    if type(body[0]) is not int or body[0] < 0:
        raise CodecError("garbled reference")
    return decoder.kept[body[0]]


def _named(decoder: Decoder, body: _Body) -> Any:
    name, fields, values = body
    make: Any = collections.namedtuple
    return make(str(name), [str(field) for field in fields])(*decoder.all(values))


_READ: dict[object, Callable[[Decoder, _Body], Any]] = {
    "int": lambda _, body: int(str(body[0]), 16),
    "float": lambda _, body: float(str(body[0])),
    "complex": lambda _, body: complex(float(str(body[0])), float(str(body[1]))),
    "bytes": lambda _, body: str(body[0]).encode("latin-1"),
    "bytearray": lambda d, body: d.keep(bytearray(str(body[0]).encode("latin-1"))),
    "list": _list,
    "tuple": lambda d, body: tuple(d.all(body[0])),
    "set": _set,
    "frozenset": lambda d, body: frozenset(d.all(body[0])),
    "dict": lambda d, body: _mapping(d, body, {}),
    "ordered": lambda d, body: _mapping(d, body, collections.OrderedDict()),
    "counter": lambda d, body: _mapping(d, body, collections.Counter()),
    "deque": _deque,
    "range": lambda d, body: range(*d.all(body)),
    "slice": lambda d, body: slice(*d.all(body)),
    "fraction": lambda _, body: fractions.Fraction(int(str(body[0]), 16), int(str(body[1]), 16)),
    "decimal": lambda _, body: decimal.Decimal(str(body[0])),
    "date": lambda _, body: datetime.date.fromisoformat(body[0]),
    "time": lambda _, body: datetime.time.fromisoformat(body[0]),
    "datetime": lambda _, body: datetime.datetime.fromisoformat(body[0]),
    "timedelta": lambda _, body: datetime.timedelta(*[int(part) for part in body]),
    "ellipsis": lambda _, __: Ellipsis,
    "notimplemented": lambda _, __: NotImplemented,
    "named": _named,
    "class": lambda _, body: _CLASSES[body[0]],
    "again": _again,
}


def function_name(value: object) -> str | None:
    """The name of a built-in function such as `len`, which each side has of its own; else None."""
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) and _FUNCTIONS.get(name) is value else None


def function_named(name: object) -> object:
    """Raises `CodecError` for what is no built-in function."""
    if not isinstance(name, str) or name not in _FUNCTIONS:
        raise CodecError(f"no built-in function {name!r}")
    return _FUNCTIONS[name]


_WRITER = json.JSONEncoder(separators=(",", ":"))


def dumps(encoded: Encoded) -> bytes:
    return _WRITER.encode(encoded).encode()


def loads(data: bytes) -> Encoded:
    """Raises `CodecError`."""
    try:
        return json.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise CodecError(f"garbled message: {error}") from None
