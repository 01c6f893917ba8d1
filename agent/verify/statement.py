"""What a statement says besides its question: the function it asks for, the helper code it gives, the examples it shows."""

import re
from dataclasses import dataclass, replace

from agent.verify import choices
from agent.verify.examples import Example, find_examples
from agent.verify.fences import blocks, outside
from agent.verify.samples import Sample, find_samples, labelled, sections
from agent.verify.source import importable, is_written, syntax_fault, unwritten

HEAD = re.compile(r"^(?:(?:async )?def \w++\([^\n]*|class \w++(?:\([^\n]*\))?):[ \t]*+$", re.MULTILINE)
CLASS = re.compile(r"^class (\w+)[^\n]*:", re.MULTILINE)
METHOD = re.compile(r"^[ \t]++(?:async )?def (\w++) *+\(", re.MULTILINE)
TEST = re.compile(r"test_\w*+|check|main")
TYPING = re.compile(r"\b(Any|Callable|Dict|Iterable|Iterator|List|Optional|Sequence|Set|Tuple|Union)\b(?=\[|\s*+[,=)\]:])")
FIRST_CODE = re.compile(r"^(?:from [\w.]++ import |import \w|@\w)", re.MULTILINE)
NAMED = re.compile(
    r"\b(?:call|name) (?:it|the function|this function) [`'\"]?([A-Za-z_]\w*+)"
    r"|\b(?:function|method|class),? (?:(?:that|which) )?(?:(?:is|should be|must be) )?(?:called|named) [`'\"]?([A-Za-z_]\w*+)"
    r"|\b(?:called|named) [`'\"]?([A-Za-z_]\w*+)\(",
    re.IGNORECASE,
)
NO_NAMES = frozenset(
    (
        *("a", "again", "and", "as", "at", "by", "for", "from", "in", "like", "on", "the", "this", "to", "using", "with"),
        *(
            "can",
            "each",
            "every",
            "exactly",
            "is",
            "must",
            "often",
            "once",
            "only",
            "should",
            "twice",
            "when",
            "whenever",
            "will",
        ),
    )
)
"""What may follow `call it` without being its name."""
FUNCTION_NAMED = re.compile(
    r"\b(?:function|def|[Ww]rite|[Ii]mplement)\s++[`'\"]?([A-Za-z_]\w*+)[`'\"]?\s*+\(|\b(?:function|def)\s++`([A-Za-z_]\w*+)`"
)
NEAR = 200
"""Characters before a name that may say whose it is."""
TO_WRITE = re.compile(r"\b(?:write|implement|create|complete|define|make|fix)\b", re.IGNORECASE)
THERE_ALREADY = re.compile(r"\b(?:have|has|given|helper|using|uses?|from|already)\b", re.IGNORECASE)
"""What is said of a function that is not the one to be written."""
CODE_WANTED = re.compile(
    r"\b(write|implement|create|complete|define|fix|debug|refactor|build|make|give|generate|develop|show|produce|provide|design"
    r"|(?<!\ba )(?<!the )(?<!this )(?<!that )(?<!your )(?<!ing )(?<!above )(?<!python )(?<!computer )(?:code|program))"
    r"\b[^.?!\n]{0,80}?"
    r"\b(functions?|programs?|scripts?|class|method|code|module|regex|implementation|algorithm|snippet|decorator|one-liner)\b"
    r"|\b(?:write|implement)\s++[`'\"]?(?:def )?[a-z_]\w*+\(|(?:^|[.!:] )[ \t]*+(?:please )?implement\b"
    r"|\bimplement\b[^.?!\n]{0,60}?\bin python\b|\bfix (?:it|this|that)\b"
    r"|\b(?:convert|translate|port|rewrite)\b[^.?!\n]{0,60}?\b(?:in|to|into) python\b"
    r"|(?:\bI (?:need|want|would like)\b|\bI['’]d like\b"
    r"|^[ \t]*+(?:an? )?python(?= (?:function|program|script) (?:that|which|to)\b))"
    r"[^.?!\n]{0,40}?\b(functions?|programs?|scripts?|code)\b"
    r"|\bplease code\b|\b(?:schreib|[ée]cri|escrib)\w*+ [^.?!\n]{0,40}?"
    r"\b(?:funktion|programm|fonction|programme|función|programa)\b",
    re.IGNORECASE | re.MULTILINE,
)
LANGUAGE = (
    r"(?:bash|shell|zsh|powershell|javascript|typescript|node(?:\.js)?|js|java|c\+\+|cpp|c#|(?-i:C|R|Go)|golang|rust|ruby|php|perl|lua"
    r"|kotlin|swift|scala|haskell|julia|matlab|sql|html|css|awk|sed|latex)"
)
OTHER_LANGUAGE = re.compile(rf"(?<![\w.]){LANGUAGE} \Z", re.IGNORECASE)
IN_ANOTHER = re.compile(rf" in {LANGUAGE}(?![\w+#])", re.IGNORECASE)
"""Before the noun, and right behind it: code that is no Python, which nothing here can run."""
CODE_SHOWN = re.compile(r"^[ \t]*+(?:>>> |assert )", re.MULTILINE)
QUESTION = re.compile(r"\b(?:how|what|which|who|when|where)\b[^?]{0,300}\?\s*+\Z", re.IGNORECASE)
BEHIND = re.compile(
    r"(?<=\?)(?:\s*+(?:(?:options|(?:answer )?choices):?\s*+)?(?:^[ \t]*+[(\[]?[A-J1-9][).\]:][^\n]*+$"
    r"|(?:please|(?:put|give|write|state|express)\b[^.\n]*\banswer|answer\b|reason|think|let's)[^\n]*+$))*+\s*+\Z",
    re.IGNORECASE | re.MULTILINE,
)
"""The choices, and the request for a form, that suites put behind a question."""
SOUGHT = re.compile(r"\b(?:find|compute|calculate|determine|evaluate|solve)\b", re.IGNORECASE)
ASIDE = re.compile(
    r"\A\s*+(?:why|is|are|does|do|did|was|were|explain|describe|thanks|thank you|sum up|summari[sz]e)\b", re.IGNORECASE
)
"""How what is no request for code begins."""
CHANGED = re.compile(
    r"\b(?:it|its|instead|without|loops?|recurs\w+|iterat\w+|functions?|code|program|types?|hints?|arguments?|faster|shorter)\b",
    re.IGNORECASE,
)
"""What is said of a program that is to be changed."""
NO_CODE = re.compile(
    r"\bwrite (?:me )?an? (?:\w+ )?(?:poem|essay|story|song|joke|email|letter)\b"
    r"|\b(?:create|make|design|develop|give) (?:me )?an? (?:\w+ )?(?:workout|exercise|fitness) (?:program|class)\b"
    r"(?! (?:with|in python|that|which|named|called|has|to)\b)"
    r"|\bin (?:one sentence|words)\b|\bexample of a\b"
    r"|\bin (?:\w+ )?(?:vertex|factored|standard|expanded|simplified) form\b|\bfunction rule\b"
    r"|\bcomplete (?:the|this) (?:following )?(?:analogy|sentence|sequence|series|pattern|proverb|equation)"
    r"(?=\s*(?:[:.,\n]|\Z))"
    r"|\bwrite (?:the|an?) (?:\w+ )?(?:exponential|linear|quadratic|cubic|inverse|rational|logarithmic|piecewise) function "
    r"(?:that passes|passing|through|whose|with (?:an? )?(?:vertex|slope|zeros?|roots?|amplitude)"
    r"|for the (?:graph|line|table|data))\b",
    re.IGNORECASE,
)
GIVING = ("give", "show", "provide", "produce")
OF_ANOTHER = re.compile(r"\b(?:of|for|from|after|before|when|that|which|by)\b", re.IGNORECASE)
"""Between such a verb and its noun: something of a program is wanted, `the output of the program`."""
OTHER_CODE = re.compile(
    r"\b(?:zip|postal|ascii|area|morse|country|iso|error|dress|promo|discount|bar|qr|hex|colou?r|unicode|genetic|access) \Z",
    re.IGNORECASE,
)
"""What stands before `code` that no computer runs."""
OF_A_FUNCTION = re.compile(
    r"\b(?:predict|trace|evaluate|(?:the|an?|its|what) (?:\w+ )?(?:output|outcome|result|value|input|complexity))\b",
    re.IGNORECASE,
)
"""What is asked of a function that is shown with its body."""
TO_CHANGE = re.compile(
    r"\b(?:modify|change|rewrite|fix|debug|optimi[sz]e|improve|refactor|simplify|add|extend|correct|make|convert|turn|vectori[sz]e"
    r"|handle|update|write|create|implement|should)\b",
    re.IGNORECASE,
)
MATHEMATICAL = ("create", "complete", "define", "make", "give", "show", "provide")
"""What is done to functions that no program is: `Define a function f by f(x) = 2x. Find f(3).`"""
PROGRAMMING = re.compile(r"\b(?:write|implement|code|python|program|docstring)\b|```", re.IGNORECASE)
COMPETITION = re.compile(
    r"\b(?:standard (?:input|output)|stdin|stdout)\b|\byour code here\b|^[ \t*#-]*+(?:sample|example)s? (?:input|output)",
    re.IGNORECASE | re.MULTILINE,
)
"""Says of a problem with samples that a program is wanted."""
BLANK = re.compile(r"==\s*+\?\?|\w\(\?\?\)\s*+==|^[ \t]*+assert [^\n]*==[ \t]*+(?:\Z|\n```)", re.MULTILINE)
"""`assert f([1]) == ??`: what a shown function gives, or is to be given, is asked for."""
TESTS_WANTED = re.compile(
    r"\b(?:with|and|include|including|add|write)\b[^.\n]{0,40}\b(?:asserts?|assertions?|assert statements?|(?:unit )?tests)\b",
    re.IGNORECASE,
)
ANY_RIGHT = re.compile(
    r"\bany (?:of them|one of them|valid|such|correct|possible|solution|answer)\b"
    r"|\balso (?:a )?(?:valid|correct|accepted)\b"
    r"|\b(?:multiple|several|many) (?:valid |correct |possible )?(?:answers|solutions)\b"
    r"|\b(?:print|output|return) any\b|\bwhichever\b|\bworks,? too\b|\binteractive (?:problem|task)\b",
    re.IGNORECASE,
)
"""What an example shows is then one right result of several."""
NEARLY_RIGHT = re.compile(
    r"\bany case\b|\b(?:absolute|relative) (?:or (?:absolute|relative) )?error\b|\berror (?:does not|doesn't) exceed\b",
    re.IGNORECASE,
)
"""Likewise, but the others differ from it in case, or by little."""
TOLD_TO_FIND = re.compile(rf"(?:^|[.:;!?] |\$ )[ \t]*+{SOUGHT.pattern}", re.IGNORECASE | re.MULTILINE)
"""Not what a function is there for: `Create a function to compute …`."""
WHOLE = ("program", "programs", "script", "scripts")
LONGEST_SYMBOL = 3
"""Letters of a name that, in the prose around a whole program, is one of its mathematics: `S(10) = 17`, `phi(9) = 6`."""
EVERYDAY = ("program", "programs", "class", "method", "module", "code")
"""Nouns that a question means otherwise: how many children are in the class?"""


