"""What leaves the program: the answer on standard output, and the exit status."""

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from agent.events import Result, Status

SOLVED, FAULT, WRONG_USAGE, NOT_SOLVED, CANNOT_RUN, INTERRUPTED = 0, 1, 2, 3, 4, 130
EXIT_OF_STATUS: "dict[Status, int]" = {"verified": SOLVED, "agreed": SOLVED, "interrupted": INTERRUPTED}


def deliver(result: "Result", as_json: bool, output: Path | None) -> None:
    """The answer to standard output or, whole or not at all, to a file; or the whole result as one JSON object.

    Where the file cannot take it, standard output does, before `MachineError` is raised: an answer is never lost.
    """
    from agent.errors import MachineError
    from agent.events import result_record
    from agent.records import write_whole
    from agent.text import clean

    answer = None if result.answer is None else result.answer.rstrip("\n") + "\n"
    refused: MachineError | None = None
    if output is not None and answer is not None:
        try:
            write_whole(output, answer)
        except MachineError as error:
            refused = error
    if as_json:
        write_out(json.dumps(result_record(result), ensure_ascii=False) + "\n")
    elif answer is not None and (output is None or refused):
        write_out(clean(answer, sys.maxsize) if sys.stdout.isatty() else answer)
    if refused:
        raise refused


def write_out(text: str) -> None:
    """To standard output, at once. A reader that went away is no error; a full disk is: raises `MachineError`."""
    from agent.errors import MachineError

    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        raise MachineError(f"standard output: {error.strerror}") from None


def say(text: str) -> None:
    """A line to standard error, at once. That nobody listens there, or its disk is full, changes nothing."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """What the stream still holds must not fail again when the interpreter flushes it at exit."""
    with contextlib.suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())
