"""ponder from Python: a process that prints one JSON object. Nothing is imported, so any Python will do."""

import json
import subprocess
from typing import Any


def ask(problem: str, *options: str) -> dict[str, Any]:
    """The result: `status`, `answer`, `evidence` and the rest. Raises `RuntimeError` where ponder could not try."""
    done = subprocess.run(["ponder", "--json", "-q", *options, "--", problem], stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode not in (0, 3):  # 0: solved; 3: a best guess
        raise RuntimeError(done.stderr.decode().strip())
    return json.loads(done.stdout)


if __name__ == "__main__":
    result = ask("Write a Python function is_leap(year). is_leap(2000) == True, is_leap(1900) == False, is_leap(2024) == True")
    print(result["status"], result["evidence"], result["answer"], sep="\n")  # noqa: T201
