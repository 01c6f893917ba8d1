"""What a judge raises that the candidate did not, and the memory of it: such an exception must not pass for the candidate's.

Runs inside the box.
"""


class CandidateError(Exception):
    """The candidate ended its process, raised something that is no ordinary exception, or sent what is no plain data."""


class Refused(CandidateError):
    """What was asked here cannot be asked of the candidate, whatever it would have answered."""


_faults: list[CandidateError] = []


def fault() -> "CandidateError | None":
    """The first of what was raised here and not by the candidate since this was last asked. No test passes with one: a test
    that expects an exception must get the candidate's.
    """
    found = _faults[0] if _faults else None
    _faults.clear()
    return found


def noted(error: CandidateError) -> CandidateError:
    """The same, and now a fault."""
    if not _faults:
        _faults.append(error)
    return error
