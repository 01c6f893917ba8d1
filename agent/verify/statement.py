"""What a statement says besides its question: the function it asks for, the helper code it gives, the examples it shows."""

import keyword
import re
from dataclasses import dataclass, replace

from agent.verify import choices, wanted
from agent.verify.examples import find_examples
from agent.verify.fences import blocks, outside
from agent.verify.manner import deciding
from agent.verify.samples import Sample, find_samples, labelled, sections
from agent.verify.source import importable, is_written, syntax_fault, unwritten

CLASS = re.compile(r"^class (\w+)[^\n]*:", re.MULTILINE)
METHOD = re.compile(r"^[ \t]++(?:async )?def (\w++) *+\(", re.MULTILINE)
OF_CLASS = re.compile(r"((?=[A-Z]|\w+\()(?!\d)\w+)(?:\(\))?\.((?!\d)\w+)")
"""`Solution().twoSum`: a class and the method of it that is asked for, in the words of suites that have one."""
TEST = re.compile(r"test_\w*+|check|main")
TYPING = re.compile(r"\b(Any|Callable|Dict|Iterable|Iterator|List|Optional|Sequence|Set|Tuple|Union)\b(?=\[|\s*+[,=)\]:])")
DEFINES = re.compile(r"^(?:async )?(?:def|class) ", re.MULTILINE)
FIRST_CODE = re.compile(r"^(?:from [\w.]++ import |import \w|@\w)", re.MULTILINE)
NAMED = re.compile(
    r"\b(?:call|name) (?:it|the function|this function) [`'\"]?([A-Za-z_]\w*+)"
    r"|\b(?:function|method|class),? (?:(?:that|which) )?(?:(?:is|should be|must be) )?(?:called|named) [`'\"]?([A-Za-z_]\w*+)"
    r"|\b(?:called|named) [`'\"]?([A-Za-z_]\w*+)\(",
    re.IGNORECASE,
)
NO_NAMES = frozenset(
    "a again and as at by can each every exactly for from in is like must often on once only should the this to twice using"
    " when whenever will with".split()
)
"""What may follow `call it` without being its name."""
IT = r"(?:it|function|(?:the|this|your)(?: new)? function)"
NEW_NAME = (
    r" (?:(?P<quote>[`'\"])(?P<quoted>[A-Za-z_]\w*+)(?:\(\))?(?P=quote)"
    r"|(?P<plain>[A-Za-z_]\w*+)(?:\(\))?(?=\s++\(|\s*+(?:\Z|[,;:)\n]|[.!?](?!\w)|(?:and|but|instead|please|from now on)\b)))"
)
"""In quotes, or where it ends its clause: `call it before returning` names nothing."""
CALLED_SO = re.compile(
    rf"\b(?:(?:call|name) {IT}|(?:{IT} (?:should|must) be|want it) (?:called|named)){NEW_NAME}", re.IGNORECASE
)
RENAMED_SO = re.compile(
    rf"\b(?:rename (?:(?:{IT}|[`'\"]?(?P<old>[A-Za-z_]\w*+)(?:\(\))?[`'\"]?) )?(?:to|as)|rename {IT}"
    rf"|change (?:its name|the function(?:['’]s)? name|the name of {IT}) to){NEW_NAME}",
    re.IGNORECASE,
)
NO_NEW_NAMES = NO_NAMES | frozenset(
    "after afterwards alone already anything back backwards before better camelcase done elsewhere everywhere first good here"
    " above anywhere below described follows inline pascalcase lowercamelcase thrice upfront off solved english"
    " inside instead it itself last later lowercase next now outside please quits snake_case so sometimes something somewhere"
    " that then there too until uppercase via whatever yet yourself".split()
)
HOW = re.compile(r"(?!multiply|apply|reply|tally|poly)[a-z]++(?<=ly)", re.IGNORECASE)
"""`Call it recursively.`"""
NOT_SO = re.compile(r"\b(?:not|never|why|did|if|when)\b|n['’]t\b", re.IGNORECASE)
TOLD_TO = re.compile(
    r"(?:\A|[^\w\s]|\n|\b(?:and|but|or|so|then|now|please|also|just|ok|to|let us|i|(?:can|could|will|would) you))[ \t]*+\Z",
    re.IGNORECASE,
)
"""Before what is to be done, not what somebody does: `mathematicians call it cubing`."""
OF_A_PART = re.compile(
    r"\b(?:parameter|argument|arg|variable|helper|constant|flag|option|keyword|method|module|file|column|key|field|attribute"
    r"|counter|result|accumulator)s?\b"
    r"|\b(?:take|accept|get|use|add|introduce|define|create|have|store|compute|calculate|find)s?"
    r" (?:an?|another|one|the|its|each|two|some)\b",
    re.IGNORECASE,
)
"""What `it` is behind such words may be a part of the function: `Add a parameter and call it k.`"""
JUST_SPOKEN_OF = re.compile(
    r"(?<!\bit )\b(?:an?|another|second|extra|own)(?: (?!(?:function|wrapper|class|version|program|inverse)\b)\w+){1,3}"
    r" ?[,(;:] ?\Z"
    r"|\b(?:extract|factor|split|move|keep an?)\b[^\n]*\Z",
    re.IGNORECASE,
)
"""`Now the input is a list, call it nums`: what stands right before is what is named."""
FUNCTION_NAMED = re.compile(
    r"\b(?:function|def|[Ww]rite|[Ii]mplement)\s++[`'\"]?([A-Za-z_]\w*+)[`'\"]?\s*+\(|\b(?:function|def)\s++`([A-Za-z_]\w*+)`"
)
CLAUSE_END = re.compile(r"[.,:;!?\n]")
NEAR = 200
"""Characters before a name that may say whose it is."""
TO_WRITE = re.compile(r"\b(?:write|implement|create|complete|define|make|fix)\b", re.IGNORECASE)
THERE_ALREADY = re.compile(r"\b(?:have|has|given|helper|using|uses?|from|already)\b", re.IGNORECASE)
"""What is said of a function that is not the one to be written."""
CODE_SHOWN = re.compile(r"^[ \t]*+(?:>>> |assert )", re.MULTILINE)
COMPETITION = re.compile(
    r"\b(?:standard (?:input|output)|stdin|stdout)\b|\byour code here\b|^[ \t*#-]*+(?:sample|example)s? (?:input|output)",
    re.IGNORECASE | re.MULTILINE,
)
"""Says of a problem with samples that a program is wanted."""
SAMPLE_INPUT, SAMPLE_OUTPUT = (
    re.compile(
        rf"(?:^[^\w\n]*+|[.:;!?)\]}}\t\d] ?| {{2}})sample {kind}\b"
        r"(?=\t| {2}|[ \t]*+(?:#?\d|\(|sample\b|[:* \t]*+(?:\n|\Z)))",
        re.IGNORECASE | re.MULTILINE,
    )
    for kind in ("input", "output")
)
"""As headings both together say so even where the samples cannot be read, as where a page's layout was lost: they have a
number or a line for themselves, and no value beside them.
"""
BLANK = re.compile(r"==\s*+\?\?|\w\(\?\?\)\s*+==|^[ \t]*+assert [^\n]*==[ \t]*+(?:\Z|\n```)", re.MULTILINE)
"""`assert f([1]) == ??`: what a shown function gives, or is to be given, is asked for."""
UNFENCED = re.compile(r"^(?:async )?def (\w++)\([^\n]*:[ \t]*+\n(?:[ \t]++[^\n]*\n|\n)++", re.MULTILINE)
"""A function with the lines below it that are indented."""
TOLD = re.compile(
    r"^\s|^thank|\bchange[sd]?\b|\bversion\b|\bwould \w+ look\b|^(?:do|does|did|is|are|was|were)\b(?![^\n]*\?)",
    re.IGNORECASE | re.MULTILINE,
)
"""Behind such a function, what asks nothing: `Do not use a loop.`, `Explain the changes.`"""
TOLD_TO_CHANGE = re.compile(
    rf"(?:^|[.!?:] )(?:(?:please|now|(?:can|could) you) )?(?:{wanted.TO_CHANGE.pattern}|speed\b)",
    re.IGNORECASE | re.MULTILINE,
)
"""Before it: what is asked behind it is asked of the program that is wanted."""
LEFT_OUT = re.compile(
    r"^[ \t]*+assert [^\n]*==[ \t]*+(?:(?:#[^\n]*+|_{2,}+|\.{3})[ \t]*+$|\s*+\Z)|\w\([^()\n]*+\)`?\s*+==?\s*+\?+`?\s*+\Z",
    re.MULTILINE,
)
"""The same where no code is asked for: `assert f([1]) == # TODO`, `f(21) = ?`."""
TO_FILL = re.compile(r"#[^\n]*\b(?:your|todo|write|implement|fill|complete)\b", re.IGNORECASE)
"""In a body that is left open: it is to be written, whatever question is asked before."""
ASKS = re.compile(
    r"^[ \t*_#>-]*+(?:(?:now|then|please|only|finally),? )*"
    r"(?:(?:find|state|give|name|explain|describe|decide|discuss|predict|determine|guess|what|which|why|how|answer)\b"
    r"|(?:is|are|does|do|did)\b[^\n]*\?)",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that, behind the examples, asks for something else than what they are examples of."""
ANOTHER_LANGUAGE = re.compile(
    rf"\b(?:in|with|using|an?) {wanted.LANGUAGE}(?![\w+#])"
    rf"|(?<![\w.]){wanted.LANGUAGE}(?: (?:solution|code|please|query|formula)\b|:)",
    re.IGNORECASE,
)
PAGE = (
    re.compile(r"^[ \t*#]*+example 1\b", re.IGNORECASE | re.MULTILINE),
    re.compile(r"^[ \t*#]*+input\b[ \t*:]*+\w++ *+=", re.IGNORECASE | re.MULTILINE),
    re.compile(r"^[ \t*#]*+constraints\b[ \t*]*+:", re.IGNORECASE | re.MULTILINE),
)
"""What the pages of a site show together that has the function's head in an editor beside."""
BRACED = re.compile(r"\{[ \t]*+$", re.MULTILINE)
"""As heads in other languages end."""
COMPLAINT = re.compile(
    r"\A\W*+(?:(?:no|but|now|still|and|sorry|hm+|ok|okay|then|so|wait)\b\W*+)*+"
    r"(?:it|that|your|wrong|fails?|also|here|with|doesn['’]t"
    r"|(?:for |on |what about )?(?:the |this |these )?(?:samples?|examples?|inputs?))\b",
    re.IGNORECASE,
)
"""How a text begins whose samples are some more of the function before: `It fails for`, or nothing but these."""
SHOWN_FROM = re.compile(r"^[^\w\n]*+(?:samples?|examples?|inputs?)\b", re.IGNORECASE | re.MULTILINE)
STATES = re.compile(
    r"\b(?:given|you (?:are|have)|there (?:is|are)|let|prints?|(?<!\bmy )(?<!\bthe )outputs?|find|compute|calculate|determine"
    r"|count|reads?|problem|solve|next)\b",
    re.IGNORECASE,
)
"""How a problem is posed in a few words: `Given n, print its square.`"""
FAILS = re.compile(
    r"\b(?:fail(?:s|ed|ing)?|wrong|incorrect|right|pass(?:es)?|times? out|missed|instead|should)\b", re.IGNORECASE
)
WHOLE_STATEMENT = 25
"""Words of a statement that is one whatever they are."""
WHOLE = ("program", "programs", "script", "scripts")
NO_FUNCTION = (*WHOLE, "class", "classes", "method", "module")
LONGEST_SYMBOL = 3
"""Letters of a name that, in the prose around a whole program, is one of its mathematics: `S(10) = 17`, `phi(9) = 6`."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What was read out of a problem's text."""

    wants_code: bool
    entry_point: str | None
    prelude: str
    """Helper code that the statement puts before the function it asks for; belongs in front of every candidate."""
    stub: str
    """The code that is to be gone on with, up to the body that is asked for; empty where the text shows none."""
    examples: tuple[str, ...]
    """Assertions, as `find_examples` gives them."""
    samples: tuple[Sample, ...]
    called: str | None = None
    """How tests call what is asked for: `entry_point`, or `Solution().twoSum`."""
    in_another_language: bool = False
    """Code that is no Python is asked for: an answer, which nothing here can run."""


ANSWERED = Statement(False, None, "", "", (), ())
"""Of a text that asks for no code."""


def read(text: str, entry_point: str | None = None) -> Statement:
    """`entry_point`, where the user gave it, wins over what the text says: a function, a class, or a method of one."""
    text = text.replace("\r\n", "\n")
    owned = OF_CLASS.fullmatch(entry_point or "")
    known, asked_of_it = (owned[1], owned[2]) if owned else (entry_point, None)
    request, plain = choices.left_out(text), wanted.prose(text)
    if entry_point is None and wanted.in_another_language(request):
        return replace(ANSWERED, in_another_language=True)
    asked = wanted.code_asked(request)
    question = wanted.is_question(plain) or wanted.is_question(_behind_code(text)) or _wants_the_next_output(text)
    named = _named(plain) if asked else None
    shown_code = _shown_code(text)
    shown, method, prelude = _stub(shown_code, known, named)
    stub = next((stub for block in reversed(shown_code) if shown and (stub := unwritten(block, shown))), "")
    asks = LEFT_OUT.search(text) or (question and not (stub and TO_FILL.search(text)))
    if entry_point is None and (BLANK.search(text) or (asked is None and asks)):
        return ANSWERED
    requested = asked or entry_point or CODE_SHOWN.search(text)
    if shown and not requested and wanted.asks_of_it(plain) and any(is_written(block, shown) for block in shown_code):
        return ANSWERED
    entry = shown or known or named
    examples, name = find_examples(text, entry, asked_of_it or method)
    samples = find_samples(text)
    posed = _is_competitions(text, samples) or _is_page(text)
    if not (asked or entry or posed or CODE_SHOWN.search(text)) and wanted.SOUGHT.search(plain):
        return ANSWERED
    symbol = LONGEST_SYMBOL if asked in WHOLE else 1 if asked is None and "==" not in text else 0
    if not (entry or CODE_SHOWN.search(text)) and len(name or "") <= symbol:
        examples, name = (), None
    entry = entry or name
    if entry or (asked and asked.startswith(("function", "method", "class"))):
        samples = ()
    wants_code = bool(asked or entry or examples or samples or posed)
    examples, samples = deciding(examples, samples, plain)
    of_it = asked_of_it or (method if method == known else None)
    called = f"{entry}().{of_it}" if of_it else entry
    return Statement(wants_code, entry, prelude, stub, examples, samples, called)


def poses_another(text: str, known: str) -> bool:
    """Whether what is said behind the program `known` poses a problem beside it, whose function has another name or none.

    Not so where it shows examples that are read under that name alone, unless these are a whole program's.
    """
    anew = wanted.code_anew(choices.left_out(text))
    if anew == "function":
        return not find_examples(text, known)[0]
    posed = _is_competitions(text, find_samples(text)) or _is_page(text)
    return anew is not None or (posed and _states_a_problem(text))


def _states_a_problem(text: str) -> bool:
    """Whether more stands before what it shows than that the program fails for it, or is to be changed so."""
    lead = SHOWN_FROM.split(text, maxsplit=1)[0]
    if COMPLAINT.search(text):
        return False
    return len(lead.split()) >= WHOLE_STATEMENT or bool(STATES.search(lead) and not FAILS.search(lead))


def renamed(text: str, known: str | None) -> str | None:
    """The name that what is said behind the function `known` gives it; None for one of its parts, and where it is called."""
    plain = wanted.prose(text)
    told = (match for match in RENAMED_SO.finditer(plain) if match["old"] in (None, known))
    return next(filter(None, map(_new_name, (*told, *CALLED_SO.finditer(plain)))), None)


def _new_name(match: re.Match[str]) -> str | None:
    text, name = match.string, match["quoted"] or match["plain"]
    before, behind = text[max(0, match.start() - NEAR) : match.start()], text[match.end() : match.end() + NEAR]
    no_name = keyword.iskeyword(name) or (match["plain"] and (name.lower() in NO_NEW_NAMES or HOW.fullmatch(name)))
    if no_name or not TOLD_TO.search(before) or NOT_SO.search(CLAUSE_END.split(before)[-1]):
        return None
    of_a_part = wanted.BEFORE_IT.search(match[0]) and (OF_A_PART.search(before) or JUST_SPOKEN_OF.search(before))
    spoken_of = match.re is CALLED_SO and re.search(rf"\b{name}\b(?!\()", behind)  # `call it s, and return 2 * s`
    return None if of_a_part or spoken_of else name


def _behind_code(text: str) -> str:
    """The last paragraph, where a function with all of its body stands before it and in no fence; empty for any other text."""
    plain = wanted.BEHIND.sub("", outside(text))
    shown = next(reversed([*UNFENCED.finditer(plain)]), None)
    if shown is None or TOLD_TO_CHANGE.search(plain, 0, shown.start()) or not is_written(shown[0], shown[1]):
        return ""
    last = plain[shown.end() :].rstrip().rpartition("\n\n")[2]
    asks = not (TOLD.search(last) or wanted.TO_CHANGE.search(last) or wanted.HEAD.search(last))
    return f"\n{last}" if asks else ""


def _is_competitions(text: str, samples: tuple[Sample, ...]) -> bool:
    """Whether samples say that a program is wanted."""
    if SAMPLE_INPUT.search(text) and SAMPLE_OUTPUT.search(text):
        return True
    return bool(samples) and (COMPETITION.search(text) is not None or len(samples) < len(list(labelled(text))))


def _is_page(text: str) -> bool:
    """Whether it is a page whose function is shown elsewhere, not in braces behind it, and nothing is asked beside."""
    return all(shown.search(text) for shown in PAGE) and not (BRACED.search(text) or wants_something_else(text))


def wants_something_else(text: str) -> bool:
    """Whether it asks a question about what it shows, or for code that is no function in Python."""
    body = wanted.without_follow_up(text)
    shown = sections(body)
    is_open = not shown or shown[-1].kind != "output"
    question = is_open or ASKS.search("\n".join(shown[-1].lines[1:])) or wanted.is_question(wanted.prose(body))
    other = ANOTHER_LANGUAGE.search(text) and "python" not in text.casefold()
    return bool(question or choices.listed(body) or other or wanted.code_asked(text) in NO_FUNCTION)


def _wants_the_next_output(text: str) -> bool:
    """Whether the last label is of an output that is left open, behind others that are not."""
    found = sections(text)
    return len(found) > 2 and found[-1].kind == "output" and not "".join(found[-1].lines).strip()


def _shown_code(text: str) -> list[str]:
    """What stands in fences; where nothing is defined there, also what stands in none."""
    fenced = [block.code for block in blocks(text)]
    return fenced if any(map(DEFINES.search, fenced)) else [*fenced, *_unfenced(outside(text))]


def _unfenced(text: str) -> list[str]:
    """A function to be completed that stands in no fence, with what Python there is before it."""
    head, begun = wanted.HEAD.search(text), FIRST_CODE.search(text)
    return [text[min(found.start() for found in (head, begun) if found) :]] if head else []


def _stub(shown: list[str], known: str | None, named: str | None) -> tuple[str | None, str | None, str]:
    """What a code block leaves to be completed (the last function, or the known one), None, and the code before it; or a
    class, its one method or else an empty name, and the code before it. Tests are no stubs, nor is anything where the text
    names a function that no block has.
    """
    if known is None and named and not any(re.search(rf"\b(?:def|class) {named}\b", block) for block in shown):
        return None, None, ""
    if named and any(re.search(rf"^(?:async )?(?:def|class) {named}\b", block, re.MULTILINE) for block in shown):
        known = known or named
    for block in reversed(shown):
        found = [match for match in re.finditer(r"^(?:async )?def (\w+)", block, re.MULTILINE) if known in (None, match[1])]
        heads = [match for match in found if known or not TEST.fullmatch(match[1])]
        if heads:
            return heads[-1][1], None, _prelude(block, heads[-1].start())
        made = [match for match in CLASS.finditer(block) if known in (None, match[1])]
        methods = METHOD.findall(block)
        if len(made) == 1 and methods:
            return made[0][1], methods[0] if len(methods) == 1 else "", _prelude(block, made[0].start())
    return _class_of(shown, known) if known else (None, None, "")


def _class_of(shown: list[str], method: str) -> tuple[str | None, str | None, str]:
    """`Solution`, where a block has that class with a method of this name, as `_stub` returns it: others may be helpers."""
    for block in reversed(shown):
        found = re.search(
            rf"^class (Solution)\b[^\n]*:\n(?:[ \t]+[^\n]*\n|\n)*?[ \t]+(?:async )?def {method} *\(", block, re.MULTILINE
        )
        if found:
            return found[1], method, _prelude(block, found.start())
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
        clause = CLAUSE_END.split(text[max(0, match.start(group) - NEAR) : match.start(group)])[-1]
        if match[group].lower() in NO_NAMES:
            continue
        if TO_WRITE.search(clause) or not THERE_ALREADY.search(clause):
            return match[group]
        there = there or match[group]
    return there
