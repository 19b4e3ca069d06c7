"""
From what a command line names to an operation that can be called: the service, who calls, the place, the method.

Takes SERVICE/PATH, a URL, or SERVICE and OPERATION, with `Options`; gives the `Operation`. Nothing is sent.
Source: RFC 3986 for URLs. Segments are percent-decoded; among the templates that a path fits, the method decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote
from urllib.parse import quote as encoded

import click

from restpath.cli.locating import Located, check_variables, find_spot, is_url, locate, operations_of, spots_at
from restpath.cli.options import Options
from restpath.cli.recognizing import place_of
from restpath.cli.speaking import options_of_login, speak_of
from restpath.errors import InvalidValue, MethodNotAllowed, RestpathError, UnknownItem, UnknownResource
from restpath.tree import Tree
from restpath.types import UNSET
from restpath.values import as_value

if TYPE_CHECKING:
    from restpath.cli.arguments import Given
    from restpath.client import Client
    from restpath.definition.model import Definition
    from restpath.operations import Operation
    from restpath.path import Path
    from restpath.place import Root

__all__ = [
    "Asked",
    "ask_named",
    "ask_place",
    "check_server",
    "connect_to",
    "has_server",
    "new_client",
    "operation_at",
    "operation_by_now",
    "operation_named",
]

_LOCAL = re.compile(r":[0-9]+(?=/|$)")
_OVER_WHOLE = ("DELETE", "PUT", "PATCH")  # what these do to a collection is seldom meant


@dataclass(frozen=True)
class Asked:
    """
    What is to be called.

    Attributes:
        service: the service as it was typed; a URL without its path where there is none.
        operation: what is called.
    """

    service: str
    operation: Operation


def ask_place(place: str, word: str, options: Options, given: Given) -> Asked:
    """
    Find what SERVICE/PATH and a method mean.

    Args:
        place: a service, a folder of data files or the file of a description, and a path; or a whole URL.
        word: the HTTP method, in capitals.
        given: what goes with the call: gets the pairs behind the path's `?`, and gives the values for a path with
            `{variables}` in it.
    Raises:
        InvalidValue, DefinitionError: there is no such service, or something of it is wrong.
        UnknownResource: the service has no such place.
    """
    if _LOCAL.match(place):
        place = f"http://localhost{place}"
    if is_url(place) and options.definition is None:
        return _ask_url(place, word, options, given)
    located = locate(place, options.definition)
    speak_of(located.source, options_of_login(options, located.definition.service))
    client = connect_to(located.definition, options)
    return Asked(located.source, operation_by_now(client, located.path, word, given, located))


def operation_by_now(client: Client, path: str, word: str, given: Given, located: Located) -> Operation:
    """Find what `operation_at` finds, in what the service offers by now, where --refresh on-miss says to ask."""
    from restpath.client import client_of, core_of
    from restpath.later import later_root
    from restpath.path import root_of

    fields = dict(given.fields)

    def take(root: Root) -> Operation:
        given.fields = dict(fields)  # without those that the first look has taken
        now = located._replace(definition=root.definition)
        return operation_at(client_of(core_of(client)), path, word, given, now)

    try:
        return operation_at(client, path, word, given, located)
    except (UnknownResource, MethodNotAllowed) as error:
        return later_root(root_of(client), f"{word} {located.path}", error, take)


def ask_named(service: str, name: str, options: Options) -> Asked:
    """
    Find an operation by its name.

    Raises:
        InvalidValue, DefinitionError: there is no such service, or something of it is wrong.
        UnknownResource: the service has no such operation.
    """
    located = locate(service, options.definition)
    if located.path:
        source = quote(located.source)
        raise InvalidValue(
            f"{service[:60]!r} is a place: say restpath call {source} OPERATION{located.option}, or use get, post ... "
            "with a place"
        )
    speak_of(located.source, options_of_login(options, located.definition.service))
    client = connect_to(located.definition, options)
    return Asked(located.source, operation_named(client, name, located.source, located.option))


def connect_to(definition: Definition | str, options: Options) -> Client:
    """
    Give the client of a service, or of a URL of which nothing else is known. Nothing is sent.

    Raises:
        InvalidValue: a setting cannot be what it is meant to be, or no server is known.
    """
    from restpath.cli.holding import holder

    session = holder()
    if session is not None and session.holds(definition):
        return session.client_for(options)
    return new_client(definition, options)


def new_client(definition: Definition | str, options: Options) -> Client:
    """Make a client; see `connect_to`."""
    import restpath

    if not isinstance(definition, str):
        check_server(definition, options)
    given = _settings(options.settings, definition)
    strict = not options.no_strict
    return restpath.connect(
        definition, options.base_url, credentials=given, timeout=options.timeout, strict=strict,
        validate=UNSET if strict else False, profile=options.profile, refresh=options.refresh, learn=options.learn,
    )  # fmt: skip


def has_server(definition: Definition, options: Options) -> bool:
    """Tell whether anybody says where the service is. Raises InvalidValue where the profile is not there, or wrong."""
    from restpath.edge.address import said_address
    from restpath.edge.credentials import profile_address

    if definition.service.base_url is not None or options.base_url is not None:
        return True
    return said_address(definition, None, lambda: profile_address(definition, options.profile)) is not None


def check_server(definition: Definition, options: Options) -> None:
    """See that somebody says where the service is, in the words of a command line. Raises InvalidValue."""
    from restpath.edge.environment import variable_name

    if has_server(definition, options):
        return
    name = definition.name
    section = name if options.profile is None else f"{name}:{options.profile}"
    raise InvalidValue(
        f"{name} has no server of its own: say where it is by --base-url URL, in "
        f"{variable_name(name, 'base_url')}, or as base_url under [{section}] in the configuration file"
    )


def _settings(said: tuple[str, ...], definition: Definition | str) -> dict[str, str]:
    """What --set said: no message shows a value, which is a secret as a rule."""
    found: dict[str, str] = {}
    service = None if isinstance(definition, str) else definition.service
    known = ["token"] if service is None else [*service.credentials, *service.url_variables]
    for text in said:
        name, mark, value = text.partition("=")
        if not mark:
            shown = text if text in known else "NAME"  # it may be a secret
            raise click.BadParameter(f"there is no = in it: say --set {shown}=VALUE", param_hint="'--set'")
        if name not in known:
            from restpath.definition.wording import did_you_mean

            there = f"{did_you_mean(name, known) or ':'} there are {', '.join(known)}" if known else ": there is none"
            raise click.BadParameter(
                f"{name[:40]!r} is no credential and no variable of the service{there}", param_hint="'--set'"
            )
        found[name] = value
    return found


# ---- places ------------------------------------------------------------------------------------------------------


def operation_at(client: Client, path: str, word: str, given: Given, located: Located | None = None) -> Operation:
    """
    Find the operation of a method at a path as it is typed, without its leading slash.

    Args:
        given: what goes with the call, see `ask_place`.
        located: where the path was read from, for the message that says what is there instead.
    Raises:
        UnknownResource: there is no such place.
        InvalidValue: the path has a variable that no item says.
    """
    from restpath.path import operation_of

    found, query = _places(client, f"/{_filled(path, given, located)}", word, given)
    if not found:
        if located is not None:
            find_spot(located)
        raise _nothing_at(client, path)
    place = next((each for each in found if _accepts(each, word)), None)
    if place is None:
        raise _refusal(found[0], word, located, path)
    given.add_query(query)
    operation: Operation = operation_of(place, word.lower())
    return operation


def _filled(path: str, given: Given, located: Located | None) -> str:
    """The path with the values of items in place of its variables; a whole template stays, and is filled later."""
    if located is None or not located.definition.known:
        return path
    spots = list(spots_at(located.definition, path))
    if not spots and (path.startswith("/") or "//" in path):
        find_spot(located)  # which tells
    if "{" not in path or f"/{path}" in located.definition.tree(Tree).by_text:
        return path
    for name in check_variables(located, spots) if spots else ():
        path = path.replace(f"{{{name}}}", encoded(as_value(given.take(name), name, place=f"/{path}"), safe=""))
    return path


def _nothing_at(client: Client, path: str) -> UnknownItem:
    dots = any(unquote(part) in (".", "..") for part in path.split("/"))
    why = ": a segment . or .. would make another path of it" if dots else ""
    if "#" in path:
        why = ": what follows # is never sent; a # of a value is written %23"
    if "\N{REPLACEMENT CHARACTER}" in unquote(path):
        why = ": its %.. are no UTF-8"
    from restpath.path import root_of

    return UnknownItem(f"{root_of(client).definition.name or 'the service'} has nothing at /{path}{why}", segment=path)


def _refusal(place: Path, word: str, located: Located | None, path: str) -> RestpathError:
    """The error for a place that does not take a method, with the command that says what it takes."""
    from restpath.path import resolve

    try:
        resolve(place, word)
    except MethodNotAllowed as error:
        shown = path if located is None else f"{located.source}/{located.path}".rstrip("/")
        option = "" if located is None else located.option
        more = f". restpath show {quote(shown)}{option} says more, and --no-strict sends it all the same"
        if located is not None and path in located.definition.named:
            more = f". It is an operation's name: restpath call {quote(located.source)} {quote(path)}{option} calls it"
        return MethodNotAllowed(f"{error}{more}", method=error.method, allowed=error.allowed)
    except RestpathError as error:
        return error
    raise AssertionError("it takes the method after all")


def _places(client: Client, text: str, word: str, given: Given) -> tuple[list[Path], tuple[tuple[str, str], ...]]:
    """The places that a path can mean, and what of its query is no template's."""
    from restpath.expanding import expand_template
    from restpath.finding import find_paths
    from restpath.path import root_of

    root = root_of(client)
    if "{" in text and text in root.tree.by_text:
        template = root.tree.by_text[text][1].template
        return [expand_template(root, text, {name: given.take(name) for name in dict.fromkeys(template.variables)})], ()
    last = text.rpartition("/")[2]
    if "#" in last:
        # What follows # is never sent: it tells operations apart, or is part of a name.
        found = [each for each in _with_fragment(client, text) if each is not None]
        if found:
            return found, ()
    text = text.replace("#", "%23")
    bare, mark, query = text.partition("?")
    if not mark:
        return _slashed(client, text, word), ()
    whole: list[Path] = []
    try:
        whole = find_paths(root, text) if root.definition.known else []
    except RestpathError:
        pass  # the query is part of the call
    return (whole, ()) if whole else (_slashed(client, bare, word), tuple(parse_qsl(query, keep_blank_values=True)))


