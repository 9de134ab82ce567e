"""Runs them all: ``python -m bench``, or some: ``python -m bench sync scan``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Run the benchmarks that were named, all if none was."""
    folder = Path(__file__).parent
    known = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_") and path.stem != "tools")
    wanted = sys.argv[1:] or known
    if unknown := set(wanted) - set(known):
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}: known are {', '.join(known)}")
    for name in wanted:
        print(f"\n== {name}", flush=True)
        sys.argv[1:] = []
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
