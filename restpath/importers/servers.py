"""
Servers: from the server objects of a description to a base URL with variables, and to the servers of single operations.

Takes the spots of `servers`, and the URL that the description was read from, which relative ones are relative to;
gives texts that the data format takes: the first is the base URL, the others stand beside it. What a URL cannot have is
filled with its default, and reported.
Source: OpenAPI 3.1.1 sections 4.8.5 and 4.8.6; RFC 3986 section 5 for relative URLs.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

from restpath.definition.servers import base_url_problem
from restpath.importers.found import Report
from restpath.importers.naming import unique
from restpath.importers.references import Spot
from restpath.types import JsonObject

__all__ = ["Server", "first_server", "fixed_server"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_VALUE = re.compile(r"(?!.*\.\.)[A-Za-z0-9._~-]+")


class Server(NamedTuple):
    """A base URL and its variables, and the other servers; None where the description leaves it to the caller."""

    url: str | None
    variables: JsonObject
    others: tuple[JsonObject, ...] = ()


_NO_SERVER = Server(None, {})


def first_server(servers: Spot, source: str, report: Report) -> Server:
    """Give the first of the document's servers, with what can vary in it, and the others."""
    spots = list(servers.elements())
    if not spots:
        return Server(_absolute("", source), {})
    first, *others = (_server(spot, source, report, fixed=False) for spot in spots)
    found: dict[str, JsonObject] = {}
    for spot, server in zip(spots[1:], others, strict=True):
        if server.url is not None and server.url != first.url:
            found.setdefault(server.url, _other(spot, server.url, server.variables))
    return first._replace(others=tuple(found.values()))


def _other(spot: Spot, url: str, variables: JsonObject) -> JsonObject:
    """The words of a server beside the first: a short description is what it is called."""
    name, about = spot.text("name").strip(), spot.text("description").strip()
    title = name or (about if len(about) <= 60 and "\n" not in about else "")
    words: JsonObject = {"url": url}
    if title:
        words["title"] = title
    if about and about != title:
        words["documentation"] = about
    return {**words, "variables": variables} if variables else words


def fixed_server(servers: Spot, source: str, report: Report) -> str | None:
    """Give the first server of an operation or of a path, its variables filled; None where it has none of its own."""
    spots = list(servers.elements())
    urls = list(dict.fromkeys(spot.text("url") for spot in spots[1:] if spot.text("url") != spots[0].text("url")))
    if urls:
        shown = ", ".join(urls[:5]) + (", ..." if len(urls) > 5 else "")
        what = f"the first server is used here; servers= of connect() takes others: {shown}"
        report.add(servers.place, what, servers.base)
    return _server(spots[0], source, report, fixed=True).url if spots else None


def _server(spot: Spot, source: str, report: Report, *, fixed: bool) -> Server:
    text, declared = spot.text("url").strip(), spot.at("variables")
    said = spot.value.get("url") if isinstance(spot.value, dict) else None
    if not isinstance(said, str):
        report.add(spot.place, "this server has no URL", spot.base)
        return _NO_SERVER
    variables = {name: inner for name, inner in declared.items() if isinstance(inner.value, dict)}
    used = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
    free = [] if fixed else [name for name in used if name in variables and _may_vary(variables[name].value)]
    for kept in ([name for name in free if not _is_fixed_part(text, name)], []):
        url = _filled(text, {name: spot for name, spot in variables.items() if name not in kept}, used, kept)
        whole = _absolute(_clean(url), source)
        if whole is None or base_url_problem(whole) is None:
            break
    for name in used if not fixed else ():
        if name not in kept:
            what = f"the variable {name!r} is filled with its default: give connect() another URL for other values"
            report.add((*spot.place, "url"), what, spot.base)
    if whole is None and not text.strip("/"):
        return _NO_SERVER
    if whole is None:
        what = f"the server {text!r} is relative to a file: give connect() the whole URL"
        report.add((*spot.place, "url"), what, spot.base)
        return _NO_SERVER
    open_ones = [name for name in _PLACEHOLDER.findall(whole) if name not in kept]
    problem = base_url_problem(whole) or (f"{whole!r} has braces" if open_ones else None)
    if problem:
        report.add((*spot.place, "url"), f"{problem}: give connect() the URL", spot.base)
        return _NO_SERVER
    return _named(whole, {name: variables[name] for name in kept})


def _named(url: str, variables: dict[str, Spot]) -> Server:
    """Give the variables names that connect() can take as keywords."""
    words: JsonObject = {}
    for name, spot in variables.items():
        own = unique(re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "part", words)
        url = url.replace(f"{{{name}}}", f"{{{own}}}")
        words[own] = _variable(spot.value)
    return Server(url, words)


def _variable(said: JsonObject) -> JsonObject:
    enum = [value for value in map(_text, said.get("enum") or ()) if _VALUE.fullmatch(value)]
    default = _text(said["default"])
    words: JsonObject = {"default": default} if _VALUE.fullmatch(default) else {}
    if enum:
        words["enum"] = list(dict.fromkeys([*enum, *words.values()]))
    if isinstance(said.get("description"), str) and said["description"]:
        words["documentation"] = said["description"]
    return words


def _may_vary(said: JsonObject) -> bool:
    """Whether a caller may say another value: the default is one, or stands for what only a caller knows."""
    default, enum = _text(said.get("default")), said.get("enum", [])
    good = _VALUE.fullmatch(default) or _PLACEHOLDER.fullmatch(default)
    return good is not None and (isinstance(enum, list) or enum is None)


def _is_fixed_part(text: str, name: str) -> bool:
    """Whether a variable is the scheme or the port, which no base URL can leave open."""
    place = f"{{{name}}}"
    scheme, slashes, rest = text.partition("//")
    port = rest.partition("/")[0].partition(":")[2] if slashes and "/" not in scheme else ""
    return text.startswith(f"{place}:") or place in port


def _filled(text: str, variables: dict[str, Spot], used: list[str], kept: list[str]) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in kept or name not in used:
            return match.group()
        return _text(variables[name].value.get("default")) if name in variables else name

    return _PLACEHOLDER.sub(fill, text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int)) else ""


def _clean(url: str) -> str:
    """Without user information, query and fragment, which no base URL has, and with a scheme where only that lacks."""
    url = re.split(r"[?#]", url, maxsplit=1)[0]
    if re.match(r"[A-Za-z0-9{}-]+(?:\.[A-Za-z0-9{}-]+)+(?::[0-9]+)?(?:/|$)", url):
        url = f"https://{url}"
    return re.sub(r"(?<=//)[^/@]*@", "", url)


def _absolute(url: str, source: str) -> str | None:
    """Resolve a server's URL against that of the description; None where only the caller can say which it is."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", url) or url.startswith("{"):
        return url.rstrip("/")
    if not source.lower().startswith(("http://", "https://")):
        return None
    try:
        parts = urlsplit(urljoin(source, url or "/"))
    except ValueError:
        return None
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")).rstrip("/")
