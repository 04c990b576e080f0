"""What an operator does while people work: a load of new sales, and a backup that is proved."""

import csv
import itertools
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from loader.demo import generate
from loader.reading import inspect
from tests.soak.application import ROOT, Place

SALES = 5_000


def make_sales(folder: Path) -> Path:
    """A folder with a file of sales under order numbers that the demo retailer has not used."""
    source, new = folder / "demo", folder / "new"
    generate(source, today=datetime.now(UTC).date())
    new.mkdir()
    form = inspect(source / "Sales.csv")
    with (new / "Sales.csv").open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(form.header)
        for record in itertools.islice(form.records(), SALES):
            number, *others = record.cells
            rows.writerow([f"{number}0001" if number else number, *others])
    return new


def load(sales: Path, place: Place) -> None:
    """Load the sales as `python -m loader` does. Raises RuntimeError."""
    _run(place, "loader", "load", str(sales), "--source", "demo")


def back_up(folder: Path, place: Place) -> None:
    """Back up and prove as `python -m db` does. Raises RuntimeError."""
    _run(place, "db", "backup", str(folder / "soak.dump"), "--prove")


def _run(place: Place, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=place.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments[:2])} ended with {done.returncode}: {done.stderr[-500:]}")
