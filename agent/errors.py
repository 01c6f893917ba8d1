"""Errors, typed by who must act.

    PonderError            one line, no traceback
    ├── UsageError         the user: wrong usage or bad input            exit 2
    └── MachineError       the machine: no model, unreadable, no engine  exit 4

`tools.sandbox.SandboxError` is the sandbox's own machine error (`tools` never imports `agent`) and also exits 4. What the
*model* did wrong is never an exception: it becomes an observation or a verdict. Anything else is a fault of ponder's: exit 1.
"""


class PonderError(Exception):
    """Base of what is told in one line. `str(error)` says what is wrong, where, and what mends it."""


class UsageError(PonderError):
    """The user gave something that cannot be used."""


class MachineError(PonderError):
    """This machine cannot do it as it stands."""
