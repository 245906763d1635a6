"""Environment variables, read with clear errors, and the user's cache directory.

| variable          | meaning                                                              |
|-------------------|----------------------------------------------------------------------|
| `ASSAY_CACHE_DIR` | cache of keys and compiled circuits; default `$XDG_CACHE_HOME/assay`, then `~/.cache/assay` |

Other rooms read theirs with the functions below; an unset or empty variable gives the default.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from assay.core.errors import InvalidInput, StateError

__all__ = ["cache_dir", "env_bool", "env_choice", "env_int"]

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")


def cache_dir(*parts: str, create: bool = True) -> Path:
    """The user's cache directory, or the sub-directory `parts` of it, made (mode 0700) unless told not to.

    Relative values of `XDG_CACHE_HOME` are ignored, as the XDG base directory specification demands;
    a relative `ASSAY_CACHE_DIR` is an error.
    """
    own = os.environ.get("ASSAY_CACHE_DIR", "")
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    if own:
        root = Path(own).expanduser()
        if not root.is_absolute():
            raise InvalidInput(f"ASSAY_CACHE_DIR={own!r} is not an absolute path")
    elif xdg and Path(xdg).is_absolute():
        root = Path(xdg) / "assay"
    else:
        root = Path.home() / ".cache" / "assay"
    path = root.joinpath(*parts)
    if create:
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(
                f"the cache directory {path} cannot be made ({error.strerror}); set ASSAY_CACHE_DIR"
            ) from error
    return path


def env_int(name: str, default: int, *, low: int | None = None, high: int | None = None) -> int:
    """The decimal integer in variable `name`, checked against the inclusive bounds."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(text, 10)
    except ValueError:
        raise InvalidInput(f"{name}={text!r} is not an integer") from None
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = f"[{'-inf' if low is None else low}, {'inf' if high is None else high}]"
        raise InvalidInput(f"{name}={value} lies outside {bounds}")
    return value


def env_bool(name: str, default: bool) -> bool:
    """The truth value in variable `name`: 1/true/yes/on or 0/false/no/off."""
    text = os.environ.get(name, "").strip().lower()
    if not text:
        return default
    if text not in _TRUE + _FALSE:
        raise InvalidInput(f"{name}={text!r} is not one of {', '.join(_TRUE + _FALSE)}")
    return text in _TRUE


def env_choice(name: str, choices: Sequence[str], default: str) -> str:
    """The value of variable `name`, which must be one of `choices`."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if text not in choices:
        raise InvalidInput(f"{name}={text!r} is not one of {', '.join(choices)}")
    return text
