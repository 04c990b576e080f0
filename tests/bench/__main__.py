"""`make bench`: medians of several runs on an embedded server of its own; ratios are of one run."""

import argparse
import tempfile
from pathlib import Path

from db.embedded import end_by_exception, running
from tests.bench import analytics, lists, loads, purchases

PARTS = ("floor", "rollups", "repository", "growth", "loads", "lists", "analytics")


def main() -> None:
    """Run the measurements that were asked for."""
    end_by_exception()
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"what to measure: {', '.join(PARTS)}; else all"
    )
    parser.add_argument("--seconds", type=int, default=5, help="length of a run")
    parser.add_argument("--runs", type=int, default=3, help="runs to take the median of")
    parser.add_argument(
        "--lines", type=int, default=10_000_000, help="order lines of the large history (takes about 5 GB)"
    )
    parser.add_argument(
        "--sales", type=int, default=125_768, help="sales lines to load; 1006144 is the real file 16 times"
    )
    parser.add_argument("--customers", type=int, default=1_000_000, help="customers of the long lists")
    parser.add_argument("--products", type=int, default=100_000, help="products of the long lists")
    parser.add_argument(
        "--copies",
        type=int,
        nargs="+",
        default=[1, 16, 160],
        help="of the real sales, to read figures of (160 takes about 5 GB)",
    )
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    parts = options.parts or PARTS
    times = {"seconds": options.seconds, "runs": options.runs}
    with tempfile.TemporaryDirectory() as name, running(Path(name) / "postgres") as server:
        if "floor" in parts:
            purchases.against_the_floor(server, Path(name), **times)
        if "rollups" in parts:
            purchases.beside_rollups(server, Path(name), **times)
        if "repository" in parts:
            purchases.through_the_repository(server, Path(name), **times)
        if "growth" in parts:
            purchases.as_tables_grow(server, Path(name), lines=options.lines, **times)
        if "loads" in parts:
            loads.against_copy(server, Path(name), lines=options.sales, runs=options.runs)
        if "lists" in parts:
            lists.pages(
                server,
                runs=options.runs,
                customers_count=options.customers,
                products_count=options.products,
            )
        if "analytics" in parts:
            analytics.figures(server, Path(name), runs=options.runs, copies=options.copies)


if __name__ == "__main__":
    main()
