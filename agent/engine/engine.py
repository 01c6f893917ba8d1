"""The engine on llama.cpp: all live branches in one decode, prompts evaluated once, finished ones kept as prefixes.

A step admits queued requests, fills one batch with a token of every branch that speaks (and guesses of what follows, where
few speak) and slices of the prompts still to be read, decodes it, and samples. The last token of a prompt is evaluated like
one that was sampled, on its own: so a fresh prompt, a fork and sixteen forks of it go through the same arithmetic.
"""

import threading
from collections.abc import Sequence as Listing
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self

from agent.engine import lookup, placement
from agent.engine.cache import KEPT, SequenceCache
from agent.engine.context import Batch, Context
from agent.engine.llama import Aborted, Model, build
from agent.engine.lookup import Lookup
from agent.engine.placement import Place
from agent.engine.prefix import Fork, common_prefix
from agent.engine.prefix_store import PrefixStore
from agent.engine.request import Branch, Interrupted, Message, Progress, Request, Sampling
from agent.engine.sampling import Grammar, Sampler
from agent.engine.scheduler import Live, Scheduler, Slice
from agent.engine.stream import TextStream
from agent.engine.template import ChatTemplate
from agent.errors import MachineError

_TICK = 0.1
"""Seconds between two reports of a load's progress."""
_SOMETHING = ("a", "1", "?")
"""Beginnings of a user's message, to tell what comes before it whatever it is."""


