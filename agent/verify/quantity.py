"""Numbers with words behind them that say of what they are the number: `5 cm`, `60 miles per hour`, `$10/hour`, `36π cm²`."""

import re

from agent.verify.equality import NUMBER, bare, normalised, unnamed
from agent.verify.notation import plain

QUANTITY = re.compile(
    r"(.*\d[\d.,_]*+)((?:[ /]?°?[^\W\d_]++\.?(?:(?:(?<=m)|(?<=ft)|(?<=in)|(?<=/s)|(?<=\w{3}))\^[23])?){1,4}+)"
)
"""A number and the words behind it, of which lengths may be squared or cubed, and others be what it is per."""
MARKS = re.compile(r"\^\d|[.°/]")
"""In a unit."""
PER = re.compile(r"/([^\W\d_]+)")
CURRENCY = re.compile(r"(?:USD|EUR|GBP|INR|Rs\.?|₹|¥) ?(?=\d)")
LONGEST_QUANTITY = 80
"""Characters."""
FACTORS = re.compile(
    r"(?:dozen|score|pair|half|halves|third|fourth|quarter|fifth|sixth|seventh|eighth|ninth|(?:ten|eleven|twelf|\w+(?:teen|tie))th"
    r"|(?:hundred|thousand|million|billion)(?:th)?|ten|lakh|crore|trillion|quadrillion|gross|grand|googol|fold)s?"
    r"|k|m|bn|e|x|y|z|pi|i|or|and|plus|minus|times|over|to|mod|sqrt|log|sin|cos|tan|mil|mille|mio|millionen|millones|tausend|dutzend"
    r"|below|under|negative|bce?|less|binary|octal|hexadecimal|base|is|not|none|wrong"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
)
"""Words that are no unit: with them, the number before them is not the answer."""
POWERS = ("squared", "cubed", "factorial")
"""The same right behind a number; square centimetres are a unit."""
UNITS = re.compile("[cmk]?m|[mk]?g|m?s|h|[mcd]?l|lb|oz|ft|in|yd|mi|hr|[kmg]b|kw|hz")
"""Those of one or two letters that stand right behind a number: `20kg`. Other letters there are factors: `2ab`, `2 ab`."""
SHORT = re.compile(r"[^\W\d_]{1,2}(?![^\W\d_]).*| [a-z]{1,2}")
"""What is a factor unless it is one of these."""
TITLE = re.compile(r"(?: [A-Z][^\W\d_]{2,}){2,}")
"""`21 Jump Street` is no number of streets."""
MEGA = re.compile(r"\A ?M(?=[gLl]?\b)")
"""`5 Mg` is no milligram, nor `5M` 5 metres."""
PLURAL = re.compile(r"(?<=\w{2})s\b")
SIGNED = (
    (re.compile(r"\A(?:dollar|buck|usd|euro|eur|gbp|rupee|inr)\b ?"), "$"),
    (re.compile(r"\A(?:per ?cent(?:age point)?|prozent)\b ?"), "%"),
    (re.compile(r"\Adeg(?:ree)?\b ?"), "°"),
    (re.compile(r"\A°celsiu\b"), "°c"),
    (re.compile(r"\A°fahrenheit\b"), "°f"),
    (re.compile(r" ?(?:\bper |/) ?"), "/"),
)
"""Words for which there are signs. Whose money it is makes no other number."""
SPELLINGS = {
    "km": "kilometer kilometre",
    "m": "meter metre",
    "cm": "centimeter centimetre",
    "mm": "millimeter millimetre",
    "mi": "mile",
    "yd": "yard",
    "ft": "foot feet",
    "in": "inch inche",
    "kg": "kilogram kilogramme kilo",
    "g": "gram gramme",
    "mg": "milligram milligramme",
    "oz": "ounce",
    "l": "liter litre",
    "ml": "milliliter millilitre",
    "h": "hour hr",
    "min": "minute",
    "s": "second sec",
    "ms": "millisecond",
    "yr": "year",
    "rad": "radian",
    "mi/h": "mph",
    "km/h": "kph kmh kmph",
}
UNIT_OF = {word: unit for unit, words in SPELLINGS.items() for word in words.split()}
"""Units by their other spellings, without a plural's `s`. A pound is money, too, and a ton one of several: these have none."""
POWER_OF = {"square": "^2", "sq": "^2", "squared": "^2", "cubic": "^3", "cu": "^3", "cubed": "^3"}
RAISED = re.compile(r"(?:(square|sq|cubic|cu)\.? )?([^\W\d_]+)\.?(?(1)|(?: (squared|cubed)|(\^[23]))?)")
NAMES = (*UNIT_OF, *SPELLINGS, "unit")
APART = rf"(?:{'|'.join(name for name in NAMES if len(name) > 2 or name in ('km', 'cm', 'mm'))})s?"
"""Letters of others may be factors as well: `2πh`, `2πft`."""
BEFORE, BEHIND = r"(?:(?:square|sq|cubic|cu)\.? )?", r"\.?(?: squared| cubed|\^[23])?"
MEASURED = re.compile(
    rf"(.*(?:pi|[\d)])) ?(?:\* ?(?=[ckm]m))?"
    rf"({BEFORE}{APART}{BEHIND}(?:(?: ?/ ?| per ){BEFORE}(?:{'|'.join(NAMES)})s?{BEHIND})*+)",
    re.IGNORECASE,
)
"""A formula and its unit, which may be per another."""
CONSTANT = re.compile(r"(?=.*(?:pi|sqrt|\^\(1/))(?:[-+\d.*/^() ]|pi|sqrt)++")
"""A number that is written with π or a root."""


