"""Puzzles that ask for an expression: given numbers, each used once, make a target. Read from the text."""

import re
from collections import Counter

from agent.verify.arithmetic import OPERATIONS, Puzzle, Rules, plain, rewritten, rules

# A statement is read by rewriting it: what is known becomes a mark in capitals or goes. In the end nothing unknown may be left.
NUMBER = (
    r"(?<![\w.^/*+-])(?<![-+*/^] )(?:0|[1-9]\d{0,8})"
    r"(?![\w%^!°²³])(?!\s?[.,:/^]\d)(?!\s*[-+*/^]\s*[\d(])"
)
"""One that stands alone: no part of `3.5`, `-5`, `1/2`, `1,000`, `24!` or `4 + 6`."""
LISTED = NUMBER.replace(".,:", ".:")
LIST = re.compile(rf"(?:[\[({{]\s*)?{LISTED}(?:(?:\s*,\s*(?:and\s+)?|[ \t]+and\s+|[ \t]+){LISTED})+(?:\s*[\])}}])?")
OPERATION = (
    r"\b(?:(?:basic|standard|usual|elementary|simple|arithmetic|mathematical|math) )*(?:operations|operators|signs|symbols)\b"
)
NAME = r"\b(?:add(?:ition)?|subtract(?:ion)?|multipl(?:y|ication)|divi(?:de|sion))\b"
FORMAT = rules(
    (r"^\s*a conversation between user and assistant\.|\bthe user asks a question,? and the assistant solves it\.", ""),
    (r"\bthe assistant first thinks about the reasoning process in the mind and then provides the user with the answer\.", ""),
    (r"(?:^|(?<=\n))\s*(?:user|assistant):|\blet me solve this step by step\b", ""),
    (r"(?<=[a-z,]) *\n *(?=[a-z])", " "),
    (r"\*\*(?=[a-z])|(?<=[a-z:.])\*\*", ""),
    (r"\bcan(?:'t|not)\b", "can not"),
    (r"n't\b", " not"),
    (r"</?(?:think|answer|reasoning)>", " "),
    (r"(?<=[a-z])[-/](?=[a-z])", " "),
    (r"(?<=[a-z])!", "."),
    # An expression that shows how to answer. A list of other numbers stays: it may be another puzzle.
    (r"(?:\bfor example|\bfor instance|\be\.g\.|\bsuch as|\blike)[:,]? ?(?:[ (]*\d+[ )]*)(?:[-+*/=][ (]*\d+[ )]*)+", ""),
    (r"\buse '[*/]' for (?:multiplication|division)\b|\(?\bno '=' sign\)?", ""),
    (rf"\bfour (?={OPERATION})", ""),
    (r"\b(?:integers|digits|cards)(?=:? ?[\[({]?\d)", "numbers"),
    (r"\b(exactly|only|just) one time\b", r"\1 once"),
    (
        r"\b(?:solve|play) (?:the|a) (\d+)[- ](?:point )?game (?:for|with|on) (?=[\[({]?\d(?:[\d\s,\])}]|and)*[.?]?\s*$)",
        r"game: make \1, using each number once, from ",
    ),
)
HOW_MANY = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
COUNT = re.compile(rf"\b({'|'.join(HOW_MANY)}|{NUMBER}) (?:of )?(?:the |these |those |given |input )*(?=numbers\b|LIST\b)")
MAKES = (
    r"\b(?:mak(?:es?|ing)|gets?|getting|giv(?:es?|ing)|produces?|yields?|calculate|equal(?:s|l?ing)?(?: to)?|obtain(?:s|ing)?"
    r"|reach(?:es|ing)?|forms?|totals?|hits?|(?:comes?|evaluates?) to|results? in|arrive at|is|be"
    r"|(?:value|result|total|game) of) (?:exactly |to |the (?:number|value|target|result|total) (?:of )?)*"
)
TARGET = re.compile(
    rf"(?:{MAKES}|\b(?:target|goal)(?: number| value)?(?: is| of)?:? ?|= ?)({NUMBER})(?! (?:given )?numbers\b(?!:))"
    rf"|({NUMBER})[- ](?:point )?(?:game|puzzle)\b"
)
OPERATIONS_SAID = rules(
    (rf"{OPERATION}|{NAME}|[-+*/]", " OPS "),
    (r"OPS(?:[\s,:()\[\]{}'\"]*(?:(?:and|or|are) )?OPS)*[\s)\]}'\"]*", "OPS "),
)
THE = r"(?:of )?(?:(?:the|these|those|your|given|available|input) )*"
NUMBERS = rf"{THE}(?:numbers?(?: (?:given|available))?:?(?: LIST)?|LIST)"
NEED_NOT = r"(?:(?:do|does) not (?:all )?(?:need|have) to|need not)"
BE_USED = r"(?:needs?|have|has|must)(?: to)? be used"
BRACKETS = r"(?:parentheses|brackets)"
FREELY = r"(?= ?(?:$|[.;:)]|TARGET|LIST|,? (?:and|but|each|every|that|to|using|with)\b))"
AN_EXPRESSION = r"(?:valid )?(?:arithmetic |mathematical )?(?:expression|equation|solution)\b"
CONDITIONS = rules(
    # Which operations. `No other operations or parentheses` may forbid these, so what is behind `or` stays.
    (r"\b(?:(?:do|may|can|must) not use(?: any)?|(?:and |with )?no|without(?: any)?) other (?:numbers?|OPS)(?: or OPS)?\b", ""),
    (rf"\b{NEED_NOT} use (?:all|every|each) {THE}OPS|\bnot all {THE}OPS {BE_USED}", ""),
    (r"OPS (?:one or (?:multiple|more) times|as often as you (?:like|want|wish|need))", "OPS"),
    (rf"\b(?:(?:may|can|allowed to) use (?:all|any|some|some or all)|any) {THE}OPS", "OPS"),
    (r"\bfractions are (?:allowed|fine)\b|\bintermediate (?:results|values) (?:may|can) be fractions\b", ""),
    (rf"\b(?:use )?{BRACKETS} (?:as|if|where|when) (?:needed|necessary|required){FREELY}", "BRACKETS"),
    (rf"\b(?:(?:may|can) (?:also )?use {BRACKETS}|(?<!in ){BRACKETS} (?:are allowed|(?:may|can) be used)){FREELY}", "BRACKETS"),
    (rf"\bOPS,? ?(?:(?:and|or|with) )?{BRACKETS}\b(?! (?:must|should|need|have))", "OPS"),
    # Which numbers.
    (r"\bin (?:the|this) list (?=LIST)", ""),
    (r"\bout of (?=LIST)", "from "),
    (rf"\b(?:some or all|all or some|any or all|some|any|a subset) {NUMBERS}", "SOME numbers"),
    (rf"\b{NEED_NOT} use (?:all|every|each) {NUMBERS}", "SOME numbers"),
    (rf"\bnot (?:all|every) {NUMBERS} {BE_USED}", "SOME numbers"),
    (rf"{NUMBERS} (?:{NEED_NOT} (?:all )?be used|(?:may|can) be (?:left out|omitted))", "SOME numbers"),
    (rf"\b(?:may|can) (?:leave out|omit) (?:some |any )?{NUMBERS}", "SOME"),
    (r"\bonce,? or not at all\b", "once SOME"),
    (rf"\b(?:{NEED_NOT} use (?:them all|(?:all|every|each)(?: of them| one)?)|not all (?:of them )?{BE_USED})\b", "THEM"),
    (r"\bTHEM(?=,? but (?:use )?each(?: \w+){0,5} once)", "SOME"),
    # How often.
    (r"\b(?:at most|no more than|not more than) once\b|\bonce at most\b", "ATMOST once"),
    (r"\b(?:no|not|never)(?: (?:numbers?|may|can|be|use|used|using|a|any|each|of|the|LIST))* more than once\b", "ATMOST once"),
    # What is no condition here: only the numbers, in any order, with parentheses, can pass. How to answer is read elsewhere.
    (r"\bin any order\b|\bin order to\b|\bfind a way to (?=TARGET)|\bstep by step\b|\bi want (?:you )?to\b", ""),
    (r"\btogether (?=with\b)", ""),
    (r"\b(?:so|such) that\b", "that"),
    (r"\b(expression|equation) which\b", r"\1 that"),
    (r"\bform(?= an?\b)", "make"),
    (r"\b(?:show|explain) (?:all )?(?:your |the )?(?:work|reasoning|steps)\b|\bcarefully\b", ""),
    (r"\b(?:in|inside|within) (?:the )?tags\b|\bfinal answer format instructions\b", ""),
    (r"\beach step, you are only allowed to choose two of the remaining numbers to obtain a new number\b", ""),
    (r"\b(?:without|(?:and |with )?no) (?:any )?(?:explanations?|words|other text)\b|\bnothing else\b", ""),
    (r"\bdo not (?:include|write|say|give) (?:anything else|(?:any )?(?:explanations?|other text)(?: or formatting)?)\b", ""),
    (r"\bdo not explain\b|\bdo not include the target number in the expression\b", ""),
    (r"\byou first thinks? about the reasoning process in (?:the|your) mind and then provides? the user with the answer\b", ""),
    (r"\bhow (?:can|could|do) (?=you\b|i\b|we\b)", ""),
    (rf"\b(?:what|as an?|(?:exactly |just )?(?:one|a single)) (?={AN_EXPRESSION})", "an "),
    (r"\b(each|every) one\b", r"\1"),
    (r"\bcombin(?:e|ing) them\b", "combine numbers"),
    (r"\b(?:on|in) (?:one|a single) line\b|\bhelpful assistant\b", ""),
)
"""`SOME` of the numbers may be left out; `THEM`: some of what was named before may be."""
MARKS = frozenset(("LIST", "TARGET", "OPS", "BRACKETS", "SOME", "THEM", "ATMOST"))
WORDS = frozenset(
    re.findall(
        r"\S+",
        """
        a all allowed alone an and answer are arrange arithmetic available be build but by calculate can challenge combine
        combined combining countdown create each equation every exactly expression final find following for from game
        give given goal have help here i in input instructions into is it just let's make making math mathematical may
        me must need number numbers of on once only play please problem provide put puzzle reach reply respond result return
        should solution solve target task that the them these they think this those to use used uses using value
        we whose with write you your
        """,
    )
)
"""With these alone no condition can be stated that is not looked for: no negation, no adjective, no other noun."""
QUANTIFIED = re.compile(
    rf"\b(?:(?:each|every|all) {NUMBERS}|once each|all be used|use them all|all of them"
    r"|each(?: of (?:them|these))?(?: (?:may|can|must|should|is|to|be|used|only|just|exactly|ATMOST))* once)\b"
)
"""Where `each` and `all` are said of the numbers. Of anything else they state a condition."""
REJECTED = re.compile(
    r"\.\.|\b(?:each|every|all)\b"
    r"|\b(?:must|should|needs?(?: to)?|have to|has to) (?:be )?(?:use|using|used|uses)?(?: the)? ?OPS"
    r"|OPS (?:must|should|need|have)\b"
    r"|(?:TARGET|\bexpression|\bequation|\bsolution|\banswer|\bit|\bthis|\bthat) (?:exactly |just |only )?once\b"
    r"|\bneed\b(?! to\b)|\bonce (?:you|i|we|it)\b|\bus(?:e|es|ing) the target\b|\bnumber of\b|\b(?:a|the|this|that) number\b"
    r"|(?:^|[.?:,] )(?:is|are|should|must|may|can (?!you\b|i\b|we\b))"
    r"|\b(?:find|give|provide|return|write|(?:answer|reply|respond) with)\b"
    r"(?! (?:(?:me|just|only|the|your|an?|final|arithmetic|mathematical) )*(?:expression|equation|answer|solution)\b)"
)
"""Of known words and yet a condition that is not checked here, or a question that no expression answers."""
CALCULATES = re.compile(rf"\b(?:expression|equation|arithmetic|calculate|target|game|countdown)\b|{OPERATION}|{NAME}|[-+*/]")
USE_ALL = re.compile(rf"(?<!may )(?<!can )\b(?:us(?:e|ing)|combine|with) (?:all {NUMBERS}|them all|all of them)")
EXACTLY = re.compile(
    r"\bexactly once\b|\bonce and only once\b|\b(?:must|need to|needs to|have to|has to) (?:all )?be used\b(?! ATMOST)"
)
NOUN = re.compile(r"\b(?:(numbers?|LIST)|OPS|BRACKETS)\b")
"""What may be used once, or need not be. The group: it is the numbers."""
LONGEST_STATEMENT = 2_000


