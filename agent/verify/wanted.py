"""What a statement wants: a program, in what language, or an answer. Read from its words, not from its code."""

import re

from agent.verify.fences import outside

HEAD = re.compile(r"^(?:(?:async )?def \w++\([^\n]*|class \w++(?:\([^\n]*\))?):[ \t]*+$", re.MULTILINE)
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
    r"|(?:^|[.!:] )def [a-z_]\w*+\([^()\n]*+\)(?: *+->[^\n:]{1,60})?+[ \t`]*+\Z"
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
OF_NO_COMPUTER = re.compile(
    r"\b(?:pin|secret|pass|security|access|entry|lock)[ -]?codes? (?:of|with|from|using)\b"
    r"|\bprograms? (?:of \d++ (?!lines?\b)\w|in \d++ (?:hours?|days?|weeks?|months?)\b)",
    re.IGNORECASE,
)
"""Where they are to be counted: `generate a PIN code of 4 digits`, `a program of 5 events`."""
COUNTED = re.compile(
    r"\b(?:find|compute|calculate|determine) the (?:total |possible )?number of (?:\w+ ){0,2}"
    r"(?:codes|pins|passcodes|programs|ways|arrangements|combinations|choices|hours|days|weeks|months)\b",
    re.IGNORECASE,
)
WRITTEN = re.compile(
    r"\b(?:write|implement|python|functions?|scripts?|users?|ids?|return\w*+|print\w*+)\b|\w\(|\w\.\w|[=>→➞]"
    r"|^[ \t*#]*+(?:(?:sample|example) )?(?:input|output)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Where a program is meant for all that: its words, a call, a value, a sample."""
MATHEMATICAL = ("create", "complete", "define", "make", "give", "show", "provide")
"""What is done to functions that no program is: `Define a function f by f(x) = 2x. Find f(3).`"""
PROGRAMMING = re.compile(r"\b(?:write|implement|code|python|program|docstring)\b|```", re.IGNORECASE)
EVERYDAY = ("program", "programs", "class", "method", "module", "code")
"""Nouns that a question means otherwise: how many children are in the class?"""
QUESTION = re.compile(r"\b(?:how|what|which|who|when|where)\b[^?]{0,300}\?\s*+\Z", re.IGNORECASE)
BEHIND = re.compile(
    r"(?<=\?)(?:\s*+(?:(?:options|(?:answer )?choices):?\s*+)?(?:^[ \t]*+[(\[]?[A-J1-9][).\]:][^\n]*+$"
    r"|(?:please|(?:put|give|write|state|express)\b[^.\n]*\banswer|answer\b|reason|think|let's)[^\n]*+$))*+\s*+\Z",
    re.IGNORECASE | re.MULTILINE,
)
"""The choices, and the request for a form, that suites put behind a question."""
FOLLOW_UP = re.compile(r"(?<=\n)[ \t*_#>-]*+follow[- ]?up\b", re.IGNORECASE)
ASIDE = re.compile(
    r"\A\s*+(?:(?:thanks|thank you)\W++(?:but|now)\b\W*+)?+(?:why|is|are|does|did|was|were|explain|describe|thanks|thank you"
    r"|do(?= (?:you|we|I|they)\b|[^.!\n]*\?)|sum up|summari[sz]e)\b",
    re.IGNORECASE,
)
"""How what is no request for code begins."""
SOUGHT = re.compile(r"\b(?:find|compute|calculate|determine|evaluate|solve)\b", re.IGNORECASE)
TOLD_TO_FIND = re.compile(
    rf"(?:^|[.:;!?] |\$ |\\\] ?(?=[^.\n]{{0,80}}[$\\]))[ \t]*+{SOUGHT.pattern}", re.IGNORECASE | re.MULTILINE
)
"""Not what a function is there for: `Create a function to compute …`."""
CHANGED = re.compile(
    r"\b(?:it|its|instead|without|loops?|recurs\w+|iterat\w+|functions?|code|program|types?|hints?|arguments?|faster|shorter"
    r"|lambdas?|class(?:es)?|comprehensions?|one-liner|(?:less|fewer) lines|in python|multiplication)\b",
    re.IGNORECASE,
)
"""What is said of a program that is to be changed."""
ANSWER_WITH = re.compile(
    r"[.:;!?]\s++(?:please )?(?:answer|reply|respond) (?:only |just )?with (?:only |just )?(?:the|an?|one)"
    r" (?:(?!for\b)\w++ ){0,3}?(?:number|word|letter|name|sentence|expression)\b(?![^.\n]*\b(?:if|when|where|for)\b)"
    r"|\\boxed\b|\b(?:put|give|state|express|round) your (?:final )?answer\b",
    re.IGNORECASE,
)
"""What is told of the answer that is wanted, not of a program: `Answer with the number.`"""
SAID_ONLY = re.compile(
    r"\W*+(?:ok|okay|hello|hi|hey|good morning|good evening|great|good|nice|perfect|cool)\b\W*+(?:thanks|thank you)?\W*+",
    re.IGNORECASE,
)
"""What wants nothing, where it is all that is said."""
TO_CHANGE = re.compile(
    r"\b(?:modify|change|rewrite|fix|debug|optimi[sz]e|improve|refactor|simplify|add|extend|correct|make|convert|turn|vectori[sz]e"
    r"|handle|update|write|create|implement|rename|should)\b",
    re.IGNORECASE,
)
OF_A_FUNCTION = re.compile(
    r"\b(?:predict|trace|evaluate|(?:the|an?|its|what) (?:\w+ )?(?:output|outcome|result|value|input|complexity))\b",
    re.IGNORECASE,
)
"""What is asked of a function that is shown with its body."""
SENTENCE_END = re.compile(r"[.!?\n]")
ANEW = re.compile(
    r"\b(?:an?|another)\s++(?:(?!(?:the|this|that|your|its?|my|helper)\b)[\w'-]++\s++){0,4}?"
    r"(?:(class)\b|(?:(programs?|scripts?)|functions?|methods?)\b(?:\s++in python\b)?,?\s++"
    r"(?:for\s++\w+ing\b|(?:that|which|to)\s++(?!(?:it|is|are|has|have|uses?|works?|handles?|runs?|avoids?|needs?|does|doesn|do"
    r"|don|can|should|will|must|supports?|also|still|only|never|always|just)\b)))",
    re.IGNORECASE,
)
"""Code of which nothing was said before, with what it is there for."""
AS_BEFORE = re.compile(r"\b(?:instead|same|again|too|as well|version|previous|above|old)\b", re.IGNORECASE)
"""What its sentence has where it is the program before in another form."""
BEFORE_IT = re.compile(r"\b(?:its?|this|that)\b", re.IGNORECASE)
TESTS_WANTED = re.compile(
    r"\b(?:with|and|include|including|add|write)\b[^.\n]{0,40}\b(?:asserts?|assertions?|assert statements?|(?:unit )?tests)\b",
    re.IGNORECASE,
)


def code_asked(text: str) -> str | None:
    """What kind of code the text asks for, in its own word."""
    asked = CODE_WANTED.search(text)
    if asked is None:
        return None
    verb, noun = (asked[1] or "write").lower(), (asked[2] or asked[3] or "function").lower()
    if NO_CODE.search(text) or _is_everyday(asked, noun, text):
        return None
    if verb in GIVING and not _is_python(text) and asked[2] and _is_no_program(text[asked.end(1) : asked.start(2)], noun):
        return None
    mathematical = verb in MATHEMATICAL and noun in ("function", "functions") and not PROGRAMMING.search(text)
    return None if mathematical and (QUESTION.search(prose(text)) or TOLD_TO_FIND.search(text)) else noun


def _is_everyday(asked: re.Match[str], noun: str, text: str) -> bool:
    """Whether a question, or a task to count them, means the noun otherwise."""
    if noun not in EVERYDAY:
        return False
    found = OF_NO_COMPUTER.search(text, asked.start()) if COUNTED.search(text) and not WRITTEN.search(text) else None
    return QUESTION.search(prose(text)) is not None or (found is not None and found.start() < asked.end() < found.end())


def _is_no_program(between: str, noun: str) -> bool:
    """Whether something else is to be given, by what stands between the verb and its noun."""
    if OF_ANOTHER.search(between):
        return True
    return noun == "code" and OTHER_CODE.search(between) is not None


def code_anew(text: str) -> str | None:
    """What kind of code the text asks for beside the program that was spoken of before, and not as a change of that."""
    for sentence in SENTENCE_END.split(prose(text)):
        found = ANEW.search(sentence)
        same = AS_BEFORE.search(sentence) or (found and BEFORE_IT.search(sentence, 0, found.start()))
        if found and not same and code_asked(sentence):
            return (found[1] or found[2] or "function").lower()
    return None


def in_another_language(text: str) -> bool:
    """Whether the code that it asks for is no Python."""
    asked = CODE_WANTED.search(text)
    if asked is None or _is_python(text):
        return False
    noun_at = asked.start(2) if asked[2] else asked.end()
    return bool(OTHER_LANGUAGE.search(text[:noun_at], asked.start()) or IN_ANOTHER.match(text, asked.end()))


def _is_python(text: str) -> bool:
    return "python" in outside(text).lower()


def asks(text: str) -> bool:
    """Whether what is said about a program wants to know something, rather than to have the program changed."""
    plain = prose(text)
    if is_question(plain) or SAID_ONLY.fullmatch(plain):
        return True
    told = TOLD_TO_FIND.match(plain) or ANSWER_WITH.search(plain)
    return bool(told and not CHANGED.search(plain))


def speaks_of_change(text: str) -> bool:
    """Whether what is said has words for a program that is to be changed."""
    plain = prose(text)
    return (CHANGED.search(plain) or TO_CHANGE.search(plain)) is not None


def is_question(plain: str) -> bool:
    """Whether prose ends with a question, a follow-up left out, or begins as what is no request for code."""
    return QUESTION.search(without_follow_up(plain)) is not None or ASIDE.search(plain) is not None


def without_follow_up(text: str) -> str:
    """All before what is asked once the problem is solved."""
    begins = FOLLOW_UP.search(text)
    return text[: begins.start()] if begins else text


def asks_of_it(plain: str) -> bool:
    """Whether what is said beside a whole function wants something that it gives, rather than to have it changed."""
    return OF_A_FUNCTION.search(plain) is not None and not TO_CHANGE.search(plain)


def wants_tests(text: str) -> bool:
    """Whether assertions are a part of what is asked for."""
    return TESTS_WANTED.search(prose(text)) is not None


def prose(text: str) -> str:
    """Without the code in it, and without what stands behind a question."""
    plain = outside(text)
    head = HEAD.search(plain)
    return BEHIND.sub("", plain[: head.start()] if head else plain)
