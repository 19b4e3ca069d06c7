"""
The rules for service.json that no schema can say: that each part refers to parts that are there, and can do its work.

Takes merged documents; gives the faults, each with the document and the place. Pure.
Source: RFC 6749 and RFC 8628 for what the grants fill in by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from restpath.definition.merge import Documents
from restpath.definition.servers import data_url_problem
from restpath.definition.wording import Fault, did_you_mean, one_of
from restpath.template import parse_template
from restpath.types import JsonObject

__all__ = ["page_faults", "service_faults", "templates_in"]

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def service_faults(documents: Documents) -> Iterator[Fault]:
    """Find what is wrong with the words of service.json, and with the spellings of path values that resources say."""
    words = documents.service
    credentials: JsonObject = words.get("credentials", {})
    if "base_url" in words:
        yield from _url_faults([], "base_url", words)
    yield from _variable_faults([], words)
    for index, server in enumerate(words.get("servers", ())):
        yield from _url_faults(["servers", index], "url", server)
        yield from _variable_faults(["servers", index], server)
    for name, scheme in words.get("auth", {}).items():
        yield from _scheme_faults(["auth", name], scheme, credentials)
    if words.get("pages"):
        yield from page_faults("service", ["pages"], words["pages"], partial=True)
    yield from _listing_faults(words.get("listing"), documents.resources)
    yield from _path_value_faults("service", ["path_values"], words.get("path_values", {}), credentials)
    for template, resource in templates_in(documents.resources):
        rules = resource.get("path_values", {})
        yield from _path_value_faults("resources", [template, "path_values"], rules, credentials)


def _listing_faults(listing: JsonObject | None, resources: JsonObject) -> Iterator[Fault]:
    resource = listing["resource"] if listing is not None else None
    if resource is not None and "GET" not in (resources.get(resource) or {}).get("methods", {}):
        problem = f"there is no GET {resource}{did_you_mean(resource, resources)}"
        yield "service", ["listing", "resource"], problem, "a template of resources.json that accepts GET"
    elif resource is not None and parse_template(resource).variables:
        yield "service", ["listing", "resource"], f"{resource} has variables", "the list of the service as a whole"


def _url_faults(place: list[object], key: str, words: JsonObject) -> Iterator[Fault]:
    text: str = words[key]
    problem = data_url_problem(text)
    if problem:
        yield "service", [*place, key], problem, "a URL such as https://api.example.com/v1"
    variables = words.get("variables", {})
    for name in _PLACEHOLDER.findall(text):
        if name not in variables:
            problem = f"the variable {name!r} is not declared{did_you_mean(name, variables)}"
            yield "service", [*place, key], problem, one_of(variables, f"{name!r} under variables")


def _variable_faults(place: list[object], words: JsonObject) -> Iterator[Fault]:
    for name, variable in words.get("variables", {}).items():
        if "default" in variable and variable["default"] not in variable.get("enum", [variable["default"]]):
            here = [*place, "variables", name, "default"]
            yield (
                "service",
                here,
                f"{variable['default']!r} is not in the enum",
                "one of " + ", ".join(variable["enum"]),
            )


_OF_SIGNATURES = frozenset({"pairs", "operation"})
# What a flow fills in by itself, and by which grant.
_OF_GRANTS = {
    "authorization_code": frozenset({"code", "redirect_uri", "code_verifier"}),
    "refresh_token": frozenset({"refresh_token"}),
    "device_code": frozenset({"device_code"}),
}


def _scheme_faults(place: list[object], scheme: JsonObject, credentials: JsonObject) -> Iterator[Fault]:
    for part in ("headers", "query", "fields"):
        yield from _text_faults([*place, part], scheme.get(part, {}), credentials)
    for part in ("basic", "bearer"):
        texts = scheme.get(part, ())
        yield from _text_faults([*place, part], texts, credentials)
        if texts and not _PLACEHOLDER.search(" ".join([texts] if isinstance(texts, str) else texts)):
            problem, example = f"no credential is in it, so that {part} is the same for all", _EXAMPLES[part]
            yield "service", [*place, part], problem, f"{{name}} for each credential, such as {example}"
    text = scheme.get("signature", {}).get("text")
    if text is not None:
        yield from _placeholder_faults(text, [*place, "signature", "text"], credentials, _OF_SIGNATURES)
    if "token" in scheme:
        yield from _token_faults([*place, "token"], scheme["token"], credentials)
        wanted = scheme["token"]["credential"]
        if wanted not in _used_in(scheme):
            problem = f"the scheme uses {wanted!r} nowhere, so that the token would never be sent"
            expected = (
                f'"bearer": "{{{wanted}}}" beside token, or {{{wanted}}} in headers, query, fields, basic, signature'
            )
            yield "service", [*place, "token", "credential"], problem, expected


_EXAMPLES = {"basic": '["{username}", "{password}"]', "bearer": '"{token}"'}


def _used_in(scheme: JsonObject) -> set[str]:
    """The credentials that a scheme sends, or signs with."""
    texts = [text for part in ("headers", "query", "fields") for text in scheme.get(part, {}).values()]
    texts += [*scheme.get("basic", ()), scheme.get("bearer", ""), scheme.get("signature", {}).get("text", "")]
    return {name for text in texts for name in _PLACEHOLDER.findall(text)}


def _token_faults(place: list[object], token: JsonObject, credentials: JsonObject) -> Iterator[Fault]:
    wanted = token["credential"]
    if wanted not in credentials:
        problem = f"there is no credential {wanted!r}{did_you_mean(wanted, credentials)}"
        yield "service", [*place, "credential"], problem, one_of(credentials, f"{wanted!r} under credentials")
    for name in token.get("discovery", {}):
        known = credentials.get(name)
        if known is None or known.get("secret", True):
            problem = f"there is no credential {name!r} that is no secret{did_you_mean(name, credentials)}"
            yield "service", [*place, "discovery", name], problem, f'{name!r} under credentials, with "secret": false'
    yield from _endpoint_faults([*place, "url"], token["url"], credentials)
    yield from _text_faults([*place, "basic"], token.get("basic", ()), credentials)
    for grant, fields in token["grants"].items():
        filled = _OF_GRANTS.get(grant, frozenset())
        if not fields:
            problem = f"the request of the grant {grant} has no fields, and would ask for nothing"
            yield "service", [*place, "grants", grant], problem, f'fields by name, such as "grant_type": "{grant}"'
        yield from _text_faults([*place, "grants", grant], fields, credentials, filled)
    for part, grant, key in (("authorize", "authorization_code", "query"), ("device", "device_code", "fields")):
        words = token.get(part)
        if words is not None:
            yield from _endpoint_faults([*place, part, "url"], words["url"], credentials)
            filled = _OF_GRANTS[grant] - {"code", "code_verifier", "device_code"}
            yield from _text_faults([*place, part, key], words.get(key, {}), credentials, filled)
        if (words is None) != (grant not in token["grants"]):
            problem = f"the grant {grant} has no {part}" if words is None else f"{part} has no grant {grant}"
            yield "service", place, problem, "both, or neither"


def _endpoint_faults(place: list[object], text: str, credentials: JsonObject) -> Iterator[Fault]:
    yield from _placeholder_faults(text, place, credentials)
    problem = None if text.startswith(("/", "{")) else data_url_problem(text)
    if problem:
        yield "service", place, problem, "a URL, a path below the base URL such as /token, or {credential}/token"


def _text_faults(
    place: list[object], texts: Any, credentials: JsonObject, filled: frozenset[str] = frozenset()
) -> Iterator[Fault]:
    if isinstance(texts, str):
        yield from _placeholder_faults(texts, place, credentials, filled)
        return
    for key, text in texts.items() if isinstance(texts, dict) else enumerate(texts):
        yield from _placeholder_faults(text, [*place, key], credentials, filled)


_PAGE_NEEDS = {
    "page": ("parameter",), "offset": ("parameter",), "item": ("parameter", "key"), "link": ("next",),
    "cursor": ("parameter", "next"),
}  # fmt: skip
_PAGE_WORDS = ("by", "items", "optional", "size", "total", "more")
_PAGE_USES = {
    "page": ("parameter", "first", "pages"), "offset": ("parameter", "pages"), "item": ("parameter", "key"),
    "link": ("parameter", "next"), "cursor": ("parameter", "next"),
}  # fmt: skip


def page_faults(kind: str, place: list[object], words: JsonObject, *, partial: bool) -> Iterator[Fault]:
    """Find what is wrong with a rule of pages; a partial one is that of the service, to which methods say the rest."""
    by = words.get("by")
    if by is None:
        yield kind, place, "it is not said by what the list is cut", "by: one of " + ", ".join(_PAGE_NEEDS)
        return
    for name in () if partial else _PAGE_NEEDS[by]:
        if name not in words:
            yield kind, place, f"pages by {by} need {name!r}, which is not there", f"the key {name!r}"
    known = [*_PAGE_WORDS, *_PAGE_USES[by]]
    for name, value in words.items():
        if name not in known and not name.startswith("x-") and value is not False:
            yield kind, [*place, name], f"pages by {by} do not use {name!r}", "one of " + ", ".join(known)


def _placeholder_faults(
    text: str, place: list[object], credentials: JsonObject, filled: frozenset[str] = frozenset()
) -> Iterator[Fault]:
    for name in _PLACEHOLDER.findall(text):
        if name not in credentials and name not in filled:
            problem = f"there is no credential {name!r}{did_you_mean(name, credentials)}"
            yield "service", place, problem, one_of(credentials, f"{name!r} under credentials")
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        yield "service", place, f"the braces in {text!r} are not balanced", "each credential as {name}"


def _path_value_faults(kind: str, place: list[object], rules: JsonObject, credentials: JsonObject) -> Iterator[Fault]:
    for name, rule in rules.items():
        wanted = rule.get("credential")
        if wanted is not None and wanted not in credentials:
            problem = f"there is no credential {wanted!r}{did_you_mean(wanted, credentials)}"
            expected = one_of(credentials, f"{wanted!r} under credentials in service.json")
            yield kind, [*place, name, "credential"], problem, expected


def templates_in(document: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Give the templates of a document with their words."""
    return ((template, words) for template, words in document.items() if template.startswith("/"))
