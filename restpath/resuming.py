"""
Resumed downloads: from one that broke off to the call that asks for the rest, and whether an answer is that rest.

Takes the call, the header fields of the answer that broke off, and how many bytes had come; gives the next call, or
None where the server cannot go on, or could not tell whether the content is still the same. Pure.
Source: RFC 9110 sections 13.1.5 (If-Range), 14.2 (Range), 14.4 (Content-Range) and 8.8.1 (strong validators).
"""

from __future__ import annotations

import re

from restpath.call import Call
from restpath.records import replace
from restpath.regex import pattern
from restpath.types import Headers

__all__ = ["is_rest", "rest_call", "whole_length"]

_PART = pattern(r"bytes ([0-9]+)-([0-9]+)/([0-9]+|\*)")


def rest_call(call: Call, headers: Headers, received: int) -> Call | None:
    """
    Give the call for what is missing.

    Args:
        call: the call whose answer broke off.
        headers: the header fields of its first answer.
        received: how many bytes of the content came.
    """
    if call.method != "GET":
        return None
    if received == 0:
        return call  # nothing of it was kept, so there is nothing to fit together
    validator = _validator(headers)
    resumable = (
        validator is not None
        and headers.get("accept-ranges", "").strip().lower() != "none"
        and headers.get("content-encoding", "identity").strip().lower() == "identity"
        and not call.has_header("range")
    )
    if not resumable or validator is None:
        return None
    lines = [*call.headers.lines(), ("Range", f"bytes={received}-"), ("If-Range", validator)]
    kept = [(name, value) for name, value in lines if name.lower() != "accept-encoding"]
    # A compressed rest would not fit behind what came uncompressed.
    return replace(call, headers=Headers([*kept, ("Accept-Encoding", "identity")]))


def _validator(headers: Headers) -> str | None:
    """A strong entity tag. A date is none: what changed twice in one second has the same."""
    tag = headers.get("etag", "").strip()
    return tag if re.fullmatch(r'"[^"]*"', tag) else None


def is_rest(headers: Headers, first: Headers, received: int) -> bool:
    """Tell whether a partial answer (206) is the rest of the very content that broke off."""
    match = _PART.fullmatch(headers.get("content-range", "").strip())
    if match is None or int(match.group(1)) != received:
        return False
    if headers.get("etag", _validator(first)) != _validator(first):
        return False
    length = first.get("content-length", "")
    return not length.isdigit() or match.group(3) in ("*", length)


def whole_length(headers: Headers, first: Headers) -> int | None:
    """
    Give the length of the content that a partial answer is the rest of; None where neither answer says it.

    A part may end before the content does, and then there is more to ask for (section 15.3.7).
    """
    match = _PART.fullmatch(headers.get("content-range", "").strip())
    said = first.get("content-length", "") if match is None or match.group(3) == "*" else match.group(3)
    return int(said) if said.isascii() and said.isdigit() else None
