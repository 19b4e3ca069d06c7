"""
What can be learnt of a call that was answered: its path, names and types, and none of its values.

Takes a `Call` and its `Reply`; gives a `Seen`, or None where there is nothing to learn: no success, a redirect
elsewhere, an answer from another place than the one that was called. Header fields are not looked at, but for the
media types of both bodies. Whatever a credential stands in is left out. Pure.
Source: RFC 9110 section 15.3 for success, section 15.4 for redirects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

from restpath.call import Call
from restpath.definition.mediatypes import FORM, MULTIPART, essence_of, is_json
from restpath.judging import looks_secret
from restpath.learning import Seen, Step
from restpath.multipart import Part
from restpath.reply import Reply
from restpath.shaping import pairs_schema, parameters_of, schema_of
from restpath.template import Template, Variable, encode_literal
from restpath.types import JsonObject

__all__ = ["answer_marks", "bare_type", "body_words", "is_success", "seen_of"]

_LARGEST_BODY = 1 << 20
_TYPE = re.compile(r"[a-z]{2,20}/[a-z0-9][a-z0-9.+-]{0,60}")
_AUTOMATIC = re.compile(r"item[0-9]+")
_PAGE = "answered with a page of HTML, as many servers do for what is not there"
_SECRET_QUERY = "a credential went in the query and is left out: "


def is_success(call: Call, reply: Reply) -> bool:
    """Tell whether the place that was called is the one that answered, and with success."""
    if not 200 <= reply.status < 300:
        return False
    if reply.call.url == call.url:
        return True
    asked, answered = urlsplit(call.url), urlsplit(reply.call.url)
    same_origin = reply.call.origin == call.origin
    return same_origin and asked.path.rstrip("/") == answered.path.rstrip("/") and reply.call.method == call.method


def seen_of(call: Call, reply: Reply, base_url: str) -> Seen | None:
    """
    Give what can be learnt of a call.

    Args:
        base_url: the client's, which the path follows.
    Returns:
        None where nothing can.
    """
    if call.operation is None or not is_success(call, reply):
        return None
    secrets = [each.reveal() for each in reply.hidden]
    secrets += [secret.reveal() for _, secret in call.secret_headers]
    template = call.operation.resource.template
    steps = _steps(template, call.url, base_url, secrets)
    if steps is None:
        return None
    fixed = {pair.name for pair in template.query}
    query, left_out = parameters_of(pair for pair in call.query if pair[0] not in fixed)
    body = _body(call)
    words: JsonObject = {**({"query": query} if query else {}), **body}
    if looks_secret(json.dumps(words, ensure_ascii=False), secrets):
        return None
    answer = bare_type(reply.media_type)
    words = {**words, **({"x-answer": [answer]} if answer else {})}
    unsure = [*answer_marks(answer), *([{"why": _SECRET_QUERY + ", ".join(left_out)}] if left_out else [])]
    return Seen(call.method, tuple(steps), words, tuple(unsure), template.suffix)


def answer_marks(media_type: str | None) -> list[JsonObject]:
    """What the media type of an answer makes unsure."""
    return [{"why": _PAGE}] if media_type in ("text/html", "application/xhtml+xml") else []


def bare_type(text: str | None) -> str | None:
    """Give a media type without its parameters; None for what is none."""
    essence = essence_of(text or "")
    return essence if _TYPE.fullmatch(essence) else None


# ---- the path ----------------------------------------------------------------------------------------------------


def _steps(template: Template, url: str, base_url: str, secrets: Collection[str]) -> list[Step] | None:
    """The steps of a path by its template and its URL; None where the URL is another place, as a next page may be."""
    pattern = "".join("/" + "".join(_pattern(piece) for piece in segment.pieces) for segment in template.segments)
    path = urlsplit(url).path
    below = urlsplit(base_url).path.rstrip("/")
    found = re.fullmatch(f"{re.escape(below)}{pattern}/?", path)
    if found is None:
        return None
    values = iter(found.groups())
    steps = []
    for segment in template.segments:
        own = [unquote(next(values)) for _ in segment.variables]
        secret = looks_secret(" ".join([*own, segment.literal or ""]), secrets)
        if segment.literal is not None:
            steps.append(Step(segment.literal, "name", secret))
        elif len(segment.pieces) == 1 and _AUTOMATIC.fullmatch(segment.variables[0].name):
            steps.append(Step(own[0], "item", secret))
        else:
            steps.append(Step(segment.text, "said"))
    return steps


def _pattern(piece: str | Variable) -> str:
    if isinstance(piece, str):
        return re.escape(encode_literal(piece))
    return "(.*)" if piece.reserved else "([^/]*)"


# ---- the body ----------------------------------------------------------------------------------------------------


def _body(call: Call) -> JsonObject:
    if call.files:
        json_field = call.operation.rules.uploads.json_field if call.operation else None
        return _multipart_words(call.files, json_field)
    if call.body is None:
        return {}
    return body_words(bare_type(call.headers.get("content-type")), call.body if isinstance(call.body, bytes) else None)


def body_words(media_type: str | None, content: bytes | None) -> JsonObject:
    """
    Give the words for a body.

    Args:
        media_type: without its parameters.
        content: its bytes; None where they are not to be looked at.
    """
    words: JsonObject = {"media_type": media_type} if media_type else {}
    if content is not None and len(content) <= _LARGEST_BODY:
        if media_type == FORM:
            words["schema"] = pairs_schema(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
        elif media_type is None or is_json(media_type):
            words.update(_json_words(content))
    return {"body": words} if words else {}


def _json_words(content: bytes) -> JsonObject:
    try:
        schema = schema_of(json.loads(content))
    except (ValueError, RecursionError):
        return {}
    return {"schema": schema} if schema else {}


def _multipart_words(parts: Sequence[Part], json_field: str | None) -> JsonObject:
    """
    The words for a multipart body: fields by their names, and the files beside them.

    Where the service has JSON beside its files in a field of its own, the body is that JSON.
    """
    files = list(dict.fromkeys(part.name for part in parts if part.filename is not None))
    files = [name for name in files if pairs_schema([(name, "")]).get("properties")]
    uploads: JsonObject = {"uploads": {"field": files[0]}} if len(files) == 1 else {}
    fields = [(part.name, part.source) for part in parts if part.filename is None]
    beside = next((source for name, source in fields if name == json_field and isinstance(source, bytes)), None)
    if json_field is not None:
        return {**(body_words(None, beside) if beside is not None else {}), **uploads}
    schema = pairs_schema((name, "") for name, _ in fields)
    names = {**schema.get("properties", {}), **{name: {"type": "string", "format": "binary"} for name in files}}
    described = {"type": "object", **({"properties": names} if names else {})}
    return {"body": {"media_type": MULTIPART, "schema": described}, **uploads}
