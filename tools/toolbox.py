"""What a model may use beside its own words: `python`, `shell`, `read`, `write` and `list`, called with fenced blocks.

    ```python        ```shell        ```read notes.txt        ```write notes.txt        ```list
    x = 6 * 7        ls -l           ```                      some text                 ```
    x                ```                                      ```
    ```

All of them run in a branch's `tools.sandbox.State`: what one writes or binds, the next one finds, on that branch and no other.
Small models break JSON, and keep fences whole. Pure: `calls` reads a reply, `run_of` says what to run, `shown` what to answer.
"""

import posixpath
import re
import shlex
from dataclasses import dataclass
from typing import Literal

from tools.sandbox import Limits, Outcome, Run, State

Tool = Literal["python", "shell", "read", "write", "list"]
FOLDER = "/work/state"
"""Where the tools' paths begin."""
SHOWN = 1_500
"""Characters of each stream of a result that the model is shown, unless said."""
_NAMES: dict[str, Tool] = {
    **dict.fromkeys(("python", "py", "python3"), "python"),
    **dict.fromkeys(("shell", "sh", "bash"), "shell"),
    **{name: name for name in ("read", "write", "list")},
}
_FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_LONGEST_PATH = 200
_LISTED = 200
_QUICK = Limits(seconds=5.0, output_bytes=16 * 1024)


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a tool. `path` is "" where the tool takes none; `body` is the code, or the text to write."""

    tool: Tool
    body: str = ""
    path: str = ""

    @property
    def fault(self) -> str | None:
        """What is wrong with it, in one line for the model; None: it can be run."""
        if self.tool in ("read", "write") and not self.path:
            return f"{self.tool} needs the name of a file: ```{self.tool} notes.txt"
        if self.tool in ("python", "shell") and not self.body.strip():
            return f"the {self.tool} block is empty"
        if len(self.path) > _LONGEST_PATH or not self.path.isprintable():
            return f"{self.tool} needs a name of at most {_LONGEST_PATH} ordinary characters"
        if self.path.startswith(("/", "../")) or self.path == "..":
            return f"{self.path!r} lies outside of the working folder: give a name without a leading / or .."
        return None


def calls(text: str) -> tuple[Call, ...]:
    """The calls in a reply, in order. Blocks in other languages are none, nor is one that was not closed."""
    found: list[Call] = []
    fence, heading, body = "", "", list[str]()
    for line in text.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if not fence:
            if mark:
                fence, heading, body = mark[1], mark[2], []
        elif mark and mark[1].startswith(fence) and not mark[2].strip():
            if call := _call(heading, "\n".join(body)):
                found.append(call)
            fence = ""
        else:
            body.append(line)
    return tuple(found)


def _call(heading: str, body: str) -> Call | None:
    name, _, rest = heading.strip().partition(" ")
    tool = _NAMES.get(name.lower())
    if tool is None:
        return None
    if tool in ("python", "shell"):
        return Call(tool, body)
    if tool == "write":
        return Call(tool, body, _path(rest))
    return Call(tool, "", _path(rest or body.strip().partition("\n")[0]))


def _path(text: str) -> str:
    """As it was meant: without quotes, from the working folder on, without detours."""
    path = text.strip().strip("`\"'")
    path = posixpath.normpath(path) if path else ""
    return path.removeprefix(f"{FOLDER}/") if path != FOLDER else "."


def run_of(call: Call, state: State) -> Run:
    """What carries out a call that has no fault. Raises `ValueError` with the fault."""
    if call.fault:
        raise ValueError(call.fault)
    path = shlex.quote(f"./{call.path}")
    if call.tool == "python":
        return Run(call.body, state=state)
    if call.tool == "shell":
        return Run(call.body, "shell", state=state)
    if call.tool == "write":
        code = f"mkdir -p -- {shlex.quote(posixpath.dirname(f'./{call.path}'))} && cat > {path}"
        return Run(code, "shell", stdin=f"{call.body}\n", state=state, limits=_QUICK)
    if call.tool == "read":
        code = f"test -f {path} || {{ echo {shlex.quote(f'there is no file {call.path}')} >&2; exit 1; }}; cat -- {path}"
        return Run(code, "shell", state=state, limits=_QUICK)
    entries = r"\( -type d -printf '%P/\n' -o -printf '%P (%s bytes)\n' \)"
    code = f"find {path} -mindepth 1 -maxdepth 3 {entries} | sort | head -n {_LISTED}"
    return Run(code, "shell", state=state, limits=_QUICK)


def shown(call: Call, outcome: Outcome, most: int = SHOWN) -> str:
    """The observation for the model: what was written, and how it ended where that is not as it should; head and tail kept."""
    parts = [_clipped(part, most) for part in (outcome.stdout.rstrip("\n"), outcome.stderr.rstrip("\n")) if part]
    if outcome.ended == "exit" and outcome.status == 0:
        if call.tool == "write" and not parts:
            return f"wrote {len(call.body) + 1} characters to {call.path}"
        return "\n".join(parts) or ("the folder is empty" if call.tool == "list" else "(no output)")
    return "\n".join([*parts, _ENDED.get(outcome.ended, f"(ended with status {outcome.status})")])


_ENDED = {
    "timeout": "(stopped: its time was up; what it had bound is as before)",
    "memory": "(stopped: its memory was used up)",
    "output": "(stopped: it wrote too much; what it had bound is as before)",
}


def _clipped(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    half = max(1, most // 2)
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"
