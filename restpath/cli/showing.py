"""
`show`: all that the definition says of a place, of an operation or of a whole service.

Takes SERVICE/PATH, with values or with {variables}, or SERVICE OPERATION; prints methods, parameters, bodies, defaults
and documentation, a line to copy for each, and which file says so. Nothing is sent, and no credentials are needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from restpath.cli.completing import complete_operation, complete_path
from restpath.cli.drawing import Page, method_look
from restpath.cli.offering import Offer, example_items, offers_of, ordered, shell_word
from restpath.cli.options import definition_option
from restpath.cli.sampling import Sampled
from restpath.cli.stating import output_option, state, state_method, state_place, state_service
from restpath.tree import Tree

if TYPE_CHECKING:
    from restpath.cli.locating import Located, Spot
    from restpath.definition.method import Method
    from restpath.definition.model import Definition
    from restpath.definition.service import Server
    from restpath.tree import End

__all__ = ["show"]


@click.command(cls=Sampled)
@click.argument("place", metavar="SERVICE[/PATH]", shell_complete=complete_path)
@click.argument("operation", required=False, shell_complete=complete_operation)
@definition_option
@output_option
@click.option("-v", "--verbose", is_flag=True, help="List all that is left out of a description, not by kind.")
def show(place: str, operation: str | None, definition: str | None, output: str | None, verbose: bool) -> None:
    """
    Show all that is known of a place, operation or service.

    That is: methods, parameters, bodies, defaults and documentation, with lines to copy, and which file says so. PATH
    may have values or {variables}; OPERATION is the name of one. SERVICE may also be the file or the URL of a
    description (OpenAPI, Swagger, Discovery); behind a URL the path is a word of its own, as in: show URL /orders.

    --output json has the same as values: the resources at a place, an operation, or a service.

    \b
    Examples:
      restpath show <place>
      restpath show <template>
      restpath show <operation>
    """
    from restpath.cli.locating import find_spot, locate, place_or_operation

    page = Page()
    located, operation = place_or_operation(locate(place, definition), operation)
    if output is not None:
        state(_stated(located, operation), output)
    elif operation is not None:
        _show_operation(page, located, operation)
    elif _is_place(located):
        _show_place(page, located, find_spot(located))
        if not located.path.strip("/"):  # a service that has a resource at its root
            _show_left_out(page, located, verbose)
    else:
        _show_service(page, located, verbose)


def _is_place(located: Located) -> bool:
    return bool(located.path.strip("/") or located.definition.tree(Tree).root.ends)


def _stated(located: Located, operation: str | None) -> object:
    """What is shown, as values: an operation, a service, or the resources at a place."""
    from restpath.cli.locating import find_spot

    if operation is not None:
        return state_method(located, find_operation(located, operation), by_name=True)
    if not _is_place(located):
        return state_service(located.definition)
    spot = find_spot(located)
    return state_place(located, spot, {end.template.text: _files(end) for end in spot.ends})


# ---- a service ---------------------------------------------------------------------------------------------------


def _show_service(page: Page, located: Located, verbose: bool) -> None:
    definition = located.definition
    service = definition.service
    _head(page, located.source, service.title, service.documentation)
    _section(page, "where", [_where(definition), *map(_server_words, service.servers)])
    if service.credentials:
        rows = [(name, _credential_words(definition, name)) for name in service.credentials]
        _heading(page, "credentials")
        page.rows(rows, ("name",), "  ")
    count = sum(len(methods) for _, methods in definition.templates())
    source = shell_word(located.source)
    _section(page, "operations", [f"{count}, such as these:"])
    page.rows(list(_first_operations(located)), (method_look, "name"), "  ")
    more = [f"restpath tree {source}{located.option}", f"restpath search {source} WORD{located.option}"]
    _section(page, "more", more, copied=True)
    _section(page, "said by", list(dict.fromkeys(definition.files)), copied=True)
    _show_left_out(page, located, verbose)


def _show_left_out(page: Page, located: Located, verbose: bool) -> None:
    """What the description says and restpath cannot, where it was read from one."""
    left_out = located.definition.left_out
    if not left_out:
        return
    from restpath.cli.leaving import left_out_lines

    _heading(page, "left out, or done otherwise")
    for line in left_out_lines(left_out, each=verbose):
        page.wrapped(line, "  ")
    if not verbose:
        page.line(f"  restpath show {shell_word(located.source)}{located.option} --verbose lists all {len(left_out)}")


def _where(definition: Definition) -> str:
    from restpath.edge.environment import variable_name
    from restpath.masking import mask_url

    service = definition.service
    if service.base_url:
        return mask_url(service.base_url)
    return (
        f"at no address of its own: say it with --base-url, in {variable_name(service.name, 'base_url')}, or as "
        f"base_url under [{service.name}] in config.ini"
    )


def _server_words(server: Server) -> str:
    """Another server, as --base-url takes it."""
    from restpath.masking import mask_url

    about = ". ".join(part for part in (server.title, " ".join(server.documentation.split())) if part)
    choices = [
        f"{{{name}}} is {' or '.join(said['enum'])}" for name, said in server.variables.items() if said.get("enum")
    ]
    return f"or {mask_url(server.url)}" + "".join(f" ({part})" for part in (about, ", ".join(choices)) if part)


def _credential_words(definition: Definition, name: str) -> str:
    credential = definition.service.credentials[name]
    words = definition.service.words.get("credentials", {}).get(name, {})
    parts = [str(words.get("documentation") or "").strip()]
    parts.append("A secret." if credential.secret else "")
    parts.append(f"{credential.default!r} unless said." if credential.default is not None else "")
    return " ".join(part for part in parts if part)


def _first_operations(located: Located) -> Iterator[tuple[str, str, str]]:
    dotted = located.definition.service.dotted
    for template, methods in list(located.definition.templates())[:8]:
        for word in methods[:1]:
            method = located.definition.method(template, word)
            named = dotted and method.name
            place = f"{located.source} {method.name}" if named else f"{located.source}{template}"
            yield word, place, method.title or method.resource.title


# ---- a place -----------------------------------------------------------------------------------------------------


def _show_place(page: Page, located: Located, spot: Spot) -> None:
    from restpath.cli.locating import segments_below

    typed = f"{located.source}/{located.path}"
    if not spot.ends:
        _head(page, typed, "", "")
        page.line("no resource itself, but on the way to others")
    for number, end in enumerate(spot.ends):
        if number:
            page.line()
        _show_end(page, located, end, spot, typed)
    below = segments_below(spot.node)
    if below:
        _section(page, "below", [" ".join(below)])
        _section(page, "more", [f"restpath tree {shell_word(typed.rstrip('/'))}{located.option}"], copied=True)


def _show_end(page: Page, located: Located, end: End, spot: Spot, typed: str) -> None:
    resource = end.definition.resource(end.template.text)
    title = " · ".join(part for part in (resource.title, resource.category) if part)
    _head(page, located.source + end.template.text, title, resource.documentation)
    given = [(name, value) for name, value in spot.values if value != f"{{{name}}}"]
    page.rows([(f"{{{name}}}", f"is {value}") for name, value in given], ("name",), "  ")
    place = typed if given or not end.template.variables else located.source + _spoken(end)
    for word in ordered(end.methods):
        page.line()
        _show_method(page, located, end.method(word), place)
    _section(page, "said by", _files(end), copied=True)


def _spoken(end: End) -> str:
    """The template, with what stands for the current user's own where the service has a text for that."""
    rules = {**end.definition.service.path_values, **end.definition.resource(end.template.text).path_values}
    text = end.template.text
    for name, rule in rules.items():
        if rule.spelling == "credential":
            text = text.replace(f"{{{name}}}", rule.text)
    return text


