"""Holds an answer against a suite's grader, in the judge's process. Runs inside the box.

An answer is text that nobody vouches for, and graders evaluate it. What a grader gives to `eval` or `exec` runs in the
candidate's process, and what comes back is plain data or a handle, as from any candidate: there, an answer finds neither
`report` nor the grader, and an object that claims to equal everything equals nothing here. Not covered: a library that
evaluates text by itself, and a grader that looks for the real `eval`.
"""

import ast
import builtins
import functools
import importlib
import types
from collections.abc import Callable, Mapping
from typing import Any

from tools.judge import Remote

EVALUATOR = """
import builtins
import sys
import types

def _space(names, allowed):
    if "__name__" in names:
        sys.modules.setdefault(names["__name__"], types.ModuleType(names["__name__"]))
    if allowed is None:
        return dict(names)
    return {**names, "__builtins__": {name: getattr(builtins, name) for name in allowed if hasattr(builtins, name)}}

def evaluate(source, names, allowed):
    return eval(source, _space(names, allowed))

def execute(source, names, allowed):
    space = _space(names, allowed)
    exec(source, space)
    del space["__builtins__"]
    names.update(space)
"""
"""The candidate of a grading: what the grader's `eval` and `exec` call."""
FILE = "grader.py"
Names = Mapping[str, Any]


def main(grader: str, answer: str, report: Callable[[object], None]) -> None:
    """Reports once, at the end. A grader that fails, or gives back what the answer made, has not said that it is right."""
    names: dict[str, Any] = {"__name__": "grader", "__builtins__": {**vars(builtins), **_elsewhere()}}
    exec(compile(grader, FILE, "exec", dont_inherit=True), names)
    verdict = names["grade"](answer)
    report(not isinstance(verdict, Remote) and bool(verdict))


def _elsewhere() -> dict[str, Callable[..., Any]]:
    solution: Any = importlib.import_module("solution")

    def evaluate(source: Any, globals: "Names | None" = None, locals: "Names | None" = None) -> Any:  # noqa: A002
        return solution.evaluate(_text(source), _names(globals, locals), _allowed(globals))

    def execute(source: Any, globals: "dict[str, Any] | None" = None, locals: "dict[str, Any] | None" = None) -> None:  # noqa: A002
        names = _names(globals, locals)
        solution.execute(_text(source), names, _allowed(globals))
        target = globals if locals is None else locals
        if target is not None:
            target.update(names)

    return {"eval": evaluate, "exec": execute, "compile": _checked}


def _checked(source: Any, *args: Any, **kwargs: Any) -> Any:
    """What `compile` gives a grader: still text, which is known to compile."""
    compile(source, *args, **kwargs)
    return source


def _text(source: Any) -> "str | bytes":
    if isinstance(source, (str, bytes)):
        return source
    if isinstance(source, ast.AST):
        return ast.unparse(source)
    raise TypeError(f"a {type(source).__name__} cannot be evaluated here; give the text")


def _names(globals: "Names | None", locals: "Names | None") -> "dict[str, Any]":  # noqa: A002
    """What an answer may name. The grader's functions stay here and are called back, built-in ones too."""
    given = {**(globals or {}), **(locals or {})}
    return {
        name: functools.partial(value) if callable(value) else value
        for name, value in given.items()
        if (name[:2] != "__" or _is_name(name, value)) and not isinstance(value, types.ModuleType)
    }


def _is_name(name: str, value: object) -> bool:
    """Of a module's own names, behind which are the grader's built-ins, a program needs this one: to know that it is run."""
    return name == "__name__" and type(value) is str


def _allowed(globals: "Names | None") -> "list[str] | None":  # noqa: A002
    """The built-ins that the grader leaves an answer, by name; None: all of them."""
    if globals is None or "__builtins__" not in globals:
        return None
    left = globals["__builtins__"]
    return list(vars(left) if isinstance(left, types.ModuleType) else left or ())