def read_puzzle(text: str) -> Puzzle | None:
    """None where the text does not plainly say all of it, or says anything that is not known here.

    A condition that is overlooked makes wrong answers verified. So each word has to be known, not only those looked for.
    """
    if len(text) > LONGEST_STATEMENT:
        return None
    said = rewritten(_unnumbered(plain(text).lower()), FORMAT)
    if _some_operations(said) or not CALCULATES.search(said):
        return None
    said, lists = _marked(said, LIST, "LIST")
    said, targets = _marked(said, TARGET, "TARGET")
    said, counts = _marked(said, COUNT, "")
    said = _said(_said(said, OPERATIONS_SAID), CONDITIONS)
    numbers = _numbers(lists, counts)
    all_used = _all_used(said)
    if numbers is None or all_used is None or len(set(targets)) != 1 or not _is_understood(said):
        return None
    return Puzzle(numbers, int(targets[0]), all_used)


def _unnumbered(text: str) -> str:
    """Without what begins the lines of an enumeration. A number that does not count up may be a target that was wrapped."""
    lines, expected = list[str](), 1
    for line in text.split("\n"):
        found = re.match(r"\s*(?:(\d)[.)]|[-*•])\s+(?=[a-z])", line)
        if found and found[1] in (None, str(expected)):
            expected += found[1] is not None
            line = line[found.end() :]
        lines.append(line)
    return "\n".join(lines)


