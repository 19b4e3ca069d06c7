"""
Looking around without a server: `services`, `tree` and `search`.

Takes what the data files say; prints it. Nothing is sent, and no credentials are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from restpath.cli.completing import complete_path, complete_service
from restpath.cli.drawing import Page, method_look
from restpath.cli.options import definition_option
from restpath.cli.sampling import Sampled
from restpath.cli.stating import output_option, state, state_operation, state_summary, state_tree

if TYPE_CHECKING:
    from restpath.cli.locating import Located
    from restpath.definition.method import Method
    from restpath.definition.model import Definition
    from restpath.tree import Node

__all__ = ["search", "services", "tree"]


# ---- services ----------------------------------------------------------------------------------------------------


@click.command(cls=Sampled)
@output_option
def services(output: str | None) -> int:
    """
    List the services there are data files for.

    Each with its title, how many operations it has, and where it is. Exit status 2 where a data file is wrong; the
    others are listed all the same. --output json has name, title, operations and base_url of each.

    \b
    Example:
      restpath services
    """
    from restpath.edge.catalog import service_names
    from restpath.edge.lookup import read_service
    from restpath.errors import RestpathError

    page, problems = Page(), []
    rows: list[tuple[str, ...]] = []
    values = []
    for name in service_names():
        try:
            definition = read_service(name)
            rows.append(_service_row(definition))
            values.append(state_summary(definition))
        except RestpathError as error:
            rows.append((name, "", "its data files are wrong"))
            problems.append(error)
    if output is not None:
        state(values, output)
    else:
        page.rows(rows, ("name", "", "", "dim"))
    for problem in problems:
        click.echo(f"restpath: {problem}", err=True)
    return 2 if problems else 0


def _service_row(definition: Definition) -> tuple[str, str, str, str]:
    from restpath.masking import mask_url

    service = definition.service
    where = mask_url(service.base_url) if service.base_url else "say where with --base-url"
    return definition.name, _counted(definition), service.title, where


def _counted(definition: Definition) -> str:
    count = sum(len(methods) for _, methods in definition.templates())
    return f"{count} operation{'' if count == 1 else 's'}"


# ---- tree --------------------------------------------------------------------------------------------------------


@click.command(cls=Sampled)
@click.argument("place", metavar="SERVICE[/PATH]", shell_complete=complete_path)
@click.option("--depth", type=click.IntRange(1), metavar="N", help="How many levels to draw; all of them unless said.")
@definition_option
@output_option
def tree(place: str, depth: int | None, definition: str | None, output: str | None) -> None:
    """
    Draw the paths of a service, with their methods.

    It is a tree; PATH is where to begin, with values or with {variables}. Where the operations of a service have dotted
    names, the tree is that of the names. --output json lists the resources: template, methods, names, title, category.
    SERVICE may also be the file or the URL of a description (OpenAPI, Swagger,
    Discovery).

    \b
    Examples:
      restpath tree <service>
      restpath tree <place> --depth 2
    """
    from restpath.cli.locating import find_spot, locate

    located, page = locate(place, definition), Page()
    if output is not None:
        state(state_tree(located, find_spot(located).node, depth), output)
        return
    if located.definition.service.dotted:
        named = _names_below(located)
        if named is not None:
            _draw(page, _name_line(page, located, named), _name_branches(page, located.definition, named), depth)
            return
    spot = find_spot(located)
    _draw(page, _place_line(page, located, spot.node), _node_branches(page, spot.node), depth)


class _Branch:
    """A line of a tree, and what is below it, which is looked at only where it is drawn."""

    def __init__(self, text: str, below: object) -> None:
        self.text, self._below = text, below

    def below(self, page: Page) -> list[_Branch]:
        """Give the branches below."""
        if isinstance(self._below, tuple):
            return _name_branches(page, *self._below)
        return _node_branches(page, self._below)  # type: ignore[arg-type]  # a name's, or a node


def _draw(page: Page, head: str, branches: list[_Branch], depth: int | None) -> None:
    page.cut(head)
    stack = [("", branches, 0, 1)]
    fork, last, along, blank = page.branches()
    while stack:
        before, siblings, index, level = stack.pop()
        branch, is_last = (siblings[index], index == len(siblings) - 1) if siblings else (None, True)
        if branch is None:
            continue
        below = branch.below(page)
        hidden = f"  {page.look(page.dots(), 'dim')}" if below and depth is not None and level >= depth else ""
        page.cut(before + (last if is_last else fork) + branch.text + hidden)
        if not is_last:
            stack.append((before, siblings, index + 1, level))
        if below and not hidden:
            stack.append((before + (blank if is_last else along), below, 0, level + 1))


def _place_line(page: Page, located: Located, node: Node) -> str:
    text = page.look("/".join([located.source, located.path]).rstrip("/"), "head")
    if located.path.strip("/"):
        return f"{text}{_methods(page, node)}"
    return f"{text}  {located.definition.service.title}, {_counted(located.definition)}{_methods(page, node)}"


def _node_branches(page: Page, node: Node) -> list[_Branch]:
    from restpath.cli.locating import typed_segment

    found = [(typed_segment(text), child) for text, child in node.literals.items()]
    found += [(text, child) for child in node.below() if child.segment.variables for text in list(child.texts)[:1]]
    return [_Branch(page.look(text or '""', "name") + _methods(page, child), child) for text, child in found]


def _methods(page: Page, node: Node) -> str:
    """The methods of a place, and its title."""
    from restpath.cli.offering import ordered, title_of

    title = next(filter(None, map(title_of, node.ends)), "")
    return "".join(f"  {part}" for part in (page.methods(ordered(node.methods)), page.look(title, "dim")) if part)


def _names_below(located: Located) -> tuple[str, dict[str, object]] | None:
    """The dotted names that begin with what stands for the path; None where there are none."""
    from restpath.tree import Tree

    names: object = located.definition.tree(Tree).operation_names
    prefix = located.path.strip("/").replace("/", ".")
    for name in prefix.split(".") if prefix else ():
        names = names.get(name) if isinstance(names, dict) else None
    return (prefix, names) if isinstance(names, dict) else None


def _name_line(page: Page, located: Located, named: tuple[str, dict[str, object]]) -> str:
    if named[0]:
        return f"{page.look(located.source, 'head')} {page.look(named[0], 'head')}"
    service = located.definition.service
    return f"{page.look(located.source, 'head')}  {service.title}, {_counted(located.definition)}"


def _name_branches(page: Page, definition: Definition, named: tuple[str, dict[str, object]]) -> list[_Branch]:
    prefix, names = named
    found = []
    for name, below in names.items():
        text = page.look(name, "name")
        whole = f"{prefix}.{name}" if prefix else name
        if isinstance(below, dict):
            found.append(_Branch(text, (definition, (whole, below))))
        else:
            method = definition.method(*definition.named[whole])
            title = f"  {page.look(method.title, 'dim')}" if method.title else ""
            found.append(_Branch(f"{text}  {page.methods([method.method])}{title}", (definition, (whole, {}))))
    return found


# ---- search ------------------------------------------------------------------------------------------------------


@click.command(cls=Sampled)
@click.argument("service", metavar="SERVICE", shell_complete=complete_service)
@click.argument("words", metavar="WORD...", nargs=-1, required=True)
@definition_option
@output_option
def search(service: str, words: tuple[str, ...], definition: str | None, output: str | None) -> int:
    """
    Find operations by words in what is known of them.

    Paths, names, titles, parameters and documentation are looked through. All WORDs have to be there, in any letter
    case. What is named so comes before what only says so. Exit status 1 where nothing is found. --output json has
    method, template, name, title and category of each.

    \b
    Example:
      restpath search <service> <word>
    """
    from restpath.cli.locating import locate
    from restpath.cli.offering import shell_word

    located, page = locate(service, definition), Page()
    needles = [word.casefold() for word in words]
    found = [(rank, method) for method in located.definition.operations if (rank := _rank(method, needles)) is not None]
    found.sort(key=lambda each: each[0])  # stable: else in the files' order
    rows = [_found_row(located, method, needles, rank) for rank, method in found]
    if output is not None:
        state([state_operation(method) for _, method in found], output)
    else:
        page.rows(rows, (method_look, "name"))
    if not rows:
        click.echo(
            f"restpath: {located.source} has no operation that speaks of {' '.join(words)!r}; "
            f"restpath tree {shell_word(located.source)}{located.option} lists all there are",
            err=True,
        )
    return 0 if rows else 1


def _rank(method: Method, needles: list[str]) -> int | None:
    """How near the words are to the name of an operation: 0 the nearest; None where one is missing."""
    said = ""
    for rank, texts in enumerate(_said(method)):
        said += "\n" + "\n".join(texts).casefold()
        if all(needle in said for needle in needles):
            return rank
    return None


def _said(method: Method) -> Iterator[list[str]]:
    """What is said of an operation, the nearest to its name first."""
    from restpath.cli.offering import offers_of

    resource = method.resource
    yield [method.template, method.method, method.name or "", resource.name or "", method.title, resource.title]
    offers = list(offers_of(method))
    yield [resource.category, *(offer.name for offer in offers)]
    yield [method.documentation, resource.documentation]
    yield [f"{offer.told} {offer.documentation}" for offer in offers]


def _found_row(located: Located, method: Method, needles: list[str], rank: int) -> tuple[str, str, str]:
    dotted = located.definition.service.dotted and method.name is not None
    place = f"{located.source} {method.name}" if dotted else f"{located.source}{method.template}"
    title, where = method.title or method.resource.title, _where(method, needles) if rank else ""
    return method.method, place, f"{title} ({where})" if title and where else title or where


def _where(method: Method, needles: list[str]) -> str:
    """What the words were found in, where the title does not show it."""
    from restpath.cli.offering import offers_of

    offers = list(offers_of(method))
    for said in ([(each.name, each.name) for each in offers], [(each.name, each.told) for each in offers]):
        names = [name for name, text in said if any(needle in text.casefold() for needle in needles)]
        if names:
            return "takes " + ", ".join(names)
    for text in (method.documentation, method.resource.documentation, *(each.documentation for each in offers)):
        for line in text.splitlines():
            if any(needle in line.casefold() for needle in needles):
                return line.strip()
    return ""
