"""The doctor, on machines that are ill in one way each: it names what is wrong and what mends it, and catches none of it."""

import json
from pathlib import Path
from typing import Any

from tests.program import Ended, Ponder, environment, lasting_ponder, ponder, sandbox_name  # noqa: F401  (fixtures)

# ruff: noqa: F811


def findings(ended: Ended) -> dict[str, dict[str, Any]]:
    return {finding["name"]: finding for finding in map(json.loads, ended.out.splitlines())}


def test_a_healthy_machine_is_found_well(lasting_ponder: Ponder) -> None:
    """Whatever packages lie in the folder that one is in."""
    (lasting_ponder.folder / "agent").mkdir()
    (lasting_ponder.folder / "agent" / "__init__.py").write_text("raise SystemExit('not this one')\n")
    seen, for_readers = lasting_ponder.each(("doctor", "--json"), ("doctor",))
    found = findings(seen)
    assert (seen.status, seen.err) == (0, "")
    for name in ("settings", "python", "model", "llama.cpp", "gpu", "memory", "sandbox", "disk", "runs", "terminal"):
        assert found[name]["state"] == "ok", found[name]
    assert "a decode in a child process went well" in found["llama.cpp"]["detail"]
    assert len(for_readers.out.splitlines()) == len(found)


def shadowed(ponder: Ponder, body: str) -> str:
    """A folder that holds another llama_cpp, which comes first."""
    package = ponder.folder / "shadow" / "llama_cpp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(body)
    return str(package.parent)


def test_a_build_that_crashes_is_reported_with_the_mend(ponder: Ponder) -> None:
    """As one for another processor does: an instruction that is not there."""
    crashing = shadowed(ponder, "import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n")
    seen = ponder("doctor", "--json", PYTHONPATH=crashing)
    found = findings(seen)
    assert (seen.status, seen.err) == (4, "")
    assert found["llama.cpp"]["state"] == "fail"
    assert "SIGILL" in found["llama.cpp"]["detail"]
    assert "agent/engine/build.py" in found["llama.cpp"]["mend"]
    assert found["sandbox"]["state"] == "ok"


def test_a_build_that_cannot_be_loaded_is_told_in_its_own_words(ponder: Ponder) -> None:
    missing = shadowed(ponder, 'raise RuntimeError("libllama.so: cannot open shared object file")\n')
    found = findings(ponder("doctor", "--json", PYTHONPATH=missing))
    assert "libllama.so: cannot open shared object file" in found["llama.cpp"]["detail"]


def test_what_is_wrong_is_named_beside_what_is_not(ponder: Ponder) -> None:
    (ponder.folder / "ponder.toml").write_text("effort = 'low'\n")
    (ponder.folder / "file").write_text("")
    broken = ponder.folder / "broken.gguf"
    broken.write_bytes(b"GGUF, but no more than that")
    seen = ponder(
        "doctor",
        "--json",
        PONDER_MODEL=str(broken),
        PONDER_DATA=str(ponder.folder / "file" / "below"),
        PONDER_WIDHT="3",
        PONDER_SANDBOX="auto",
    )
    found = findings(seen)
    assert (seen.status, seen.err) == (4, "")
    assert (found["model"]["state"], "broken.gguf" in found["model"]["detail"]) == ("fail", True)
    assert (found["runs"]["state"], found["runs"]["mend"][:15]) == ("fail", "set PONDER_DATA")
    assert (found["settings"]["state"], found["settings"]["mend"]) == ("warn", "did you mean PONDER_WIDTH?")


def test_beside_faulty_settings_the_others_hold(ponder: Ponder) -> None:
    """PONDER_TIME=x had Docker started, against PONDER_SANDBOX."""
    (ponder.folder / "ponder.toml").write_text("efort = 'low'\n")
    (ponder.folder / "notes.txt").write_text("no model")
    given = {"PONDER_SANDBOX": "bubblewrap", "PONDER_TIME": "x", "PONDER_MODEL": "notes.txt"}
    found = findings(ponder("doctor", "--json", **given))
    assert found["settings"]["state"] == "fail"
    assert "ponder.toml, line 1: unknown setting 'efort'; did you mean 'effort'?; $PONDER_TIME: " in found["settings"]["detail"]
    assert "bubblewrap" in found["sandbox"]["detail"]
    assert "so bubblewrap serves" not in found["sandbox"]["detail"]
    assert found["model"]["detail"].startswith("notes.txt: ")
    assert (found["llama.cpp"]["detail"], found["llama.cpp"]["mend"]) == ("not tried: the model cannot be used", None)


def test_a_model_that_is_not_there_is_one_command_away(ponder: Ponder, tmp_path: Path) -> None:
    given = {"PONDER_MODELS": str(tmp_path / "none"), "PONDER_MODEL": "auto", "PONDER_SANDBOX": "bubblewrap"}
    found = findings(ponder("doctor", "--json", **given))
    assert (found["model"]["state"], found["model"]["mend"][:18]) == ("warn", "ponder models pull")
    assert "will be downloaded" in found["disk"]["detail"]
    assert (found["llama.cpp"]["state"], found["llama.cpp"]["mend"]) == ("warn", found["model"]["mend"])


def test_of_a_folder_that_cannot_be_the_disk_is_looked_at_all_the_same(ponder: Ponder) -> None:
    seen = ponder("doctor", "--json", PONDER_MODELS="/" + "x" * 300)
    assert (seen.status, findings(seen)["disk"]["state"]) == (0, "ok")


def test_without_a_home_the_rest_is_looked_at_all_the_same(ponder: Ponder) -> None:
    nowhere = dict.fromkeys(("PONDER_DATA", "PONDER_MODELS", "PONDER_CACHE", "XDG_DATA_HOME", "XDG_CACHE_HOME"))
    seen = ponder("doctor", "--json", HOME="~", PONDER_MODEL="absent.gguf", PONDER_SANDBOX="bubblewrap", **nowhere)
    found = findings(seen)
    assert (seen.status, seen.err) == (4, "")
    for name in ("disk", "runs"):
        assert (found[name]["detail"], found[name]["mend"]) == ("this user has no home folder", "set HOME")
    assert found["terminal"]["state"] == "ok"
