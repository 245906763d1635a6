"""Loggers of assay: quiet until the application asks.

As a library we never configure logging; the root logger `assay` only carries a `NullHandler`. Applications
attach their own handlers, and the command line calls `log_to_stderr`. Secrets are never logged.
"""

from __future__ import annotations

import logging

__all__ = ["get_logger", "log_to_stderr"]

_ROOT = logging.getLogger("assay")
_ROOT.addHandler(logging.NullHandler())


def get_logger(name: str) -> logging.Logger:
    """The logger of a module; call it with `__name__`."""
    return logging.getLogger(name if name == "assay" or name.startswith("assay.") else f"assay.{name}")


def log_to_stderr(level: int | str = logging.INFO) -> logging.Handler:
    """Send the records of assay to standard error from `level` on; returns the handler, to remove it."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    _ROOT.addHandler(handler)
    _ROOT.setLevel(level)
    return handler
