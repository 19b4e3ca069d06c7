"""
Where a command is pointed at: from SERVICE/PATH as it is typed to a definition and a place in its tree.

Takes a text such as `shop/orders/7`, `shop/orders/{id}`, `./my-shop/orders` or `./openapi.json/orders`; gives the
definition and the node of the resource tree that is meant, the most literal first. What is not there is told with the
nearest of what is, and with the command that lists it. No client is made: looking around has to be quick. Nothing is
sent, but that the URL of a description is fetched.
Source: RFC 3986 section 2.1 (segments are percent-decoded); the order of precedence is that of `restpath.parse`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from shlex import quote as shell_quote
from typing import NamedTuple
from urllib.parse import quote, unquote

from restpath.definition.model import Definition
from restpath.errors import InvalidValue, RestpathError, UnknownItem
from restpath.mixed import fill_from_item
from restpath.tree import End, Node, Tree

__all__ = [
    "Located", "Spot", "check_variables", "find_spot", "is_url", "locate", "operations_of", "place_or_operation",
    "read_named", "segments_below", "split_place", "spots_at", "typed_segment",
]  # fmt: skip

_SUFFIXES = (".json", ".yaml", ".yml")  # what a description is called that is named without ./
_MOST = 6  # names in a message
_VARIABLE = re.compile(r"\{([\w.-]+)\}")
_FOLDER = re.compile(r"[./~\\]|[A-Za-z]:[/\\]")


class Located(NamedTuple):
    """
    What SERVICE/PATH says.

    Attributes:
        source: the service as it was typed: a name, a folder, or the file or URL of a description.
        definition: what is known of it.
        path: what follows, without the slash between them; "" for the service itself.
        said_by: the folder, file or URL that `--definition` names, if it does.
    """

    source: str
    definition: Definition
    path: str
    said_by: str | None = None

    @property
    def option(self) -> str:
        """What a line to copy ends in, so that it speaks of the same; "" where the source says it all."""
        return "" if self.said_by is None else f" --definition {shell_quote(self.said_by)}"


class Spot(NamedTuple):
    """
    A place in the tree.

    Attributes:
        node: the place.
        values: the variables of the path with what was typed in their place, in order.
        ends: the templates that end there; those of the slash or the query that was typed, where there are such.
    """

    node: Node
    values: tuple[tuple[str, str], ...]
    ends: tuple[End, ...]


def is_url(text: str) -> bool:
    """Tell whether a text is a whole URL; a path may have one as a value."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def locate(text: str, said_by: str | None = None) -> Located:
    """
    Read the service that SERVICE/PATH names.

    Args:
        said_by: the folder, file or URL that says what there is of it, where `--definition` names one.
    Returns:
        what that is; a URL alone is the description of a service that goes by the name that this gives it.
    Raises:
        InvalidValue: there is no such service, folder or file.
        DefinitionError: a data file of it, or the description, is wrong.
    """
    source, path = split_place(text, is_name=said_by is not None)
    if is_url(source) and said_by is None:
        from restpath.cli.recognizing import known_place
        from restpath.edge.source import read_source

        known = known_place(source)
        if known is not None and any(spots_at(known[1], known[2])):
            return Located(*known)
        described = read_source(source)
        return Located(described.name or "service", described, "", source)
    return Located(source, read_named(source, said_by), path, said_by)


def split_place(text: str, *, is_name: bool = False) -> tuple[str, str]:
    """
    Part the service from the path. A folder or a file is what begins as one, `./shop`, or what is no service's name.

    Args:
        is_name: it begins with a name, whatever files there are: where to read is said elsewhere.
    Raises:
        InvalidValue: no folder of data files and no description is there.
    """
    if is_url(text) and not is_name:
        return text, ""
    name, _, path = text.partition("/")
    if is_name:
        return name, path
    own = _own_source(text)
    if _FOLDER.match(text) or (own is not None and not _is_known(name)):
        if own is None:
            raise _no_source(text)
        return own, text[len(own) + 1 :]
    return name, path


def place_or_operation(located: Located, operation: str | None) -> tuple[Located, str | None]:
    """
    Tell a place from the name of an operation, whichever of two words they are typed in.

    Args:
        operation: the word behind SERVICE/PATH, if there is one; with a slash before it, it is a path.
    """
    if operation is None:
        ends = (spot for spot in spots_at(located.definition, located.path) if spot.ends)
        if located.path in located.definition.named and not any(ends):
            return located._replace(path=""), located.path
    elif operation.startswith("/") and not located.path:
        return located._replace(path=operation[1:]), None
    return located, operation


