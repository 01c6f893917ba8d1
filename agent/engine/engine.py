"""The engine on llama.cpp: all live branches in one decode, prompts evaluated once, finished ones kept as prefixes.

A step admits queued requests, fills one batch with a token of every branch that speaks and slices of the prompts still
to be read, decodes it, and samples. The last token of a prompt is evaluated like one that was sampled, on its own: so a
fresh prompt, a fork and sixteen forks of it go through the same arithmetic.
"""

import threading
from collections.abc import Sequence as Listing
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from agent.engine import placement
from agent.engine.llama import Aborted, Batch, Chain, Context, Model
from agent.engine.prefix import Fork, PrefixTree, common_prefix
from agent.engine.request import Branch, Finish, Interrupted, Message, Progress, Request
from agent.engine.sampling import chain
from agent.engine.stream import TextStream
from agent.engine.template import ChatTemplate
from agent.errors import MachineError

KEPT = 16
"""Finished sequences kept for their prefixes beside the live ones, so that a later turn need not read them again. Three
thousand idle cells slowed a decode on a processor by 7 % (SmolLM2, 16 branches)."""
_TICK = 0.1
"""Seconds between two reports of a load's progress."""


@dataclass(eq=False, slots=True)
class _Live:
    """A branch in the cache. `tokens`: its prompt and what was sampled; the cache holds a prefix of them."""

    branch: Branch
    sequence: int
    tokens: list[int]
    chain: Chain
    stream: TextStream

    @property
    def final(self) -> int:
        """Tokens that it may come to."""
        return len(self.branch.request.tokens) + self.branch.request.sampling.max_tokens


@dataclass(frozen=True, slots=True)
class _Slice:
    """A branch's part of a batch: its next `count` tokens, and the row to sample from unless its prompt goes on."""

    live: _Live
    count: int
    row: int | None


