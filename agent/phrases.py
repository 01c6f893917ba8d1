"""The phrases by which a reply says what its answer is, and what may follow on them."""

import re

ANSWER = (
    r"(?:(?:so|thus|hence|therefore),? )?(?:the )?(?:final |correct )?(?:answer|antwort|réponse|respuesta|risposta|resposta)"
    r"(?: \([^()\n]{1,40}\))?[ \t*_]*+"
)
LABELLED = rf"^(?:[ \t>#*_-]*+{ANSWER}(?:is[ \t*_]*+)?[:：]|[ \t]*+(?:#++|\*\*)[ \t*_]*+{ANSWER})[ \t*_]*+"
OPENS = r"(?:```(?:[a-z]\w*+)?+|\\[\[(]|\$\$?+)[ \t]*+"
LEADS_DOWN = (
    r"(?:[^\n:]*[\w)\]}$] ?=|(?!(?:if|while|for|class|def|else|try|with|lambda)\b|[A-J] ?:)[^\n:\d]*[^\W\d][*$]*+ ?:"
    r"|(?:the [^\n\d:]*|(?:final |correct )?answer) (?:is|are))[ \t*_]*+"
)
"""`The solutions are:`, `x =`: with it, or with a mark that opens something, the answer is in the lines below."""
ANSWER_LINE = re.compile(
    rf"^[ \t>#*_-]*+(?:{ANSWER}[:：]|(?-i:Answer) =)[ \t]*+(?:[*_]++(?:[ \t]++|$))*+"
    rf"(?![*_]*+(?:{OPENS}|{LEADS_DOWN}|\$?+\\begin\{{\w++\*?+\}}[ \t]*+)$)(\S.*)$",
    re.IGNORECASE | re.MULTILINE,
)
NUMERAL = r"(?:[A-Za-z] ?= ?)?[-+$€£√]*+\d[\d.,/:]*+ ?[%°]?"
YES_OR_NO = "(?:yes|no|true|false)"
COUNT = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|dozen)"
REASONED = (
    rf"[*_`]*+({YES_OR_NO})[*_`]*+(?:[,.;:]| ?[-–—])[*_]*+ (?!.*(?:[,.;:]|\bnot) {YES_OR_NO}\b)"
    rf"(?:(?:because|since|as|for)\b(?!.*[=<>]).*"
    r"|(?:it|he|she|they|we|you|there|th(?:e|at|is|ese|ose)|an?|all|both|(?-i:[A-Z][a-z]+) (?-i:(?=[a-z])))\b"
    rf"(?!.*\b(?:and|or|of|if|unless|{COUNT})\b)(?-i:[^\n\d=A-Z]*+))$"
)
"""`Yes, because it has 3 legs`, `Yes. A llama can`: the reason is no part of it. `No, 5 of them` and `Yes, Paris` say more."""
VALUE = (
    r"(`[^`\n]{1,80}`|\*\*[^*\n]{1,80}\*\*|\$[^$\n]{1,80}\$|\\\([^\n]{1,80}?\\\)|\"[^\"\n]{1,80}\""
    r"|\$\$[^$\n]{1,400}\$\$|\\\[[^\n]{1,400}?\\\]|\$?\\begin\{[^\n]{1,400}\\end\{\w++\*?+\}\$?|\\(?!begin\b)[^\s\\]\S*"
    r"|(?:[a-z] ?= ?)?[-+(\[{$€£√]*+\d(?:[^\s?,;]|[,;](?=\S))*(?: [^\W\d_]+){0,3}"
    r"|(?:(?:option|choice) )?+\(?[A-J]\)(?:(?: |(?=[-+$€£]*+\d))(?:[^.\n]|\.(?=\d)){1,80})?|(?:option|choice) (?-i:[A-J])\b"
    rf"|(?-i:[A-Z])[\w'-]*+(?: (?-i:[A-Z])[\w'-]*+){{0,3}}|[(\[][-+\d., /]{{1,40}}[)\]]|{YES_OR_NO})"
)
"""What can be told from prose, which also follows on `The answer is`: a number, something marked, a name, a choice."""
MENTIONED = re.compile(
    rf"{LABELLED}(?:{OPENS}|{LEADS_DOWN})?+\n"
    rf"(?:[ \t]*+(?:{OPENS})?+\n)*+(?P<below>[ \t]*+(?:(?:[-*]|\d++[.)]) )?(?:{VALUE}[ \t]*+$|(\S.*)\s*+\Z))"
    r"|^#### +([-+]?[$€£]?\d[\d.,/]*+%?)[ \t]*+$|^#### +([-+]?[$€£]?\d[\d.,/]*+%? (?-i:[a-z])++|(?-i:[A-J]))\s*+\Z"
    r"|<answer>([^<>]{1,200})</answer>|\[ANSWER\]\s*+([^\n]{1,200}?)\s*+\[/ANSWER\]"
    rf"|\banswer is:?(?: therefore| thus)?[ \t]++{VALUE}[*_]*+"
    r"(?:\.?[*_]*+[ \t]*+$|\.(?=\s)|,(?= (?:so|in total|altogether|rounded)\b)|[,;]\s*+\Z)"
    rf"|^{ANSWER}is:?(?: therefore| thus)?[ \t]++(?:{VALUE}[*_]*+,(?= (?:since|because|as|which)\b)|{REASONED})",
    re.IGNORECASE | re.MULTILINE,
)
IN_WORDS = re.compile(rf"{ANSWER}is:?(?: therefore| thus)? +(?=\S)", re.IGNORECASE)
VERDICT = re.compile(REASONED, re.IGNORECASE)
HOPE = re.compile(r"\.? I hope (?:it|this) is correct\.?\Z")
CHOSEN = re.compile(
    r"\b(?:correct|right|best) (?:option|choice)(?: is)?:?[ \t*_]++"
    r"(\([A-Za-j]\)|\(?(?-i:[A-Z])\)?|[a-j](?=[*_]*+(?:\.|\s*+\Z))|\(?(?-i:[A-J])\) (?:[^.*\n]|\.(?=\d)){1,80})"
    r"(?:[*_.]*+[ \t]*+$|[*_]*+\.\s)"
    r"|(?:^|(?<=[.!?] ))[ \t*_]*+(?:(?:so|thus|hence|therefore),? )?(?:the )?(?:option|choice) (\([A-J]\)|(?-i:[A-J])\b)"
    r" is (?:the )?(?:correct|right)(?: (?:one|answer|option|choice))?(?=[*_]*+(?:\.?[ \t]*+$|\.\s|,? (?:because|since|as)\b))",
    re.IGNORECASE | re.MULTILINE,
)
"""Where nothing is called the answer."""
LABELS = re.compile(rf"{LABELLED}(?:{LEADS_DOWN}(?=\n))?+\n?+", re.IGNORECASE | re.MULTILINE)
ALONE = re.compile(
    rf"[\s*`$]*+({NUMERAL}|(?i:{YES_OR_NO})"
    r"|\(?[A-Ja-j]\)?|\(?(?:(?:[A-J][).:]|[a-j]\)) |[A-J]\)(?=[-+$€£]*+\d)(?!.*\b[A-J]\)))[^\n]{1,80}"
    r"|(?:Option|Choice) [A-Ja-j])[\s*`$.]*+"
)
"""A reply that is nothing but the answer."""
SHORT = re.compile(rf"{VALUE}\.?", re.IGNORECASE)
CORRECTED = re.compile(r"\b(?:wait|wrong|misread|mistaken?|incorrect|actually|sorry|correction)\b|\bno[,.:]", re.IGNORECASE)
TURN = re.compile(r"^[ \t#*]*+(?:Human|User)[ \t*]*+:|<\|\w++\|>|</s>", re.MULTILINE)
"""Where a model goes on as somebody else."""
NEXT = re.compile(r"^[ \t#*]*+(?:Question|Problem|Q)[ \t]*+\d*+[ \t*]*+:", re.MULTILINE)
"""Behind an answer, a problem that nobody set."""
UNKNOWN = re.compile(r"(?:I|we) (?:can ?not|can't|could not|couldn't|do not|don't|am not|am unable)\b", re.IGNORECASE)
PLACEHOLDER = re.compile(r"[\[<{(](?=.*\b(?:answer|insert|your|value)\b)[A-Za-z' -]++[\]>})]", re.IGNORECASE)
LEADS = re.compile(rf"{CORRECTED.pattern}|\b(?:so|then|thus|hence|therefore|which|giv\w+)\b", re.IGNORECASE)
"""Between two boxes: the first is on the way to the second."""
