"""Puzzles that ask for an expression: what is read of the statement, and what passes."""

import pytest

from agent.verify.arithmetic import Puzzle, fault
from agent.verify.puzzles import read_puzzle

PUZZLE = Puzzle((4, 6, 7, 9), 24, True)
WRAPPED = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The assistant first"
    " thinks about the reasoning process in the mind and then provides the user with the answer.\nUser:"
)


@pytest.mark.parametrize(
    ("text", "puzzle"),
    [
        (
            "Use the four numbers 4 5 6 10, each exactly once, with + - * / and parentheses, to make 24.",
            Puzzle((4, 5, 6, 10), 24, True),
        ),
        (
            "Combine the numbers 3, 3, 8 and 8 into an expression that equals 24, using each once.",
            Puzzle((3, 3, 8, 8), 24, True),
        ),
        (
            "With the numbers 25, 50, 75, 100, 3 and 6, reach 952. Each may be used at most once; operations: + - * /.",
            Puzzle((25, 50, 75, 100, 3, 6), 952, False),
        ),
        (
            "Numbers: [1, 2, 4, 7]. Write an arithmetic expression with each exactly once that makes 24",
            Puzzle((1, 2, 4, 7), 24, True),
        ),
        (
            "The numbers 2, 3, 4, 6 in any order, once each, by addition, subtraction, multiplication or division: an"
            " expression that equals 24, without explanation.",
            Puzzle((2, 3, 4, 6), 24, True),
        ),
        ("Use the numbers 1, 5, 5, 5 once each in an expression with +, -, × and ÷ that gives 24!", None),
        ("What is the sum of the numbers 4 5 6 10?", None),
        ("How many different expressions of the numbers 1, 2 and 3, each used exactly once, equal 6?", None),
        (
            "With the numbers 2, 3, 4 and 6 once each, and only the operations + and -, write an expression that equals 3.",
            None,
        ),
        ("Use the numbers 2, 3 and 6 once each, with addition and division only, in an expression that equals 4.", None),
        ("Use the numbers 3, 4, -5 and 6 exactly once each in an arithmetic expression to make 7.", None),
        ("Use the numbers 1, 2, 3.5 exactly once each in an arithmetic expression to make 6.", None),
        ("Use the numbers 1, 2, 3 and 1/2 exactly once each in an arithmetic expression to make 6.", None),
        ("Use the numbers 1, 2, 3 and 4 exactly once each in an arithmetic expression that equals 2.5.", None),
        ("Use the numbers 1, 2, 3 and 4 exactly once each in an arithmetic expression that equals 3/4.", None),
        ("Use the numbers 5, 5, 8 and 25 exactly once each in an arithmetic expression that makes 1,000.", None),
        ("Use the numbers 1, 2, 3, 4 in this order, each exactly once, in an arithmetic expression that equals 10.", None),
        ("Put + - * / between the numbers 8, 4, 2 and 1, each once, each operator once, so that it makes 7.", None),
        ("In what number of ways can the numbers 1, 2 and 3, each used once, form an expression that equals 6?", None),
        ("Use three of the numbers 2, 3, 4 and 6, each at most once, in an expression that makes 9.", None),
        ("Use the numbers 1, 2, 5 and 7 exactly once each and the operation + in an expression that makes 15.", None),
        ("Use the numbers 4, 6, 7, 9 once each in an expression that makes 24, read strictly from left to right.", None),
        (
            "In order to make 24, use the numbers 4, 6, 7, 9 once each in an expression; make 24.",
            Puzzle((4, 6, 7, 9), 24, True),
        ),
        ("Use the numbers 3, 3, 8, 8 once each in an expression without parentheses that makes 24.", None),
        ("Use the numbers 1 2 3 4 once to make 24 or to get 12 with + - * /.", None),
        ("A team with numbers 1 2 3 wins once. How many points do they make?", None),
    ],
)
def test_what_is_read_of_a_statement(text: str, puzzle: Puzzle | None):
    assert read_puzzle(text) == puzzle


INSTRUCTIONS = """
Final answer format instructions:
1. Provide your solution as a arithmetic expression (no '=' sign).
2. Do not include the target number in the expression.
3. Use '*' for multiplication.
4. Use '/' for division.
5. Do not include any other text or formatting.
"""
TAGS = (
    " You can use basic arithmetic operations (+, -, *, /) and each number can only be used once. Show your work in"
    " <think> </think>"
    " tags. And return the final answer in <answer> </answer> tags, for example <answer> (1 + 2) / 3 </answer>."
)