def _files(end: End) -> list[str]:
    """The files that say that there is this resource, a method of it, or a body that one starts from."""
    definition, text = end.definition, end.template.text
    said = [definition.source_of(text)]
    said += [definition.source_of(text, method) for method in ordered(end.methods)]
    said += [definition.source_of(text, method, defaults=True) for method in ordered(end.methods)]
    return [file for file in dict.fromkeys(said) if file]


# ---- an operation ------------------------------------------------------------------------------------------------


def _show_operation(page: Page, located: Located, name: str) -> None:
    method = find_operation(located, name)
    end = located.definition.tree(Tree).by_text[method.template][1]
    _head(page, f"{located.source} {name}", method.resource.category, "")
    page.line(f"{page.methods([method.method])} {page.look(method.template, 'dim')}")
    page.line()
    _show_method(page, located, method, None)
    _section(page, "said by", _files(end), copied=True)


def find_operation(located: Located, name: str) -> Method:
    """
    Find an operation by its name.

    Raises:
        UnknownItem: the service has none of that name; it names the nearest, and the command that lists them.
    """
    from restpath.cli.locating import operations_of
    from restpath.errors import UnknownItem
    from restpath.phrasing import did_you_mean, nearest

    named = located.definition.named
    if name in named:
        return located.definition.method(*named[name])
    begun = operations_of(located.definition, name, located.source, located.option)
    if begun:
        raise UnknownItem(begun, segment=name)
    near = nearest(name, list(named))
    source = shell_word(located.source)
    hint = f"{did_you_mean(near) or ';'} restpath tree {source}{located.option} lists them"
    if not named:
        hint = f": its operations have no names; say restpath show {source}/PATH{located.option}"
    raise UnknownItem(f"{located.source} has no operation {name[:60]!r}{hint}", segment=name, choices=near)


