"""
Pages of the mock's lists: which part of a list is asked for, and how a list is answered.

Takes an `Asked` and the items of a list; gives a `Page`, and the content that the words make of it. Which query
parameters speak of pages, and what stands around the items, is the data's to say (`paging`, `listed`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

from restpath.mock.asked import Asked, Refusal
from restpath.types import UNSET, Json

__all__ = ["Page", "cut_page", "paging_words", "read_moment", "wrapped"]


@dataclass(frozen=True)
class Page:
    """
    A part of a list.

    Attributes:
        offset: how many items come before it.
        limit: how many items it could have; None: any number.
        total: how many items there are on all pages.
        items: what is on it.
    """

    items: list[Any]
    offset: int
    limit: int | None
    total: int

    @property
    def goes_on(self) -> bool:
        """Whether there are items behind it."""
        return self.offset + len(self.items) < self.total

    @property
    def words(self) -> dict[str, Any]:
        """What can be said of it."""
        size = self.total if self.limit is None else self.limit
        return {
            "count": len(self.items),
            "total": self.total,
            "limit": size,
            "offset": self.offset,
            "page": self.offset // size + 1 if size else 1,
            "pages": -(-self.total // size) if size else 0,
        }


def cut_page(
    asked: Asked,
    items: list[Any],
    moment_of: Callable[[Any], datetime | None],
    number_of: Callable[[str], int] | None = None,
) -> Page:
    """
    Cut out the page that is asked for.

    Args:
        moment_of: tells when an item was, for pages between two moments; None where nobody knows.
        number_of: gives the number in the order of all things for an id, for pages before and after an item, which
            then has a `number`.
    Raises:
        Refusal: a parameter is no number, no moment, or no id.
    """
    words = paging_words(asked)
    for name, keep in (("before", int.__lt__), ("after", int.__gt__)):
        said = _said(asked, words, name)
        if said is not None and number_of is not None:
            number = number_of(said)
            items = [item for item in items if keep(item.number, number)]
    for name, is_kept in (("since", datetime.__ge__), ("until", datetime.__lt__)):
        said = _said(asked, words, name)
        if said is not None:
            limit_moment = _moment(said)
            dated = [(item, moment_of(item)) for item in items]
            items = [item for item, moment in dated if moment is None or is_kept(moment, limit_moment)]
    limit = _number(asked, words, "limit", words.get("size"))
    if limit is not None and "most" in words:
        limit = min(limit, words["most"])
    offset = _number(asked, words, "offset", 0) or 0
    page = _number(asked, words, "page", None)
    if page is not None:
        offset = max(page - 1, 0) * (limit if limit is not None else len(items))
    end = None if limit is None else offset + limit
    return Page(items[offset:end], offset, limit, len(items))


def paging_words(asked: Asked) -> Mapping[str, Any]:
    """What service, resource and method say of pages, the nearest over the others."""
    return {**asked.plan.words.get("paging", {}), **asked.role.words.get("paging", {}), **asked.words.get("paging", {})}


def _said(asked: Asked, words: Mapping[str, Any], name: str) -> str | None:
    value = asked.fields.get(words.get(name, ""))
    return value if isinstance(value, str) and value else None


def _number(asked: Asked, words: Mapping[str, Any], name: str, otherwise: int | None) -> int | None:
    said = _said(asked, words, name)
    if said is None:
        return otherwise
    if not re.fullmatch("[0-9]{1,9}", said):
        raise Refusal(400, f"{said!r} is no number of items or pages")
    return int(said)


def _moment(said: str) -> datetime:
    moment = read_moment(said)
    if moment is None:
        raise Refusal(400, f"{said!r} is no moment: Unix seconds, or a date and a time")
    return moment


def read_moment(said: Any) -> datetime | None:
    """Read Unix seconds, or a date and a time (in UTC unless it says otherwise); None if it is neither."""
    text = str(said)
    try:
        if re.fullmatch(r"[0-9]{1,11}(?:\.[0-9]+)?", text):
            return datetime.fromtimestamp(float(text), timezone.utc)
        moment = datetime.fromisoformat(re.sub("[Zz]$", "+00:00", text))
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


# ---- around the items --------------------------------------------------------------------------------------------


def wrapped(asked: Asked, page: Page, contents: Json, template: Json = None) -> Json:
    """Write a page as the words have it; the items alone where they say nothing, or are grouped."""
    for words in (asked.words, asked.role.words, asked.plan.words):
        template = words.get("listed") if template is None else template
    if not template or not isinstance(contents, list):
        return contents
    words = paging_words(asked)
    links = {"next": _next(asked, words, page), "previous": _previous(asked, words, page)}
    return asked.filled(template, items=contents, **page.words, **links)


def _next(asked: Asked, words: Mapping[str, Any], page: Page) -> Any:
    if not page.goes_on or not page.items:
        return UNSET
    return _link(asked, words, page, page.offset + len(page.items))


def _previous(asked: Asked, words: Mapping[str, Any], page: Page) -> Any:
    if not page.offset:
        return UNSET
    return _link(asked, words, page, max(page.offset - (page.limit or 0), 0))


def _link(asked: Asked, words: Mapping[str, Any], page: Page, offset: int) -> Any:
    """The URL of another page: the same query, but for what says which page."""
    if "page" in words:
        own = {words["page"]: str(offset // (page.limit or 1) + 1)}
    elif "offset" in words:
        own = {words["offset"]: str(offset)}
    else:
        return UNSET
    if "limit" in words and page.limit is not None:
        own[words["limit"]] = str(page.limit)
    pairs = [(name, value) for name, values in asked.query.items() for value in values if name not in own]
    return f"{asked.url}{asked.target}?{urlencode([*pairs, *own.items()])}"
