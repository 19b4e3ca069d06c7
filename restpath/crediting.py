"""
Which server and which credentials a call of a client would use, and where they are from: masked, and nothing is sent.

Takes a `Core` and a `Call`, which holds none of this; gives `Fact`s. What is looked at is what a call would look at:
arguments of `connect`, environment, profile, stored login, netrc; no command is run for it and no token is fetched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from restpath.call import Call
from restpath.errors import AuthError
from restpath.masking import MASK, mask_url
from restpath.provenance import Fact, definition_words, fact_lines, facts_of, said_by

if TYPE_CHECKING:
    from restpath.core import Core
    from restpath.definition.schemes import Scheme

__all__ = ["Crediting", "all_facts", "client_facts", "credit", "describe_call"]


class Crediting(NamedTuple):
    """
    How a call would prove who makes it.

    Attributes:
        scheme: the scheme; None where it needs none, or somebody else sees to it.
        sources: where each credential is from, by name.
        missing: what is missing, in words; "" where nothing is.
    """

    scheme: Scheme | None
    sources: dict[str, str]
    missing: str = ""


def credit(core: Core, call: Call) -> Crediting:
    """Find out how a call would prove who makes it, where each credential is from, and what is missing."""
    from restpath.auth.schemes import placeholders
    from restpath.searching import sources_of

    own = call.operation.rules.auth if call.operation and call.origin == core.origin else ()
    names = core.schemes_for(call, own)
    schemes = core.definition.service.schemes
    if not names:
        return Crediting(None, {})
    try:
        sources = sources_of(core.prover, names, call)
        found = core.prover.find(call, names)
    except AuthError as error:
        return Crediting(schemes[names[0]] if core.definition.known else None, {}, str(error))
    if found is None:
        return Crediting(None, sources)
    scheme = found[0].scheme
    used = {name: sources[name] for name in sources if name in placeholders(scheme)}
    if scheme.token is not None and not used.keys() & {scheme.token.credential}:
        used = sources  # what the token would be got with
    return Crediting(scheme, used)


def describe_call(call: Call, core: Core | None) -> str:
    """
    Write a call with where each of its values comes from, a line for each.

    Args:
        core: the client's; without it the line on credentials says what the definition asks for.
    """
    facts = all_facts(core, call) if core is not None else [*_wanted(call), *facts_of(call)]
    return "\n".join([call.described(), *(f"  {line}" for line in fact_lines(facts))])


def _wanted(call: Call) -> Iterator[Fact]:
    """What the definition asks for, of a call whose client is not known."""
    names = call.operation.rules.auth if call.operation is not None else ()
    if call.operation is None or not names:
        return
    if "auth" in call.operation.words:
        place = "resources", [call.operation.template, "methods", call.operation.method, "auth"]
    else:
        place = "service", ["auth"]
    said = said_by(call.operation.resource.definition, *place)
    yield Fact("credential", "credentials", " or ".join(names), f"added when it is sent, {said}", "definition")


def all_facts(core: Core, call: Call) -> list[Fact]:
    """Tell of every value of a call who said it: the server and the credentials first."""
    return [*client_facts(core, call), *facts_of(call)]


def client_facts(core: Core, call: Call) -> Iterator[Fact]:
    """Tell which server a call goes to, with which credentials, and who said so."""
    yield _server_fact(core, call)
    definition = core.definition
    credited = credit(core, call)
    for name, source in credited.sources.items():
        credential = definition.service.credentials.get(name)
        shown = core.credential(name) if credential is not None and not credential.secret else None
        if source == "definition":
            source = definition_words(definition, "service", ["credentials", name, "default"])
        yield Fact("credential", name, shown or MASK, source, "client")
    if credited.missing:
        yield Fact("credential", "credentials", "none", credited.missing, "client")


def _server_fact(core: Core, call: Call) -> Fact:
    method = call.operation
    own = method.server if method is not None else None
    if method is not None and own is not None and core.root.base_of(method) != core.base_url:
        place = [method.template, "methods", method.method, "server"]
        if "server" not in method.words:
            place = [method.template, "server"]
        base = core.root.base_of(method)
        said = "servers=" if base != own.rstrip("/") else definition_words(core.definition, "resources", place)
        return Fact("server", "server", mask_url(base), said, "client")
    return Fact("server", "server", mask_url(core.base_url), _address_source(core), "client")


def _address_source(core: Core) -> str:
    from restpath.edge.environment import variable_name

    name = core.definition.name
    if core.address_given:
        return "url="
    if not core.definition.known:
        return "the URL as given"
    variable = variable_name(name, "base_url") if name else ""
    if variable and os.environ.get(variable) is not None:
        return f"environment {variable}"
    profile = core.read_profile()
    if profile is not None and profile.base_url is not None:
        from restpath.edge.directories import config_file

        return f"profile [{profile.name}] in {config_file()}"
    if core.definition.service.base_url is None:
        return "app="
    return definition_words(core.definition, "service", ["base_url"])
