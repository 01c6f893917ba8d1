"""Sampling on a real model: how sure it was, grammars, the guard against repetition, and guesses that change nothing."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agent.engine.context import Batch, Context
from agent.engine.engine import LlamaEngine, open_engine
from agent.engine.llama import Model
from agent.engine.request import TAIL, Branch, Message, Request, Sampling
from agent.engine.sampling import Sampler
from agent.errors import MachineError
from tests.conftest import THREADS

pytestmark = pytest.mark.model

PROGRAM = """```python
def count_words(text):
    counts = {}
    for word in text.split():
        word = word.strip(".,;:!?").lower()
        if word not in counts:
            counts[word] = 0
        counts[word] += 1
    return counts
```"""
REPAIR = (
    Message("user", "Write a Python function count_words(text) that counts how often each word occurs."),
    Message("assistant", PROGRAM),
    Message("user", "Say the same program again, word by word, in one fenced Python code block."),
)
QUESTION = (Message("user", "Name a fruit."),)


def opened(path: Path, *, speculate: bool = True) -> LlamaEngine:
    return open_engine(
        path,
        name="smollm2",
        width=8,
        context=4096,
        gpu_layers=0,
        threads=THREADS,
        progress=lambda *_report: None,
        speculate=speculate,
    )


@pytest.fixture(scope="module")
def llama(smollm2_path: Path) -> Iterator[LlamaEngine]:
    with opened(smollm2_path) as engine:
        yield engine


def answer(engine: LlamaEngine, messages: tuple[Message, ...] = QUESTION, **sampling: object) -> Branch:
    chosen = Sampling(**{"max_tokens": 32, **sampling})  # type: ignore[arg-type]
    branch = engine.submit(Request(engine.encode(messages), chosen))
    while engine.step():
        pass
    return branch


class TestConfidence:
    def test_each_token_has_the_log_probability_that_the_whole_vocabulary_gives_it(self, smollm2_path: Path) -> None:
        """Within 0.02 nats: the bound on what is left out, and far more than is seen."""
        model = Model(smollm2_path, gpu_layers=0, going=lambda _fraction: True)
        context = Context(model, cells=256, sequences=1, batch=64, outputs=1, threads=THREADS)
        batch, tokens = Batch(64), model.tokenize("The capital of France is", control=False)
        batch.add(0, 0, tokens[:-1], logits=False)
        row = batch.add(0, len(tokens) - 1, tokens[-1:], logits=True)
        assert context.decode(batch)
        logits = context.logits(row).astype(np.float64)
        every = logits - (logits.max() + math.log(np.exp(logits - logits.max()).sum()))
        for temperature in (0.0, 0.7, 1.5):
            sampler = Sampler(Sampling(temperature=temperature, seed=3), model)
            token, logprob = sampler.pick(context.logits(row))
            assert logprob == pytest.approx(every[token], abs=0.02)
            sampler.close()
        context.close()
        model.close()

    def test_samples_come_as_often_as_their_probabilities_say(self, smollm2_path: Path) -> None:
        """Against the softmax worked out here, top-k and the like switched off: 2,000 draws, within five standard errors."""
        model = Model(smollm2_path, gpu_layers=0, going=lambda _fraction: True)
        context = Context(model, cells=256, sequences=1, batch=64, outputs=1, threads=THREADS)
        batch, tokens = Batch(64), model.tokenize("My favourite colour is", control=False)
        batch.add(0, 0, tokens[:-1], logits=False)
        row = batch.add(0, len(tokens) - 1, tokens[-1:], logits=True)
        assert context.decode(batch)
        scaled = context.logits(row).astype(np.float64) / 0.8
        chances = np.exp(scaled - scaled.max())
        chances /= chances.sum()
        sampler = Sampler(Sampling(temperature=0.8, top_k=0, top_p=1.0, min_p=0.0, seed=11), model)
        drawn = [sampler.pick(context.logits(row))[0] for _ in range(2000)]
        for token in np.argsort(chances)[-5:]:
            error = math.sqrt(chances[token] * (1 - chances[token]) / 2000)
            assert abs(drawn.count(int(token)) / 2000 - chances[token]) < 5 * error
        sampler.close()
        context.close()
        model.close()

    def test_a_branch_has_one_log_probability_a_token_and_the_mean_of_the_last(self, llama: LlamaEngine) -> None:
        branch = answer(llama, max_tokens=TAIL + 16, temperature=1.0, seed=5)
        assert len(branch.logprobs) == branch.generated
        assert all(-30 < value <= 0.02 for value in branch.logprobs)
        tail = branch.logprobs[-TAIL:]
        assert branch.tail_confidence == pytest.approx(sum(tail) / len(tail))

    def test_what_is_repeated_is_surer_than_what_is_made_up(self, llama: LlamaEngine) -> None:
        said = answer(llama, REPAIR, max_tokens=60)
        made_up = answer(llama, (Message("user", "Tell a story of a dragon."),), temperature=1.2, seed=1, max_tokens=60)
        assert said.tail_confidence > made_up.tail_confidence


class TestGrammar:
    @pytest.mark.parametrize(
        ("grammar", "begun", "pattern"),
        [
            ('root ::= "yes" | "no"', r"y?e?s?|n?o?", r"yes|no"),
            ("root ::= [0-9] [0-9] [0-9]", r"\d{0,3}", r"\d{3}"),
            ('root ::= item ("," item)* "."\nitem ::= [a-z]+', r"([a-z]+,)*([a-z]+\.?)?", r"[a-z]+(,[a-z]+)*\."),
        ],
    )
    @pytest.mark.parametrize("temperature", [0.0, 1.0])
    def test_only_what_the_grammar_describes_is_said(
        self, llama: LlamaEngine, grammar: str, begun: str, pattern: str, temperature: float
    ) -> None:
        for seed in range(2):
            branch = answer(llama, grammar=grammar, temperature=temperature, seed=seed, max_tokens=200)
            assert branch.text
            assert re.fullmatch(begun, branch.text)
            assert re.fullmatch(pattern, branch.text) or branch.finish == "length"

    @pytest.mark.parametrize("grammar", ["root ::= (", "start ::= [a-z]", "", 'root ::= "\x00'])
    def test_a_grammar_that_cannot_be_read_is_refused_when_it_is_asked_for(self, llama: LlamaEngine, grammar: str) -> None:
        with pytest.raises(ValueError, match="grammar"):
            llama.submit(Request(llama.encode(QUESTION), Sampling(grammar=grammar)))
        assert llama.step() == []


class TestGuard:
    def test_a_loop_is_left(self, llama: LlamaEngine, smollm2_path: Path) -> None:
        """The phrase has been said often enough to go on for ever; with the guard it does not."""
        model = Model(smollm2_path, gpu_layers=0, going=lambda _fraction: True)
        begun = model.tokenize("red apples and green pears, " * 8, control=False)
        model.close()
        tokens = (*llama.encode((Message("user", "Say it again and again."),)), *begun)
        loop = answer_tokens(llama, tokens, repetition_guard=0.0)
        left = answer_tokens(llama, tokens, repetition_guard=2.0)
        assert longest_repetition(loop.text) > 2 * longest_repetition(left.text)


def answer_tokens(engine: LlamaEngine, tokens: tuple[int, ...], **sampling: object) -> Branch:
    chosen = Sampling(**{"max_tokens": 200, **sampling})  # type: ignore[arg-type]
    branch = engine.submit(Request(tokens, chosen))
    while engine.step():
        pass
    return branch


def longest_repetition(text: str) -> int:
    """Characters of the longest piece of `text` that has stood before in it."""
    longest = 0
    for end in range(len(text)):
        while end + 1 - longest > 0 and text[end - longest : end + 1] in text[:end]:
            longest += 1
    return longest


class TestGuesses:
    @pytest.mark.parametrize("messages", [REPAIR, QUESTION], ids=["repair", "question"])
    def test_a_greedy_text_is_the_same_with_and_without(self, smollm2_path: Path, messages: tuple[Message, ...]) -> None:
        texts = list[str]()
        guessed = list[int]()
        for speculate in (False, True):
            with opened(smollm2_path, speculate=speculate) as engine:
                branch = answer(engine, messages, max_tokens=120)
                texts.append(branch.text)
                guessed.append(branch.guessed)
        assert texts[0] == texts[1]
        assert guessed[0] == 0
        assert (guessed[1] > 20) == (messages is REPAIR)

    def test_fewer_steps_are_needed_where_the_text_repeats(self, llama: LlamaEngine) -> None:
        branch = llama.submit(Request(llama.encode(REPAIR), Sampling(max_tokens=100)))
        steps = 0
        while llama.step():
            steps += bool(branch.generated)
        assert branch.generated > 2 * steps
        assert len(branch.logprobs) == branch.generated

    def test_max_tokens_and_stop_strings_hold_amid_a_guess(self, llama: LlamaEngine) -> None:
        whole = answer(llama, REPAIR, max_tokens=100)
        assert whole.guessed > 20
        for count in (41, 47, 50, 53):
            branch = answer(llama, REPAIR, max_tokens=count)
            assert (branch.generated, branch.finish) == (count, "length")
            assert whole.text.startswith(branch.text)
        stop = "counts[word] += 1"
        branch = answer(llama, REPAIR, max_tokens=200, stop=(stop,))
        assert branch.text == whole.text[: whole.text.index(stop)]

    def test_a_conversation_goes_on_from_cells_that_guesses_filled(self, smollm2_path: Path) -> None:
        follow_up = list[str]()
        for speculate in (False, True):
            with opened(smollm2_path, speculate=speculate) as engine:
                first = answer(engine, REPAIR, max_tokens=60)
                messages = (*REPAIR, Message("assistant", first.text), Message("user", "Say it once more."))
                second = answer(engine, messages, max_tokens=40)
                follow_up.append(second.text)
                assert second.reused > len(first.request.tokens)
        assert follow_up[0] == follow_up[1]


def test_results_that_are_no_numbers_are_the_machines_fault(smollm2_path: Path) -> None:
    """A sum of them once was an internal error, and ended a whole batch."""
    model = Model(smollm2_path, gpu_layers=0, going=lambda _fraction: True, vocabulary_only=True)
    sampler = Sampler(Sampling(temperature=0.0), model)
    logits = np.zeros(model.vocabulary_size, dtype=np.float32)
    logits[7] = np.nan
    with pytest.raises(MachineError, match="no number"):
        sampler.pick(logits)
    sampler.close()
    model.close()
