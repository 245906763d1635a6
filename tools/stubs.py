"""Generates python/assay/_native.pyi from the installed extension (numpy must be importable), or checks that it is
up to date."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "python" / "assay" / "_native.pyi"


def generate() -> str:
    """The stub's text, formatted."""
    import numpy  # noqa: F401  (array annotations resolve only if it is there)

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pybind11_stubgen", "assay._native", "-o", folder, "--exit-code"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        text = (Path(folder) / "assay" / "_native.pyi").read_text()
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--config", str(STUB.parent.parent.parent / "pyproject.toml"), "--stdin-filename", str(STUB)]
    checked = subprocess.run(
        [*ruff, "check", "--fix-only", "--quiet", *options, "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    formatted = subprocess.run(
        [*ruff, "format", *options, "-"], input=checked.stdout or text, capture_output=True, text=True, check=True
    )
    return formatted.stdout


def main() -> int:
    """Writes the stub, or with --check compares it; exit status 1 when it differs."""
    text = generate()
    if "--check" not in sys.argv:
        STUB.write_text(text)
        return 0
    if STUB.exists() and STUB.read_text() == text:
        return 0
    sys.stderr.write("python/assay/_native.pyi is out of date: run 'make stubs'\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