@pytest.mark.parametrize(
    ("text", "puzzle"),
    [
        (
            "Use numbers and basic arithmetic operations (+ - * /) to obtain 24. Each number must be used exactly once."
            " Input: 4 9 10 13",
            Puzzle((4, 9, 10, 13), 24, True),
        ),
        (
            "Use numbers and basic arithmetic operations (+ - * /) to obtain 24. Each step, you are only allowed to"
            " choose two of the"
            " remaining numbers to obtain a new number. Each input number must be used exactly once.\nInput: 4 9 10"
            " 13\nAnswer:",
            Puzzle((4, 9, 10, 13), 24, True),
        ),
        (
            "Use numbers and basic arithmetic operations (+ - * /) to obtain 24. You need to use all numbers, and each"
            " number can only"
            " be used once.\nInput: 6 12 1 1",
            Puzzle((6, 12, 1, 1), 24, True),
        ),
        (
            "Numbers: 25 50 75 100 3 6. Target: 952. Use each number at most once.",
            Puzzle((25, 50, 75, 100, 3, 6), 952, False),
        ),
        ("Target: 952\nNumbers: 25 50 75 100 3 6\nEach number once.", Puzzle((25, 50, 75, 100, 3, 6), 952, True)),
        ("Using the numbers 3, 7, 25, 50, make 75. Use each number once with + - * /", Puzzle((3, 7, 25, 50), 75, True)),
        ("Using 3, 7, 25, 50 make 75. Use each number once with + - * /", Puzzle((3, 7, 25, 50), 75, True)),
        ("Using the numbers [19, 36, 55, 7], create an equation that equals 65." + TAGS, Puzzle((19, 36, 55, 7), 65, True)),
        ("Using the numbers [19,36,55,7], create an equation\nthat equals 65." + TAGS, Puzzle((19, 36, 55, 7), 65, True)),
        (
            "You are a helpful assistant. You first think about the reasoning process in your mind and then provide the"
            " user with the"
            " answer. Using the numbers [19, 36, 55, 7], create an equation that equals 65." + TAGS,
            Puzzle((19, 36, 55, 7), 65, True),
        ),
        (
            "Make 24 from the numbers 3, 3, 8, 8. Write an expression that uses each number exactly once.",
            Puzzle((3, 3, 8, 8), 24, True),
        ),
        ("Write an expression with {4, 6, 7, 9}, each exactly once, that makes 24.", PUZZLE),
        (r"Using $\{4, 6, 7, 9\}$ and $+, -, \times, \div$, make $24$. Each number exactly once.", PUZZLE),
        (
            "Using the numbers 74, 48, 56, 66, create an expression that equals 132.\nYou can only use each number once."
            + INSTRUCTIONS,
            Puzzle((74, 48, 56, 66), 132, True),
        ),
        (
            "Find a way to make 139 using some or all of these numbers: 36, 29, 95, 32, 4, 15.\nEach number can only be"
            " used once." + INSTRUCTIONS,
            Puzzle((36, 29, 95, 32, 4, 15), 139, False),
        ),
        (
            "Calculate 139 using the numbers 36, 29, 95, 32, 4, 15.\nEach number may be used at most once." + INSTRUCTIONS,
            Puzzle((36, 29, 95, 32, 4, 15), 139, False),
        ),
        (
            "Make 24 using 4, 6, 7, 9. You can only use each number once. You can use the operators +, -, *, /." + INSTRUCTIONS,
            PUZZLE,
        ),
        (
            "Use all four numbers exactly once to make 24.\n    You can use the four basic operations (+, -, *, /) and"
            " parentheses.\n"
            "    The numbers are [4, 6, 7, 9].",
            PUZZLE,
        ),
        (
            "Solve the Game of 24 using the numbers 4, 6, 7, 9. You must use each number exactly once with the operations"
            " +, -, ×, ÷"
            " to make 24. Think step by step.",
            PUZZLE,
        ),
        ("Game of 24: use the numbers 4 6 7 9, each exactly once, with + - * / to get 24.", PUZZLE),
        (
            "Given the numbers 4, 6, 7, 9, find an arithmetic expression that evaluates to 24, using each number exactly once.",
            PUZZLE,
        ),
        (
            "Use each of the four numbers 4, 6, 7 and 9 exactly once, together with + - * / and parentheses, to"
            " write an expression that equals 24.",
            PUZZLE,
        ),
        ("Use the numbers 4, 6, 7, 9 and the operations +, -, *, / to make 24. Each must be used exactly once.", PUZZLE),
        ("Use each of 4, 6, 7, 9 exactly once with +, −, × and ÷ so that the result is 24. Fractions are allowed.", PUZZLE),
        (
            "Numbers: 4, 6, 7, 9. Target: 24. Use all of them exactly once. Allowed operations: +, -, *, /."
            " Parentheses are allowed.",
            PUZZLE,
        ),
        (
            "Combine 4, 6, 7, 9 using addition, subtraction, multiplication and division to make 24. Use every number once.",
            PUZZLE,
        ),
        ("Arrange the numbers 4, 6, 7, 9 with + - * / to make 24, each number once. Think carefully. Show all steps.", PUZZLE),
        ("Put the expression in \\boxed{}. Make 24 from 4, 6, 7, 9 using each number exactly once.", PUZZLE),
        (
            "Using the numbers in the list [79, 17, 60], create an equation that equals 36. You can use basic"
            " arithmetic operations (+, -, *, /) one or multiple times but each number can only be used once.",
            Puzzle((79, 17, 60), 36, True),
        ),
        ("Play the 24 game: 4 6 7 9, each number exactly once.", PUZZLE),
        ("Solve the 24 game for 4, 6, 7, 9.", PUZZLE),
        ("Use the digits 4 6 7 9 each exactly once with + - * / to make 24.", PUZZLE),
        ("Using the cards 4, 6, 7, 9, each exactly once, and the operations + - * /, make 24.", PUZZLE),
        ("Use each of the numbers 4, 6, 7, 9 exactly one time with + - * / to make 24.", PUZZLE),
        ("Make 24 out of 4, 6, 7, 9, using each number exactly once with + - * /.", PUZZLE),
        ("Numbers: 4, 6, 7, 9\nTarget: 24\nUse each number exactly once with + - * / to reach the target.", PUZZLE),
        (
            f"{WRAPPED} Make 24 with 4, 6, 7, 9 and + - * /, each number once.\nAssistant: Let me solve this step by step.\n"
            "<think>",
            PUZZLE,
        ),
        ("How can you make 24 with 4, 6, 7 and 9? Use each exactly once, with + - x / and parentheses if needed.", PUZZLE),
        ("Find one expression that uses 4, 6, 7, 9 once each and equals 24. Do not use any other numbers.", PUZZLE),
        ("**Numbers:** 4 6 7 9\n**Target:** 24\n- Each number must be used exactly once.\n- Operations: + - * /", PUZZLE),
        ("I have the numbers 4, 6, 7 and 9. Combine them with + - * / to get 24, using each exactly once.", PUZZLE),
        (
            "Use the numbers 25, 4 and 6, each at most once, with + - * /. You do not have to use all the operations. Make 24.",
            Puzzle((25, 4, 6), 24, False),
        ),
    ],
)
def test_usual_wordings_are_read(text: str, puzzle: Puzzle | None):
    assert read_puzzle(text) == puzzle


