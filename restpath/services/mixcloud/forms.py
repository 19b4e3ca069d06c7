"""
Forms of uploads, read back: what a test's own upload callback needs.

Takes the body of an upload, then its fields; gives texts by name, then sections and tags.
Source: RFC 7578; the names of the fields are Mixcloud's own (`sections-0-artist`, `tags-0-tag`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from restpath.services.mixcloud.slug import slugify
from restpath.services.mixcloud.things import Artist, Chapter, Section, Track

__all__ = ["parse_headers", "parse_multipart"]

# Names are spelled as browsers do: a quote is %22, and a backslash is itself.
_NAME = re.compile(rb'^content-disposition:[^\n]*?[;\s]name="([^"]*)"', re.IGNORECASE | re.MULTILINE)
_NUMBERED = re.compile(r"(sections|tags)-([0-9]{1,6})-(\w+)")


def parse_multipart(d: bytes | str) -> dict[str, str]:
    """
    Read a form.

    Args:
        d: the body. The boundary is read off its first line.
    Returns:
        the fields and the files by name, as texts: UTF-8, where what is none is kept as surrogates
        (`.encode("utf-8", "surrogateescape")` gives the bytes back).
    """
    body = d.encode("utf-8", "surrogateescape") if isinstance(d, str) else bytes(d)
    boundary = body.partition(b"\n")[0].rstrip(b"\r")
    found: dict[str, str] = {}
    if not boundary.startswith(b"--"):
        return found
    for part in (b"\r\n" + body).split(b"\r\n" + boundary)[1:]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None:
            spelled = name.group(1).replace(b"%22", b'"')
            found[spelled.decode("utf-8", "surrogateescape")] = content.decode("utf-8", "surrogateescape")
    return found


def parse_headers(data: Mapping[str, str]) -> tuple[list[Section], list[str]]:
    """Give the sections and the tags among the fields of a form, in the order of their numbers."""
    numbered: dict[str, dict[int, dict[str, str]]] = {"sections": {}, "tags": {}}
    for field, value in data.items():
        match = _NUMBERED.fullmatch(field)
        if match is not None:
            numbered[match.group(1)].setdefault(int(match.group(2)), {})[match.group(3)] = value
    sections, tags = ([said for _, said in sorted(numbered[what].items())] for what in ("sections", "tags"))
    return [_section(said) for said in sections], [said["tag"] for said in tags if "tag" in said]


def _section(said: Mapping[str, str]) -> Section:
    start = said.get("start_time", "")
    seconds = int(start) if re.fullmatch("[0-9]{1,9}", start) else None
    if "chapter" in said:
        return Section(seconds, Chapter(said["chapter"]))
    artist = said.get("artist", "")
    return Section(seconds, Track(said.get("song", ""), Artist(slugify(artist), artist)))