@dataclass(frozen=True, slots=True)
class Statement:
    """What was read out of a problem's text."""

    wants_code: bool
    entry_point: str | None
    prelude: str
    """Helper code that the statement puts before the function it asks for; belongs in front of every candidate."""
    stub: str
    """The code that is to be gone on with, up to the body that is asked for; empty where the text shows none."""
    examples: tuple[Example, ...]
    samples: tuple[Sample, ...]
    in_another_language: bool = False
    """Code that is no Python is asked for: an answer, which nothing here can run."""


ANSWERED = Statement(False, None, "", "", (), ())
"""Of a text that asks for no code."""


def read(text: str, entry_point: str | None = None) -> Statement:
    """`entry_point`, where the user gave it, wins over what the text says."""
    text = text.replace("\r\n", "\n")
    request, plain = choices.left_out(text), _prose(text)
    if entry_point is None and _in_another_language(request):
        return replace(ANSWERED, in_another_language=True)
    asked = _code_asked(request)
    question = QUESTION.search(plain) or ASIDE.search(plain) or _wants_the_next_output(text)
    if entry_point is None and (BLANK.search(text) or (asked is None and question)):
        return ANSWERED
    named = _named(plain) if asked else None
    shown_code = [block.code for block in blocks(text)] or _unfenced(text)
    shown, method, prelude = _stub(shown_code, entry_point, named)
    wanted = asked or entry_point or CODE_SHOWN.search(text)
    if shown and not wanted and _asks_of_it(plain) and any(is_written(block, shown) for block in shown_code):
        return ANSWERED
    entry = entry_point or shown or named
    examples, name = find_examples(text, entry, method)
    samples = find_samples(text)
    competition = bool(samples) and (COMPETITION.search(text) is not None or len(samples) < len(list(labelled(text))))
    if not (asked or entry or competition or CODE_SHOWN.search(text)) and SOUGHT.search(plain):
        return ANSWERED
    symbol = LONGEST_SYMBOL if asked in WHOLE else 1 if asked is None and "==" not in text else 0
    if not (entry or CODE_SHOWN.search(text)) and len(name or "") <= symbol:
        examples, name = (), None
    entry = entry or name
    if entry or (asked and asked.startswith(("function", "method", "class"))):
        samples = ()
    wants_code = bool(asked or entry or examples or samples)
    if ANY_RIGHT.search(plain):
        examples = samples = ()
    if NEARLY_RIGHT.search(plain):
        examples, samples = (), tuple(replace(sample, loosely=True) for sample in samples)
    stub = next((stub for block in reversed(shown_code) if shown and (stub := unwritten(block, shown))), "")
    return Statement(wants_code, entry, prelude, stub, examples, samples)


