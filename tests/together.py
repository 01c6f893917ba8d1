"""The cases of a parametrised test, begun together: the machine works at others while a test waits for its own."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

import pytest

Begin = Callable[[Mapping[str, Any]], Future[Any]]
"""Begins a case, of which it is given the parameters by name."""


class Together:
    """What was begun, by case. One for all tests that share a fixture."""

    def __init__(self) -> None:
        self._begun: dict[str, Future[Any]] = {}

    def result(self, request: pytest.FixtureRequest, begin: Begin) -> Any:
        """Of the case that asks. The first of a test to ask begins all of it that this run has selected, in their order."""
        asking = request.node
        if asking.nodeid not in self._begun:
            for item in request.session.items:
                if isinstance(item, pytest.Function) and item.function is asking.function:
                    self._begun[item.nodeid] = begin(item.callspec.params)
        return self._begun[asking.nodeid].result()