def read_named(source: str, said_by: str | None = None) -> Definition:
    """
    Read a service by its name; by its folder, or the file of a description, where that is how it was typed.

    Args:
        source: the name, folder or file.
        said_by: the folder, file or URL that says what there is of the name.
    Raises:
        InvalidValue: there is no such service, folder or file.
        DefinitionError: a data file of it, or the description, is wrong.
    """
    from restpath.cli.holding import holder
    from restpath.edge.catalog import is_name
    from restpath.edge.lookup import read_service
    from restpath.edge.source import read_source

    session = holder()
    if session is not None and source == session.source and said_by is None:
        return session.definition
    if said_by is not None:
        return _named_so(source, said_by)
    if is_url(source):
        raise InvalidValue(f"{source!r} is a URL: give the name of a service here. restpath services lists them")
    if not is_name(source) and (_FOLDER.match(source) or _has_data(source) or _is_description(source)):
        return read_source(os.path.expanduser(source))
    if _has_data(source) and not _is_known(source):
        return read_source(os.path.join(os.curdir, source))
    try:
        return read_service(source)
    except RestpathError:
        if _is_known(source):
            raise
    raise _no_service(source)


def _named_so(name: str, source: str) -> Definition:
    """What a folder or a description says, as the service of that name: its settings are found by it."""
    from dataclasses import replace

    from restpath.edge.catalog import is_name
    from restpath.edge.source import read_source

    if not is_name(name):
        raise InvalidValue(
            f"beside --definition a service is a name: {name[:60]!r} is none, such as shop or my-shop is, of small "
            "letters, digits, - and _"
        )
    definition = read_source(source if is_url(source) else os.path.join(os.curdir, os.path.expanduser(source)))
    documents = definition.documents
    return replace(definition, documents=replace(documents, service={**documents.service, "service": name}))


def _no_service(name: str) -> InvalidValue:
    from restpath.definition.wording import did_you_mean
    from restpath.edge.catalog import service_names

    shown = name[:60]
    near = did_you_mean(name, service_names()) or "."
    return InvalidValue(
        f"there is no service {shown!r}{near} restpath services lists them; a folder of data files is written ./{shown}"
    )


def _is_known(name: str) -> bool:
    from restpath.edge.catalog import service_names

    return name in service_names()


def _has_data(folder: str) -> bool:
    from restpath.edge.datafiles import FILES

    folder = os.path.expanduser(folder)
    return os.path.isdir(folder) and any(os.path.lexists(os.path.join(folder, name)) for name in FILES)


def _is_description(file: str) -> bool:
    """Whether a text names a file that can be a description: any that is spelled as a file, else one called so."""
    named = _FOLDER.match(file) or file.lower().endswith(_SUFFIXES)
    return bool(named) and os.path.isfile(os.path.expanduser(file))


def _own_source(text: str) -> str | None:
    """The shortest beginning of a text that is a folder of data files or a file; None where there is none."""
    slashes = [match.start() for match in re.finditer(r"[/\\]", text)]
    parts = (text[:end] for end in [*slashes, len(text)] if end)
    return next((part for part in parts if _has_data(part) or _is_description(part)), None)


def _no_source(text: str) -> InvalidValue:
    is_there = os.path.isdir(os.path.expanduser(text))
    problem = "has no data files" if is_there else "is no folder of data files and no description"
    return InvalidValue(
        f"{text!r} {problem}: give the folder that holds service.json and resources.json, or the file of a description"
    )


# ---- a place in the tree -----------------------------------------------------------------------------------------


def find_spot(located: Located) -> Spot:
    """
    Find the place that a path means: a resource where there is one, else a place on the way.

    Raises:
        UnknownItem: the definition has no such place; it names the nearest segments and the command that lists them.
    """
    found = list(spots_at(located.definition, located.path))
    if found:
        check_variables(located, found)
        return next((spot for spot in found if spot.ends), found[0])
    raise _unknown(located)


def check_variables(located: Located, spots: Sequence[Spot]) -> list[str]:
    """
    See that what is written as a variable in a path is one that stands there: it is no value.

    Returns:
        the variables that the path is written with.
    Raises:
        InvalidValue: there is none of that name; it says what there is.
    """
    written = _VARIABLE.findall(_suffix(located.path)[0])
    ends = [end for spot in spots for end in spot.node.subtree_ends()] if written else []
    there = list(dict.fromkeys(name for end in ends for name in end.template.variables))
    for name in written:
        if name not in there:
            from restpath.phrasing import did_you_mean, nearest

            near = nearest(name, there) or there
            raise InvalidValue(
                f"there is no variable {{{name}}} in {located.source}/{located.path}"
                f"{did_you_mean([f'{{{each}}}' for each in near]) or '.'} Braces of a value are written %7B and %7D"
            )
    return written