def wants_tests(text: str) -> bool:
    """Whether assertions are a part of what is asked for."""
    return TESTS_WANTED.search(_prose(text)) is not None


def asks(text: str) -> bool:
    """Whether what is said about a program wants to know something, rather than to have the program changed."""
    plain = _prose(text)
    return bool(QUESTION.search(plain) or ASIDE.search(plain) or (TOLD_TO_FIND.match(plain) and not CHANGED.search(plain)))


def _prose(text: str) -> str:
    """Without the code in it, and without what stands behind a question."""
    plain = outside(text)
    head = HEAD.search(plain)
    return BEHIND.sub("", plain[: head.start()] if head else plain)


def _wants_the_next_output(text: str) -> bool:
    """Whether the last label is of an output that is left open, behind others that are not."""
    found = sections(text)
    return len(found) > 2 and found[-1].kind == "output" and not "".join(found[-1].lines).strip()


def _is_python(text: str) -> bool:
    return "python" in outside(text).lower()


def _in_another_language(text: str) -> bool:
    asked = CODE_WANTED.search(text)
    if asked is None or _is_python(text):
        return False
    noun_at = asked.start(2) if asked[2] else asked.end()
    return bool(OTHER_LANGUAGE.search(text[:noun_at], asked.start()) or IN_ANOTHER.match(text, asked.end()))


