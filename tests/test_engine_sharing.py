"""Who gets the engine's room, and what is left for the next start: on a real model."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent.engine.cache import KEPT
from agent.engine.context import Context
from agent.engine.engine import LlamaEngine, open_engine
from agent.engine.llama import Model
from agent.engine.placement import GROWTH, Place
from agent.engine.request import Branch, Interrupted, Message, Request, Sampling
from tests.conftest import THREADS

pytestmark = pytest.mark.model

HEAD = (
    Message("system", "You are a careful gardener. Answer in one sentence, and never name a tool that is not in the shed."),
)
LONG = "All work and no play makes Jack a dull boy. "


def opened(path: Path, *, width: int = 4, context: int = 2048, prefixes: Path | None = None) -> LlamaEngine:
    return open_engine(
        path,
        name="smollm2",
        width=width,
        context=context,
        gpu_layers=0,
        threads=THREADS,
        progress=lambda *_report: None,
        prefixes=prefixes,
    )


@pytest.fixture(scope="module")
def llama(smollm2_path: Path) -> Iterator[LlamaEngine]:
    with opened(smollm2_path) as engine:
        yield engine


def ask(engine: LlamaEngine, text: str, *, group: object = None, head: tuple[Message, ...] = (), max_tokens: int = 4) -> Branch:
    tokens = engine.encode((*head, Message("user", text)))
    return engine.submit(Request(tokens, Sampling(max_tokens=max_tokens), group))


def run(engine: LlamaEngine) -> None:
    while engine.step():
        pass


class TestTurns:
    def test_a_problem_that_comes_later_need_not_wait_for_all_that_another_has_queued(self, llama: LlamaEngine) -> None:
        """Before, whoever came first took all the room until its queue was empty."""
        first, second = object(), object()
        many = [ask(llama, f"the first problem, attempt {number}", group=first) for number in range(8)]
        one = ask(llama, "the second problem", group=second)
        while one.finish is None:
            llama.step()
        assert sum(branch.finish is not None for branch in many) <= llama.width
        run(llama)
        assert all(branch.finish == "length" for branch in many)

    def test_two_problems_share_the_branches_evenly(self, llama: LlamaEngine) -> None:
        groups = [object(), object()]
        for group, name in zip(groups, ("oak", "elm"), strict=True):
            for number in range(6):
                ask(llama, f"{name} {number}", group=group, max_tokens=8)
        while len(moved := llama.step()) < llama.width:
            pass
        assert [sum(branch.request.group is group for branch in moved) for group in groups] == [2, 2]
        run(llama)

    def test_a_short_prompt_does_not_wait_for_a_long_one(self, llama: LlamaEngine) -> None:
        long = ask(llama, LONG * 60)
        llama.step()
        short = ask(llama, "Hello.")
        while short.finish is None:
            llama.step()
        assert long.generated == 0
        run(llama)
        assert long.finish == "length"

    def test_a_long_prompt_goes_on_however_many_short_ones_come(self, llama: LlamaEngine) -> None:
        long = ask(llama, "Once. " + LONG * 30)
        llama.step()
        for number in range(100):
            ask(llama, f"{number} " + "short words " * 12, max_tokens=1)
            llama.step()
            if long.generated:
                break
        assert long.generated
        run(llama)

    def test_running_branches_speak_at_every_step_while_a_prompt_is_read(self, llama: LlamaEngine) -> None:
        speaking = ask(llama, "Tell a story.", max_tokens=40)
        while not speaking.generated:
            llama.step()
        long = ask(llama, "Twice. " + LONG * 30)
        while not long.generated:
            before = speaking.generated
            llama.step()
            assert speaking.generated == before + 1
        run(llama)

    def test_beside_branches_that_speak_a_prompt_is_read_in_slices_that_cost_them_little(self, smollm2_path: Path) -> None:
        """With 64 rows the processor's attention looks at everybody's cells for every row. Alone, or where most cells are the
        prompt's own, it is read in slices as long as the batch.
        """
        with opened(smollm2_path) as engine:
            speaking = ask(engine, LONG * 80, max_tokens=200)
            while not speaking.generated:
                engine.step()
            short = ask(engine, "The quick brown fox jumps over the lazy dog. " * 12)
            engine.step()
            assert 0 < short.evaluated <= 62
            long = ask(engine, "Pack my box with five dozen liquor jugs. " * 60)
            engine.step()
            assert short.evaluated + long.evaluated > 100
            for branch in (speaking, short, long):
                engine.cancel(branch)
            alone = ask(engine, "How vexingly quick daft zebras jump! " * 14)
            engine.step()
            assert alone.evaluated > 100


class TestRoom:
    def test_the_live_are_never_evicted_when_sequences_and_cells_run_short(self, smollm2_path: Path) -> None:
        """More requests than there are sequences, more tokens than there are cells; each text is the one it has alone."""
        topics = [f"{animal} number {number}" for number in range(KEPT // 2 + 4) for animal in ("cat", "dog")]
        with opened(smollm2_path, width=1, context=256) as engine:
            alone = dict[str, str]()
            for topic in topics[:3]:
                branch = ask(engine, topic, max_tokens=12)
                run(engine)
                alone[topic] = branch.text
        with opened(smollm2_path, width=6, context=256) as engine:
            branches = {topic: ask(engine, topic, max_tokens=12) for topic in topics}
            run(engine)
        assert all(
            (branch.finish, branch.generated) in {("length", 12), ("stop", branch.generated)} for branch in branches.values()
        )
        assert sum(branches[topic].text == text for topic, text in alone.items()) == 3

    def test_a_model_that_cannot_take_tokens_back_starts_afresh(self, smollm2_path: Path) -> None:
        """As recurrent and hybrid models do: after an interrupted step, their cache has to be read again from the start."""

        class Whole(Context):
            def rewind(self, sequence: int, length: int) -> bool:
                return False

        texts = list[str]()
        for kind in (Context, Whole):
            model = Model(smollm2_path, gpu_layers=0, going=lambda _fraction: True)
            context = kind(model, cells=1024, sequences=4 + KEPT, batch=128, outputs=32, threads=THREADS)
            place = Place(gpu_layers=0, threads=THREADS, batch=128, mixed=512, free=0, device="CPU", growth=GROWTH)
            with LlamaEngine(model, context, ThreadPoolExecutor(1), place, name="x", width=4) as engine:
                branch = ask(engine, "Count: one, two, three, one, two, three, one, two, three, one, two,", max_tokens=24)
                while branch.generated < 5:
                    engine.step()
                timer = threading.Timer(0.0, engine.interrupt)
                timer.start()
                timer.join()
                with pytest.raises(Interrupted):
                    engine.step()
                run(engine)
                texts.append(branch.text)
        assert texts[0] == texts[1]


class TestPrefixesOnDisk:
    def test_the_second_start_evaluates_none_of_the_head(self, smollm2_path: Path, tmp_path: Path) -> None:
        texts, evaluated, reused = list[str](), list[int](), list[int]()
        for _start in range(2):
            with opened(smollm2_path, prefixes=tmp_path) as engine:
                evaluated.append(engine.prepare(HEAD))
                branch = ask(engine, "How do I prune roses?", head=HEAD, max_tokens=16)
                run(engine)
                texts.append(branch.text)
                reused.append(branch.reused)
        assert evaluated[0] > 20
        assert evaluated[1] == 0
        assert reused[0] == reused[1] >= evaluated[0]
        assert texts[0] == texts[1]

    def test_a_damaged_file_is_evaluated_and_written_anew(self, smollm2_path: Path, tmp_path: Path) -> None:
        evaluated = list[int]()
        for _start in range(3):
            with opened(smollm2_path, prefixes=tmp_path) as engine:
                evaluated.append(engine.prepare(HEAD))
            if len(evaluated) == 1:
                (file,) = tmp_path.iterdir()
                file.write_bytes(bytes(4096))
        assert evaluated[0] == evaluated[1] > 0
        assert evaluated[2] == 0

    def test_a_model_file_that_was_replaced_has_no_use_for_it(self, smollm2_path: Path, tmp_path: Path) -> None:
        copy = tmp_path / "model.gguf"
        evaluated = list[int]()
        for _start in range(2):
            copy.write_bytes(smollm2_path.read_bytes())
            with opened(copy, prefixes=tmp_path / "prefixes") as engine:
                evaluated.append(engine.prepare(HEAD))
        assert evaluated[0] == evaluated[1] > 0

    def test_an_interrupt_ends_it(self, smollm2_path: Path, tmp_path: Path) -> None:
        with opened(smollm2_path, prefixes=tmp_path) as engine:
            engine.interrupt()
            with pytest.raises(Interrupted):
                engine.prepare(HEAD)
            assert list(tmp_path.iterdir()) == []
            assert engine.prepare(HEAD) > 0
            assert engine.step() == []