def amount(text: str) -> str:
    """The number, which may be written with π and roots, of which the text says what it is the number of, in normal form and
    with its name, if it has one; empty where it says more.
    """
    return _read(text)[0]


def sign(text: str) -> str:
    """What a number says it is of, which its normal form does not: `$`, `%`, `°`, or the words behind it in the singular and in
    one spelling, or both, `$/h`. Empty for a bare number, and for what is none.
    """
    number, unit = _read(text)
    if not number:
        return ""
    written, unit = plain(bare(text)), PLURAL.sub("", MEGA.sub(" mega", unit).casefold()).strip(" .")
    if written.endswith(("%", "°")):
        return written[-1]
    for words, meaning in SIGNED:
        unit = words.sub(meaning, unit)
    unit = "/".join(map(_in_one_spelling, unit.split("/")))
    stray = unit and not NUMBER.fullmatch(unnamed(number))  # in `$36\\pi \\text{ cm}` no money, but half a pair of marks
    return f"${unit.removeprefix('$')}" if not stray and (_is_money(text) or CURRENCY.search(written)) else unit


def _in_one_spelling(unit: str) -> str:
    """`m^2` for `square metre`; what is more than one word for a unit stays as it is: `in total` is no inch."""
    found = RAISED.fullmatch(unit)
    if found is None:
        return unit
    before, name, behind, power = found.groups("")
    return UNIT_OF.get(name, name) + (POWER_OF.get(before or behind) or power)


def _read(text: str) -> tuple[str, str]:
    """A number in normal form and the words that say of what it is the number; both are empty where the text says more."""
    if "\n" in text.strip():
        return "", ""
    money, text = _is_money(text), plain(text)
    text = CURRENCY.sub("", " ".join(text.split()).strip("`*$ ").rstrip(".").strip("`*$ "))
    found = QUANTITY.fullmatch(text) if len(text) <= LONGEST_QUANTITY else None
    unit = found[2] if found and _is_unit(found[2], money) else ""
    number = normalised(text.removesuffix(unit))
    if NUMBER.fullmatch(unnamed(number)):
        return number, unit
    return _read_formula(text) if len(text) <= LONGEST_QUANTITY else ("", "")


def _read_formula(text: str) -> tuple[str, str]:
    """One of numbers, π and roots, and its unit. Letters, and words that are no known unit, may be factors."""
    found = MEASURED.fullmatch(text)
    formula, unit = found.groups() if found else (text, "")
    formula = normalised(formula)
    return (formula, unit) if CONSTANT.fullmatch(unnamed(formula)) else ("", "")


def _is_money(text: str) -> bool:
    return text.count("$") % 2 == 1 or re.search("[€£]", text) is not None  # two dollars are marks around it


def _is_unit(words: str, money: bool) -> bool:
    """Whether what stands behind a number only says of what it is the number."""
    first, *others = named = MARKS.sub(" ", words.casefold()).split()
    if any(len(unit) <= 2 and not UNITS.fullmatch(unit) for unit in PER.findall(words)):
        return False
    if first == "m":  # metres, but millions of dollars or of people
        return not money and all(map(UNITS.fullmatch, others))
    if first in POWERS or TITLE.search(words) or (SHORT.fullmatch(words) and not UNITS.fullmatch(first)):
        return False
    return not any(FACTORS.fullmatch(word) for word in named)
