"""
A call as a command line of curl: for people to read, to paste and to send to others, so without secrets.

Takes a `Call` and the names of what its credentials would add; gives one line for a POSIX shell.
Source: curl's manual; a placeholder such as `<token>` stands where a credential goes.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote, quote_plus

from restpath.call import Call
from restpath.carried import fields_place
from restpath.definition.mediatypes import FORM, JSON, essence_of, is_json
from restpath.definition.schemes import Scheme
from restpath.masking import MASK, is_secret_name, mask_headers, mask_json, mask_query
from restpath.multipart import Part, field_part, is_related
from restpath.records import dataclass, replace
from restpath.regex import pattern
from restpath.sources import FileSource
from restpath.types import Headers

__all__ = ["ShownProof", "curl_line", "shown_body", "shown_proof", "with_fields"]

_PLACEHOLDER = pattern(r"\{([^{}]*)\}")
_PRINTF_BYTES = 16384  # what a command line holds anywhere, four characters to a byte


@dataclass(frozen=True)
class ShownProof:
    """What credentials add to a call, with placeholders for the secrets."""

    headers: Sequence[tuple[str, str]] = ()
    query: Sequence[tuple[str, str]] = ()
    fields: Sequence[tuple[str, str]] = ()
    login: str | None = None


def shown_proof(scheme: Scheme, fill: Callable[[str], str]) -> ShownProof:
    """
    Write what a scheme adds, as it may be seen.

    Args:
        fill: gives what stands for a credential.
    """

    def filled(texts: Mapping[str, str]) -> list[tuple[str, str]]:
        return [(name, _PLACEHOLDER.sub(lambda match: fill(match.group(1)), text)) for name, text in texts.items()]

    fields = filled(scheme.fields)
    if scheme.signature is not None:
        fields.append((scheme.signature.parameter, f"<{scheme.signature.parameter}>"))
    login = ":".join(text for _, text in filled(dict(zip("np", scheme.basic, strict=False)))) or None
    return ShownProof(filled(scheme.headers), filled(scheme.query), fields, login)


def curl_line(call: Call, proof: ShownProof | None = None) -> str:
    """
    Write a call as a line of curl.

    Args:
        call: the call.
        proof: what its credentials add.
    """
    proof = proof or ShownProof()
    place = fields_place(call)
    query = [*proof.query, *(proof.fields if place == "query" else ())]
    query = [(quote(name, safe=""), text) for name, text in query]
    headers, call = proof.headers, with_fields(call, proof.fields, place)
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
    words += ["-u", proof.login] if proof.login is not None and "authorization" not in given else []
    body = call.body if proof.fields and place == "form" and isinstance(call.body, bytes) else shown_body(call)
    words += _body_words(call, body)
    url = mask_query(call.url)
    for name, text in query:
        url += f"{'&' if '?' in url else '?'}{name}={text}"
    if any(mark in url for mark in "[]{}"):
        words.append("--globoff")
    return _piped(body) + shlex.join([*words, url])


def with_fields(call: Call, fields: Sequence[tuple[str, str]], place: str) -> Call:
    """Give the call as if the fields of its credentials were its own; what it says itself is masked already."""
    if not fields or place == "query":
        return call
    if place == "parts":
        return replace(call, files=(*(field_part(name, text) for name, text in fields), *call.files))
    form = "&".join(f"{quote_plus(name)}={quote_plus(text, safe='<>')}" for name, text in fields).encode()
    headers = call.headers
    if "content-type" not in headers:
        headers = Headers([*headers.lines(), ("Content-Type", FORM)])
    return replace(call, headers=headers, body=b"&".join(each for each in (shown_body(call) or b"", form) if each))


def shown_body(call: Call) -> bytes | None:
    """Give the bytes of a body as they may be seen: the values of fields that carry secrets are masked."""
    body = call.body
    if not isinstance(body, bytes):
        return None
    media_type = call.headers.get("content-type", "")
    if is_json(media_type):
        return _masked_json(body)
    if essence_of(media_type) == FORM:
        return mask_query("?" + body.decode("latin-1"))[1:].encode("latin-1")
    return body


def _masked_json(body: bytes) -> bytes:
    try:
        value = json.loads(body)
        masked = mask_json(value)
        return body if masked == value else json.dumps(masked).encode()
    except (ValueError, RecursionError):
        return body


def _body_words(call: Call, body: bytes | None) -> list[str]:
    if is_related(call.files):
        said = [] if call.has_header("content-type") else ["-H", f'Content-Type: multipart/related; type="{JSON}"']
        return [*said, *(word for part in call.files for word in ("-F", _related_word(part)))]
    if call.files:
        return [word for part in call.files for word in _part_words(part)]
    if isinstance(call.body, FileSource):
        return ["--data-binary", f"@{_file_name(call.body)}", *_no_type(call)]
    if body is None:
        return []
    if _is_argument(body):
        return ["--data-raw", body.decode(), *_no_type(call)]
    return ["--data-binary", "@-", *_no_type(call)]


def _is_argument(body: bytes) -> bool:
    """Whether a body can be a word of a command line: text without NUL."""
    try:
        return "\0" not in body.decode()
    except UnicodeDecodeError:
        return False


def _piped(body: bytes | None) -> str:
    """What writes a body that cannot be a word of a command line into curl; a long one is the reader's to bring."""
    if body is None or _is_argument(body) or len(body) > _PRINTF_BYTES:
        return ""
    return f"printf '{''.join(map(_octal, body))}' | "


def _octal(byte: int) -> str:
    char = chr(byte)
    return char if re.fullmatch("[0-9A-Za-z .,:;/_=+-]", char) else f"\\{byte:03o}"


def _no_type(call: Call) -> list[str]:
    """curl calls every body a form unless told otherwise."""
    return [] if call.has_header("content-type") else ["-H", "Content-Type:"]


def _part_words(part: Part) -> list[str]:
    if isinstance(part.source, FileSource):
        text = f"{part.name}=@{_quoted(_file_name(part.source))}"
        if part.filename:
            text += f";filename={_quoted(part.filename)}"
        return ["-F", f"{text};type={part.media_type or part.source.media_type}"]
    value = _masked_json(part.source) if part.source[:1] in (b"{", b"[") else part.source
    shown = MASK if is_secret_name(part.name) else value.decode("utf-8", "replace")
    return ["--form-string", f"{part.name}={shown}"]


def _related_word(part: Part) -> str:
    """A part without a name; what is quoted may hold any mark."""
    if isinstance(part.source, FileSource):
        return f"=@{_quoted(_file_name(part.source))};type={part.media_type or part.source.media_type}"
    text = _masked_json(part.source).decode("utf-8", "replace").replace("\\", "\\\\").replace('"', '\\"')
    return f'="{text}";type={part.media_type}'


def _file_name(source: FileSource) -> str:
    """The path of a file where it has one: an open file may know its own."""
    own = source.file if isinstance(source.file, str) else getattr(source.file, "name", None)
    return own if isinstance(own, str) else source.name or "-"


def _quoted(name: str) -> str:
    """A name in a form field ends at a comma or a semicolon unless it is quoted."""
    return (
        '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' if any(mark in name for mark in ',;"\\ ') else name
    )
