"""The ways of trying that there are: ours, and the user's own, which may take the place of ours."""

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import prompts
from agent.config import user_file
from agent.errors import UsageError
from agent.search import Node
from prompts import Kind, PromptError, StrategyPrompt


def catalogue() -> dict[str, StrategyPrompt]:
    """All strategies by name; one of the user's own takes the place of ours."""
    return {strategy.name: strategy for strategy in (*_shipped(), *_own()[0])}


def faults() -> tuple[str, ...]:
    """One line for each of the user's own files that cannot be used; the others serve."""
    return _own()[1]


def fault(name: str) -> str | None:
    """What is wrong with the user's own strategy of that name."""
    return next((line for line in faults() if f"{own_folder() / name}.md" in line), None)


def own_folder() -> Path:
    """Where the user's own strategies lie, beside the config file."""
    return user_file().parent / "strategies"


def own(kind: Kind) -> list[str]:
    """The names of the user's own strategies that begin an attempt at problems of a kind, beside ours and in place of none."""
    ours = {strategy.name for strategy in _shipped()}
    return [one.name for one in _own()[0] if one.kind == kind and not one.deepens and one.name not in ours]


def calculates(name: str) -> bool:
    """Whether an answer of that way is what a program came to, not words."""
    way = catalogue().get(name)
    return way is not None and way.kind == "answer" and way.gives in ("output", "session")


def digest() -> str:
    """SHA-256 of every wording that the model may be given: all strategies, and what stands around them."""
    around = [(path.name, path.read_bytes()) for path in sorted(prompts.ROOM.glob("*.md"))]
    return hashlib.sha256(repr((around, list(catalogue().values()))).encode("utf-8", "surrogatepass")).hexdigest()


def forget() -> None:
    """Reads the user's own files anew when they are next asked for."""
    _own.cache_clear()


@cache
def _shipped() -> tuple[StrategyPrompt, ...]:
    """Raises `PromptError`: a fault in ours is ponder's own."""
    return tuple(prompts.read_strategy(path) for path in sorted((prompts.ROOM / "strategies").glob("*.md")))


@cache
def _own() -> tuple[tuple[StrategyPrompt, ...], tuple[str, ...]]:
    read = list(prompts.strategies(own_folder(), {strategy.name: strategy for strategy in _shipped()}))
    return (
        tuple(strategy for strategy in read if isinstance(strategy, StrategyPrompt)),
        tuple(f"this strategy is left out: {error}" for error in read if isinstance(error, PromptError)),
    )


def find(name: str) -> StrategyPrompt:
    """Raises `UsageError` with the names there are, or with what is wrong with the user's own of that name."""
    try:
        return catalogue()[name]
    except KeyError:
        raise UsageError(fault(name) or f"no strategy {name!r}; there are {', '.join(catalogue())}") from None


def of(node: Node) -> StrategyPrompt:
    """An attempt's strategy. One that deepens gives what the attempt that it continues gives, to the same kind of problem."""
    strategy = find(node.strategy)
    if strategy.deepens and node.parent is not None and node.parent.parent is not None:
        continued = of(node.parent)
        return replace(strategy, kind=continued.kind, gives=continued.gives, reckons=continued.reckons)
    return strategy
