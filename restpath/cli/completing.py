"""
Completion: what can stand where the cursor is, from the definition alone.

Takes the word that is begun and the words before it; gives words, each with a few words of explanation. These functions
are click's `shell_complete` of the commands' parameters:

    complete_service     SERVICE
    complete_path        SERVICE/PATH, the parameter `place`; by the command's own name where that is a method
    complete_operation   OPERATION, beside the parameter `service`
    complete_item        ITEM..., beside `place`, or beside `service` and `operation`
    complete_source      a service, or a folder or file that describes one
    complete_file        the value of an option that names a file
    complete_draft       a service of which something was learnt
    complete_removable   a service of which something can be removed, or brought back
    complete_setting     --set NAME=VALUE
    complete_profile     --profile NAME

Nothing is sent, so that a description at a URL has no words; nothing is asked of a store, and neither requests nor rich
nor jsonschema is imported. What is wrong with a data file is for the commands to say: here it only has no words.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from restpath.cli.locating import Located
    from restpath.definition.method import Method
    from restpath.definition.model import Definition
    from restpath.tree import Node

__all__ = [
    "ITEM", "WAY", "complete_draft",
    "complete_file", "complete_grant", "complete_item", "complete_operation", "complete_path",
    "complete_profile", "complete_removable", "complete_service", "complete_setting", "complete_source",
    "file_names", "leads_on", "leads_to", "method_of", "nodes_at",
]  # fmt: skip

WAY = "way"
"""The type of a word that goes on: no space follows it."""

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _quiet(complete: Callable[[click.Context, str], Iterator[CompletionItem]]) -> Complete:
    """Make it click's `shell_complete`, which has nothing to say where something is wrong."""

    @wraps(complete)
    def completed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found: dict[str, CompletionItem] = {}
        with suppress(Exception):  # whatever it is, the command itself will tell
            for item in complete(ctx, incomplete):
                found.setdefault(item.value, item)
        return list(found.values())

    return completed


# ---- services and paths ------------------------------------------------------------------------------------------


