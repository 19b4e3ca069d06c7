"""
What the mock of BandPage has beside its bands: lists that are connected with them.

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
_OBJECT = "/{bid}"

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
    """Put every object of the lists there that has an id; the bands themselves are in the data."""
    for lists in _LISTS.values():
        for item in (item for items in lists.values() for item in items if "bid" in item):
            state.add(_OBJECT, (item["bid"],), item)


def _band(asked: Asked, bid: str) -> bool:
    thing = asked.state.get(_OBJECT, (bid,))
    content: Any = thing.content if thing is not None else {}
    return bool(content.get("type") == "Band")


def _connected(asked: Asked) -> Outcome:
    bid = asked.variables["bid"]
    name = asked.variables.get("connection") or asked.method.template.rpartition("/")[2]
    if not _band(asked, bid) or name not in _CONNECTIONS:
        raise Refusal(404, f"nothing called {name!r} is connected with {bid!r}")
    return _page(asked, f"/{quote(bid, safe='')}/{name}", _LISTS.get(bid, {}).get(name, []))


def _found(asked: Asked) -> Outcome:
    wanted = _said(asked, "name").casefold()
    bands = [thing.content for thing in asked.state.matching(_OBJECT, {}) if _band(asked, thing.key[0])]
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
    "search": _found,
    **dict.fromkeys((f"GET /{{bid}}/{name}" for name in (*_CONNECTIONS, "{connection}")), _connected),
}
