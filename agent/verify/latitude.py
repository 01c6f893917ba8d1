"""What a statement leaves open of its own examples and samples: an order, a choice, the last digits."""

import re
from dataclasses import replace

from agent.verify.samples import Sample

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