@pytest.mark.parametrize(
    ("text", "all_used"),
    [
        ("You do not have to use all of them, but each may be used only once.", False),
        ("You don't have to use all of them, but each may be used only once.", False),
        ("You do not need to use all the numbers. Use each only once.", False),
        ("You need not use all of the numbers, each number only once.", False),
        ("You needn't use every number; each number only once.", False),
        ("Not all numbers need to be used; each number only once.", False),
        ("The numbers do not all have to be used. Each number only once.", False),
        ("Use some or all of the numbers, each only once.", False),
        ("Each number may be used once, or not at all.", False),
        ("Each number no more than once.", False),
        ("No number may be used more than once.", False),
        ("You may not use a number more than once.", False),
        ("You may use some or all of the operations + - * /. Each number once.", True),
        ("Parentheses may be used or not at all. Each number once.", None),
        ("Each number may be used only once.", True),
        ("You must use all the numbers. Each number may be used at most once.", True),
        ("Use all of the numbers, each number at most once.", True),
        ("Each number must be used, at most once.", True),
        ("You do not have to use all operations, but each number exactly once.", True),
        # What `them` are is not plain: the operations, if all of the numbers are to be used.
        ("The operations are + - * / but you do not have to use all of them. Each number once.", None),
        ("Use all the numbers. You do not have to use all of the numbers. Each number once.", None),
    ],
)
def test_whether_numbers_may_be_left_out(text: str, all_used: bool | None):
    puzzle = read_puzzle(f"Make an expression of the numbers 25, 4, 6 that equals 24. {text}")
    assert (puzzle and puzzle.all_used) == all_used


