"""`make bench`: medians of several runs on an embedded server of its own; ratios are of one run."""

import argparse
import tempfile
from pathlib import Path

from db.embedded import end_by_exception, running
from tests.bench import purchases


def main() -> None:
    """Run the measurements that were asked for."""
    end_by_exception()
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="length of a run of pgbench")
    parser.add_argument("--runs", type=int, default=3, help="runs to take the median of")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running(Path(name) / "postgres") as server:
        purchases.measure(server, Path(name), seconds=options.seconds, runs=options.runs)


if __name__ == "__main__":
    main()
