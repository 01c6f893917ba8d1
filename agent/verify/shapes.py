"""Values as what they are made of: rows and tables, ranges, bits, the numbers and texts in them. Pure."""

from collections.abc import Iterator, Sequence
from typing import TypeGuard

Row = list[object] | tuple[object, ...]


def is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_row(value: object) -> TypeGuard[Row]:
    return isinstance(value, list | tuple)


def is_table(value: object) -> TypeGuard[Row]:
    return is_row(value) and bool(value) and all(map(is_row, value))


def is_flat(value: object) -> TypeGuard[Row]:
    return is_row(value) and all(is_number(item) or isinstance(item, str) for item in value)


def numbers_in(value: object) -> Iterator[float]:
    if is_number(value):
        yield value
    elif is_row(value):
        for item in value:
            yield from numbers_in(item)


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_row(value):
        for item in value:
            yield from texts_in(item)


def are_rising(rows: Sequence[Row]) -> bool:
    """Whether they are pairs of numbers, the lesser one first."""
    pairs = [[number for number in row if is_number(number)] for row in rows if len(row) == 2]
    return len(pairs) == len(rows) > 1 and all(len(pair) == 2 and pair[0] <= pair[1] for pair in pairs)


def in_order(value: Row) -> Row:
    numbers, texts = [item for item in value if is_number(item)], [item for item in value if isinstance(item, str)]
    if len(value) not in (len(numbers), len(texts)):
        return value
    return type(value)(sorted(numbers) or sorted(texts))


def of_width(value: Row, width: int) -> Row:
    return type(value)(row for row in value if is_row(row) and len(row) == width)


def level(value: Row, *, square: bool = False) -> Row:
    """Its rows as long as the shortest, but for empty ones, which are left out; `square`: and as many."""
    rows = [row for row in value if is_row(row) and row]
    width = min((len(row) for row in rows), default=0)
    if square:
        width = min(width, len(rows))
        rows = rows[:width]
    return type(value)(row[:width] for row in rows)


def as_bits(value: Row) -> Row:
    return type(value)(as_bits(item) if is_row(item) else abs(item) % 2 if isinstance(item, int) else item for item in value)