@_quiet
def complete_service(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the services, or the folders where a folder is begun."""
    yield from _services(incomplete, "plain")


@_quiet
def complete_draft(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the services of which there are drafts; with a recording, which makes one, all services."""
    from restpath.edge.drafts import draft_names

    yield from (CompletionItem(name, help="a draft") for name in draft_names() if name.startswith(incomplete))
    if ctx.params.get("recording"):
        yield from _services(incomplete, "plain")


@_quiet
def complete_removable(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the services that can be removed; with --undo, those that can be brought back."""
    from restpath.edge.removed import removable_names, removed_names

    names = removed_names() if ctx.params.get("undo") else removable_names()
    yield from (CompletionItem(name) for name in names if name.startswith(incomplete))


def _may_describe(name: str) -> bool:
    return name.lower().endswith((".json", ".yaml", ".yml"))


@_quiet
def complete_source(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the services, and the folders and files that may describe one."""
    if not incomplete.startswith((".", "/", "~")):
        yield from _services(incomplete, "plain")
    yield from file_names(incomplete)


@_quiet
def complete_file(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name files and folders."""
    yield from file_names(incomplete)


def _located(ctx: click.Context, text: str | None = None) -> Located:
    """What was named so far. Raises InvalidValue where that is at a URL: completion fetches nothing."""
    from restpath.cli.locating import locate
    from restpath.errors import InvalidValue

    text = str(ctx.params.get("service") or ctx.params.get("place") or "") if text is None else text
    said_by = ctx.params.get("definition")
    if "://" in (said_by or text):
        raise InvalidValue("it would have to be fetched")
    return locate(text, said_by)


def _services(incomplete: str, kind: str, end: str = "") -> Iterator[CompletionItem]:
    if incomplete.startswith((".", "/", "~")):
        yield from (item for item in file_names(incomplete) if item.type == WAY or _may_describe(item.value))
        return
    from restpath.edge.catalog import service_names

    yield from (CompletionItem(name + end, kind) for name in service_names() if name.startswith(incomplete))


@_quiet
def complete_path(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the segments that lead on; for a method, only where it leads to."""
    from restpath.cli.locating import split_place
    from restpath.errors import InvalidValue

    method = method_of(ctx)
    try:
        source, _ = split_place(incomplete, is_name=ctx.params.get("definition") is not None)
    except InvalidValue:  # a folder that is begun
        source = incomplete
    if "/" not in incomplete or len(source) >= len(incomplete):
        if method is None:
            yield from _services(incomplete, WAY)
        yield from _services(incomplete, WAY, "/")
        return
    located = _located(ctx, incomplete)
    before, _, begun = located.path.rpartition("/")
    stem = incomplete[: len(incomplete) - len(begun)]
    found = [item for node in nodes_at(located.definition, before) for item in _segments(node, begun, method)]
    if ctx.command.name == "tree" and located.definition.service.dotted:
        yield from _namespaces(located, stem, before, begun)
    exact = len({item[0] for item in found}) == 1
    for segment, node, title in found:
        goes_on = leads_on(node, method)
        ends = bool(node.ends) and (method is None or method in node.methods)
        if ends:
            yield CompletionItem(stem + segment, WAY if goes_on else "plain", help=title)
        if goes_on and (exact or not ends):
            yield CompletionItem(f"{stem}{segment}/", WAY, help=title)


def _namespaces(located: Located, stem: str, before: str, begun: str) -> Iterator[CompletionItem]:
    """What `tree` draws of dotted names: those that have others below them."""
    from restpath.tree import Tree

    names: Any = located.definition.tree(Tree).operation_names
    for name in before.strip("/").replace("/", ".").split(".") if before.strip("/") else ():
        names = names.get(name) if isinstance(names, dict) else None
    for name, below in names.items() if isinstance(names, dict) else ():
        if isinstance(below, dict) and name.startswith(begun):
            yield CompletionItem(stem + name, WAY, help=f"{len(below)} names begin so")


def method_of(ctx: click.Context) -> str | None:
    """Give the method that a command stands for; None where it only looks."""
    from restpath.definition.method import METHODS

    word = (ctx.command.name or "").upper()
    return word if word in METHODS else None


def nodes_at(definition: Definition, path: str) -> list[Node]:
    """Give the places in the tree that a path can mean."""
    from restpath.cli.locating import spots_at

    return list(dict.fromkeys(spot.node for spot in spots_at(definition, path)))


def _segments(node: Node, begun: str, method: str | None) -> Iterator[tuple[str, Node, str]]:
    """Give the segments below that begin so, each with its node and what that offers."""
    from restpath.cli.locating import typed_segment

    for text, child in node.literals.items():
        segment = typed_segment(text)
        if segment.startswith(begun) and leads_to(child, method):
            yield segment, child, _offer(child)
    for child in node.below():
        if child.segment.literal is None and leads_to(child, method):
            yield from ((text, child, _offer(child)) for text in _fillings(child, begun, method))


def _fillings(child: Node, begun: str, method: str | None) -> Iterator[str]:
    """What can stand for a variable segment: a text that the definition has for it; where one looks, its name."""
    from restpath.template import suffix_of

    suffix = suffix_of(child.segment)
    if suffix is not None and begun and not begun.startswith("{"):
        begins = max(end for end in range(len(suffix)) if begun.endswith(suffix[:end]))
        if begins < len(begun) and begun != suffix:
            yield begun[: len(begun) - begins] + suffix
    known = [spoken for end in child.subtree_ends() for spoken in _spoken(end, child)]
    yield from (text for text in dict.fromkeys(known) if text.startswith(begun))
    if method is None or known:  # one word alone would stand in the line at once, and be called
        yield from (text for text in child.texts if text.startswith(begun))


def _spoken(end: Any, child: Node) -> Iterator[str]:
    """Texts that stand for a credential, such as `:me`."""
    resource = end.definition.resource(end.template.text)
    rules = {**end.definition.service.path_values, **resource.path_values}
    for variable in child.segment.variables:
        rule = rules.get(variable.name)
        if rule is not None and rule.spelling == "credential" and len(child.segment.pieces) == 1:
            yield rule.text


def leads_to(node: Node, method: str | None) -> bool:
    """Tell whether a method, or anything at all, is accepted at a place or below it."""
    return any(method is None or method in end.methods for end in node.subtree_ends())


def leads_on(node: Node, method: str | None) -> bool:
    """Tell whether that is so below it."""
    return any(leads_to(child, method) for child in node.below())


def _offer(node: Node) -> str:
    """The methods of a place and its title."""
    if not node.ends:
        return ""
    from restpath.cli.offering import ordered, title_of

    return " ".join(part for part in (*ordered(node.methods), title_of(node.ends[0])) if part)


# ---- operations --------------------------------------------------------------------------------------------------


@_quiet
def complete_operation(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the operations of the service that was named."""
    located = _located(ctx)
    if located.path.strip("/"):
        return
    definition = located.definition
    for name, (template, method) in definition.named.items():
        if name.startswith(incomplete):
            yield CompletionItem(name, help=definition.method(template, method).title or f"{method} {template}")


# ---- items -------------------------------------------------------------------------------------------------------

ITEM = re.compile(r"((?:[^=:@\\]|\\.)+)(:=@|=@|==|:=|=|@)(.*)", re.DOTALL)


@_quiet
def complete_item(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the fields, the query's names and their values; behind `@` the files."""
    said = ITEM.fullmatch(incomplete)
    if said is not None and said[2].endswith("@"):
        yield from file_names(said[3], said[1] + said[2])
        return
    from restpath.cli.offering import offers_of

    methods = list(_methods(ctx))
    if said is not None:
        yield from (item for method in methods for item in _values(method, said[1], said[2], said[3]))
        return
    for name in re.findall(r"\{([\w.-]+)\}", str(ctx.params.get("place") or "")):
        if name.startswith(incomplete):
            yield CompletionItem(f"{name}=", WAY, help="stands in the path")
    given = {found[1] for word in ctx.params.get("items") or () if (found := ITEM.fullmatch(str(word)))}
    offered: set[str] = set()
    for body in (body for method in methods for body in (method, *method.bodies.values())):
        for offer in offers_of(body, by_name=ctx.command.name == "call"):
            if offer.name + offer.sign in offered:
                continue
            offered.add(offer.name + offer.sign)
            if offer.name.startswith(incomplete) and (offer.name not in given or offer.kind == "array"):
                words = " ".join(part for part in (offer.told, offer.documentation.partition("\n")[0]) if part)
                yield CompletionItem(offer.name + offer.sign, WAY, help=words)


def _methods(ctx: click.Context) -> Iterator[Method]:
    """The records of the operation that the words before name."""
    from restpath.cli.locating import spots_at

    params = ctx.params
    if params.get("operation"):
        definition = _located(ctx).definition
        yield definition.method(*definition.named[str(params["operation"])])
        return
    located = _located(ctx)
    word = method_of(ctx)
    for spot in spots_at(located.definition, located.path):
        for end in spot.ends:
            if word in end.methods:
                yield end.method(word)
                return


def _values(method: Method, name: str, sign: str, begun: str) -> Iterator[CompletionItem]:
    """The values that the definition has for a name."""
    from restpath.cli.offering import offers_of, texts_of

    for offer in offers_of(method):
        if offer.name == name and (offer.sign == "==") == (sign == "=="):
            for text in texts_of(offer._replace(sign=sign)):
                if text.startswith(begun):
                    yield CompletionItem(name + sign + text)


# ---- options -----------------------------------------------------------------------------------------------------


@_quiet
def complete_setting(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the credentials of the service and the variables of its base URL; no value of theirs."""
    if "=" in incomplete:
        return
    service = _located(ctx).definition.service
    for name in (*service.credentials, *service.url_variables):
        if name.startswith(incomplete):
            secret = name in service.credentials and service.credentials[name].secret
            yield CompletionItem(f"{name}=", WAY, help="a secret" if secret else "")


@_quiet
def complete_profile(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the profiles of the service in the configuration file."""
    from restpath.edge.profiles import profile_names

    service = _located(ctx).definition.name
    yield from (CompletionItem(name) for name in profile_names(service) if name.startswith(incomplete))


@_quiet
def complete_grant(ctx: click.Context, incomplete: str) -> Iterator[CompletionItem]:
    """Name the ways to log in to the service."""
    service = _located(ctx).definition.service
    for scheme in service.schemes.values():
        for grant in scheme.token.grants if scheme.token is not None else ():
            if grant.startswith(incomplete) and grant != "refresh_token":
                yield CompletionItem(grant)


# ---- files -------------------------------------------------------------------------------------------------------


def file_names(begun: str, before: str = "") -> Iterator[CompletionItem]:
    """Name files and folders, in the same words for every shell."""
    folder, name = os.path.split(begun)
    try:
        entries = sorted(os.scandir(os.path.expanduser(folder) or os.curdir), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(name) and (name or not entry.name.startswith(".")):
            path = before + begun[: len(begun) - len(name)] + entry.name
            yield CompletionItem(f"{path}/", WAY) if entry.is_dir() else CompletionItem(path)
