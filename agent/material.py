"""What is piped in or lies beside a problem, as a program finds it and as the model is shown it."""

from dataclasses import replace

import prompts
from agent.engine.request import Engine, Message
from agent.errors import UsageError
from agent.verify.verify import Problem

MATERIAL = "material.txt"
"""The name under which piped material lies in the working folder."""


def with_material(problem: Problem) -> Problem:
    """Piped material also lies in the working folder, whole, however much of it the model is shown.

    Raises `UsageError` where a file of the user's has its name.
    """
    if not problem.material:
        return problem
    if MATERIAL in problem.files:
        raise UsageError(f"what is piped in lies in the working folder as {MATERIAL}; give the file of that name another")
    return replace(problem, files={**problem.files, MATERIAL: problem.material.encode()})


def fitted(problem: Problem, stub: str, engine: Engine, reply_tokens: int) -> tuple[str, str | None]:
    """The statement as the model is shown it, material clipped to the context, and what was clipped in words. Beside material
    there is room for the stub again, with which a reply may begin.

    Raises `UsageError` when it does not fit even without material.
    """
    room = engine.context - reply_tokens - 128
    begun = _length((Message("user", stub),), engine) if stub and problem.material else 0
    material = problem.material
    while True:
        statement = _shown(problem, material)
        needed = _length((*problem.before, Message("user", statement)), engine)
        if needed <= (room - begun if material else room):
            break
        if not material:
            raise UsageError(f"the problem is {needed} tokens long; the model's context leaves room for {room}")
        kept = int(len(material) * min(0.9, room / needed))
        material = material[:kept] if kept > 64 else ""
    if len(material) == len(problem.material):
        return statement, None
    shown, whole = len(material), len(problem.material)
    return (
        statement,
        f"the model is shown the first {shown} of {whole} characters of the material; programs can read all of {MATERIAL}",
    )


def _shown(problem: Problem, material: str) -> str:
    files = [
        {"name": name, "size": len(content), "head": content[:400].decode("utf-8", "replace")}
        for name, content in problem.files.items()
        if name != MATERIAL or material != problem.material or not material
    ]
    return prompts.render("problem", problem=problem.text, material=material, files=files, tests=problem.tests)


def _length(messages: tuple[Message, ...], engine: Engine) -> int:
    return len(engine.encode(messages))
