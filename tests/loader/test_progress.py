import errno
import gzip
import io
import os
import pty
import re
import subprocess
import sys
from itertools import count
from pathlib import Path

from app.ui.progress import bar
from loader.progress import Bar, Lines, Moment, watched
from loader.reading import Position, inspect
from tests.conftest import HERE
from tests.loader.conftest import Business


def test_rows_on_their_way_tell_how_many_and_how_fast() -> None:
    told: list[str] = []
    seconds = count(step=0.25)
    rows = list(watched(range(1200), "Reading", told.append, lambda: 0.5, now=lambda: next(seconds)))
    assert rows == list(range(1200))
    assert told == ["Reading"] * 3
    assert [(m.rows, m.rate, m.share) for m in told if isinstance(m, Moment)] == [
        (512, 2048, 0.5),
        (1024, 2048, 0.5),
        (1200, 1600, 1.0),
    ]


def test_a_file_tells_how_much_of_it_on_disk_is_read(tmp_path: Path) -> None:
    text = "Name,Number\n" + "".join(f"row,{number}\n" for number in range(30_000))
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "c.csv").write_text(text, encoding="utf-16")
    for path in sorted(tmp_path.iterdir()):
        position = Position()
        assert position.share() is None
        shares = [position.share() or 0 for _ in inspect(path).records(position)]
        assert shares == sorted(shares)
        assert 0 < shares[0] < 0.6
        assert 0.4 < shares[15_000] < 1
        assert shares[-1] == 1


def test_a_terminal_has_a_bar_with_rows_and_rate_and_a_file_plain_lines() -> None:
    moments = [
        "Built the schema",
        Moment("Reading Sales.csv", share=0.0),
        Moment("Reading Sales.csv", share=0.5, rows=1_234, rate=98_765.4),
        Moment("Reading Sales.csv", share=1.0, rows=2_000),
        Moment("Publishing", share=0.25, rows=1),
    ]
    plain, drawn = io.StringIO(), io.StringIO()
    for tell in (Lines(plain), Bar(drawn, lambda: 60)):
        for moment in moments:
            tell(moment)
        tell.close()
    assert plain.getvalue() == "Built the schema\nReading Sales.csv\nPublishing\n"
    screen = [line.split("\r\x1b[K")[1:] for line in drawn.getvalue().split("\n")[:-1]]
    assert screen == [
        [" " * 26 + "  Built the schema"],
        [
            "░" * 20 + "    0%  Reading Sales.csv",
            ("█" * 10 + "░" * 10 + "   50%  Reading Sales.csv  1,234 rows, 98,765 a second")[:59],
            "█" * 20 + "  100%  Reading Sales.csv  2,000 rows",
        ],
        ["█" * 5 + "░" * 15 + "   25%  Publishing  1 row"],
    ]
    assert 'value="0.500"></progress> Reading Sales.csv: 1,234 rows, 98,765 a second<' in bar(moments[2])
    assert "></progress> Built the schema<" in bar("Built the schema")


def everything_on(terminal: int) -> str:
    """What is drawn on a terminal until the last one who can write to it has ended."""
    drawn = b""
    try:
        while part := os.read(terminal, 4096):
            drawn += part
    except OSError as error:
        if error.errno != errno.EIO:
            raise
    return drawn.decode()


def test_a_load_on_a_terminal_draws_and_its_json_stays_one_object(business: Business) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "DATABASE_URL": business.database.owner_url, "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "loader", "load", business.folder, "--json"],
        cwd=HERE.parent,
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as loading:
        os.close(theirs)
        screen = everything_on(ours)
        out, _ = loading.communicate()
    os.close(ours)
    assert loading.returncode == 0
    assert out.startswith(b'{"load_id": ')
    assert out.count(b"\n") == 1
    assert "100%  Reading Sales.csv (utf-8)  3 rows" in screen
    assert re.search(r"█+░+ +\d+%  Publishing orders  11 rows", screen)
    assert screen.endswith("\n")
