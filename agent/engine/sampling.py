"""How a token is picked from the logits: llama.cpp's sampler chains."""

from llama_cpp import llama_cpp as native

from agent.engine.llama import Chain
from agent.engine.request import Sampling

_SEEDS = 2**32


def chain(sampling: Sampling) -> Chain:
    """The chain for one sequence; greedy at temperature 0. top-k comes first, for it makes the others cheap."""
    if sampling.temperature <= 0:
        return Chain([native.llama_sampler_init_greedy()])
    return Chain(
        [
            native.llama_sampler_init_top_k(sampling.top_k),
            native.llama_sampler_init_top_p(sampling.top_p, 1),
            native.llama_sampler_init_min_p(sampling.min_p, 1),
            native.llama_sampler_init_temp(sampling.temperature),
            native.llama_sampler_init_dist(sampling.seed % _SEEDS),
        ]
    )
