"""A small stand-in for pytest, which the box does not hold: what tests of one file commonly use. Runs inside the box."""

import cmath
import functools
import inspect
import io
import numbers
import pathlib
import re
import sys
import tempfile
import types
import unittest
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn, cast

_CASES, _FIXTURE, _SKIP = "__ponder_cases__", "__ponder_fixture__", "__ponder_skip__"
Test = Callable[[], object]


class Skipped(BaseException):
    """Raised by `skip`; such a test is neither passed nor failed."""


class Raised:
    """What `with raises(...) as info` binds."""

    def __init__(self) -> None:
        self.value: BaseException | None = None

    @property
    def type(self) -> "type[BaseException] | None":
        return None if self.value is None else type(self.value)

    def match(self, pattern: str) -> bool:
        assert re.search(pattern, str(self.value)), f"{pattern!r} does not match {str(self.value)!r}"
        return True


class _Raises:
    def __init__(self, expected: Any, match: "str | None") -> None:
        self._expected: tuple[type[BaseException], ...] = expected if isinstance(expected, tuple) else (expected,)
        self._match, self._info = match, Raised()

    def __enter__(self) -> Raised:
        return self._info

    def __exit__(self, kind: "type[BaseException] | None", error: "BaseException | None", trace: object) -> bool:
        if error is None:
            raise AssertionError(f"did not raise {' or '.join(one.__name__ for one in self._expected)}")
        if not isinstance(error, self._expected):
            return False
        self._info.value = error
        if self._match is not None and not re.search(self._match, str(error)):
            raise AssertionError(f"{self._match!r} does not match {str(error)!r}")
        return True


def raises(
    expected: Any, function: "Callable[..., object] | None" = None, *args: Any, match: "str | None" = None, **kwargs: Any
) -> Any:
    manager = _Raises(expected, match)
    if function is None:
        return manager
    with manager as info:
        function(*args, **kwargs)
    return info


class Approximately:
    """What `approx` gives: equal to numbers, and to lists, tuples and dicts of numbers, that are near enough."""

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __init__(self, expected: Any, rel: "float | None", abs_: "float | None") -> None:
        self._expected = expected
        self._rel = rel if rel is not None else (0.0 if abs_ is not None else 1e-6)
        self._abs = abs_ if abs_ is not None else 1e-12

    def __eq__(self, actual: object) -> bool:
        return self._near(actual, self._expected)

    def __repr__(self) -> str:
        return f"approx({self._expected!r})"

    def _near(self, actual: Any, expected: Any) -> bool:
        if isinstance(expected, Mapping):
            theirs = cast("Mapping[Any, Any]", expected)
            found = cast("dict[Any, Any]", actual) if isinstance(actual, dict) else {}
            same = isinstance(actual, dict) and set(found) == set(theirs)
            return same and all(self._near(found[key], value) for key, value in theirs.items())
        if isinstance(expected, (list, tuple)):
            ours = cast("list[Any]", expected)
            values = cast("list[Any]", actual) if isinstance(actual, (list, tuple)) else [None] * (len(ours) + 1)
            return len(values) == len(ours) and all(map(self._near, values, ours))
        # A candidate's object has no say here: only numbers can be near a number.
        if not isinstance(actual, numbers.Number) or not isinstance(expected, numbers.Number) or actual == expected:
            return bool(actual == expected)
        one, other = cast(complex, actual), cast(complex, expected)
        return cmath.isclose(one, other, rel_tol=self._rel, abs_tol=self._abs)


def approx(expected: Any, rel: "float | None" = None, abs: "float | None" = None, nan_ok: bool = False) -> Approximately:  # noqa: A002
    return Approximately(expected, rel, abs)


class _Marks:
    """`pytest.mark`: `parametrize`, `skip` and `skipif` work, every other mark is nothing."""

    def __getattr__(self, name: str) -> Any:
        return _plain_mark

    def parametrize(self, names: Any, values: Any, **_: object) -> "Callable[[Any], Any]":
        keys = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

        def mark(function: Any) -> Any:
            rows = [dict(zip(keys, [row] if len(keys) == 1 else row, strict=True)) for row in map(_parameter, values)]
            before = getattr(function, _CASES, [{}])
            setattr(function, _CASES, [{**old, **new} for old in before for new in rows])
            return function

        return mark

    def skip(self, *found: Any, **_: object) -> Any:
        return _skipping(True)(found[0]) if found and callable(found[0]) else _skipping(True)

    def skipif(self, condition: object = True, *_: object, **__: object) -> Any:
        return _skipping(bool(condition))


def _plain_mark(*found: Any, **_: object) -> Any:
    return found[0] if len(found) == 1 and callable(found[0]) else _skipping(False)


def _skipping(really: bool) -> "Callable[[Any], Any]":
    def mark(function: Any) -> Any:
        if really:
            setattr(function, _SKIP, True)
        return function

    return mark


def param(*values: Any, **_: object) -> Any:
    return _Parameter(values)


class _Parameter:
    def __init__(self, values: "tuple[Any, ...]") -> None:
        self.values = values


def _parameter(row: Any) -> Any:
    if isinstance(row, _Parameter):
        return row.values[0] if len(row.values) == 1 else row.values
    return row


def fixture(function: Any = None, **options: Any) -> Any:
    if function is None:
        return lambda found: fixture(found, **options)  # pyright: ignore[reportUnknownLambdaType, reportUnknownVariableType]
    setattr(function, _FIXTURE, options.get("name") or function.__name__)
    return function


