"""How a statement means what it shows: to the last digit or nearly, in one order or in any, as one of several, or as none."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.verify.samples import Sample

ANY_ORDER = re.compile(
    r"(?<!\w)(?:(takes?|given|accepts?|receives?|inputs?|arguments?)\b(?:(?!\b(?:returns?|output|answer|result)\b)[^.\n]){0,200})?"
    r"\b(?:any order\b|order (?:of (?:\w+ ){1,12})?(?:does not|doesn't) matter\b)",
    re.IGNORECASE,
)
"""Not where it is said of what is given."""
NEARLY = re.compile(
    r"\b(?:accurate|accuracy|approx\w*|roughly|rounded|decimal places|(?:\d|two|three) (?:decimals|places))\b|≈", re.IGNORECASE
)
ROUNDED_TO = re.compile(r"\bround\w*+\b[^.\n]{0,80}\bto\b", re.IGNORECASE)
"""Then the shown value is the very one that is wanted."""
UNFORESEEN = re.compile(
    r"\b(?:generat|creat|produc|return|pick|choose|choosing|select|make|give|draw)\w*+ (?:\w++ ){0,3}random (?!noise)"
    r"|\brandomly (?:pick|choose|select|shuffle|generate|return|order|arrange)s?\b"
    r"|\btoday's da(?:te|y)\b|\b(?:from|until|to|since|of|and|is) today\b|\b(?:current|present|system) (?:date|time|year)\b",
    re.IGNORECASE,
)
"""What no example can foresee: chance, and the day on which it runs."""
LAZY = re.compile(
    r"\bgenerators?\b|\byields?\b(?! *+[`\[])|->\s*+(?:typing\.)?(?:Iterator|Iterable|Generator)\b", re.IGNORECASE
)
PRINTS = re.compile(r"\b(?:that|which|and|it|to|should|must|will) prints?\b(?!\()", re.IGNORECASE)
RETURNS = re.compile(r"\b(?:returns?|assert)\b", re.IGNORECASE)
EXACT_DECIMALS = 2
"""Decimals up to which a value is meant exactly; one with more of them may be rounded."""
TEXT = re.compile(r"'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\"")
ANY_RIGHT = re.compile(
    r"\bany (?:of them|one of them|valid|such|correct|possible|solution|answer)\b"
    r"|\balso (?:a )?(?:valid|correct|accepted)\b"
    r"|\b(?:multiple|several|many) (?:valid |correct |possible )?(?:answers|solutions)\b"
    r"|\b(?:print|output|return) any\b|\bwhichever\b|\bworks,? too\b|\binteractive (?:problem|task)\b"
    r"|\breturn (?:\w+ ){0,4}(?:to|of) any of the\b"
    r"|\b(?:print|output|return|find)\w*+ (?:(?:just|only) )?(?:one|either) of (?:them|these|those)(?=[,.;)\n]|\s*+\Z)"
    r"|\b(?:more than one|multiple|several|many)\b[^.;\n]{0,60}\b(?:print|output|return|find|choose) (?:(?:just|only) )?one"
    r"(?=[,.;\n]|\s*+\Z)"
    r"|\b(?:print|output|return) (?:either(?=[,.;\n]|\s*+\Z)|(?:an )?arbitrary (?:one|answer|solution)\b)",
    re.IGNORECASE,
)
"""What an example shows is then one right result of several."""
NEARLY_RIGHT = re.compile(
    r"\bany case\b|\b(?:absolute|relative) (?:or (?:absolute|relative) )?error\b|\berror (?:does not|doesn't) exceed\b",
    re.IGNORECASE,
)
"""Likewise, but the others differ from it in case, or by little."""
SMALL = r"[\\$({`]*+(?:\d(?:\.\d*+)?e-|10 ?(?:\^ ?[({]*+[-−–] ?\d|[-−–] ?\d(?!\d))|0?\.0++[1-9])"
JUDGED = r"\b(?:answers?|outputs?|correct|right|jury|expected|errors?)\b"
BY_LITTLE = (
    rf"\b(?:within (?:(?:an?|absolute|relative|tolerance|error|of|or) )*+{SMALL}\S*+(?! ?(?:m?s|sec\w*)\b)"
    rf"|difference\b[^.\n]{{0,80}}\b(?:at most|less than|smaller than|below|under|more than|exceed) {SMALL}\S*+)"
)
NEARLY_PRINTED = re.compile(
    r"(?<!\bha[sd] )(?<!\bhave )(?<!numbers with )"
    r"\bat least \w+ (?:decimals\b|decimal (?:places|digits)|digits (?:after|behind|of (?:precision|accuracy)))"
    rf"|\b(?:precision|accuracy) of (?:(?:(?:at least|up to|about|around) )?{SMALL}"
    r"|(?:at least|up to|about|around) \w+ (?:decimal|digit|place))"
    rf"|(?<!until the )\berrors? (?:\w+ ){{0,4}}(?:at most|(?:less|smaller|more) than|below|under|within|up to|exceed) {SMALL}"
    rf"|{JUDGED}[^.\n]{{0,100}}{BY_LITTLE}|{BY_LITTLE}[^.\n]{{0,100}}{JUDGED}",
    re.IGNORECASE,
)
"""How near a printed number must be; what a function returns is compared as nearly as it is written."""
PRINTED_IN_ANY_ORDER = re.compile(
    r"\b(?:print|output|return|display|write(?! an? ))\w*+\b(?:(?!\b(?:given|input|contains?|number|minim\w+|maxim\w+|least"
    r"|largest|smallest|total|sum|cost|whether|how|yes|no|sorted|be|are|come|which|that|if|when)\b)[^.:;\n]){0,100}"
    r"\b(?:any|arbitrary) order\b"
    r"|\border (?:of|in) (?:\w+ ){0,4}(?:output|print|answer)\w*+[^.\n]{0,40}(?:does not|doesn't) matter\b",
    re.IGNORECASE,
)
"""What a problem lets be done in any order is something else."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What is said of the values of one function."""

    unordered: bool
    nearly: bool
    lazy: bool
    as_text: bool
    """It returns a text."""
    no_results: bool
    """What is shown is printed, or given by chance."""
    no_calls: bool
    """A call gives no value by itself: it is to be awaited."""

    def held(self, name: str, wanted: Mapping[str, str]) -> tuple[str, ...]:
        """Each call and its value as the source of an assertion; a value is empty where a call is itself what must hold."""
        if self.no_calls:
            return ()
        places = max((decimal for want in wanted.values() for decimal in _decimals(want)), default=0)
        return tuple(
            f"assert {self._held(call, want, places, call.startswith(f'{name}('))}"
            for call, want in wanted.items()
            if not want or (not self.no_results and not (self.as_text and _is_number(want) and call.startswith(f"{name}(")))
        )

    def _held(self, call: str, want: str, places: int, own: bool) -> str:
        """Floats are compared as nearly as they are written, lists in any order where the statement leaves it open."""
        if not want:
            return call
        if self.unordered and want.startswith("["):
            if own and (parts := _in_any_order(want)):
                return f"sorted((sorted(part, key=repr) for part in {call}), key=repr) == {parts}"
            return f"sorted({call}, key=repr) == sorted({want}, key=repr)"
        if own and self.lazy and want.startswith("["):
            call = f"list({call})"
        decimals = _decimals(want)
        if not decimals:
            return f"{call} == {want}"
        fewest = min(decimals)
        shown = fewest if fewest > EXACT_DECIMALS else places if self.nearly else 0
        return f"{call} == approx({want}{f', abs={0.5 * 10**-shown:.0e}' if shown else ''})"


