"""The process that serves the embedded model: `python -P -m promptctl.providers.local_server MODEL ALIAS`.

A process of its own, so that a crash of native code, or what it prints, never reaches the command. It prints
its address, `http://127.0.0.1:PORT`, as the one line on stdout, and ends when its stdin does: it cannot
outlive the process that started it.
"""

from __future__ import annotations

import os
import sys


def main(model_path: str, alias: str) -> None:
    """Serve the model until stdin ends: one thread, greedy, a fixed seed, on a free port of the loopback."""
    address = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever native code prints goes to stderr
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = model_path
    parameters.model_alias = {alias}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    # Two threads on a shared machine take a hundred times as long as one.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.n_parallel = 1
    parameters.n_gpu_layers = 0
    parameters.n_ctx = 2048
    parameters.fit_params = False
    # A reused prefix is computed in other batches and gives other answers: *measured*.
    parameters.cache_prompt = False
    parameters.cache_ram_mib = 0
    parameters.sampling.temp = 0.0
    parameters.sampling.seed = 0
    parameters.ui = False
    parameters.verbosity = -1
    server = xllamacpp.Server(parameters)
    address.write(server.listening_address + "\n")
    address.flush()
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
