"""
Recordings of a browser: from a HAR to the calls of one service in it.

Takes a document as plain values; gives the calls that were answered with success and speak JSON, those of one origin,
and how many others were left out, and why. Header fields are only looked at for what must not be learnt: what carried
credentials. Pure.
Source: HTTP Archive 1.2; Fetch standard section 4.8 for preflight requests.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from shlex import quote
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from restpath.definition.mediatypes import essence_of
from restpath.errors import DefinitionError
from restpath.masking import is_secret_name
from restpath.types import JsonObject

__all__ = ["Recorded", "Recording", "read_recording"]

_MOST = 200_000
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "QUERY"})
_SHORTEST_SECRET = 8
_WHEN = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,]\d+)?(?:([+-])(\d\d):?(\d\d))?")
_EXPECTED = "a HAR, as the network panel of a browser saves it"


@dataclass(frozen=True)
class Recorded:
    """
    A call in a recording that was answered with success.

    Attributes:
        path: what follows the base URL, percent-encoded.
        query: the pairs of its query, decoded.
        media_type: that of its body, as it was said; "" for none.
        body: its body, or None. Of a multipart body the names of fields and of files are in `fields` and `files`.
        answer: the media type of the answer; "" for none.
        when: in UTC, as in 2026-01-31T12:00:00Z; "" where it is not said.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = field(repr=False)
    media_type: str = ""
    body: bytes | None = field(default=None, repr=False)
    fields: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    answer: str = ""
    when: str = ""


@dataclass(frozen=True)
class Recording:
    """
    The calls of one service in a recording.

    Attributes:
        base_url: where it is.
        calls: its calls.
        left_out: how many others there were, by the reason.
        secrets: what carried credentials, and must be written nowhere.
    """

    base_url: str
    calls: tuple[Recorded, ...]
    left_out: Mapping[str, int]
    secrets: frozenset[str] = field(repr=False)


def read_recording(document: Any, base_url: str | None = None, *, source: str | None = None) -> Recording:
    """
    Read the calls of one service.

    Args:
        document: what the file says.
        base_url: the service's; unless given, the origin that most calls with JSON went to.
        source: the file, for messages.
    Raises:
        DefinitionError: it is no HAR, with what it is instead; or there is no call of that service in it.
    """
    entries = _entries(document, source)
    left_out: Counter[str] = Counter()
    good: list[tuple[str, JsonObject]] = []
    secrets: set[str] = set()
    for entry in entries:
        why = _unfit(entry)
        if why:
            left_out[why] += 1
        else:
            secrets.update(_secrets(entry["request"]))
            good.append((str(entry["request"]["url"]), entry))
    base = (base_url or _busiest(url for url, _ in good)).rstrip("/")
    calls = []
    for url, entry in good:
        path = _below(url, base)
        if path is None:
            left_out[f"to {urlsplit(url).netloc.rpartition('@')[2]}"] += 1
        else:
            calls.append(_recorded(path, url, entry))
    if not calls:
        raise _nothing(base if base_url else "", left_out, source)
    return Recording(base, tuple(calls), dict(left_out.most_common()), frozenset(secrets))


def _nothing(base: str, left_out: Mapping[str, int], source: str | None) -> DefinitionError:
    where = f" of {base}" if base else ""
    others = ", ".join(f"{count} {why}" for why, count in left_out.items())
    return DefinitionError(
        f"there is no call{where} with JSON and success in this recording"
        + (f"; left out are {others}" if others else ", which is empty"),
        file=source,
        expected="a recording of such calls" + ("; --base-url says of another service" if base else ""),
    )


# ---- what it is --------------------------------------------------------------------------------------------------


def _entries(document: Any, source: str | None) -> list[Any]:
    log = document.get("log") if isinstance(document, dict) else None
    if not isinstance(log, dict) or not isinstance(log.get("entries"), list):
        raise DefinitionError(
            f"this is no recording of a browser (HAR): {_instead(document, source)}", file=source, expected=_EXPECTED
        )
    version = str(log.get("version", "1.2"))
    if not version.startswith("1."):
        raise DefinitionError(f"HAR {version[:20]!r} is not known", file=source, pointer="/log/version", expected="1.2")
    if len(log["entries"]) > _MOST:
        raise DefinitionError(
            "it has too many entries", file=source, pointer="/log/entries", expected=f"at most {_MOST}"
        )
    entries: list[Any] = log["entries"]
    return entries


def _instead(document: Any, source: str | None) -> str:
    from restpath.importers.recognize import find_importer

    if not isinstance(document, dict):
        return f"it is a JSON {'list' if isinstance(document, list) else type(document).__name__}"
    if find_importer(document) is not None or "openapi" in document or "swagger" in document:
        file = quote(source) if source else "FILE"
        return f"it is a description of a service, which restpath import NAME {file} takes"
    if isinstance(document.get("info"), dict) and isinstance(document.get("item"), list):
        return "it is a Postman collection"
    if isinstance(document.get("log"), dict):
        return "its log has no list of entries"
    return "it is a JSON object without a log"


# ---- one entry ---------------------------------------------------------------------------------------------------


