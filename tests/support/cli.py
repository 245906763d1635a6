"""`assay ARGUMENTS...` in this process: Python does not start again for each command."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from typer.testing import CliRunner

from assay.cli.main import main


@dataclass(frozen=True)
class Done:
    """What a process would have ended with and printed."""

    returncode: int
    stdout: str
    stderr: str


def assay(*arguments: str | Path, text: str = "") -> Done:
    """Run the command with `text` on standard input, through the entry point that sets the exit status."""
    with patch.object(sys, "argv", ["assay", *map(str, arguments)]), CliRunner().isolation(text) as streams:
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        sys.stdout.flush()
        sys.stderr.flush()
        return Done(status, streams[0].getvalue().decode(), streams[1].getvalue().decode())