def _asks_of_it(plain: str) -> bool:
    """Whether what is said beside a whole function wants something that it gives, rather than to have it changed."""
    return OF_A_FUNCTION.search(plain) is not None and not TO_CHANGE.search(plain)


def _code_asked(text: str) -> str | None:
    """What kind of code the text asks for, in its own word."""
    asked = CODE_WANTED.search(text)
    if asked is None:
        return None
    verb, noun = (asked[1] or "write").lower(), (asked[2] or asked[3] or "function").lower()
    if NO_CODE.search(text) or (noun in EVERYDAY and QUESTION.search(_prose(text))):
        return None
    if verb in GIVING and not _is_python(text) and asked[2] and _is_no_program(text[asked.end(1) : asked.start(2)], noun):
        return None
    mathematical = verb in MATHEMATICAL and noun in ("function", "functions") and not PROGRAMMING.search(text)
    return None if mathematical and (QUESTION.search(_prose(text)) or TOLD_TO_FIND.search(text)) else noun


def _is_no_program(between: str, noun: str) -> bool:
    """Whether something else is to be given, by what stands between the verb and its noun."""
    if OF_ANOTHER.search(between):
        return True
    return noun == "code" and OTHER_CODE.search(between) is not None


def _unfenced(text: str) -> list[str]:
    """A function to be completed that stands in no fence, with what Python there is before it."""
    head, begun = HEAD.search(text), FIRST_CODE.search(text)
    return [text[min(found.start() for found in (head, begun) if found) :]] if head else []


