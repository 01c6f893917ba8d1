"""A run as a page: all of it is there, it folds, it loads nothing, and nothing that a model wrote acts in it."""

import re
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from agent.events import Event, Finished, Judged, Opened, Ran, Running, Started, Streamed, Thought
from agent.store.store import Recording, Store
from agent.view.page import page
from tests.browser import Browser, browser, listening  # noqa: F401  (one is a fixture)
from tests.traces import PROBLEM, TRACE, WRONG

# ruff: noqa: F811


class Reader(HTMLParser):
    """What a reader sees: the text, and what stands in which element."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags = "", list[tuple[str, dict[str, str | None]]]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def drawn(folder: Path, events: Iterable[tuple[float, Event]]) -> Path:
    """Recorded as a solve would record it, then drawn."""
    now = 0.0
    with Store.open(folder / "runs.sqlite3") as store:
        sink = Recording(store, "20261123-151203-a1b2", None, clock=lambda: now)
        for at, event in events:
            now = at
            sink(event)
        details = store.details()
        html = page(details, list(store.events()))
    (folder / "page.html").write_text(html, encoding="utf-8")
    return folder / "page.html"


def test_every_thought_program_and_verdict_is_on_the_page(tmp_path: Path) -> None:
    seen = Reader(drawn(tmp_path, TRACE).read_text(encoding="utf-8"))
    for told in (
        PROBLEM,
        WRONG.strip(),
        "Here it is:",
        "The step skips even numbers, but 2 is prime:",
        "print(sum(1 for n in range(10)))",
        "NameError: name 'q' is not defined",
        "nth_prime(10) gave 31, expected 29",
        "passed 2 of 2 examples from the statement",
        "another attempt is verified",
        "↪ switch to plan",
        "the material was clipped to 3,000 of 9,120 tokens",
        "素数を数える [/b]",
        "seed",
        "llama-cpp-python",
    ):
        assert told in seen.text, told
    assert [attributes.get("href") for attributes in seen.all("a")] == [f"#attempt-{n}" for n in (1, 3, 2, 4)]
    assert r"\x1b[31mtry\x1b[0m" in seen.text
    attempts = [attributes for attributes in seen.all("details") if "attempt" in (attributes.get("class") or "").split()]
    assert ["open" in attributes for attributes in attempts] == [False, True, False, False]


def test_a_run_that_was_cut_off_has_its_page(tmp_path: Path) -> None:
    seen = Reader(drawn(tmp_path, TRACE[:8]).read_text(encoding="utf-8"))
    assert "cut off" in seen.text
    assert "Here it is:" in seen.text


HOSTILE = """</pre></details></style><script>document.title = "taken"</script><img src="{address}/picture">
<link rel=stylesheet href="{address}/style"><iframe src="{address}/frame"></iframe><style>@import "{address}/import";</style>
{{{{ 7 * 7 }}}} &amp; "><svg onload="document.title='taken'">\u202e\x1b]0;taken\x07"""


def hostile(address: str) -> list[tuple[float, Event]]:
    """Everything that a model, a program or a problem can say, said with ill will."""
    said = HOSTILE.format(address=address)
    _, started = next(one for one in TRACE if isinstance(one[1], Started))
    _, finished = next(one for one in TRACE if isinstance(one[1], Finished))
    assert isinstance(started, Started)
    assert isinstance(finished, Finished)
    return [
        (0.0, replace(started, problem=said, checks=(said,), model=said)),
        (0.1, Opened(1, 0, said, said)),
        (1.0, Streamed(1, f"{said}\n```python\n{said}\n```\n{said}")),
        (2.0, Thought(1, said, 5)),
        (2.0, Running(1, "check", said)),
        (2.5, Ran(1, said, 1, said, 0.5)),
        (2.5, Judged(1, "failed", 0.0, (said,), said, said)),
        (3.0, Finished(replace(finished.result, answer=said, code=None, evidence=(said,), error=said, model=said))),
    ]


def title(html: str) -> str:
    return html.partition("<title>")[2].partition("</title>")[0]


def test_a_real_browser_shows_hostile_text_as_text_and_asks_nobody(tmp_path: Path, browser: Browser) -> None:
    """Positive control: the same words in a page without our escapes take the title and call the server."""
    with listening() as (address, asked):
        path = drawn(tmp_path, hostile(address))
        dom = browser.dom(path.as_uri())
        shown = Reader(dom)
        assert asked == []
        assert title(dom) != "taken"
        assert not shown.all("script")
        assert not shown.all("img")
        assert "document.title" in shown.text
        assert "{{ 7 * 7 }}" in shown.text
        bare = tmp_path / "bare.html"
        bare.write_text(f"<title>mine</title><p>{HOSTILE.format(address=address)}", encoding="utf-8")
        taken = browser.dom(bare.as_uri() + "#")
        assert sorted(asked) == ["/frame", "/import", "/picture", "/style"]
        assert title(taken) == "taken"


def test_a_real_browser_applies_the_style_and_opens_the_attempt_that_is_linked(tmp_path: Path, browser: Browser) -> None:
    """The policy lets this one style in and nothing else; a link from the tree unfolds its attempt without a script."""
    path = drawn(tmp_path, TRACE)
    assert "default-src 'none'" in str(Reader(path.read_text(encoding="utf-8")).all("meta"))
    linked = Reader(browser.dom(f"{path.as_uri()}#attempt-4"))
    attempts = [attributes for attributes in linked.all("details") if "attempt" in (attributes.get("class") or "").split()]
    assert "open" in attempts[3]

    browser.picture(path.as_uri(), tmp_path / "page.png", 900, 1200)
    naked = tmp_path / "naked.html"
    naked.write_text(re.sub(r"sha256-[^']+", "sha256-" + "A" * 43 + "=", path.read_text(encoding="utf-8")), encoding="utf-8")
    browser.picture(naked.as_uri(), tmp_path / "naked.png", 900, 1200)
    picture = (tmp_path / "page.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert picture != (tmp_path / "naked.png").read_bytes()