def spots_at(definition: Definition, path: str) -> Iterator[Spot]:
    """Give the places that a path can mean, the most literal first. Empty where the definition has none."""
    root = definition.tree(Tree).root
    text, suffix = _suffix(path)
    if not text.strip("/"):
        yield Spot(root, (), _ends(root, "/" if path.endswith("/") else suffix))
        if not text:
            return
    parts = text.split("/")
    for node, values in _walk(root, parts, 0):
        yield Spot(node, values, _ends(node, suffix))
    if parts[-1] == "":  # a slash at the end that is no segment
        for node, values in _walk(root, parts[:-1], 0) if len(parts) > 1 else ():
            yield Spot(node, values, _ends(node, "/" + suffix))


def _suffix(path: str) -> tuple[str, str]:
    """Part a path from a query or fragment that a template has."""
    found = re.search(r"[?#]", path)
    return (path, "") if found is None else (path[: found.start()], path[found.start() :])


def _ends(node: Node, suffix: str) -> tuple[End, ...]:
    return tuple(end for end in node.ends if end.template.suffix == suffix) or tuple(node.ends)


def _walk(node: Node, parts: Sequence[str], start: int) -> Iterator[tuple[Node, tuple[tuple[str, str], ...]]]:
    """Go down from a node: literals first, then mixed segments, then what one variable takes, then several at once."""
    if start == len(parts):
        yield node, ()
        return
    part = parts[start]
    text = unquote(part)
    steps: list[tuple[Node, tuple[str, ...], int]] = []
    if text in node.literals:
        steps.append((node.literals[text], (), start + 1))
    for child in node.composites.values():
        values = child.texts.get(part) or fill_from_item(child.segment, text)
        if values is not None:
            given = child.texts.get(part)
            steps.append((child, tuple(f"{{{name}}}" for name in given) if given else values, start + 1))
    if node.variable is not None and not node.variable.implied and text:
        steps.append((node.variable, (text,), start + 1))
    if node.reserved is not None and not node.reserved.implied:
        steps += [(node.reserved, ("/".join(parts[start:end]),), end) for end in range(len(parts), start, -1)]
    for child, said, then in steps:
        names = next(iter(child.texts.values()), ())
        for deeper, more in _walk(child, parts, then):
            yield deeper, (*zip(names, said, strict=False), *more)


def _unknown(located: Located) -> UnknownItem:
    """The error that names the last segment that is known, the nearest ones, and the command that lists them."""
    from restpath.phrasing import did_you_mean, nearest

    if located.path.startswith("/") or "//" in located.path:
        raise _empty_segment(located)
    parts = _suffix(located.path)[0].rstrip("/").split("/")
    root = located.definition.tree(Tree).root
    known = max(end for end in range(len(parts)) if end == 0 or any(_walk(root, parts[:end], 0)))
    nodes = [node for node, _ in _walk(root, parts[:known], 0)]
    choices = [text for node in nodes for text in segments_below(node)]
    if known == 0 and located.definition.service.dotted:  # the tree that is drawn is that of the names
        choices += list(located.definition.tree(Tree).operation_names)
    missing = parts[known][:60]
    here = "/".join([located.source, *parts[:known]])
    near = nearest(unquote(missing), choices)
    hint = f"{did_you_mean(near) or ';'} restpath tree {shell_quote(here)}{located.option} lists what is there"
    if not near and len(choices) <= 12:
        hint += ": " + ", ".join(choices)
    return UnknownItem(
        f"{here} has no {missing!r}{hint if choices else ': nothing follows it'}",
        segment=missing,
        choices=near or choices[:12],
    )


def _empty_segment(located: Located) -> InvalidValue:
    """A path with nothing where a value belongs; or a value with slashes in it, which took it apart."""
    found = re.search(r"[a-z][a-z0-9+.-]*://.*", located.path)
    if found is not None:
        return InvalidValue(
            f"the slashes of {found[0]!r} part a path: write it {quote(found[0], safe='')}, or give the path with its "
            "{variables} and the value as an item, name=VALUE"
        )
    return InvalidValue(
        f"{located.source}/{located.path} has an empty segment, as where a value is missing: give the value"
    )


def operations_of(definition: Definition, name: str, source: str, option: str = "") -> str:
    """
    Say that a name is the beginning of the names of operations, and which command lists them; "" where it is not.

    Args:
        source: the service as it was typed.
        option: what the command ends in, see `Located.option`.
    """
    found = [each for each in definition.named if each.startswith(f"{name}.")]
    if not found:
        return ""
    more = ", ..." if len(found) > _MOST else ""
    lister = f"restpath tree {shell_quote(f'{source}/{name}')}{option}"
    return f"{source} has no operation {name!r}, but {', '.join(found[:_MOST])}{more}: {lister} lists them"


def typed_segment(text: str) -> str:
    """Write a fixed segment as it is typed, percent-encoded as far as it needs it."""
    return quote(text, safe="!$&'()*+,;=:@~")


def segments_below(node: Node) -> list[str]:
    """The segments one level down, as the templates write them."""
    below = [*node.literals]
    for child in node.below():
        below += [text for text in child.texts if child.segment.variables]
    return below
