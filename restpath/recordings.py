"""
What can be learnt of a recording: its calls as the words of a draft.

Takes the calls of a recording and the resource tree of what is known; gives resources with notes. In a URL names and
values look alike: what looks like an id is a variable, a word is a fixed segment unless several of them stand at its
place, and what is unsure is said so. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from urllib.parse import unquote

from restpath.importers.har import Recorded, Recording
from restpath.judging import looks_secret
from restpath.learning import Seen, Step, merge_resources, method_words, place_steps, settled, without_known
from restpath.observing import bare_type, body_words
from restpath.shaping import pairs_schema, parameters_of
from restpath.tree import Tree
from restpath.types import JsonObject

__all__ = ["learn_recording"]

_SECRET_QUERY = "a credential went in the query and is left out: "
_LIKE_A_VALUE = "a fixed segment, or a value of the variable beside it"


def learn_recording(recording: Recording, tree: Tree, now: str) -> JsonObject:
    """
    Draft the resources of a recording.

    Args:
        tree: that of the service's definition, or of one that knows nothing.
        now: the time for calls that do not say theirs.
    """
    resources: JsonObject = {}
    for call in recording.calls:
        seen = _seen(call, recording.secrets)
        if seen is None:
            continue
        placed = place_steps(seen.steps, tree.root, seen.suffix)
        words = method_words(seen, placed.unsure, 1, call.when or now)
        resources = merge_resources(resources, {placed.template: {"methods": {seen.method: words}}})
    return _marked(settled(without_known(resources, tree.definition.documents.resources)))


def _seen(call: Recorded, secrets: Collection[str]) -> Seen | None:
    path = call.path
    suffix = "/" if path.endswith("/") and path.strip("/") else ""
    texts = [unquote(text) for text in path.strip("/").split("/")] if path.strip("/") else []
    if "" in texts or any(text in (".", "..") for text in texts):
        return None
    steps = tuple(Step(text, "word", looks_secret(text, secrets)) for text in texts)
    query, left_out = parameters_of(call.query)
    words: JsonObject = {**({"query": query} if query else {}), **_body(call)}
    if looks_secret(json.dumps(words, ensure_ascii=False), secrets):
        return None
    answer = bare_type(call.answer)
    unsure = [{"why": _SECRET_QUERY + ", ".join(left_out)}] if left_out else []
    return Seen(call.method, steps, {**words, **({"x-answer": [answer]} if answer else {})}, tuple(unsure), suffix)


def _body(call: Recorded) -> JsonObject:
    media_type = bare_type(call.media_type)
    if call.method in ("GET", "HEAD"):
        return {}
    if not call.fields and not call.files:
        return body_words(media_type, call.body) if call.body else {}
    names = pairs_schema((name, "") for name in call.fields).get("properties", {})
    files = pairs_schema((name, "") for name in call.files).get("properties", {})
    schema = {
        "type": "object",
        "properties": {**names, **{name: {"type": "string", "format": "binary"} for name in files}},
    }
    uploads: JsonObject = {"uploads": {"field": next(iter(files))}} if len(files) == 1 else {}
    return {"body": {"media_type": media_type, "schema": schema}, **uploads}


def _marked(resources: JsonObject) -> JsonObject:
    """Say of a word that stands beside a variable that it may be a value of it."""
    beside = set()
    for text in resources:
        segments = text.split("/")
        beside |= {"/".join(segments[:at]) for at, segment in enumerate(segments) if segment.startswith("{")}
    marked: JsonObject = {}
    for text, words in resources.items():
        segments = text.split("/")
        doubtful = [
            segment for at, segment in enumerate(segments)
            if at and not segment.startswith("{") and "/".join(segments[:at]) in beside
        ]  # fmt: skip
        methods = words["methods"]
        for segment in doubtful:
            mark = {"segment": segment, "why": _LIKE_A_VALUE}
            methods = {method: _with_mark(said, mark) for method, said in methods.items()}
        marked[text] = {**words, "methods": methods}
    return marked


def _with_mark(said: JsonObject, mark: JsonObject) -> JsonObject:
    others = [each for each in said.get("x-unsure", ()) if each.get("segment") != mark["segment"]]
    return {**said, "x-unsure": [*others, mark]}
