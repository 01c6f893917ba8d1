"""What llama.cpp can do here, tried in a process of its own: a build that does not suit this machine ends this, not its caller.

    python -m agent.probe MODEL GPU_LAYERS

Each step is one JSON object on a line of standard output, so that a crash leaves what came before it.
"""

import json
import sys
from pathlib import Path
from typing import Any


def main(model: str, gpu_layers: str) -> None:
    from agent.errors import PonderError

    try:
        path = _found(model)
        if path is not None:
            _decode(path, gpu_layers)
    except PonderError as error:
        _tell(error=str(error))


def _tell(**said: Any) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _found(name: str) -> Path | None:
    """The model's file, if it is on disk."""
    from agent import models
    from agent.engine.llama import gpus, offload_supported
    from agent.engine.placement import free_memory
    from agent.gguf import parts
    from agent.machine import wanted_model

    _tell(gpus=gpus(), offload=offload_supported(), free=free_memory())
    model = wanted_model(name)
    if isinstance(model, Path):
        _tell(model=str(model), path=str(model), needed=sum(part.stat().st_size for part in parts(model)) * 5 // 4)
        return model
    path = models.locate(model)
    _tell(model=model.name, path=str(path) if path else None, needed=model.memory, download=model.bytes)
    return path


def _decode(path: Path, gpu_layers: str) -> None:
    from agent.engine.engine import open_engine
    from agent.engine.request import Message, Request, Sampling

    def silent(_what: str, _done: int, _total: int) -> None:
        return

    layers = "auto" if gpu_layers == "auto" else int(gpu_layers)
    with open_engine(path, name="probe", width=1, context=512, gpu_layers=layers, progress=silent) as engine:
        branch = engine.submit(Request(engine.encode([Message("user", "Hi")]), Sampling(max_tokens=4)))
        while branch.finish is None:
            engine.step()
        _tell(device=engine.device)


if __name__ == "__main__":
    main(*sys.argv[1:])
