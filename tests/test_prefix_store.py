"""Evaluated prefixes on disk: what is loaded is what was saved, or nothing."""

import os
from pathlib import Path

import pytest

from agent.engine import prefix_store
from agent.engine.prefix_store import PrefixStore

TOKENS = [1, 2, 3]


@pytest.fixture
def store(tmp_path: Path) -> PrefixStore:
    return PrefixStore(tmp_path / "prefixes", "model and build")


def only_file(tmp_path: Path) -> Path:
    (file,) = (tmp_path / "prefixes").iterdir()
    return file


def test_what_was_saved_is_loaded(store: PrefixStore, tmp_path: Path) -> None:
    assert store.load(TOKENS) is None
    store.save(TOKENS, b"state")
    assert store.load(TOKENS) == b"state"
    assert PrefixStore(tmp_path / "prefixes", "model and build").load(tuple(TOKENS)) == b"state"


def test_a_models_path_need_not_be_text(tmp_path: Path) -> None:
    store = PrefixStore(tmp_path / "prefixes", os.fsdecode(b"/models/caf\xe9.gguf"))
    store.save(TOKENS, b"state")
    assert store.load(TOKENS) == b"state"


def test_other_tokens_and_another_model_or_build_have_nothing_of_it(store: PrefixStore, tmp_path: Path) -> None:
    store.save(TOKENS, b"state")
    assert store.load([1, 2]) is None
    assert store.load([12, 3]) is None
    assert PrefixStore(tmp_path / "prefixes", "another build").load(TOKENS) is None


@pytest.mark.parametrize("damaged", [b"", b"short", b"x" * 200], ids=["empty", "short", "foreign"])
def test_a_damaged_file_is_not_believed_and_is_written_anew(store: PrefixStore, tmp_path: Path, damaged: bytes) -> None:
    store.save(TOKENS, b"state")
    only_file(tmp_path).write_bytes(damaged)
    assert store.load(TOKENS) is None
    store.save(TOKENS, b"state")
    assert store.load(TOKENS) == b"state"


def test_one_flipped_bit_is_damage(store: PrefixStore, tmp_path: Path) -> None:
    store.save(TOKENS, bytes(1000))
    content = bytearray(only_file(tmp_path).read_bytes())
    content[-1] ^= 1
    only_file(tmp_path).write_bytes(content)
    assert store.load(TOKENS) is None


def test_the_oldest_give_way(store: PrefixStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefix_store, "BYTES", 10 * (1000 + 32))
    for number in range(prefix_store.FILES + 4):
        store.save([number], bytes(1000))
        for age, path in enumerate(sorted((tmp_path / "prefixes").iterdir(), key=os.path.getmtime, reverse=True)):
            os.utime(path, (1e9 - age, 1e9 - age))
    held = [number for number in range(prefix_store.FILES + 4) if store.load([number])]
    assert held == list(range(prefix_store.FILES - 6, prefix_store.FILES + 4))


def test_no_more_than_so_many_files_are_kept(store: PrefixStore, tmp_path: Path) -> None:
    for number in range(prefix_store.FILES + 4):
        store.save([number], b"state")
    assert len(list((tmp_path / "prefixes").iterdir())) == prefix_store.FILES


def test_a_folder_that_cannot_be_written_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = PrefixStore(tmp_path / "file" / "prefixes", "key")
    store.save(TOKENS, b"state")
    assert store.load(TOKENS) is None