def test_some_or_all_may_be_said_of_the_list_itself():
    puzzle = Puzzle((25, 4, 6), 24, False)
    assert read_puzzle("Use some or all of the numbers 25, 4, 6, each only once, in an expression that makes 24.") == puzzle
    assert read_puzzle("Use some of 25, 4, 6, each only once, in an expression that makes 24.") == puzzle


@pytest.mark.parametrize(
    "text",
    [
        "{} Example: the numbers 1, 2, 3, 4 give (1 + 2 + 3) * 4.",
        "Use the numbers 1, 2, 3, 4, each exactly once, to make an expression that makes 24. Example: (1 + 2 + 3) * 4. {}",
        "Input: 4 4 6 8\nAnswer: (4 + 8) * (6 - 4) = 24\n{}",
        "{} Then use the numbers 4, 6, 7, 9 to make 25.",
        "{} Then use the numbers 1, 2, 3, 4 to make 24.",
        "{} Parentheses are forbidden.",
        "{} You may not use parentheses.",
        "{} Avoid division.",
        "{} Do not use division.",
        "{} Never divide.",
        "{} Use exactly three of the numbers.",
        "{} Use only two numbers.",
        "{} Use exactly 2 multiplications.",
        "{} Digits may be concatenated.",
        "{} Concatenation is fine.",
        "{} Powers are allowed.",
        "{} You can also use ^ and !.",
        "{} You can also use √.",
        "{} Factorials are allowed.",
        "{} You may negate numbers.",
        "{} If it cannot be done, come as close as possible.",
        "{} Come as close to 24 as you can.",
        "{} Calculate modulo 7.",
        "{} All results are taken mod 25.",
        "{} Or make 12.",
        "{} Each result must be whole.",
        "{} Every step must be an integer.",
        "{} The last operation must be a multiplication.",
        "{} Multiplication comes first.",
        "{} You must use parentheses.",
        "{} Division must be used.",
        "{} Write it once.",
        "With the numbers 4, 6, 7, 9 and + - * / make 24. Write the expression only once.",
        "{} Also use the target.",
        "{} Use the target number as well.",
        "{} Answer with the value.",
        "{} Give the operations.",
        "Which numbers of 4, 6, 7, 9, each used once, make 24 with + - * /?",
        "{} Use each operation.",
        "{} Do not use any other operations or parentheses.",
        "{} You can use parentheses only once.",
        "{} You may use parentheses, at most once.",
        "{} Parentheses are allowed once.",
        "{} Parentheses may be used.\nOnly once.",
        "{} Use only the numbers you need.",
        "{} Use the operations in the given form.",
        "{} Use the operations that are given in the list.",
        "{} Use each number and operation.",
        "{} Given + - * /, use each.",
        "{} Given + - * /, use them all.",
        "{} Given + - * /, use all of them.",
        "{} You must use all four: + - * /.",
        "{} Use these operations, all of them: + - * /.",
        "{} Use + - * /, and use them only once.",
        "{} Use + once and each number once, and - * /.",
        "{} Let x = 4.",
        "{} The expression must have brackets.",
        "{} Put each number in brackets.",
        "{} Use only + in brackets. - * / are allowed.",
        "{} + - * / may only be used with brackets.",
        "{} Brackets can only be used once.",
        "{} Solve with all.",
        "{} The result is 24 or a number that is given.",
        "{} Is the expression given valid?",
        "{} Show that this is so.",
        "{} Find all.",
        "{} Give them all.",
        "{} Let the answer be a number.",
        "{} Write which numbers you need to use.",
        "{} Combine the numbers into 46.",
        "{} The answer must be given in the form: expression = 24.",
        "{} Use all four operations.",
        "{} Each of + - * / may be used.",
        "{} Parentheses may be used once.",
        "{} The operations are + - * /. Each may be used only once.",
        "{} Operations: + - * /, each exactly once.",
        "{} The expression must be a palindrome.",
        "{} Keep the numbers as they are given, from left to right.",
        "{} Which operations do you use?",
        "{} Answer yes or no.",
        "{} Find all expressions.",
        "{} Give every expression.",
        "{} The numbers may be used more than once.",
        "{} The number 7 must come first.",
        "{} 4 and 6 must stand together.",
        "Is it possible to make 24 from the numbers 4, 6, 7, 9, each exactly once, with + - * /?",
        "Can the numbers 4, 6, 7, 9, each exactly once, make 24 in an expression?",
        "Use the numbers 1 to 4, each exactly once, in an expression that makes 24.",
        "Use the numbers 1, 2, ..., 6, each exactly once, in an expression that makes 6.",
        "Use the numbers 1, 2, … 6, each exactly once, in an expression that makes 6.",
        "Use the numbers 1-4, 6, 7, each exactly once, in an expression that makes 24.",
        "Use the numbers 1,250, 4 and 5, each exactly once, in an expression that makes 24.",
        "Use the numbers 3,5 and 4, each exactly once, in an expression that makes 24.",
        "Use the numbers 4, 6, 7, 9, x, each exactly once, in an expression that makes 24.",
        "Use the numbers 4, 6, 7, 9 or 8, each exactly once, in an expression that makes 24.",
        "Use the numbers -2, 4, 5, each exactly once, in an expression that makes 22.",
        "Use the five numbers 4, 6, 7, 9, each exactly once, in an expression that makes 24.",
        "Use three of the numbers 4, 6, 7, 9, each exactly once, in an expression that makes 24.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes between 20 and 30.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes 20 to 30.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes 20–30.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes 24 or more.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes at least 24.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes 24 squared.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes 24 modulo 31.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes minus 24.",
        r"Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes $\frac{24}{5}$.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes 12 or\n24. Use + - * /.",
        "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that does not make 24.",
        "Use the numbers 4, 6, 7, 9 and the operations + - * / exactly once each to make 24.",
        "Use the numbers 4, 6, 7, 9 and the operation +, each number exactly once, to make 26.",
        "With the numbers 4, 6, 7, 9 and + - * / make 24 exactly once.",
        "Solve the 24 game for 4, 6, 7, 9 without using division.",
        "Solve the 24 game for 4, 6, 7, 9. Use each number twice.",
        "Play the 24 game with 4, 6, 7, 9 and 3 numbers only",
    ],
)
def test_a_statement_that_says_anything_else_is_not_read(text: str):
    plain = "Use the numbers 4, 6, 7, 9, each exactly once, in an expression that makes 24."
    assert read_puzzle(plain) == PUZZLE
    assert read_puzzle(text.format(plain) if text.count("{}") else text) is None