class LlamaEngine:
    """Meets `agent.engine.request.Engine`. Owns the model and the context: close it, or use it as a context manager."""

    def __init__(
        self,
        model: Model,
        context: Context,
        worker: ThreadPoolExecutor,
        place: Place,
        *,
        name: str,
        width: int,
        prefixes: PrefixStore | None = None,
        speculate: bool = True,
    ) -> None:
        self.name, self.device, self.width = name, place.device, width
        self.context = min(model.training_context, context.cells)
        self._model, self._context, self._worker, self._prefixes = model, context, worker, prefixes
        self._batch = Batch(context.batch)
        self._template = ChatTemplate(model.chat_template, *model.marks)
        self.notices = (*([self._template.notice] if self._template.notice else []), *place.notices)
        """What the user should know of how the model runs."""
        self._cache = SequenceCache(context, width=width, whole=model.recurrent, window=model.sliding_window)
        self._scheduler = Scheduler(self._cache, width, place.mixed)
        self._growth, self._speculate = place.growth, speculate and not model.recurrent

    def encode(self, messages: Listing[Message]) -> tuple[int, ...]:
        segments = self._template.segments(messages, self._control_texts)
        tokens = [token for part in segments for token in self._model.tokenize(part.text, control=part.control)]
        first = self._model.first
        return tuple(tokens) if first is None or tokens[:1] == [first] else (first, *tokens)

    def _control_texts(self, text: str) -> set[str]:
        tokens = set(self._model.tokenize(text, control=True))
        return {self._model.text(token) for token in tokens if self._model.is_control(token)}

    def prepare(self, head: Listing[Message]) -> int:
        """Has the tokens that every conversation beginning with `head` begins with in the cache: from disk, else evaluated.

        Returns how many had to be evaluated. Raises `Interrupted`. What was evaluated is saved for the next start.
        """
        tokens = self._head(head)
        state = self._prefixes.load(tokens) if self._prefixes and tokens else None
        if not 0 < len(tokens) < self.context - 1 or (state and self._cache.restore(tokens, state)):
            return 0
        branch = self.submit(Request((*tokens, tokens[-1]), Sampling(max_tokens=1)))
        try:
            while branch.finish is None and branch.evaluated + branch.reused < len(tokens):
                self.step()
        finally:
            self.cancel(branch)
        fork = self._cache.longest(tokens)
        if self._prefixes and fork and fork.length == len(tokens) and (state := self._cache.saved(fork)):
            self._prefixes.save(tokens, state)
        return branch.evaluated

    def _head(self, head: Listing[Message]) -> list[int]:
        encoded = [self.encode((*head, Message("user", text))) for text in _SOMETHING]
        return list(encoded[0][: min(common_prefix(encoded[0], other) for other in encoded[1:])])

    def submit(self, request: Request) -> Branch:
        if stops := self._template.stops:
            sampling = replace(request.sampling, stop=(*request.sampling.stop, *stops))
            request = replace(request, sampling=sampling)
        branch = Branch.opened(request, self.context)
        if request.sampling.grammar is not None:
            Grammar(request.sampling.grammar, self._model).close()
        self._scheduler.queue.append(branch)
        return branch

    def step(self) -> list[Branch]:
        self._raise_if_interrupted()
        while (admitted := self._scheduler.next()) is not None:
            self._open(*admitted)
        if not self._scheduler.live:
            return []
        slices = self._scheduler.plan(self._batch.capacity)
        self._batch.clear()
        rows = [self._add(part) for part in slices]
        self._decode()
        for part, row in zip(slices, rows, strict=True):
            self._account(part, row)
        return [part.live.branch for part in slices]

    def cancel(self, branch: Branch) -> None:
        if branch in self._scheduler.queue:
            self._scheduler.queue.remove(branch)
            branch.finish = "cancelled"
        for live in self._scheduler.live:
            if live.branch is branch:
                branch.finish = "cancelled"
                self._retire(live)
                return

    def interrupt(self) -> None:
        self._context.abort()

    def close(self) -> None:
        for live in self._scheduler.live:
            live.sampler.close()
        self._scheduler.live, self._scheduler.queue = [], []
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

    def _open(self, branch: Branch, fork: Fork | None) -> None:
        sampling, tokens = branch.request.sampling, list(branch.request.tokens)
        # `Sampler.sure` judges by the logits alone; with a grammar or the guard the choice may be closer than they show.
        plain = sampling.grammar is None and not sampling.repetition_guard
        lookup = Lookup(tokens) if self._speculate and plain else None
        sequence = self._cache.open(fork)
        branch.reused = fork.length if fork else 0
        self._scheduler.queue.remove(branch)
        sampler = Sampler(sampling, self._model)
        self._scheduler.live.append(Live(branch, sequence, tokens, sampler, TextStream(sampling.stop), lookup))
        self._cache.make_room(self._scheduler.reserved())

    # Decoding

    def _add(self, part: Slice) -> int:
        """The first of the slice's rows in the batch."""
        sequence = part.live.sequence
        return self._batch.add(sequence, self._cache.length(sequence), part.tokens, logits=part.speaks)

    def _decode(self) -> None:
        """Evaluates the batch in the worker thread: only so can this one run a signal's handler meanwhile."""
        future = self._worker.submit(self._context.decode, self._batch)
        try:
            decoded = future.result()
        except BaseException as error:
            self._context.abort()
            wait([future])
            self._context.resume()
            for live in self._scheduler.live:
                self._cache.repair(live.sequence)
            if isinstance(error, Aborted):
                raise Interrupted from None
            raise
        if not decoded:
            raise MachineError("the model's cache is full although cells were reserved; try a smaller --width")

    def _account(self, part: Slice, row: int) -> None:
        """Takes in what a decode did for one branch."""
        live = part.live
        unread = len(live.branch.request.tokens) - self._cache.length(live.sequence)
        kept = part.tokens[: self._speak(part, row)] if part.speaks else part.tokens
        live.branch.evaluated += max(0, min(len(kept), unread))
        if not self._cache.extend(live.sequence, kept, len(part.tokens)):
            self._speculate, live.lookup = False, None
        if live.branch.finish:
            self._retire(live)

    def _speak(self, part: Slice, row: int) -> int:
        """Samples from the rows of a slice as long as its guesses come true; returns how many of its tokens are right.

        Where the likeliest tokens are so close that the arithmetic of a larger batch could swap them, the row is left for the
        next decode, which has no guesses: a greedy text is the same with and without them.
        """
        live, guesses = part.live, part.tokens[1:]
        right = 0
        for guess in [*guesses, None]:
            logits = self._context.logits(row + right)
            if guesses and live.lookup and not live.sampler.sure(logits):
                live.lookup.pause()
                break
            right += 1
            token, logprob = live.sampler.pick(logits)
            self._hear(live, token, logprob)
            if token != guess or live.branch.finish:
                break
        if live.lookup:
            self._learn(live, live.lookup, right, len(part.tokens))
        return right

    def _learn(self, live: Live, lookup: Lookup, right: int, rows: int) -> None:
        """What came of a branch's `rows` in the decode: `right` tokens."""
        lookup.extend(live.tokens[len(live.tokens) - right :])
        if rows > 1:
            live.branch.guessed += max(0, right - 1)
            without = len(self._scheduler.live)
            lookup.judge(right * (without / self._batch.rows) ** self._growth, whole=right == rows)

    def _hear(self, live: Live, token: int, logprob: float) -> None:
        """One more token of a branch; it may be the last."""
        branch = live.branch
        live.tokens.append(token)
        branch.sampled.append(token)
        branch.logprobs.append(logprob)
        branch.generated += 1
        if self._model.ends(token):
            branch.text += live.stream.finish()
            branch.finish = "stop"
            return
        branch.text += live.stream.push(self._model.piece(token))
        if live.stream.stopped:
            branch.finish = "stop"
        elif branch.generated == branch.request.sampling.max_tokens:
            branch.text += live.stream.finish()
            branch.finish = "length"

    def _retire(self, live: Live) -> None:
        """Takes a branch that has ended out of the batch; its cells stay for others to fork from."""
        live.sampler.close()
        self._scheduler.live.remove(live)
        self._cache.retire(live.sequence)


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
    prefixes: Path | None = None,
    speculate: bool = True,
) -> LlamaEngine:
    """Loads a GGUF file and chooses where it sits.

    `width`: sequences decoded together. `context`: tokens that the cache holds, all sequences together; chosen by the free
    memory if None. `gpu_layers`: -1 is all of them, `auto` all that fit. `threads`: one for each core if None. Setting
    `stop` from anywhere ends the load with `Interrupted`. `prefixes`: a folder in which evaluated prefixes are kept for the
    next start. `speculate`: whether branches guess by prompt lookup where that pays.

    Raises `MachineError` for a file that llama.cpp refuses or a machine too small for it.
    """
    stop = stop or threading.Event()
    with ExitStack() as stack:
        worker = ThreadPoolExecutor(1, "llama")
        stack.callback(worker.shutdown)
        place = placement.place(path, gpu_layers, threads)
        model = _load(worker, path, place.gpu_layers, name, progress, stop)
        stack.callback(model.close)
        room = context or placement.cells(free=place.free, cell_size=model.cell_size, width=width)
        batch = max(place.batch, 2 * width)
        made = worker.submit(
            Context,
            model,
            cells=room,
            sequences=width + KEPT,
            batch=batch,
            outputs=max(width, lookup.ROWS),
            threads=place.threads,
        )
        stack.callback(_close, made)
        decoder = made.result()
        store = PrefixStore(prefixes, _identity(path, place.device)) if prefixes else None
        engine = LlamaEngine(model, decoder, worker, place, name=name, width=width, prefixes=store, speculate=speculate)
        stack.pop_all()
        return engine


def _close(made: "Future[Context]") -> None:
    """Once it is made: the model must not be freed under it."""
    if made.exception() is None:
        made.result().close()


def _identity(path: Path, device: str) -> str:
    """What the state of a prefix depends on besides its tokens: the file, the build, and where the layers are."""
    found = path.resolve()
    stat = found.stat()
    return f"{found} {stat.st_size} {stat.st_mtime_ns} {build()} {device}"


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