class LlamaEngine:
    """Meets `agent.engine.request.Engine`. Owns the model and the context: close it, or use it as a context manager."""

    def __init__(
        self, model: Model, context: Context, worker: ThreadPoolExecutor, *, name: str, device: str, width: int
    ) -> None:
        self.name, self.device, self.width = name, device, width
        self.context = min(model.training_context, context.cells)
        self._model, self._context, self._worker = model, context, worker
        self._batch = Batch(context.batch)
        self._template = ChatTemplate(model.chat_template, *model.marks)
        self.notices: tuple[str, ...] = (self._template.notice,) if self._template.notice else ()
        """What the user should know of how the model runs."""
        self._tree = PrefixTree()
        self._queue: list[Branch] = []
        self._live: list[_Live] = []
        self._free = list(range(width + KEPT))
        self._idle: list[int] = []
        """Finished sequences whose cells are kept, least recently used first."""

    def encode(self, messages: Listing[Message]) -> tuple[int, ...]:
        segments = self._template.segments(messages, self._control_texts)
        tokens = [token for part in segments for token in self._model.tokenize(part.text, control=part.control)]
        first = self._model.first
        return tuple(tokens) if first is None or tokens[:1] == [first] else (first, *tokens)

    def _control_texts(self, text: str) -> set[str]:
        tokens = set(self._model.tokenize(text, control=True))
        return {self._model.text(token) for token in tokens if self._model.is_control(token)}

    def submit(self, request: Request) -> Branch:
        branch = Branch.opened(request, self.context)
        self._queue.append(branch)
        return branch

    def step(self) -> list[Branch]:
        self._raise_if_interrupted()
        self._admit()
        if not self._live:
            return []
        slices = self._fill_batch()
        self._decode()
        for part in slices:
            self._account(part)
            if part.row is not None:
                self._sample(part.live, part.row)
        return [part.live.branch for part in slices]

    def cancel(self, branch: Branch) -> None:
        if branch in self._queue:
            self._queue.remove(branch)
            branch.finish = "cancelled"
        for live in self._live:
            if live.branch is branch:
                self._finish(live, "cancelled")
                return

    def interrupt(self) -> None:
        self._context.abort()

    def close(self) -> None:
        for live in self._live:
            live.chain.close()
        self._live, self._queue = [], []
        self._worker.shutdown()
        self._context.close()
        self._model.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _raise_if_interrupted(self) -> None:
        if self._context.aborting:
            self._context.resume()
            raise Interrupted

    # Admission

    def _admit(self) -> None:
        """Makes queued requests live, first come first served, while there are sequences and cells for them."""
        for branch in tuple(self._queue):
            if len(self._live) == self.width:
                return
            prompt = branch.request.tokens
            fork = self._longest(prompt[:-1])
            if self._soon_shared(prompt[:-1]) > (fork.length if fork else 0):
                continue  # another branch is about to evaluate what this one can then share
            if not self._fits(branch, fork):
                return
            self._queue.remove(branch)
            self._live.append(self._open(branch, fork))

    def _longest(self, tokens: Listing[int]) -> Fork | None:
        return self._tree.longest_whole(tokens) if self._model.recurrent else self._tree.longest(tokens)

    def _soon_shared(self, tokens: Listing[int]) -> int:
        """How many first tokens the cache will hold once the prompts that are being read have been."""
        soon = 0
        for live in self._live:
            reading = live.tokens[:-1]
            if self._tree.length(live.sequence) < len(reading):
                shared = common_prefix(reading, list(tokens))
                soon = max(soon, shared if shared == len(reading) or not self._model.recurrent else 0)
        return soon

    def _fits(self, branch: Branch, fork: Fork | None) -> bool:
        """Whether the branch and all live ones can run to their ends if every idle sequence gives way."""
        kept = self._tree.cells_held([live.sequence for live in self._live], fork)
        own = len(branch.request.tokens) + branch.request.sampling.max_tokens - (fork.length if fork else 0)
        return kept + self._reserved() + own <= self._context.cells

    def _reserved(self) -> int:
        """Cells that live branches may still need."""
        return sum(live.final - self._tree.length(live.sequence) for live in self._live)

    def _open(self, branch: Branch, fork: Fork | None) -> _Live:
        sequence = self._free.pop(0)
        self._tree.open(sequence, fork)
        if fork:
            self._context.copy(fork.sequence, sequence, fork.length)
            branch.reused = fork.length
            if fork.sequence in self._idle:
                self._idle.remove(fork.sequence)
                self._idle.append(fork.sequence)
        sampling = branch.request.sampling
        live = _Live(branch, sequence, list(branch.request.tokens), chain(sampling), TextStream(sampling.stop))
        own = live.final - self._tree.length(sequence)
        while self._idle and self._tree.cells + self._reserved() + own > self._context.cells:
            self._evict(self._idle[0])
        return live

    def _evict(self, sequence: int) -> None:
        self._idle.remove(sequence)
        self._forget(sequence)
        self._free.append(sequence)

    def _forget(self, sequence: int) -> None:
        self._context.drop(sequence)
        self._tree.drop(sequence)

    # Decoding

    def _fill_batch(self) -> list[_Slice]:
        """One token of every branch that speaks, then prompts in the order they came, as far as the batch goes."""
        self._batch.clear()
        slices, reading = list[_Slice](), list[_Live]()
        for live in self._live:
            at = self._tree.length(live.sequence)
            if at == len(live.tokens) - 1:
                slices.append(_Slice(live, 1, self._batch.add(live.sequence, at, live.tokens[at:], logits=True)))
            else:
                reading.append(live)
        for live in reading:
            at = self._tree.length(live.sequence)
            tokens = live.tokens[at : min(at + self._batch.room, len(live.tokens) - 1)]
            if tokens:
                self._batch.add(live.sequence, at, tokens, logits=False)
                slices.append(_Slice(live, len(tokens), None))
        return slices

    def _decode(self) -> None:
        """Evaluates the batch in the worker thread: only so can this one run a signal's handler meanwhile."""
        future = self._worker.submit(self._context.decode, self._batch)
        try:
            decoded = future.result()
        except BaseException as error:
            self._context.abort()
            wait([future])
            self._context.resume()
            self._repair()
            if isinstance(error, Aborted):
                raise Interrupted from None
            raise
        if not decoded:
            raise MachineError("the model's cache is full although cells were reserved; try a smaller --width")

    def _repair(self) -> None:
        """After a decode that ended midway: the cache again holds what the tree says, or nothing of a sequence."""
        for live in self._live:
            if not self._context.rewind(live.sequence, self._tree.length(live.sequence)):
                self._forget(live.sequence)
                self._tree.open(live.sequence)

    def _account(self, part: _Slice) -> None:
        live = part.live
        at = self._tree.length(live.sequence)
        self._tree.extend(live.sequence, live.tokens[at : at + part.count])
        live.branch.evaluated += max(0, min(part.count, len(live.branch.request.tokens) - at))

    def _sample(self, live: _Live, row: int) -> None:
        token = live.chain.sample(self._context, row)
        live.tokens.append(token)
        live.branch.generated += 1
        if self._model.ends(token):
            live.branch.text += live.stream.finish()
            self._finish(live, "stop")
            return
        live.branch.text += live.stream.push(self._model.piece(token))
        if live.stream.stopped:
            self._finish(live, "stop")
        elif live.branch.generated == live.branch.request.sampling.max_tokens:
            live.branch.text += live.stream.finish()
            self._finish(live, "length")

    def _finish(self, live: _Live, finish: Finish) -> None:
        """Ends a branch; its cells stay for others to fork from, unless another sequence holds them all anyway."""
        live.branch.finish = finish
        live.chain.close()
        self._live.remove(live)
        self._idle.append(live.sequence)
        if self._tree.adds_nothing(live.sequence):
            self._evict(live.sequence)
        elif len(self._idle) > KEPT:
            self._evict(self._idle[0])


