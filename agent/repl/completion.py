"""What Tab offers in a session: commands and what they take, files behind an `@`."""

import re
from collections.abc import Iterable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from agent import strategies
from agent.errors import PonderError
from agent.repl.slash import COMMANDS, Desk
from agent.store.store import Store
from agent.text import one_line

WORD = r"(\"[^\"]*|\S*)$"
"""The word at the cursor; one that begins with a quotation mark holds blanks, too."""
ATTACHED = re.compile(rf"(?:^|\s)@{WORD}")
TAKEN = re.compile(rf"(?:^|\s){WORD}")
ODD = re.compile(r"[\s'\\]")
"""What a path can hold only between quotation marks."""
PATHS = ("files", "tests", "save", "model")
ATTEMPTS = ("why", "goto", "branch", "kill")


class SessionCompleter(Completer):
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        text = document.text_before_cursor
        if text.startswith("/") and "\n" not in text:
            name, space, rest = text[1:].partition(" ")
            if not space:
                yield from _beginning(name, ((command.name, command.does) for command in COMMANDS.values()))
                return
            taken = TAKEN.search(rest)
            word = taken[1] if taken else ""
            yield from _beginning(word, self._taken_by(name))
            if name in PATHS:
                yield from self._files(word, complete_event)
        elif attached := ATTACHED.search(text):
            yield from self._files(attached[1], complete_event)

    def _files(self, word: str, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Paths that begin so, between quotation marks where they need them; those of a folder stay open."""
        begun = word.removeprefix('"')
        for found in self._paths.get_completions(Document(begun), complete_event):
            path = begun + found.text
            if '"' in path:
                continue  # no way to write it
            if word != begun or ODD.search(path):
                path = f'"{path}/' if found.display_text.endswith("/") else f'"{path}"'
            yield Completion(path, start_position=-len(word), display=found.display)

    def _taken_by(self, name: str) -> Iterator[tuple[str, str]]:
        """Words that a command takes, each with what it means."""
        try:
            if name in ATTEMPTS:
                for attempt in self._desk.conversation.state.attempts.values():
                    yield str(attempt.node), f"{attempt.strategy}: {one_line(attempt.why, 60)}"
            elif name == "model":
                from agent import models

                yield from ((model.name, model.purpose) for model in models.catalogue())
            elif name == "strategies":
                yield from ((way.name, way.summary) for way in strategies.catalogue().values())
            elif name == "replay":
                with Store.open() as store:
                    yield from ((run.run, one_line(run.problem, 60)) for run in store.runs(20))
            else:
                words = {"effort": "low medium high", "budget": "time= tokens= attempts=", "files": "none", "tests": "none"}
                yield from ((word, "") for word in words.get(name, "").split())
        except PonderError:
            return  # Tab is no place for it: the command itself will say what is wrong


def _beginning(word: str, offered: Iterable[tuple[str, str]]) -> Iterator[Completion]:
    for name, meaning in offered:
        if name.startswith(word):
            yield Completion(name, start_position=-len(word), display_meta=meaning)