class _Captured:
    """The `capsys` fixture."""

    def __init__(self) -> None:
        self._real = sys.stdout, sys.stderr
        self._kept = sys.stdout, sys.stderr = io.StringIO(), io.StringIO()

    def readouterr(self) -> Any:
        out, err = (stream.getvalue() for stream in self._kept)
        for stream in self._kept:
            stream.seek(0)
            stream.truncate()
        return _Output(out, err)

    def restore(self) -> None:
        sys.stdout, sys.stderr = self._real


class _Output(NamedTuple):
    out: str
    err: str


def fail(reason: str = "", **_: object) -> NoReturn:
    raise AssertionError(reason)


def skip(reason: str = "", **_: object) -> NoReturn:
    raise Skipped(reason)


def module() -> types.ModuleType:
    made = types.ModuleType("pytest")
    made.__dict__.update(raises=raises, approx=approx, mark=_Marks(), param=param, fixture=fixture, fail=fail, skip=skip)
    made.__dict__["main"] = lambda *_args, **_options: 0  # pyright: ignore[reportUnknownLambdaType]
    return made


# Finding and calling tests


def discover(names: "dict[str, Any]") -> "Iterator[tuple[str, Test]]":
    """Every test function and method that the tests themselves define, in order, once for each set of parameters."""
    mine = {name: value for name, value in names.items() if isinstance(value, (types.FunctionType, type))}
    own = {name: value for name, value in mine.items() if value.__module__ == "tests"}
    fixtures = {getattr(one, _FIXTURE): one for one in own.values() if hasattr(one, _FIXTURE)}
    for name, value in own.items():
        if isinstance(value, types.FunctionType) and name.startswith("test") and not hasattr(value, _FIXTURE):
            yield from _cases(name, value, None, fixtures)
        elif isinstance(value, type) and name.startswith("Test") and not issubclass(value, unittest.TestCase):
            owner: Any = own[name]
            for method, function in inspect.getmembers(owner, inspect.isfunction):
                if method.startswith("test"):
                    yield from _cases(f"{name}.{method}", function, owner, fixtures)


def _cases(name: str, function: Any, owner: Any, fixtures: "dict[str, Any]") -> "Iterator[tuple[str, Test]]":
    if getattr(function, _SKIP, False) or getattr(owner, _SKIP, False):
        yield name, skip
        return
    cases: list[dict[str, Any]] = getattr(function, _CASES, getattr(owner, _CASES, [{}]))
    for case in cases:
        label = f"{name}[{'-'.join(repr(value)[:40] for value in case.values())}]" if case else name
        yield label, lambda case=case: _call(function, owner, fixtures, dict(case))


def _call(function: Any, owner: Any, fixtures: "dict[str, Any]", given: "dict[str, Any]") -> None:
    target, after = function, cast("list[Callable[[], object]]", [])
    if owner is not None:
        instance = owner()
        target = getattr(instance, function.__name__)
        for name, into in (
            ("setup_class", None),
            ("setup_method", None),
            ("setUp", None),
            ("teardown_method", after),
            ("teardown_class", after),
        ):
            step = getattr(instance, name, None)
            if step is not None:
                into.append(_settled(step, target)) if into is not None else _settled(step, target)()
    values = {name: _value(name, fixtures, given, owner, after) for name in _parameters(target)}
    try:
        _run_through(target(**values))
    finally:
        for step in reversed(after):
            step()


def _run_through(returned: object) -> None:
    """A call alone runs nothing of an `async` test or of one that yields."""
    if inspect.iscoroutine(returned):
        import asyncio  # seldom needed, and slow to load

        asyncio.run(returned)
    if inspect.isgenerator(returned):
        raise TypeError("a test that yields is not run")


def run_through_all(case: "type[unittest.TestCase]") -> None:
    """Makes `async` tests of a plain case run: unittest only calls them."""
    if issubclass(case, unittest.IsolatedAsyncioTestCase):
        return
    for name in unittest.defaultTestLoader.getTestCaseNames(case):
        test = getattr(case, name)
        if inspect.iscoroutinefunction(test):
            setattr(case, name, _awaited(test))


def _awaited(test: Any) -> Any:
    @functools.wraps(test)
    def called(self: object) -> None:
        _run_through(test(self))

    return called


def _settled(step: Any, target: Any) -> "Callable[[], object]":
    """`setup_method` and its like take the method, or nothing."""
    return (lambda: step(target)) if _parameters(step) else step


def _parameters(function: Any) -> "list[str]":
    return [one.name for one in inspect.signature(function).parameters.values() if one.default is one.empty]


def _value(
    name: str, fixtures: "dict[str, Any]", given: "dict[str, Any]", owner: Any, after: "list[Callable[[], object]]"
) -> Any:
    if name in given:
        return given[name]
    if name == "tmp_path":
        given[name] = pathlib.Path(tempfile.mkdtemp())
        return given[name]
    if name in ("capsys", "capfd"):
        given[name] = _Captured()
        after.append(given[name].restore)
        return given[name]
    if name not in fixtures:
        raise LookupError(f"there is no fixture {name!r} in the sandbox's stand-in for pytest")
    function = fixtures[name]
    made = function(**{one: _value(one, fixtures, given, owner, after) for one in _parameters(function)})
    if inspect.isgenerator(made):
        generator = made
        made = next(generator)
        after.append(lambda: next(generator, None))
    given[name] = made
    return made
