"""
A call as a command line of curl: for people to read, to paste and to send to others, so without secrets.

Takes a `Call` and the names of what its credentials would add; gives one line for a POSIX shell.
Source: curl's manual; a placeholder such as `<token>` stands where a credential goes.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from restpath.call import Call
from restpath.masking import mask_headers, mask_url
from restpath.multipart import Part
from restpath.sources import FileSource

__all__ = ["curl_line"]


def curl_line(call: Call, headers: Sequence[tuple[str, str]] = (), query: Sequence[tuple[str, str]] = ()) -> str:
    """
    Write a call as a line of curl.

    Args:
        call: the call.
        headers: the header fields of its credentials, with placeholders for the secrets.
        query: the same for the query.
    """
    words = ["curl"]
    if call.method == "HEAD":
        words.append("--head")
    elif call.method != "GET" or call.body is not None or call.files:
        words += ["-X", call.method]
    lines = mask_headers(call.headers.lines()) + [(name, f"<{name.lower()}>") for name, _ in call.secret_headers]
    given = {name.lower() for name, _ in lines} | {name.lower() for name in call.absent_headers}
    lines += [(name, text) for name, text in headers if name.lower() not in given]
    for name, value in lines:
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    words += [word for name in call.absent_headers for word in ("-H", f"{name}:")]
    words += _body_words(call)
    url = mask_url(call.url)
    for name, text in query:
        url += f"{'&' if '?' in url else '?'}{name}={text}"
    if any(mark in url for mark in "[]{}"):
        words.append("--globoff")
    return shlex.join([*words, url])


def _body_words(call: Call) -> list[str]:
    if call.files:
        return [word for part in call.files for word in _part_words(part)]
    if isinstance(call.body, FileSource):
        return ["--data-binary", f"@{_file_name(call.body)}", *_no_type(call)]
    if call.body is None:
        return []
    try:
        return ["--data-raw", call.body.decode(), *_no_type(call)]
    except UnicodeDecodeError:
        return ["--data-binary", "@-", *_no_type(call)]


def _no_type(call: Call) -> list[str]:
    """curl calls every body a form unless told otherwise."""
    return [] if call.has_header("content-type") else ["-H", "Content-Type:"]


def _part_words(part: Part) -> list[str]:
    if isinstance(part.source, FileSource):
        text = f"{part.name}=@{_quoted(_file_name(part.source))}"
        if part.filename:
            text += f";filename={_quoted(part.filename)}"
        return ["-F", f"{text};type={part.media_type}" if part.media_type else text]
    return ["--form-string", f"{part.name}={part.source.decode('utf-8', 'replace')}"]


def _file_name(source: FileSource) -> str:
    return source.file if isinstance(source.file, str) else source.name or "-"


def _quoted(name: str) -> str:
    """A name in a form field ends at a comma or a semicolon unless it is quoted."""
    return (
        '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' if any(mark in name for mark in ',;"\\ ') else name
    )
