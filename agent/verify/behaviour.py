"""What programs do, seen from outside: the same inputs for every candidate, and how their results are written down.

Without checks of the problem's own, candidates that behave alike vouch for one another; this room makes them comparable.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from agent.agreement import RAISED
from agent.verify.signature import Signature, wants_input
from tools.sandbox import Limits, Outcome, Run

FEWEST_TELLING, FEWEST_DIFFERENT = 3, 2
"""Results, and different ones, that a behaviour must show before it counts: programs that do nothing are all alike."""
SECONDS = 5.0
SILENT = frozenset(("None", RAISED, "itself", "an object"))
"""Answers of a method that tell nothing."""
USABLE = 3
"""Of so many times that a method is asked, it must answer once."""
LACKING = re.compile(r"^NameError: name '(\w+)' is not defined", re.MULTILINE)
PRINTS, OTHERWISE = "prints", "called otherwise"

OBSERVER = """
import contextlib, hashlib, io, itertools, math, re
import solution
def used(kind, made, calls):
    thing = kind(*made)
    return "\\n".join(asked(kind, thing, *call) for call in calls)
def asked(kind, thing, name, arguments):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            found = getattr(thing, name)
            # Of the class: an object may hide its own method behind a value.
            is_value = type(getattr(kind, name)).__name__ in ("property", "cached_property")
            result = found if is_value else found(*arguments)
        except Exception:
            said = "raises"
        else:
            said = "itself" if result is thing else shown(result)
    return name + ": " + " ".join([*printed.getvalue().split(), said])
def shown(result):
    try:
        return written(result).replace("\\n", " ")
    except Exception:
        return "an object"
def written(value):
    if hasattr(value, "__next__"):
        return "iterator " + written(list(itertools.islice(value, 100)))
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(map(written, value))) + "}"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, (list, tuple)):
        return type(value).__name__ + "(" + ", ".join(map(written, value)) + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(written(key) + ": " + written(item) for key, item in value.items())) + "}"
    text = repr(value)
    if " at 0x" in text:
        raise TypeError("an address tells nothing, and forked processes share it")
    if len(text) <= 2000:
        return text
    rest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return "%s… (%d characters, %s)" % (text[:2000], len(text), rest)
def number(value):
    if not math.isfinite(value):
        return repr(value)
    # Nine digits, and of large ones a few behind the point: what differs there is not what was rounded.
    digits = min(15, max(9, len(str(int(abs(value)))) + 3))
    rounded = float("%.*g" % (digits, value))
    return repr(int(rounded) if rounded.is_integer() else rounded)
def lacks_a_name(error):
    # In the interpreter's words, of the candidate's own line and not of text that it runs.
    trace = "\\n".join(getattr(error, "__notes__", ())).split("\\n")
    places = [number for number, line in enumerate(trace) if line.startswith("  File ")]
    said = type(error) is NameError and re.fullmatch(r"name '\\w+' is not defined.*", str(error))
    return said and places and trace[places[-1]].startswith('  File "solution.py"')
lacking = []
for arguments in INPUTS:
    try:
        report(RESULT(arguments))
    except Exception as error:
        report(None)
        lacking += [error] if lacks_a_name(error) else []
if lacking and len(lacking) == len(INPUTS):
    raise lacking[-1]  # which no input excuses
"""


def observation(code: str, of: Signature | None, arguments: tuple[str, ...], files: Mapping[str, bytes]) -> Run:
    """Calls the candidate on each of the inputs, or runs it as it stands when it has nothing to be called by."""
    limits = Limits(seconds=SECONDS)
    if of is None:
        return Run(code, files=files, limits=limits)
    called = f"solution.{of.name}"
    result = f"used({called}, *arguments)" if of.methods else f"written({called}(*arguments))"
    listed = ", ".join(arguments)
    source = f"INPUTS = [{listed}]\nRESULT = lambda arguments: {result}\n{OBSERVER}"
    return Run(source, files=files, solution=code, limits=limits)


def is_dead(outcome: Outcome, inputs: int, text: str) -> bool:
    """Whether a run came to nothing for a reason that no input excuses: it did not begin, or on each a name is lacking which
    the problem's text has not either.
    """
    lacking = LACKING.search(outcome.stderr)
    on_each = len(outcome.reports) == inputs and all(told is None for told in outcome.reports)
    return not outcome.reports or bool(on_each and lacking and not re.search(rf"\b{lacking[1]}\b", text))


def observed(code: str, outcome: Outcome, of: Signature | None, inputs: int) -> tuple[str, ...] | None:
    """One text for each of so many inputs; equal for candidates that agree. None: too little was seen to tell."""
    if of is None:
        return _prints(code, outcome.stdout) if outcome.succeeded else None
    results = outcome.reports
    telling = [result for result in results if result not in (None, "None")]
    if not telling:
        lines = set(outcome.candidate_output.split("\n"))
        return _prints(code, outcome.candidate_output) if len(lines) > FEWEST_DIFFERENT or not of.varies else None
    if of.methods and not _shows_its_methods([str(use) for use in telling], of):
        return None
    if of.varies and (len(telling) < FEWEST_TELLING or len(set(map(str, telling))) < FEWEST_DIFFERENT):
        return None
    return results_on(outcome, inputs)


def _shows_its_methods(uses: Sequence[str], of: Signature) -> bool:
    """Whether each method of a class can be used, and not only while nothing is in it; and whether their answers differ."""
    answers = [line.partition(": ") for use in uses for line in use.split("\n")]
    asked = Counter(name for name, *_ in answers)
    usable = Counter(name for name, _, said in answers if not said.endswith(RAISED))
    differ = len({said for *_, said in answers} - SILENT) >= FEWEST_DIFFERENT
    return differ and all(USABLE * usable[method.name] > asked[method.name] for method in of.methods)


def results_on(outcome: Outcome, inputs: int) -> tuple[str, ...]:
    """One text for each of so many inputs; those never reached say what ended the run."""
    never_reached = (outcome.ended,) * (inputs - len(outcome.reports))
    return (*(RAISED if result is None else f"returns {result}" for result in outcome.reports), *never_reached)


def is_results(seen: tuple[str, ...]) -> bool:
    """Whether it holds one text for each of the inputs that all candidates share."""
    return not seen[0].startswith((PRINTS, OTHERWISE))


def _prints(code: str, printed: str) -> tuple[str, ...] | None:
    """A program that was given nothing to read has not shown what it does."""
    return (f"{PRINTS} {printed.strip()}",) if printed.strip() and not wants_input(code) else None