def manner(text: str, name: str) -> Manner:
    """What the text says of the values of the function `name`."""
    head = re.search(rf"\b(async )?def {re.escape(name)}\([^)]*+\)(?:\s*+->\s*+([^:\n]*+):)?", text)
    returned = (head[2] or "").strip() if head else ""
    printed = PRINTS.search(text) is not None and RETURNS.search(text) is None
    return Manner(
        unordered=any(match[1] is None for match in ANY_ORDER.finditer(text)),
        nearly=NEARLY.search(text) is not None and ROUNDED_TO.search(text) is None,
        lazy=LAZY.search(text) is not None,
        as_text=returned == "str",
        no_results=printed or returned == "None" or UNFORESEEN.search(text) is not None,
        no_calls=head is not None and head[1] is not None,
    )


def deciding(examples: tuple[str, ...], samples: tuple[Sample, ...], plain: str) -> tuple[tuple[str, ...], tuple[Sample, ...]]:
    """Those that every right program meets, and as loosely as the prose says. `plain`: the statement without its code."""
    if ANY_RIGHT.search(plain):
        return (), ()
    nearly = NEARLY_RIGHT.search(plain) is not None
    if PRINTED_IN_ANY_ORDER.search(plain):
        samples = ()
    if nearly or NEARLY_PRINTED.search(plain):
        samples = tuple(replace(sample, loosely=True) for sample in samples)
    return () if nearly else examples, samples


def _decimals(want: str) -> list[int]:
    """How many decimals each of its numbers has."""
    return [len(number) for number in re.findall(r"\d\.(\d++)(?!e)", TEXT.sub("", want))]


def _is_number(want: str) -> bool:
    return isinstance(ast.literal_eval(want), int | float)


def _in_any_order(want: str) -> str | None:
    """Its lists, sorted as well; None for what is no list of lists, or where two of them differ in nothing but their order."""
    parts: list[list[object]] = ast.literal_eval(want)
    if not parts or not all(type(part) is list for part in parts):
        return None
    inner = [sorted(part, key=repr) for part in parts]
    different = len({repr(part) for part in inner}) == len({repr(part) for part in parts})
    return repr(sorted(inner, key=repr)) if different else None
