"""Peers that run in node, measured in the same run as we are: ffjavascript and snarkjs.

They are found in the folder that ASSAY_NODE_MODULES names, else in tests/interop/node_modules below the working
folder (`make bench` puts them there). Without them the peer is null, and the report says why.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path
from typing import Any

from assay.core.errors import AssayError

__all__ = ["PeerError", "node_modules", "peer_seconds", "why_missing"]

_SCRIPT = Path(__file__).with_name("peers.cjs")


class PeerError(AssayError, RuntimeError):
    """The peer is there but failed."""


def node_modules() -> Path | None:
    """The folder with the peers, or None."""
    folder = Path(os.environ.get("ASSAY_NODE_MODULES", "tests/interop/node_modules")).absolute()
    return folder if (folder / "ffjavascript").is_dir() else None


def why_missing() -> str | None:
    """Why there are no peers, or None if there are."""
    if shutil.which("node") is None:
        return "no peer: node is missing (apt install nodejs npm)"
    if node_modules() is None:
        return "no peer: npm packages are missing (run `npm ci` in tests/interop, or set ASSAY_NODE_MODULES)"
    return None


def peer_seconds(task: str, threads: int, timeout: float = 600.0, **arguments: Any) -> float | None:
    """Median seconds of a task of peers.cjs (its own warm-up and runs inside), or None where there is no peer.

    Raises:
        PeerError: it exited with an error, or took longer than the time-out.
    """
    if why_missing() is not None:
        return None
    request = json.dumps({"task": task, "threads": threads, **arguments})
    command = ["node", str(_SCRIPT), str(node_modules())]
    try:
        done = subprocess.run(command, input=request, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise PeerError(f"the peer took longer than {timeout} s for {task}") from None
    if done.returncode:
        raise PeerError(f"the peer failed at {task}: {done.stderr.strip()[-400:]}")
    seconds: list[float] = json.loads(done.stdout.splitlines()[-1])["seconds"]
    return statistics.median(seconds)
