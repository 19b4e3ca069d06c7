"""
A call as it would go out, for people to read: nothing is sent, and no secret is shown.

Takes an operation with its arguments; gives the request as lines of text, and, value by value, who said so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from restpath.cli.arguments import Given
from restpath.cli.options import Options
from restpath.cli.printing import painted, visible
from restpath.cli.wording import in_cli_words
from restpath.curl import ShownProof, shown_body, shown_proof, with_fields
from restpath.definition.mediatypes import MULTIPART, RELATED, is_json
from restpath.masking import MASK, is_secret_name, mask_headers, mask_query
from restpath.multipart import is_related
from restpath.sources import FileSource

if TYPE_CHECKING:
    from restpath.call import Call
    from restpath.core import Core
    from restpath.provenance import Fact

__all__ = ["curl_text", "request_lines", "source_lines"]


def request_lines(core: Core, call: Call, *, colour: bool) -> Iterator[str]:
    """Give the request: method and URL, header fields, an empty line, and the body."""
    from restpath.carried import fields_place

    proof = _proof_of(core, call)
    place = fields_place(call)
    url = mask_query(call.url)
    for name, text in [*proof.query, *(proof.fields if place == "query" else ())]:
        url += f"{'&' if '?' in url else '?'}{name}={text}"
    masked = place == "form" and bool(proof.fields)
    call = with_fields(call, proof.fields, place)
    yield visible(f"{call.method} {url}")
    lines = [*mask_headers(call.headers.lines()), *((name, MASK) for name, _ in call.secret_headers)]
    given = {name.lower() for name, _ in lines}
    lines += [(name, text) for name, text in proof.headers if not call.has_header(name) and name.lower() not in given]
    if proof.login is not None and not call.has_header("authorization"):
        lines.append(("Authorization", f"Basic {proof.login}"))
    if call.files:
        lines.append(("Content-Type", RELATED if is_related(call.files) else MULTIPART))
    yield from (visible(f"{name}: {text}") for name, text in lines)
    yield from _body_lines(call, colour, masked=masked)


def curl_text(core: Core, call: Call) -> str:
    """Write the same request as a line of curl: with what proves who calls, unless the call itself does."""
    from restpath.curl import curl_line

    return curl_line(call, _proof_of(core, call))


def _proof_of(core: Core, call: Call) -> ShownProof:
    """What proves who calls, as it may be seen; nothing where the call itself does."""
    from restpath.crediting import credit

    scheme = credit(core, call).scheme
    if scheme is not None:
        return shown_proof(scheme, core.shown_credential)
    return ShownProof(login="<name>:<password>") if core.has_login and call.origin == core.origin else ShownProof()


def _body_lines(call: Call, colour: bool, *, masked: bool) -> Iterator[str]:
    if call.files:
        yield ""
        for part in call.files:
            if isinstance(part.source, FileSource):
                yield visible(f"{part.name}: {_file_words(part.source, part.media_type)}")
            else:
                text = MASK if is_secret_name(part.name) else part.source.decode("utf-8", "replace")
                yield visible(f"{part.name}: {text}")
        return
    if isinstance(call.body, FileSource):
        yield ""
        yield visible(_file_words(call.body, call.headers.get("content-type")))
        return
    body = call.body if masked else shown_body(call)
    if body is not None:
        yield ""
        yield _body_text(body, call.headers.get("content-type", ""), colour)


def _body_text(body: bytes, media_type: str, colour: bool) -> str:
    try:
        text = body.decode()
        if is_json(media_type):
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
            return painted(visible(text)) if colour else visible(text)
        return visible(text)
    except (ValueError, RecursionError):
        return f"({len(body)} bytes)"


def _file_words(source: FileSource, media_type: str | None) -> str:
    path = source.file if isinstance(source.file, str) else None
    what = f"the file {path}" if path is not None else "standard input"
    size = f", {os.path.getsize(path)} bytes" if path is not None and os.path.isfile(path) else ""
    return f"({what}, {media_type or source.media_type}{size})"


# ---- where each value comes from ---------------------------------------------------------------------------------


def source_lines(core: Core, call: Call, given: Given, options: Options) -> Iterator[str]:
    """Give each value of a call with where it comes from: an item, an option, the environment, a file."""
    from restpath.crediting import all_facts
    from restpath.provenance import fact_lines

    facts = [_in_items(fact, given, options) for fact in all_facts(core, call)]
    yield from map(visible, fact_lines(facts))


def _in_items(fact: Fact, given: Given, options: Options) -> Fact:
    """A fact in the words of a command line: what a program calls an argument, an item is here."""
    if fact.part == "server":
        return replace(fact, source="--base-url" if options.base_url is not None else fact.source)
    if fact.said == "client":
        return replace(fact, source="--set" if fact.source == "connect" else in_cli_words(fact.source))
    if fact.said != "argument":
        return fact
    if fact.part == "path":
        return replace(fact, source=fact.source.replace("argument", "the path", 1))
    item = _item_of(fact, given)
    return replace(fact, source=fact.source.replace("argument", item, 1)) if item else fact


def _item_of(fact: Fact, given: Given) -> str:
    """The item that says a value; "" where none does."""
    fields = {".".join(keys) for keys in given.fields}
    if fact.part == "header":
        headers = {name.lower(): (name, value) for name, value in given.headers.items()}
        name, value = headers.get(fact.name.lower(), ("", None))
        if name:
            return f"item {name}:" if value is None else f"item {name}:..."
        return f"item {fact.name}=..." if fact.name in fields else ""
    if fact.part == "file":
        return f"item {fact.name}@..."
    if fact.part == "query" and fact.name in given.query:
        return f"item {fact.name}==..."
    if fact.name == "body" and given.data is not None:
        return "standard input" if given.data == "-" else f"the file {given.data}"
    near = [name for name in fields if fact.name == name or fact.name.startswith((f"{name}.", f"{name}["))]
    return f"item {max(near, key=len)}=..." if near else f"item {fact.name}=..."
