"""
What the operations that everybody makes cost, counted in calls of functions, which no busy machine changes.

The bounds are a little above what was counted when they were set, on Python 3.11 with urllib3 2: GET 368 to urllib3's
298, POST 382 to 340, checked POST 428, a path and its URL 6, a page of a walk of 100 items 805. Whoever comes to one
should find out what the further calls are for, by `python -m benchmarks.counting` and a profile, before raising it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.cases import CASES, Place
from benchmarks.counting import calls_of
from benchmarks.server import ANSWER, ITEMS, PAGES, page
from restpath.edge import quick
from tests.support.scripted import Request, Server, answer

pytestmark = pytest.mark.skipif(not quick.IS_KNOWN, reason="with old versions all calls go the ordinary way")

JSON = "Content-Type: application/json"
_PAGES = [answer(200, page(number), JSON) for number in range(PAGES)]


def _answer(request: Request) -> bytes:
    if not request.target.startswith("/list"):
        return answer(200, ANSWER, JSON)
    return _PAGES[int(request.target.partition("page=")[2] or 0)]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    # Where spans are recorded, calls take the ordinary way.
    monkeypatch.setattr("restpath.firsttry.is_tracing", lambda: False)
    with Server(_answer) as server:
        yield Place(server.url)


@pytest.mark.parametrize(("row", "most"), [("get", 1.4), ("post", 1.3), ("checked", 1.45)])
def test_a_call_takes_little_more_than_urllib3_takes_for_it(place: Place, row: str, most: float) -> None:
    theirs = sum(calls_of(CASES[row]["urllib3"](place)))
    assert sum(calls_of(CASES[row]["restpath"](place))) < most * theirs


def test_a_path_and_its_url_take_a_dozen_calls(place: Place) -> None:
    assert sum(calls_of(CASES["path"]["restpath"](place))) <= 18


def test_a_walk_takes_ten_calls_for_an_item_and_a_few_hundred_for_a_page(place: Place) -> None:
    python, builtin = calls_of(CASES["walk"]["restpath"](place), warm=1)
    assert python + builtin < 10 * ITEMS * PAGES + 700 * PAGES


def test_counting_counts_what_a_function_calls() -> None:
    assert calls_of(lambda: None, warm=0) == (0, 0)
    assert calls_of(lambda: [len("abc"), (lambda: 1)()], warm=0) == (1, 1)
