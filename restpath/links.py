"""
Links: which one of an answer leads on, and where to.

Takes the lines of the field `Link`, or a link as it stands in an answer; gives its target, or in words why it is not to
be followed. A link keeps to the origin of the list that it belongs to, and HTTPS never falls to HTTP. Pure.
Source: RFC 8288 section 3 for `Link`, RFC 3986 section 5 for relative links.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from restpath.call import origin_of
from restpath.regex import pattern
from restpath.template import encode_strays

__all__ = ["find_link", "has_server", "link_target", "resolved"]

# Each of these reads on from where it stands and never tries again, however a line is made to look.
_BETWEEN = pattern(r"[\s,]*")
_OPENING = pattern("<([^<>]*)>")
_PARAMETER = pattern(r"\s*;\s*([^\s=;,\"]*)\s*(?:=\s*(?:\"((?:[^\"\\]|\\.)*)\"?|([^\s;,\"]*)))?")
_REST = pattern(r"(?:[^,\"]|\"(?:[^\"\\]|\\.)*\"?)*,?")


def find_link(lines: Sequence[str], relation: str) -> str | None:
    """
    Find the target of a link by its relation, in the lines of the field `Link`.

    Args:
        lines: the field's lines; each may hold several links.
        relation: the relation type, in lower case.
    Returns:
        the first such target as it stands, perhaps relative; None if there is none.
    Source: RFC 8288 section 3. A link with an `anchor` speaks of another resource, and is passed by.
    """
    for target, parameters in (link for line in lines for link in _links(line)):
        if "anchor" not in parameters and relation in parameters.get("rel", "").lower().split():
            return target
    return None


def _links(line: str) -> list[tuple[str, dict[str, str]]]:
    """Targets and parameters of a line; of parameters that come twice, the first holds (section 3.3)."""
    found: list[tuple[str, dict[str, str]]] = []
    place = 0
    while place < len(line):
        place = _end(_BETWEEN, line, place)
        opening = _OPENING.match(line, place)
        if opening is not None:
            place = opening.end()
            parameters: dict[str, str] = {}
            while (match := _PARAMETER.match(line, place)) is not None:
                name, quoted, plain = match.groups()
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain or ""
                parameters.setdefault(name.lower(), value)
                place = match.end()
            # In a header field that is read as ISO-8859-1 the last byte of a character can look like a space.
            found.append((opening.group(1).strip(" \t"), parameters))
        place = max(_end(_REST, line, place), place + 1)
    return found


def _end(pattern: re.Pattern[str], line: str, place: int) -> int:
    match = pattern.match(line, place)
    return place if match is None else match.end()


def resolved(reference: bytes, found_at: str) -> SplitResult | None:
    """Find the URL that a reference means where it stands, with all encoded that no URL can carry; None for none."""
    text = encode_strays(quote(reference.strip(), safe=_URL_SAFE))
    try:
        target = urlsplit(urljoin(found_at, text))
        _ = target.hostname, target.port
    except ValueError:
        return None
    return target


def has_server(target: SplitResult) -> bool:
    """Tell whether a URL names a host and a port that there can be."""
    return bool(target.hostname) and not _NO_HOST.search(target.hostname or "") and target.port != 0


_URL_SAFE = "%/?:@!$&'()*+,;=-._~[]#"
_NO_HOST = pattern(r"[%\s\\]")


def link_target(link: str, found_at: str, home: str) -> SplitResult | str:
    """
    Find the URL that a link means.

    Args:
        link: the link as it stands, perhaps relative.
        found_at: the URL of the answer in which it stands.
        home: a URL of the service, whose origin a link must not leave.
    Returns:
        the URL without its fragment; or in words what keeps it from being followed.
    Source: RFC 3986 section 5.
    """
    if origin_of(found_at) != origin_of(home):
        # It is not for others to say where the service's credentials go.
        return f"it comes from {urlsplit(found_at).netloc}, where a redirect led to, and not from the service itself"
    target = resolved(link.strip().encode("utf-8", "replace"), found_at)
    if target is None:
        return "that is no URL"
    if target.scheme not in ("http", "https") or not has_server(target):
        return "that is no http or https URL"
    if "@" in target.netloc:
        return "there are credentials in it"
    if origin_of(home)[0] == "https" and target.scheme == "http":
        return "HTTPS does not fall to HTTP"
    if origin_of(target.geturl()) != origin_of(home):
        own = urlsplit(home)
        return f"it is on {target.scheme}://{target.netloc}, and a walk stays on {own.scheme}://{own.netloc}"
    return target._replace(fragment="")
