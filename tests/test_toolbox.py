"""The tools that a model calls with fenced blocks: what counts as a call, what is refused, what the model is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tools.sandbox import Outcome, State
from tools.toolbox import Call, calls, run_of, shown


def test_a_reply_holds_its_calls_in_order() -> None:
    text = """First I look.

```list
```
```Python
x = 6 * 7
x
```
~~~sh
ls | wc -l
~~~
```read data/notes.txt
```
```write sub/out.md
A table:

```` inside
```
That is all.
"""
    assert calls(text) == (
        Call("list", "", ""),
        Call("python", "x = 6 * 7\nx"),
        Call("shell", "ls | wc -l"),
        Call("read", "", "data/notes.txt"),
        Call("write", "A table:\n\n```` inside", "sub/out.md"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no fence",
        "```json\n{}\n```",
        "```\nx\n```",
        "```python\nprint(1)",
        "python\nx = 1",
        "`python`",
        "    ```python\nx\n```",
    ],
)
def test_other_text_holds_none(text: str) -> None:
    assert calls(text) == ()


def test_a_longer_fence_may_hold_a_shorter_one() -> None:
    assert calls("````write a.md\n```python\nx\n```\n````") == (Call("write", "```python\nx\n```", "a.md"),)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("```read\nnotes.txt\n```", "notes.txt"),
        ("```read 'a b.txt'\n```", "a b.txt"),
        ("```read ./a//b/../c\n```", "a/c"),
        ("```read /work/state/a\n```", "a"),
        ("```list .\n```", "."),
        ("```list /work/state\n```", "."),
    ],
)
def test_a_path_is_taken_as_it_was_meant(text: str, path: str) -> None:
    (call,) = calls(text)
    assert (call.path, call.fault) == (path, None)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("```write\ntext\n```", "name of a file"),
        ("```read\n```", "name of a file"),
        ("```read ../x\n```", "outside"),
        ("```read a/../../x\n```", "outside"),
        ("```read /etc/passwd\n```", "outside"),
        ("```write a\x1b[31m\n```", "ordinary characters"),
        (f"```write {'n' * 300}\n```", "ordinary characters"),
        ("```python\n\n```", "empty"),
    ],
)
def test_a_faulty_call_is_refused_in_one_line(text: str, word: str) -> None:
    (call,) = calls(text)
    assert call.fault is not None
    assert word in call.fault
    assert "\n" not in call.fault
    with pytest.raises(ValueError, match=word):
        run_of(call, State())


def outcome(stdout: str = "", stderr: str = "", status: int | None = 0, ended: str = "exit") -> Outcome:
    return Outcome(ended, status, stdout, stderr, 0.1)  # type: ignore[arg-type]


def test_what_the_model_is_shown() -> None:
    python = Call("python", "x")
    assert shown(python, outcome("42\n")) == "42"
    assert shown(python, outcome()) == "(no output)"
    assert (
        shown(python, outcome("a\n", "Traceback\nValueError: b\n", 1)) == "a\nTraceback\nValueError: b\n(ended with status 1)"
    )
    assert "time was up" in shown(python, outcome("a", ended="timeout", status=None))
    assert shown(Call("write", "abc", "f"), outcome()) == "wrote 4 characters to f"
    clipped = shown(python, outcome("a" * 50 + "b" * 50), most=20)
    assert clipped == f"{'a' * 10}\n[... 80 characters left out ...]\n{'b' * 10}"


@given(some.text(alphabet="`~ \nreadpythonwlist.x/\r'\\$", max_size=200))
def test_any_reply_can_be_read(text: str) -> None:
    for call in calls(text):
        if call.fault is None:
            assert run_of(call, State()).state is not None