def _slashed(client: Client, text: str, word: str) -> list[Path]:
    """
    The places of a path; a slash too many at its end, as shells put it there, means the place before it.

    Raises:
        InvalidValue: that place would be deleted or replaced, where a value may be missing: orders/$ID without an ID.
    """
    from restpath.finding import find_paths
    from restpath.path import root_of

    found = find_paths(root_of(client), text)
    if found or not text.endswith("/") or text == "/":
        return found
    found = find_paths(root_of(client), text[:-1])
    if found and word in _OVER_WHOLE:
        raise InvalidValue(
            f"{text} ends in a slash, as where a value is missing: give the value, or leave the slash out to "
            f"{word} {text[:-1]} itself"
        )
    return found


def _with_fragment(client: Client, text: str) -> Iterator[Path | None]:
    from restpath.finding import find_paths
    from restpath.path import fixed_below, root_of

    before, _, last = text.rpartition("/")
    for parent in find_paths(root_of(client), before or "/"):
        yield fixed_below(parent, last)


def _accepts(place: Path, word: str) -> bool:
    from restpath.path import resolve

    try:
        resolve(place, word)
    except RestpathError:
        return False
    return True


# ---- URLs --------------------------------------------------------------------------------------------------------


def _ask_url(url: str, word: str, options: Options, given: Given) -> Asked:
    """A URL: of a service that is known to be there, with all that is known of it; else of nobody known."""
    if options.base_url is not None:
        raise click.BadParameter("a whole URL was given, which says where the service is", param_hint="'--base-url'")
    name, definition, path = place_of(url, options)
    if definition is not None:
        located = Located(name, definition, path.partition("?")[0])
        speak_of(name, options_of_login(options, definition.service))
        return Asked(name, operation_by_now(connect_to(definition, options), path, word, given, located))
    scheme, _, host = name.partition("://")
    shown = f"{scheme}://{host.rpartition('@')[2]}"
    return Asked(shown, operation_at(connect_to(name, options), path, word, given))


