"""`python -m assay.capi --cflags --libs`: arguments for a C compiler."""

from __future__ import annotations

import argparse
import shlex
import sys

from assay.capi import compile_flags, link_flags


def main() -> None:
    """Prints the flags asked for, on one line."""
    parser = argparse.ArgumentParser(prog="python -m assay.capi", description=__doc__)
    parser.add_argument("--cflags", action="store_true", help="where assay.h is")
    parser.add_argument("--libs", action="store_true", help="the library, and its path for the loader")
    asked = parser.parse_args()
    if not (asked.cflags or asked.libs):
        parser.error("ask for --cflags, --libs or both")
    flags = (compile_flags() if asked.cflags else []) + (link_flags() if asked.libs else [])
    sys.stdout.write(shlex.join(flags) + "\n")


if __name__ == "__main__":
    main()