def open_engine(
    path: Path,
    *,
    name: str,
    width: int,
    progress: Progress,
    gpu_layers: int | Literal["auto"] = "auto",
    context: int | None = None,
    threads: int | None = None,
    stop: threading.Event | None = None,
) -> LlamaEngine:
    """Loads a GGUF file and chooses where it sits.

    `width`: sequences decoded together. `context`: tokens that the cache holds, all sequences together; chosen by the free
    memory if None. `gpu_layers`: -1 is all of them, `auto` all that fit. `threads`: one for each core if None. Setting
    `stop` from anywhere ends the load with `Interrupted`. Raises `MachineError` for a file that llama.cpp refuses or a
    machine too small for it.
    """
    stop = stop or threading.Event()
    with ExitStack() as stack:
        worker = ThreadPoolExecutor(1, "llama")
        stack.callback(worker.shutdown)
        place = placement.place(path, gpu_layers, threads)
        model = _load(worker, path, place.gpu_layers, name, progress, stop)
        stack.callback(model.close)
        cells = context or placement.cells(free=place.free, cell_size=model.cell_size, width=width)
        batch = max(place.batch, 2 * width)
        made = worker.submit(Context, model, cells=cells, sequences=width + KEPT, batch=batch, threads=place.threads)
        stack.callback(made.result().close)
        engine = LlamaEngine(model, made.result(), worker, name=name, device=place.device, width=width)
        engine.notices += place.notices
        stack.pop_all()
        return engine


def _load(worker: ThreadPoolExecutor, path: Path, layers: int, name: str, progress: Progress, stop: threading.Event) -> Model:
    """Loads in the worker thread, so that this one can report, and be interrupted, as it likes."""
    done = 0.0

    def going(fraction: float) -> bool:
        nonlocal done
        done = fraction
        return not stop.is_set()

    loading = worker.submit(Model, path, gpu_layers=layers, going=going)
    try:
        while not wait([loading], _TICK).done:
            progress(f"loading {name}", int(done * 1000), 1000)
        model = loading.result()
    except Aborted:
        raise Interrupted from None
    except BaseException:
        stop.set()
        wait([loading])
        raise
    progress(f"loading {name}", 1000, 1000)
    return model
