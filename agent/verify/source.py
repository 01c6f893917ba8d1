"""Python that others wrote, read without running it and without a warning on the terminal."""

import ast
import warnings


def parse(source: str) -> ast.Module:
    """Raises `SyntaxError`, also for what is nested too deeply or holds NUL."""
    with warnings.catch_warnings():
        # A candidate's invalid escapes are its own affair.
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(f"cannot be parsed: {type(error).__name__}") from None


def syntax_fault(source: str) -> str | None:
    """One line on why it is not Python, or None."""
    try:
        parse(source)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}: {(error.text or '').strip()}" if error.lineno else error.msg
    return None