def _unfit(entry: Any) -> str:
    """Why an entry is left out; "" where it is not."""
    request, response = (entry.get(key) if isinstance(entry, dict) else None for key in ("request", "response"))
    if not isinstance(request, dict) or not isinstance(response, dict) or not isinstance(request.get("url"), str):
        return "that cannot be read"
    try:
        request["url"].encode()  # refuses half of a surrogate pair, of which no path can be made
        parts = urlsplit(request["url"])
        _ = parts.port
    except ValueError:
        return "that cannot be read"
    method, status = str(request.get("method", "")).upper(), response.get("status")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "that are not HTTP"
    if method == "OPTIONS":
        return "that are preflights (OPTIONS)"
    if method not in _METHODS:
        return "with other methods"
    if not isinstance(status, int) or not 200 <= status < 300:
        return "without success"
    if not _is_answer(response, method):
        return "without JSON"
    return "to GraphQL, which has no resources" if _is_graphql(request, parts.path) else ""


def _is_answer(response: JsonObject, method: str) -> bool:
    """Whether an answer is JSON, or none where none is to be expected."""
    content = response.get("content")
    content = content if isinstance(content, dict) else {}
    media_type = _essence(content.get("mimeType"))
    if _is_json(media_type):
        return True
    nothing = response.get("status") in (204, 205) or (not content.get("text") and content.get("size") in (0, -1, None))
    return nothing and method not in ("GET", "QUERY") and media_type in ("", "x-unknown", "text/plain")


def _is_json(media_type: str) -> bool:
    return media_type in ("application/json", "text/json") or media_type.endswith("+json")


def _is_graphql(request: JsonObject, path: str) -> bool:
    if path.rstrip("/").endswith("/graphql"):
        return True
    text = _post_text(request)
    if request.get("method") != "POST" or '"query"' not in text[:100_000]:
        return False
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return False
    first = body[0] if isinstance(body, list) and body else body
    query = first.get("query") if isinstance(first, dict) else None
    return (
        isinstance(query, str) and re.match(r"\s*(?:query|mutation|subscription|fragment)\b|\s*\{", query) is not None
    )


def _secrets(request: JsonObject) -> Iterator[str]:
    """What carries credentials: fields and parameters of such names, and all cookies."""
    for name, value in (*_pairs(request.get("headers")), *_pairs(request.get("queryString"))):
        if is_secret_name(name):
            pieces = re.split(r"[\s;,=]+", value)
            yield from (piece for piece in (value, *pieces) if len(piece) >= _SHORTEST_SECRET)
    yield from (value for _, value in _pairs(request.get("cookies")) if len(value) >= _SHORTEST_SECRET)


def _recorded(path: str, url: str, entry: JsonObject) -> Recorded:
    request, response = entry["request"], entry["response"]
    post = request.get("postData")
    post = post if isinstance(post, dict) else {}
    media_type = _essence(post.get("mimeType"))
    body: bytes | None = _post_text(request).encode("utf-8", "replace") if post else None
    fields: list[str] = []
    files: list[str] = []
    if media_type == "multipart/form-data":
        fields, files = _parts(post)
        body = None
    elif media_type == "application/x-www-form-urlencoded" and not body:
        body = urlencode(_pairs(post.get("params")), errors="replace").encode()
    content = response.get("content")
    return Recorded(
        str(request["method"]).upper(),
        path,
        tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
        media_type,
        body,
        tuple(fields),
        tuple(files),
        _essence(content.get("mimeType")) if isinstance(content, dict) else "",
        _utc(str(entry.get("startedDateTime", ""))),
    )


def _utc(text: str) -> str:
    """A time in UTC, to the second; "" for none."""
    found = _WHEN.match(text)
    if found is None:
        return ""
    try:
        when = datetime.fromisoformat(found[1])
        if found[2]:
            shift = timedelta(hours=int(found[3]), minutes=int(found[4]))
            when = when - shift if found[2] == "+" else when + shift
    except (ValueError, OverflowError):
        return ""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


_PART = re.compile(r'content-disposition: *form-data; *name="([^"]{1,100})"(; *filename)?', re.IGNORECASE)


def _parts(post: JsonObject) -> tuple[list[str], list[str]]:
    """The names of the fields and of the files of a form in parts."""
    fields: dict[str, None] = {}
    files: dict[str, None] = {}
    params = post.get("params")
    for param in params if isinstance(params, list) else ():
        if isinstance(param, dict) and isinstance(param.get("name"), str):
            (files if param.get("fileName") or param.get("contentType") else fields)[param["name"]] = None
    for name, is_file in _PART.findall(str(post.get("text") or "")):
        (files if is_file else fields)[name] = None
    return [name for name in fields if name not in files], list(files)


def _post_text(request: JsonObject) -> str:
    post = request.get("postData")
    text = post.get("text") if isinstance(post, dict) else None
    return text if isinstance(text, str) else ""


def _pairs(items: Any) -> list[tuple[str, str]]:
    pairs = items if isinstance(items, list) else []
    return [
        (pair["name"], pair["value"])
        for pair in pairs
        if isinstance(pair, dict) and isinstance(pair.get("name"), str) and isinstance(pair.get("value"), str)
    ]


def _essence(text: Any) -> str:
    return essence_of(str(text or ""))


# ---- whose -------------------------------------------------------------------------------------------------------


def _busiest(urls: Iterator[str]) -> str:
    counted = Counter(f"{urlsplit(url).scheme}://{urlsplit(url).netloc.rpartition('@')[2]}" for url in urls)
    return counted.most_common(1)[0][0] if counted else ""


def _below(url: str, base: str) -> str | None:
    """What follows a base URL; None where the URL is another's."""
    if not base or _origin(url) != _origin(base):
        return None
    path, before = urlsplit(url).path or "/", urlsplit(base).path.rstrip("/")
    return path[len(before) :] or "/" if path == before or path.startswith(before + "/") else None


def _origin(url: str) -> Sequence[object]:
    parts = urlsplit(url)
    return (parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme))
