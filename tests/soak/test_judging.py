"""What `make soak` says of what it has seen; the soak itself is no test of the suite."""

from dataclasses import replace

import pytest

from tests.soak.application import Application
from tests.soak.browser import FaultError, check
from tests.soak.resources import Held, leaks, limits
from tests.soak.tally import Tally

QUIET = Held(
    memory_mb=250,
    threads=30,
    open_files=60,
    connections=10,
    in_transaction=0,
    pool_in_use=0,
    pool_waiting=0,
    temporary_files=2,
    temporary_mb=1,
    server_temporary_files=0,
    databases=4,
)


@pytest.mark.parametrize(
    ("later", "told"),
    [
        ({"memory_mb": 300}, ""),
        ({"memory_mb": 400}, "memory mb"),
        ({"threads": 80}, "threads"),
        ({"open_files": 200}, "open files"),
        ({"connections": 11}, "connections"),
        ({"in_transaction": 1}, "in transaction"),
        ({"pool_in_use": 1}, "pool in use"),
        ({"temporary_files": 3}, "temporary files"),
        ({"databases": 5}, "databases"),
    ],
)
def test_what_is_held_beyond_its_limit_is_a_leak(later: dict[str, int], told: str) -> None:
    found = list(leaks(QUIET, replace(QUIET, **later), pages=0))
    assert [text.partition(":")[0] for text in found] == ([told] if told else [])


def test_a_page_that_was_opened_may_hold_what_is_kept_of_it() -> None:
    most = replace(QUIET, memory_mb=limits(QUIET, pages=150)["memory_mb"])
    assert list(leaks(QUIET, most, pages=150)) == []
    assert len(list(leaks(QUIET, most, pages=50))) == 1


def test_an_answer_that_says_something_went_wrong_is_a_fault_and_an_error_in_the_log_too() -> None:
    with pytest.raises(FaultError, match="Mention 1f2e"):
        check('{"data": ["Something went wrong. Mention 1f2e when you report it."]}')
    check('{"data": ["Not enough stock of Kettle: 0 on hand, 1 asked."]}')
    app = Application(process=None, address="", metrics_token="")  # type: ignore[arg-type]
    for line in ('{"level": "info", "event": "request"}', '{"level": "warning", "event": "slow query"}'):
        app.note(line)
    assert (app.faults, app.slow_queries) == ([], 1)
    for line in ('{"level": "error", "event": "log"}', "Traceback (most recent call last):"):
        app.note(line)
    assert len(app.faults) == 2


def test_an_action_that_fails_is_an_error_and_not_a_time() -> None:
    tally = Tally()
    with pytest.raises(FaultError), tally.timed("sell"):
        raise FaultError("the till finds no product")
    tally.note_error("the till finds no product")
    assert tally.seconds == {}
    assert tally.reasons() == ["1 times: the till finds no product"]
