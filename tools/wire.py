"""Two processes that ask each other, one question at a time, over a pair of pipes. Runs inside the box.

While a side waits for its answer it serves the questions that the other puts meanwhile, so callbacks nest. One message is one
frame: `["ask", operation, arguments]`, `["answer", result]` or `["raise", what]`, encoded by the sides' codecs.

A side's threads take turns: no message says which question it answers.
"""

import os
import threading
from collections.abc import Callable
from typing import Any

from tools import codec, frames


class Gone(Exception):
    """The other side ended, or wrote what is no message."""


class Turn:
    """One thread of a side has it: from its question on until it has its answer, and while it serves the other side.

    What it calls for the other side may wait for threads that ask meanwhile, so for that long the turn is `lent`.
    """

    def __init__(self) -> None:
        self.free, self.loans = threading.Condition(), 0

    def __enter__(self) -> None:
        self.free.acquire()

    def __exit__(self, *exc: object) -> None:
        self.free.release()

    def lent(self) -> "_Lent":
        """As a context; the calling thread has the turn. It has it back when the later loans are: the last question put is the
        first to be answered.
        """
        return _Lent(self)


class _Lent:
    def __init__(self, turn: Turn) -> None:
        self._turn, self._loan = turn, 0

    def __enter__(self) -> None:
        self._turn.loans += 1
        self._loan = self._turn.loans
        self._turn.free.release()

    def __exit__(self, *exc: object) -> None:
        turn, held, interrupted = self._turn, False, None
        while not held or turn.loans != self._loan:
            try:
                held = held or turn.free.acquire()
                while turn.loans != self._loan:
                    turn.free.wait()
            except BaseException as error:
                interrupted = error  # a signal's: without its turn it would read another's answer
        turn.loans -= 1
        turn.free.notify_all()
        if interrupted:
            raise interrupted


class Wire:
    """`serve(operation, arguments)` answers the other side with `["answer", ...]` or `["raise", ...]`; it never raises.

    `patient`: it waits for its answer, for the other side always gives one, when a signal's handler raises meanwhile. Else a
    question that is given up is the last.
    """

    def __init__(
        self, read_end: int, write_end: int, serve: Callable[[str, list[Any]], list[Any]], *, patient: bool = False
    ) -> None:
        self.turn, self._patient = Turn(), patient
        self._read_end, self._write_end, self._serve = read_end, write_end, serve
        self._dead: str | None = None
        self._arrived = bytearray()

    def ask(self, operation: str, arguments: list[Any]) -> list[Any]:
        """The other side's `["answer", ...]` or `["raise", ...]`, for the thread that has the turn; raises `Gone`, and what a
        signal's handler raises meanwhile.
        """
        question, interrupted = codec.dumps(["ask", operation, arguments]), None
        try:
            self._send(question)
            while True:
                try:
                    message = self._receive()
                except Exception as error:
                    if not self._patient or interrupted or isinstance(error, (Gone, RecursionError, MemoryError)):
                        raise
                    interrupted = error
                    continue
                if message[0] != "ask":
                    break
                self._answer(message)
        except Gone:
            raise
        except BaseException as error:
            # The answer may still come, and would be taken for that to the next question.
            gone = self._lost(f"a question to it was given up ({type(error).__name__})")
            if isinstance(error, (RecursionError, MemoryError)):
                raise gone from None
            raise
        if interrupted:
            raise interrupted
        return message

    def serve_forever(self) -> None:
        """Answers until the other side is gone."""
        try:
            with self.turn:
                while True:
                    self._answer(self._receive())
        except (Gone, OSError):
            return

    def _answer(self, message: list[Any]) -> None:
        if len(message) != 3 or message[0] != "ask" or not isinstance(message[1], str) or not isinstance(message[2], list):
            raise self._lost("it sent an answer to no question")
        self._send(codec.dumps(self._serve(message[1], message[2])))  # pyright: ignore[reportUnknownArgumentType]

    def _send(self, message: bytes) -> None:
        if self._dead:
            raise Gone(self._dead)
        try:
            frames.send(self._write_end, message)
        except BrokenPipeError:
            raise self._lost("its process has ended") from None

    def _receive(self) -> list[Any]:
        if self._dead:
            raise Gone(self._dead)
        try:
            message = codec.loads(self._frame())
        except EOFError:
            raise self._lost("its process has ended") from None
        except (codec.CodecError, frames.TooLongError) as error:
            raise self._lost(f"it sent a garbled message ({error})") from None
        if not isinstance(message, list) or not message:
            raise self._lost("it sent a garbled message")
        return message  # pyright: ignore[reportUnknownVariableType]

    def _frame(self) -> bytes:
        """The next one; most come with a single read."""
        while (frame := frames.taken(self._arrived)) is None:
            data = os.read(self._read_end, 1 << 16)
            if not data:
                raise EOFError("the other side is gone")
            self._arrived += data
        return frame

    def _lost(self, why: str) -> Gone:
        self._dead = why
        return Gone(why)