def _marked(text: str, pattern: re.Pattern[str], mark: str) -> tuple[str, list[str]]:
    """The text with the mark for each match, and what matched."""
    matched = [found[found.lastindex or 0] for found in pattern.finditer(text)]
    return " ".join(pattern.sub(f" {mark} ", text).split()), matched


def _said(text: str, rules: Rules) -> str:
    """Rewritten with single spaces after each row, as the next one looks for them."""
    for pattern, by in rules:
        text = " ".join(pattern.sub(by, text).split())
    return text


def _numbers(lists: list[str], counts: list[str]) -> tuple[int, ...] | None:
    """What all of the lists hold, as the first has it. A text that shows an example has other numbers there."""
    read = [tuple(map(int, re.findall(r"\d+", listed))) for listed in lists]
    if not read or any(Counter(numbers) != Counter(read[0]) for numbers in read):
        return None
    # `1,250, 3` and `3,5 and 4`: a comma within a number.
    if any(re.search(r"\d,\d", listed) and re.search(r"\d,?\s+\w", listed) for listed in lists):
        return None
    return read[0] if {HOW_MANY.get(count) or int(count) for count in counts} <= {len(read[0])} else None


def _some_operations(text: str) -> bool:
    """Whether the text has some of the four operations, but not all."""
    signs, names = set(re.findall(r"[-+*/]", text)), {name[:3] for name in re.findall(NAME, text)}
    return any(0 < len(found) < len(OPERATIONS) for found in (signs, names))