def _show_method(page: Page, located: Located, method: Method, place: str | None) -> None:
    """
    Show a method.

    Args:
        place: SERVICE/PATH for the line to copy; None where it is called by its name.
    """
    title = method.title or method.documentation.partition("\n")[0]
    marks = [f"({method.name})" if method.name else "", "(deprecated)" if method.deprecated else ""]
    parts = [page.methods([method.method]), page.look(title, "head"), *(page.look(mark, "dim") for mark in marks)]
    page.cut("  ".join(part for part in parts if part))
    if method.documentation != title:
        page.wrapped(method.documentation, "  ")
    _show_offers(page, list(offers_of(method, by_name=place is None)), "  ")
    for row in _about(method):
        page.wrapped(": ".join(row), "  ")
    _show_bodies(page, method)
    if method.base:
        _show_default(page, method)
    items = example_items(method, by_name=place is None)
    if place is None:
        words = ["restpath", "call", located.source, method.name or "", *items]
    else:
        words = ["restpath", method.method.lower(), place, *items]
    if place is None or method.method.lower() in _CALLED:
        page.line("  " + " ".join(map(shell_word, words)) + located.option)


def _show_offers(page: Page, offers: Sequence[Offer], indent: str) -> None:
    told = {offer.told for offer in offers}
    rows = [(offer.name + offer.sign, offer.told if told != {""} else "", _offer_words(offer)) for offer in offers]
    page.rows(rows, ("name", "dim"), indent)


def _show_bodies(page: Page, method: Method) -> None:
    """What the body may be as well, and what of it differs from what is shown already."""
    for name, other in method.bodies.items():
        has_file = other.fields_kind in ("multipart", "related") and method.fields_kind not in ("multipart", "related")
        how = "with a file, or " if has_file else ""
        page.wrapped(f"or as {name}: {how}with {_type_item(name)}", "  ")
        known = list(offers_of(method))
        _show_offers(page, [offer for offer in offers_of(other) if offer not in known], "    ")


def _type_item(media_type: str) -> str:
    """The item that says a media type."""
    return f"Content-Type:{media_type}" if "*" not in media_type else "a Content-Type: that fits"


_CALLED = {"get", "post", "put", "patch", "delete", "head", "options"}


def _offer_words(offer: Offer) -> str:
    marks = ["required." if offer.required else "", "Deprecated." if offer.deprecated else ""]
    marks.append(
        "Several are written one item after the other." if offer.kind == "array" and offer.sign != ":=" else ""
    )
    text = " ".join(part for part in (*marks, " ".join(offer.documentation.split())) if part)
    return text[:1].upper() + text[1:]


def _about(method: Method) -> Iterator[tuple[str, str]]:
    """What else is said of a method, by its name."""
    if method.media_type:
        yield "body", method.media_type
    elif method.has_body and method.body_schema is None:
        yield "body", "any"
    if "auth" in method.words and not method.rules.auth:
        yield "credentials", "none needed"
    if method.server is not None:
        yield "server", method.server


def _show_default(page: Page, method: Method) -> None:
    import json

    page.line(f"  starts from {json.dumps(method.defaults(), ensure_ascii=False)}")


# ---- parts of the page -------------------------------------------------------------------------------------------


def _head(page: Page, name: str, title: str, documentation: str) -> None:
    page.line(page.look(name, "head"))
    if title:
        page.wrapped(title)
    if documentation and documentation != title:
        page.wrapped(documentation)


def _heading(page: Page, text: str) -> None:
    page.line()
    page.line(page.look(text, "head"))


def _section(page: Page, heading: str, lines: Sequence[str], *, copied: bool = False) -> None:
    """A heading with lines below it; what is to be copied is never wrapped."""
    if not lines:
        return
    _heading(page, heading)
    for line in lines:
        if copied:
            page.line(f"  {line}")
        else:
            page.wrapped(line, "  ")
