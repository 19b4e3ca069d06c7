"""
A call as it would go out, for people to read: nothing is sent, and no secret is shown.

Takes an operation with its arguments; gives the request as lines of text, and, value by value, who said so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from restpath.body import is_json
from restpath.cli.arguments import Given
from restpath.cli.options import Options
from restpath.cli.printing import painted, visible
from restpath.cli.wording import in_cli_words
from restpath.curl import ShownProof, shown_body, shown_proof, with_fields
from restpath.errors import AuthError
from restpath.masking import MASK, is_secret_name, mask_headers, mask_query
from restpath.sources import FileSource

if TYPE_CHECKING:
    from restpath.call import Call
    from restpath.core import Core
    from restpath.definition.model import Method, Scheme

__all__ = ["curl_text", "request_lines", "source_lines"]


def request_lines(core: Core, call: Call, *, colour: bool) -> Iterator[str]:
    """Give the request: method and URL, header fields, an empty line, and the body."""
    from restpath.call import fields_place

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
        lines.append(("Content-Type", "multipart/form-data"))
    yield from (visible(f"{name}: {text}") for name, text in lines)
    yield from _body_lines(call, colour, masked=masked)


def curl_text(core: Core, call: Call) -> str:
    """Write the same request as a line of curl: with what proves who calls, unless the call itself does."""
    from restpath.curl import curl_line

    return curl_line(call, _proof_of(core, call))


def _proof_of(core: Core, call: Call) -> ShownProof:
    """What proves who calls, as it may be seen; nothing where the call itself does."""
    scheme = _scheme_of(core, call)[0]
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


def _scheme_of(core: Core, call: Call) -> tuple[Scheme | None, dict[str, str], str]:
    """How a call would prove who makes it, where each credential is from, and what is missing."""
    from restpath.auth.schemes import placeholders

    own = call.operation.rules.auth if call.operation and call.origin == core.origin else ()
    names = core.schemes_for(call, own)
    schemes = core.definition.service.schemes
    if not names:
        return None, {}, ""
    try:
        sources = core.prover.sources(names, call)
        found = core.prover.find(call, names)
    except AuthError as error:
        return (schemes[names[0]] if core.definition.known else None), {}, str(error)
    if found is not None:
        return found[0].scheme, {name: sources[name] for name in sources if name in placeholders(found[0].scheme)}, ""
    return None, sources, ""


# ---- where each value comes from ---------------------------------------------------------------------------------


def source_lines(core: Core, call: Call, given: Given, options: Options, method: Method) -> Iterator[str]:
    """Give each value of a call with where it comes from: an item, an option, the environment, a file."""
    rows = [
        *_address_rows(core, options),
        *_credential_rows(core, call),
        *_header_rows(call, given),
        *_query_rows(call, given, method),
        *_body_rows(given, method),
    ]
    widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
    for name, value, source in rows:
        yield visible(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {source}")


_Row = tuple[str, str, str]


def _address_rows(core: Core, options: Options) -> Iterator[_Row]:
    from restpath.edge.variables import variable_name

    name = core.definition.name
    variable = variable_name(name, "base_url") if name else ""
    if options.base_url is not None:
        source = "--base-url"
    elif not core.definition.known:
        source = "the URL as given"
    elif variable and os.environ.get(variable) is not None:
        source = f"environment {variable}"
    elif core.read_profile().base_url is not None:
        source = _profile_words(core)
    else:
        source = _said(core, "service", ["base_url"])
    yield "base URL", core.base_url, source


def _profile_words(core: Core) -> str:
    from restpath.edge.profiles import config_file

    return f"profile [{core.read_profile().name}] in {config_file()}"


def _credential_rows(core: Core, call: Call) -> Iterator[_Row]:
    _, sources, missing = _scheme_of(core, call)
    for name, source in sources.items():
        credential = core.definition.service.credentials.get(name)
        shown = core.credential(name) if credential is not None and not credential.secret else None
        words = {"connect": "--set", "definition": _said(core, "service", ["credentials"])}
        yield name, shown or MASK, words.get(source, source)
    if missing:
        yield "credentials", "none", in_cli_words(missing)


def _header_rows(call: Call, given: Given) -> Iterator[_Row]:
    said = {name.lower() for name in given.headers}
    fields = {".".join(keys) for keys in given.fields}
    for name, value in [*mask_headers(call.headers.lines()), *((name, MASK) for name, _ in call.secret_headers)]:
        source = f"item {name}:..." if name.lower() in said else "definition"
        source = "what the body is" if source == "definition" and name.lower() == "content-type" else source
        source = f"item {name}=..." if name in fields else source
        yield name, value, source
    yield from ((name, "left out", f"item {name}:") for name, value in given.headers.items() if value is None)


def _query_rows(call: Call, given: Given, method: Method) -> Iterator[_Row]:
    defaults = method.defaults()
    for name, value in call.query:
        shown = MASK if is_secret_name(name) else value
        if name in given.query:
            source = f"item {name}==..."
        elif name in {".".join(keys) for keys in given.fields}:
            source = f"item {name}=..."
        else:
            source = "defaults of the definition" if name in defaults else f"the template {method.template}"
        yield f"?{name}", shown, source


def _body_rows(given: Given, method: Method) -> Iterator[_Row]:
    """The fields that were said, and those that the definition has the body start from."""
    if given.data is not None:
        yield "body", "as it is", "standard input" if given.data == "-" else f"the file {given.data}"
        return
    in_query = method.query_names if method.has_body or method.method in ("POST", "PUT", "PATCH", "DELETE") else None
    names = {".".join(keys): value for keys, value in given.fields.items()}
    for name, value in names.items():
        if in_query is not None and name not in in_query and name not in method.parameters:
            yield name, _shown(name, value), f"item {name}=..."
    if in_query is not None and (names or method.method != "DELETE"):
        for place, value in _leaves(method.defaults(), ()):
            if place not in names:
                yield place, _shown(place, value), f"defaults of the definition for {method.method} {method.template}"
    for name, files in given.uploads.items():
        yield from ((name, file.path, f"item {name}@...") for file in files)


def _leaves(value: Any, place: Sequence[str]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _leaves(below, (*place, key))
    elif place:
        yield ".".join(place), value


def _shown(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = MASK if is_secret_name(name) else " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "..."


def _said(core: Core, kind: str, place: Sequence[str]) -> str:
    from restpath.definition.merge import file_that_said

    file = file_that_said(list(core.definition.layers), kind, list(place))
    return f"definition, {file}" if file else "definition"