# ---- operations by name ------------------------------------------------------------------------------------------


def operation_named(client: Client, name: str, service: str, option: str = "") -> Operation:
    """
    Find an operation by its name, in what the service offers by now where --refresh on-miss says to ask.

    Args:
        option: what a command that lists them ends in, see `Located.option`.

    Raises:
        UnknownItem: there is none; it names the nearest, and the command that lists them.
    """
    from restpath.later import later_root
    from restpath.path import root_of

    root = root_of(client)
    if name in root.definition.named:
        return root.named(name)
    error = _no_operation(root.definition, name, service, option)
    return later_root(
        root, f"operation {name}", error, lambda now: now.named(name) if name in now.definition.named else None
    )


def _no_operation(definition: Definition, name: str, service: str, option: str) -> UnknownItem:
    from restpath.phrasing import nearest

    names = list(definition.named)
    if not names:
        return UnknownItem(
            f"{service} gives its operations no names. restpath tree {quote(service)}{option} lists its paths: say "
            f"restpath get {quote(service)}/PATH{option}"
        )
    begun = operations_of(definition, name, service, option)
    if begun:
        return UnknownItem(begun, segment=name)
    near = nearest(name, names)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    return UnknownItem(
        f"{service} has no operation {name[:60]!r}{hint} restpath tree {quote(service)}{option} lists them",
        segment=name,
        choices=near or names[:12],
    )