def test_a_long_text_is_no_puzzle():
    assert read_puzzle("Use the numbers 4, 6, 7, 9 to make 24 in an expression, each exactly once." + " once" * 1_000) is None


@pytest.mark.parametrize(
    "answer",
    [
        "(9 - 7) * 4 * 6 / 2 = 24",
        "4 * 6 * (9 - 7)",
        "6 / (9 - 7) + 4",
        "4 + 6 + 7 + 9",
        "24",
        "4 * 6 - (9 - 9)",
        "",
        "f(4, 6, 7, 9)",
        "4 ** 6 + 7 + 9",
        "4 / (7 - 7) + 6 + 9",
        "__import__('os')",
        "(" * 500,
        "'24'",
        "True + 6 + 7 + 9",
        "4.0 + 6 + 7 + 9 - 2",
        "4 + 6 + 7 + 9 = (7 + 9) * 6 / 4",
        "24 = 24",
        "(7 + 9) * 6 / 4 != 24",
        r"(7 + 9) \timesx 6 / 4",
        r"(7 + 9) * 6 / \, 4 4",
        "(7 +− 9) * 6 / 4",
        r"\frac{24}{1}",
        "(7+9)*6/4 = 25",
        "25 = (7+9)*6/4",
        "(7+9)*6/4 = 4+6+7+9",
        "(7+9)*6/4 = 24 = 25",
        "(7+9)*6/4 = 4/(7-7)",
        "(7+9)*6/4 = 25 (wrong)",
        "6 7(9-4)",
        "(7+9) 6 4",
    ],
)
def test_what_is_no_solution(answer: str):
    assert fault(PUZZLE, answer) is not None