def _all_used(said: str) -> bool | None:
    """None: `them` may be the operations, or the statement contradicts itself.

    "Can only be used once" does not say that all are used. It is read so, as the data sets mean that have it: their graders
    want all of the numbers, and the other reading would verify what they turn down. "At most once" plainly leaves some out,
    unless it is also said that all are used.
    """
    before, them, _ = said.partition("THEM")
    if them and not _is_number([*NOUN.finditer(before)][-1:]):
        return None
    if them or "SOME" in said:
        return None if USE_ALL.search(said) else False
    return bool(USE_ALL.search(said) or EXACTLY.search(said)) or "ATMOST" not in said


def _is_understood(said: str) -> bool:
    unknown = set(re.findall(r"[^\W\d_]+(?:'[a-z]+)?|[^\s.,;:?()\[\]{}\"'—]", said)) - WORDS - MARKS
    return not unknown and not REJECTED.search(QUANTIFIED.sub("", said)) and _is_once_of_numbers(said)


def _is_once_of_numbers(said: str) -> bool:
    """Whether each `once` is said of the numbers, not of the operations: of the nearest before it, else of the last subject."""
    found, subject = list[bool](), list[re.Match[str]]()
    for clause in re.split(r"[.;?]|TARGET", said):
        nouns = list(NOUN.finditer(clause))
        for said_of in re.finditer(r"\bonce\b|\bthem all\b|\ball of them\b", clause):
            before = [noun for noun in nouns if noun.start() < said_of.start()]
            found.append(_is_number(before[-1:] or subject or nouns))
        subject = nouns[:1] or subject
    return "once" in said and all(found)


def _is_number(nouns: list[re.Match[str]]) -> bool:
    return bool(nouns) and nouns[0][1] is not None
