"""How a token is picked from the logits: llama.cpp's samplers over the tokens that can matter, and how sure the model was.

A vocabulary has some 150,000 tokens, of which a few hundred have any chance. Only those are handed to llama.cpp, which
otherwise copies all of them for every token of every branch; the same pass gives the log-probability.
"""

import ctypes
import math
from typing import Any, cast

import numpy as np
from llama_cpp import llama_cpp as native
from numpy.typing import NDArray

from agent.engine.llama import Model, library_log
from agent.engine.request import Sampling
from agent.errors import MachineError

Logits = NDArray[np.float32]
"""One number for each token of the vocabulary."""

BAND = 16.0
"""Nats below the likeliest token within which tokens count. All the others of a vocabulary of 150,000 together have at most
0.017 of the likeliest one's probability (seen: 0.0002)."""
MARGIN = 1.0
"""Nats by which the likeliest token must lead for a decode of any shape to find the same. Between one row and sixteen the lead
moved by at most 0.35 (Qwen2.5-Coder), 0.44 (SmolLM2) and 0.99 (Gemma 3 270M)."""
_native = cast(Any, native)
"""The same, where its own types are too narrow."""
_SEEDS = 2**32
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
"""`llama_token_data`."""
_GUARD_BASE, _GUARD_FREE = 1.75, 24
"""DRY's usual base; and repeated tokens that go unpunished, for programs do repeat lines (llama.cpp's own default, 2, is meant
for prose)."""


class Sampler:
    """Picks the tokens of one branch, one after another; it remembers what it picked. Close it."""

    def __init__(self, sampling: Sampling, model: Model) -> None:
        """Raises `ValueError` for a grammar that llama.cpp does not understand."""
        self._grammar = Grammar(sampling.grammar, model) if sampling.grammar is not None else None
        self._greedy = sampling.temperature <= 0
        self._band = math.inf if sampling.repetition_guard > 0 else BAND * max(1.0, sampling.temperature)
        self._guard = _guard(sampling.repetition_guard, model)
        self._chain = None if self._greedy else _chain(sampling)

    def pick(self, logits: Logits) -> tuple[int, float]:
        """A token, and its log-probability in nats as the model alone gives it: at temperature 1, before any sampler.

        Raises `MachineError` where the model's results are no numbers.
        """
        top = logits.max()
        if not math.isfinite(top):
            raise MachineError(
                "what the model calculates is no number: its file is damaged, or a GPU overflows (--gpu-layers 0)"
            )
        near = np.flatnonzero(logits >= top - BAND)
        total = float(top) + math.log(float(np.exp(logits[near] - top).sum()))
        token = self._choose(logits, near if self._band == BAND else np.flatnonzero(logits >= top - self._band))
        for stage in (self._guard, self._chain):
            if stage:
                native.llama_sampler_accept(stage, token)
        if self._grammar:
            self._grammar.accept(token)
        return token, float(logits[token]) - total

    def sure(self, logits: Logits) -> bool:
        """Whether the token does not hang on how the arithmetic of a decode rounds; a drawn one hangs on chance anyway."""
        return not self._greedy or np.count_nonzero(logits >= logits.max() - MARGIN) == 1

    def _choose(self, logits: Logits, near: NDArray[np.intp]) -> int:
        if self._greedy and not self._guard and not self._grammar:
            return int(logits.argmax())
        token = self._apply(_candidates(logits, near))
        if self._grammar is None or self._grammar.allows(token):
            return token
        # What the grammar forbids is drawn anew from what it allows: the same as drawing from that at once, and seldom needed.
        every = self._grammar.allowed(_candidates(logits, np.arange(len(logits))))
        return self._apply(every) if len(every) else token

    def _apply(self, candidates: NDArray[Any]) -> int:
        """Runs the samplers over `candidates`, which they reorder."""
        array = _array(candidates)
        if self._guard:
            _native.llama_sampler_apply(self._guard, ctypes.byref(array))
        if self._chain is None:
            return int(candidates["id"][candidates["logit"].argmax()])
        _native.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(candidates["id"][array.selected])

    def close(self) -> None:
        for stage in (self._guard, self._chain):
            if stage:
                native.llama_sampler_free(stage)
        self._guard = self._chain = None
        if self._grammar:
            self._grammar.close()


class Grammar:
    """A GBNF grammar with `root` as its start, and how far a text has come in it."""

    def __init__(self, source: str, model: Model) -> None:
        if not source.strip() or "\0" in source:
            raise ValueError("the grammar is empty, or not text")  # llama.cpp would take it for none at all
        library_log().clear()
        self._sampler: Any = native.llama_sampler_init_grammar(model.vocabulary, source.encode(), b"root")
        if not self._sampler:
            raise ValueError(f"llama.cpp does not understand the grammar ({library_log().cause})")

    def allowed(self, candidates: NDArray[Any]) -> NDArray[Any]:
        """Those candidates that may come next."""
        _native.llama_sampler_apply(self._sampler, ctypes.byref(_array(candidates)))
        return candidates[np.isfinite(candidates["logit"])]

    def allows(self, token: int) -> bool:
        return len(self.allowed(np.array([(token, 0.0, 0.0)], _CANDIDATE))) > 0

    def accept(self, token: int) -> None:
        """Goes on by a token; one that is not allowed, which would end the process, is left out."""
        if self.allows(token):
            native.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        if self._sampler:
            native.llama_sampler_free(self._sampler)
            self._sampler = None


def _chain(sampling: Sampling) -> Any:
    """top-k comes first, for it makes the others cheap."""
    chain: Any = native.llama_sampler_chain_init(native.llama_sampler_chain_default_params())
    for stage in (
        native.llama_sampler_init_top_k(sampling.top_k),
        native.llama_sampler_init_top_p(sampling.top_p, 1),
        native.llama_sampler_init_min_p(sampling.min_p, 1),
        native.llama_sampler_init_temp(sampling.temperature),
        native.llama_sampler_init_dist(sampling.seed % _SEEDS),
    ):
        native.llama_sampler_chain_add(chain, stage)
    return chain


def _guard(strength: float, model: Model) -> Any:
    """llama.cpp's DRY sampler over the branch's own text, lines and all; None if it is off."""
    if strength <= 0:
        return None
    reach = model.training_context
    return _native.llama_sampler_init_dry(model.vocabulary, strength, _GUARD_BASE, _GUARD_FREE, reach, None, 0)


def _candidates(logits: Logits, tokens: NDArray[np.intp]) -> NDArray[Any]:
    candidates = np.zeros(len(tokens), _CANDIDATE)
    candidates["id"] = tokens
    candidates["logit"] = logits[tokens]
    return candidates


def _array(candidates: NDArray[Any]) -> Any:
    """`candidates` as `llama_token_data_array`, without a copy."""
    data = candidates.ctypes.data_as(ctypes.POINTER(native.llama_token_data))
    return native.llama_token_data_array(cast(Any, data), len(candidates), -1, False)
