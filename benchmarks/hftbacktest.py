"""The peer's rates on a tape, measured in the environment that `make bench` sets up for it."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
PYTHON = HERE.parent / ".venv-bench" / "bin" / "python"


def peer_rates(script: str, arrays: Mapping[str, Any], *words: float) -> dict[str, float]:
    """What a script of `benchmarks/peer` prints of these arrays; empty where the peer is not installed."""
    if not PYTHON.exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tape.npz"
        np.savez(path, **arrays)
        command = [str(PYTHON), str(HERE / "peer" / script), str(path), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return rates
