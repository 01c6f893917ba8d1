"""llama-cpp-python's high-level `Llama`, called as its users call it, in a process of its own.

Reads a question a line from standard input, as JSON (`workload.Question`), replies to each on standard output with
`{"tokens": ..., "seconds": ...}`, and ends with its input. Before each question the cache is emptied; within one, `Llama`
reuses its prefix.
"""

import argparse
import json
import sys
import time

from llama_cpp import Llama

from tests.benchmarks.workload import MIN_P, TEMPERATURE, TOP_K, TOP_P, Question


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--cells", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--gpu-layers", type=int, required=True)
    options = parser.parse_args()
    llama = Llama(
        options.model,
        n_ctx=options.cells,
        n_threads=options.threads,
        n_threads_batch=options.threads,
        n_gpu_layers=options.gpu_layers,
        flash_attn=True,
        verbose=False,
    )
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answered(llama, Question(**json.loads(line)))) + "\n")
        sys.stdout.flush()


def answered(llama: Llama, question: Question) -> dict[str, float]:
    """What came of answering the prompt again and again, each time with another seed."""
    llama.reset()
    generated, begun = 0, time.perf_counter()
    for seed in range(question.seed, question.seed + question.answers):
        reply = llama.create_completion(
            list(question.tokens),
            max_tokens=question.each,
            temperature=TEMPERATURE,
            top_k=TOP_K,
            top_p=TOP_P,
            min_p=MIN_P,
            repeat_penalty=1.0,
            seed=seed,
        )
        generated += reply["usage"]["completion_tokens"]
    return {"tokens": generated, "seconds": time.perf_counter() - begun}


if __name__ == "__main__":
    main()