@pytest.mark.parametrize(
    "answer",
    [
        "(7 + 9) * 6 / 4",
        "`6 * (7 + 9) ÷ 4`",
        "$(7+9)*6/4$ = 24",
        "6/(4/(7+9))",
        r"(7 + 9) \times 6 / 4",
        r"6 \cdot (7 + 9) \div 4",
        r"\left(7 + 9\right) \times 6 \div 4",
        r"\( (7 + 9) \times 6 / 4 = 24 \)",
        r"\[ (7 + 9) * 6 / 4 \]",
        r"$$(7 + 9) \cdot 6 / 4 = 24$$",
        r"$\boxed{(7 + 9) \times 6 / 4}$",
        r"(7 + 9) \times 6 / 4 = \boxed{24}",
        r"\boxed{24 = (7 + 9) \cdot \frac{6}{4}}",
        r"\frac{6}{\frac{4}{7 + 9}}",
        "24 = (7 + 9) * 6 / 4",
        "(7 + 9) * 6 / 4 = 24.",
        "(7 + 9) * 6 / 4 = 16 * 6 / 4 = 24",
        "(7 + 9) x 6 / 4",
        "(7 + 9) * 6 / 4 = 24.0",
        "(7 + 9) * 6 / 4 = (24)",
        "(7 + 9) * 6 / 4 = 24 (correct)",
        "(7 + 9) * 6 / 4 = 24!",
        "(7 + 9) * 6 / 4 =",
        "(7 + 9) * 6 / 4 = the target",
        "6(7+9)/4",
        "(7+9)6/4",
        "6 (7 + 9) / 4 = 24",
        "[7+9]*6/4",
        "[6 * (7+9)]/4",
        r"\frac{6}{4}(7+9)",
        "(7+9) • 6 ∕ 4",
        "(7+9)∗6/4",
    ],
)
def test_what_solves_it(answer: str):
    assert fault(PUZZLE, answer) is None


def test_a_product_without_its_sign_is_none_where_it_can_be_read_in_two_ways():
    assert fault(Puzzle((1, 2, 3, 5), 24, True), "(1+5)(2+2)") is not None
    assert fault(Puzzle((1, 2, 3, 4), 24, True), "(1+3)(2+4)") is None
    assert fault(PUZZLE, "6/4(7+9)") is not None
    assert fault(Puzzle((2, 4, 4, 8), 16, False), "8/(4)(4+4)") is not None


def test_a_minus_sign_is_a_minus():
    puzzle = Puzzle((4, 9, 10, 13), 24, True)
    assert fault(puzzle, "(10 − 4) × (13 − 9)") is None
    assert fault(puzzle, r"24 = (10-4)\times(13-9)") is None


def test_what_only_lays_out_joins_no_digits():
    assert fault(Puzzle((12, 2), 24, True), r"1\,2 * 2") is not None
    assert fault(Puzzle((12, 2), 24, True), "1$2 * 2") is not None


def test_numbers_may_be_left_out_where_the_statement_says_at_most_once():
    puzzle = Puzzle((25, 4, 6), 24, False)
    assert fault(puzzle, "4 * 6") is None
    assert fault(puzzle, "4 * 4 + 6 + 2") is not None


def test_nearness_grows_with_what_is_right():
    nothing, wrong_numbers, wrong_value = fault(PUZZLE, "none"), fault(PUZZLE, "4 * 6"), fault(PUZZLE, "4 + 6 + 7 + 9")
    assert nothing is not None
    assert wrong_numbers is not None
    assert wrong_value is not None
    assert nothing[0] < wrong_numbers[0] < wrong_value[0] < 1


@pytest.mark.parametrize(
    ("numbers", "answer"),
    [
        ((10, 2, 4, 1), "10*2 + 4*1 = 24, since 10*2 = 20 and 20 + 4 = 24"),
        ((10, 2, 4, 1), "10*2+4*1 = 24 because 10*2 = 20"),
        ((10, 2, 4, 1), "10*2+4*1=24\n20+4=24"),
        ((10, 2, 4, 1), "10*2+4*1 = 24 (20 + 4 = 24)"),
        ((3, 3, 8, 8), "8/(3-8/3) = 8/0.333 = 24"),
        ((3, 3, 8, 8), "8 / (3 - 8 / 3) = 8 / (1 / 3) = 24"),
    ],
)
def test_what_explains_a_right_expression_does_not_refute_it(numbers: tuple[int, ...], answer: str):
    assert fault(Puzzle(numbers, 24, True), answer) is None
    assert fault(Puzzle(numbers, 25, True), answer) is not None
    assert fault(Puzzle(numbers, 24, True), answer.replace("24", "25")) is not None