def _stub(shown: list[str], wanted: str | None, named: str | None) -> tuple[str | None, str | None, str]:
    """What a code block leaves to be completed (the last function, or the wanted one), None, and the code before it; or a
    class, its one method or else an empty name, and the code before it. Tests are no stubs, nor is anything where the text
    names a function that no block has.
    """
    if wanted is None and named and not any(re.search(rf"\b(?:def|class) {named}\b", block) for block in shown):
        return None, None, ""
    if named and any(re.search(rf"^(?:async )?(?:def|class) {named}\b", block, re.MULTILINE) for block in shown):
        wanted = wanted or named
    for block in reversed(shown):
        found = [match for match in re.finditer(r"^(?:async )?def (\w+)", block, re.MULTILINE) if wanted in (None, match[1])]
        heads = [match for match in found if wanted or not TEST.fullmatch(match[1])]
        if heads:
            return heads[-1][1], None, _prelude(block, heads[-1].start())
        made = [match for match in CLASS.finditer(block) if wanted in (None, match[1])]
        methods = METHOD.findall(block)
        if len(made) == 1 and methods:
            return made[0][1], methods[0] if len(methods) == 1 else "", _prelude(block, made[0].start())
    return None, None, ""


def _prelude(block: str, stub: int) -> str:
    """The code before a stub, without its decorators; empty where that is no Python, which would spoil every candidate. What
    the stub takes from `typing` is imported, as whoever gives such a stub does.
    """
    lines = block[:stub].rstrip().splitlines()
    while lines and lines[-1].startswith("@"):
        lines.pop()
    prelude = "\n".join(lines).rstrip()
    prelude = "" if syntax_fault(prelude) else prelude
    names = sorted(set(TYPING.findall(block[stub:])))
    if names and "typing" not in prelude and "__future__" not in prelude:
        prelude = f"from typing import {', '.join(names)}\n{prelude}".rstrip()
    return importable(prelude)


def _named(text: str) -> str | None:
    """The first that is to be written, or else the first that is there already."""
    there: str | None = None
    for match in (*NAMED.finditer(text), *FUNCTION_NAMED.finditer(text)):
        group = match.lastindex or 0
        clause = re.split(r"[.,:;!?\n]", text[max(0, match.start(group) - NEAR) : match.start(group)])[-1]
        if match[group].lower() in NO_NAMES:
            continue
        if TO_WRITE.search(clause) or not THERE_ALREADY.search(clause):
            return match[group]
        there = there or match[group]
    return there
