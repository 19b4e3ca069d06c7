"""
What the mock of BandPage has: some bands, and lists that are connected with them.

Takes an `Asked`; gives an `Outcome`. Lists come in pages of 50 (`limit` and `offset` say otherwise), each with a `Link`
header field that leads to the next one, token included, as the service's own did. Tokens are the engine's doing.
Source: the facts on BandPage, and answers that clients of other languages recorded; RFC 8288 for `Link`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from restpath.mock.asked import Asked, Outcome, Refusal
from restpath.mock.plan import Plan
from restpath.mock.state import State

__all__ = ["ACTIONS", "PREPARE"]

_CONNECTIONS = ("emails", "events", "genres", "photos", "tracks", "videos", "websites")
_PAGE_SIZE = 50

_BANDS: dict[str, dict[str, Any]] = {
    "123": {"name": "The Sleepers", "bio": "Four people and a van.", "location": "Oakland, CA"},
    "124": {"name": "Sleeper Train", "bio": "Loud, and on time.", "location": "Reno, NV"},
    "125": {"name": "Nobody's Aunt", "location": "Austin, TX"},
}
_LISTS: dict[str, dict[str, list[dict[str, Any]]]] = {
    "123": {
        "emails": [{"address": "band@sleepers.example.com"}],
        "events": [
            {"bid": "1001", "type": "Event", "title": "Album release", "venue": "The Fillmore"},
            {"bid": "1002", "type": "Event", "title": "Summer fair", "venue": "Lake Park"},
            {"bid": "1003", "type": "Event", "title": "Farewell", "venue": "The Garage"},
        ],
        "genres": [{"name": "rock"}, {"name": "country"}],
        "photos": [{"bid": "2001", "type": "Photo", "title": "On stage"}],
        "tracks": [
            {"bid": str(3000 + number), "type": "Track", "title": f"Song {number}", "duration": str(180000 + number)}
            for number in range(1, 61)
        ],
        "videos": [{"bid": "4001", "type": "Video", "title": "Live in Oakland"}],
        "websites": [{"url": "https://sleepers.example.com"}],
    },
    "124": {"events": [{"bid": "1101", "type": "Event", "title": "First show", "venue": "The Depot"}]},
}


def PREPARE(state: State, plan: Plan) -> None:
    """Put the bands there, and every object of their lists that has an id."""
    for bid, band in _BANDS.items():
        state.add("band", (bid,), {"bid": bid, "type": "Band", **band})
    for lists in _LISTS.values():
        for item in (item for items in lists.values() for item in items if "bid" in item):
            state.add("object", (item["bid"],), item)


def _object(asked: Asked) -> Outcome:
    key = (asked.variables["bid"],)
    thing = asked.state.get("band", key) or asked.state.get("object", key)
    if thing is None:
        raise Refusal(404, f"there is no object {key[0]!r}")
    return Outcome(200, thing.content)


def _connected(asked: Asked) -> Outcome:
    bid = asked.variables["bid"]
    name = asked.variables.get("connection") or asked.method.template.rpartition("/")[2]
    if asked.state.get("band", (bid,)) is None or name not in _CONNECTIONS:
        raise Refusal(404, f"nothing called {name!r} is connected with {bid!r}")
    return _page(asked, f"/{quote(bid, safe='')}/{name}", _LISTS.get(bid, {}).get(name, []))


def _found(asked: Asked) -> Outcome:
    wanted = _said(asked, "name").casefold()
    bands = [thing.content for thing in asked.state.matching("band", {})]
    return _page(asked, "/search/band", [band for band in bands if wanted and wanted in band["name"].casefold()])


def _page(asked: Asked, path: str, items: list[Any]) -> Outcome:
    first, size = _number(asked, "offset", 0), _number(asked, "limit", _PAGE_SIZE)
    outcome = Outcome(200, items[first : first + size])
    if size and first + size < len(items):
        pairs = [(name, value) for name, values in asked.query.items() for value in values if name != "offset"]
        pairs += [("offset", str(first + size)), ("access_token", asked.credentials.get("access_token", ""))]
        link = f'<{asked.url}{path}?{urlencode(pairs)}>;rel="next";type="application/json";title="Next Results"'
        outcome.headers.append(("Link", link))
    return outcome


def _said(asked: Asked, name: str) -> str:
    return asked.query.get(name, [""])[-1]


def _number(asked: Asked, name: str, unless_said: int) -> int:
    text = _said(asked, name)
    if text and not (text.isascii() and text.isdigit()):
        raise Refusal(400, f"{name} must be a number, not {text!r}")
    return int(text) if text else unless_said


ACTIONS: Mapping[str, Callable[[Asked], Outcome]] = {
    "get": _object,
    "search": _found,
    **dict.fromkeys((f"GET /{{bid}}/{name}" for name in (*_CONNECTIONS, "{connection}")), _connected),
}
