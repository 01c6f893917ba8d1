"""Settings: which layer wins, where each value came from, and what is said of a wrong one."""

from pathlib import Path

import pytest

from agent.config import PRESETS, load, survey
from agent.errors import UsageError


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path)}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_flags_over_environment_over_folder_over_user_over_defaults(tmp_path: Path, environ: dict[str, str]):
    user = write(tmp_path / "config/ponder/config.toml", "width = 2\nseed = 1\ntime = 5\neffort = 'low'\n")
    folder = write(tmp_path / "ponder.toml", "seed = 2\ntime = 6\ntokens = 9\n")
    configured = load({"tokens": 11, "model": None}, environ=environ | {"PONDER_TIME": "7.5"}, folder=tmp_path)
    settings, origins = configured.settings, configured.origins
    assert (settings.width, settings.seed, settings.time, settings.tokens, settings.model) == (2, 2, 7.5, 11, "auto")
    assert origins["width"] == str(user)
    assert origins["seed"] == str(folder)
    assert (origins["time"], origins["tokens"], origins["model"]) == ("$PONDER_TIME", "--tokens", "default")


def test_the_effort_sets_the_budgets_that_are_not_given(environ: dict[str, str], tmp_path: Path):
    low = load({"effort": "low"}, environ=environ, folder=tmp_path).settings.budget
    mixed = load({"effort": "low", "attempts": 99}, environ=environ, folder=tmp_path).settings.budget
    high = load({"effort": "high"}, environ=environ, folder=tmp_path).settings.budget
    assert (mixed.seconds, mixed.tokens, mixed.attempts) == (low.seconds, low.tokens, 99)
    assert low.seconds < high.seconds
    assert low.tokens < high.tokens


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed = 1\nwidht = 3\n", "ponder.toml, line 2: unknown setting 'widht'; did you mean 'width'?"),
        ("zebra = 1\n", "ponder.toml, line 1: unknown setting 'zebra'; the keys are model, gpu_layers"),
        ("width = 'many'\n", "ponder.toml, line 1: width: input should be a valid integer"),
        ("\nwidth = 0\n", "ponder.toml, line 2: width: input should be greater than or equal to 1, not 0"),
        ("effort = 'huge'\n", "ponder.toml, line 1: effort: input should be 'low', 'medium' or 'high', not 'huge'"),
        ("width = \n", "ponder.toml: "),
        (f"seed = {'1' * 5000}\n", "ponder.toml: "),
        (f"model = {'[' * 3000}\n", "ponder.toml: "),
        ("width = true\n", "ponder.toml, line 1: width: input should be a valid integer, not True"),
        ("width = '3'\n", "ponder.toml, line 1: width: input should be a valid integer, not '3'"),
        ("gpu_layers = 1.5\n", "ponder.toml, line 1: gpu_layers: input should be "),
        ("time = nan\n", "ponder.toml, line 1: time: input should be "),
        ('model = """\nwidht = 3\n"""\nwidht = 3\n', "ponder.toml, line 4: unknown setting 'widht'"),
        ("seed = 1\n\n[ 'budget' ]\ntime = 3\n", "ponder.toml, line 3: unknown setting 'budget'"),
        ("[other]\nwidth = 0\n", "ponder.toml, line 1: unknown setting 'other'"),
        ('"colour".ground = 1\n', "ponder.toml, line 1: unknown setting 'colour'"),
        ("\ufeffwidht = 3\r\n", "ponder.toml, line 1: unknown setting 'widht'"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_file_line_and_what_would_be_right(
    text: str, says: str, tmp_path: Path, environ: dict[str, str]
):
    write(tmp_path / "ponder.toml", text)
    with pytest.raises(UsageError) as refused:
        load({}, environ=environ, folder=tmp_path)
    assert says in str(refused.value)


def test_the_environment_and_flags_are_named_by_what_the_user_wrote(tmp_path: Path, environ: dict[str, str]):
    with pytest.raises(UsageError, match=r"^\$PONDER_GPU_LAYERS: input should be "):
        load({}, environ=environ | {"PONDER_GPU_LAYERS": "some"}, folder=tmp_path)
    with pytest.raises(UsageError, match=r"^--gpu-layers: input should be "):
        load({"gpu_layers": "-7"}, environ=environ, folder=tmp_path)


def test_of_a_setting_of_several_kinds_all_are_named(tmp_path: Path, environ: dict[str, str]):
    with pytest.raises(UsageError, match=r"^--gpu-layers: input should be a valid integer, .*, or 'auto', not 'some'$"):
        load({"gpu_layers": "some"}, environ=environ, folder=tmp_path)


def test_in_a_folder_that_was_removed_there_is_no_file_of_settings(
    tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert load({"width": 3}, environ=environ).settings.width == 3


def test_what_can_be_used_of_faulty_settings_is_kept_and_every_fault_told(tmp_path: Path, environ: dict[str, str]):
    write(tmp_path / "config/ponder/config.toml", "width = \n")
    write(tmp_path / "ponder.toml", "widht = 3\nseed = 2\ntime = 5\n")
    environ |= {"PONDER_SANDBOX": "bubblewrap", "PONDER_TIME": "x", "PONDER_EFFORT": "huge"}
    configured, faults = survey({}, environ=environ, folder=tmp_path)
    kept = configured.settings
    assert (kept.sandbox, kept.seed, kept.time, kept.width, kept.effort) == ("bubblewrap", 2, 5, 4, "medium")
    assert configured.origins["time"] == str(tmp_path / "ponder.toml")
    for place, fault in zip(("config.toml: ", "'widht'", "$PONDER_EFFORT: ", "$PONDER_TIME: "), faults, strict=True):
        assert place in fault


def test_an_effort_takes_the_place_of_budgets_that_a_place_below_gives(tmp_path: Path, environ: dict[str, str]):
    """`--effort high` was held to `tokens = 500` in a file, though flags go over files."""
    folder = write(tmp_path / "ponder.toml", "effort = 'low'\ntokens = 500\nattempts = 3\n")
    configured = load({"effort": "high", "attempts": 9}, environ=environ | {"PONDER_TIME": "7"}, folder=tmp_path)
    high = PRESETS["high"]
    budget, origins = configured.settings.budget, configured.origins
    assert (budget.seconds, budget.tokens, budget.attempts) == (high.seconds, high.tokens, 9)
    assert (origins["time"], origins["tokens"], origins["attempts"]) == ("--effort", "--effort", "--attempts")
    beside = load({}, environ=environ | {"PONDER_TIME": "7"}, folder=tmp_path)
    assert (beside.settings.time, beside.settings.tokens, beside.origins["tokens"]) == (7, 500, str(folder))
