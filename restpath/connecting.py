"""
Connecting: from a name, a definition or a URL, with credentials and settings, to a client.

Takes the arguments of `restpath.connect`, and gives what they mean or says what is wrong with them. Nothing is sent.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from restpath.auth.schemes import BasicLogin, hidden
from restpath.call import origin_of
from restpath.client import Client
from restpath.core import Core
from restpath.definition.model import Definition
from restpath.edge.address import find_address, said_address, split_address
from restpath.edge.credentials import (
    SETTINGS,
    check_names,
    given_credentials,
    is_for,
    profile_address,
    profile_of,
)  # fmt: skip
from restpath.errors import InvalidValue
from restpath.operations import Settings
from restpath.types import UNSET

if TYPE_CHECKING:
    import requests


__all__ = ["connect_client", "connect_core"]


def connect_client(what: object, url: str | None, credentials: Mapping[str, Any], **settings: Any) -> Client:
    """Make a client: the root of the paths of `connect_core`."""
    return connect_core(what, url, credentials, **settings).path()


def connect_core(
    what: object,
    url: str | None,
    credentials: Mapping[str, Any],
    *,
    session: requests.Session | None = None,
    auth: Any = UNSET,
    app: Any = None,
    strict: bool = True,
    servers: Mapping[str, str] | None = None,
    pickle_secrets: bool = False,
    settings: Mapping[str, Any] | None = None,
    store: Any = UNSET,
    profile: str | None = None,
    refresh: str | None = None,
    learn: bool | str = False,
    client_class: type[Client] = Client,
    core_class: type[Core] = Core,
) -> Core:
    """
    Make what a client and its paths share; see `restpath.connect` for the arguments.

    Args:
        client_class, core_class: for a face with ways of its own.
    Raises:
        DefinitionError: there is no such service, or a file of it is wrong.
        InvalidValue: an argument cannot be what it is meant to be, or no server is known.
    """
    _check_settings(session, auth, app, strict, pickle_secrets)
    if refresh not in (None, "on-miss"):
        raise InvalidValue(f"{refresh!r} is no time at which to refresh: give refresh='on-miss', or leave it out")
    if refresh is not None and learn:
        raise InvalidValue(
            "who learns lets through what is not known, so that nothing is a miss: learn or refresh, not both"
        )
    if not isinstance(learn, (bool, str)) or learn == "":
        raise InvalidValue(f"learn={learn!r}: give True, False, or a name for a service that has none")
    if learn and isinstance(what, str) and "://" in what and url is None:
        from restpath.learner import meant_service

        what, url = meant_service(split_address(what)[0], learn) or what, what
        url = None if what == url else url  # of what was learnt and taken over the words are known by now
    login: BasicLogin | None = None
    if isinstance(what, str) and "://" in what:
        what, login = split_address(what)
    definition = what if isinstance(what, Definition) else _found(what)
    check_names(definition, list(credentials), SETTINGS)
    known = {name: value for name, value in credentials.items() if value is not None}
    variables = {name: known.pop(name) for name in list(known) if name in definition.service.url_variables}
    if profile is not None and not isinstance(profile, str):
        raise InvalidValue(
            f"profile= is a {type(profile).__name__}: give the name of a profile in the configuration file"
        )
    read = profile_of(definition, profile) if profile is not None else None  # whether it is there is known at once
    if (
        read is not None
        and url is not None
        and not is_for(read, origin_of(find_address(definition, url, variables)[0]))
    ):
        raise InvalidValue(
            f"the profile {profile!r} is for {read.base_url}, and its credentials go nowhere else: leave out url="
        )
    said = said_address(
        definition, url, lambda: read.base_url if read is not None else profile_address(definition, None)
    )
    base_url, own_login = find_address(definition, said, variables, has_app=app is not None)
    if said is not None or own_login is not None:
        login = own_login
    if servers is not None:
        from restpath.edge.servers import check_servers

        servers = check_servers(servers, definition, base_url if said is not None else None)
    elif said is None:
        servers = {}
    core = core_class(
        definition, base_url, given=given_credentials(definition, known),
        settings=Settings().changed(**(settings or {})), strict=strict, session=session,
        auth=login if auth is UNSET and login is not None else hidden(auth), app=app, servers=servers,
        pickle_secrets=pickle_secrets, what=what if isinstance(what, str) else None, store=store, profile=profile,
        client_class=client_class, refresh=refresh, learn=learn,
    )  # fmt: skip
    core.address_given = url is not None
    return core


def _check_settings(session: object, auth: object, app: object, strict: object, pickle_secrets: object) -> None:
    requests = sys.modules.get("requests")  # whoever has a session has imported it
    if session is not None and not (requests and isinstance(session, requests.Session)):
        raise InvalidValue(f"session= is a {type(session).__name__}: give a requests.Session")
    if auth not in (UNSET, None) and not callable(auth) and not (isinstance(auth, tuple) and len(auth) == 2):
        raise InvalidValue(
            "auth= is none that requests knows: give (name, password), or an object such as HTTPDigestAuth"
        )
    if app is not None and not callable(app):
        raise InvalidValue(f"app= is a {type(app).__name__}: give a WSGI application")
    for name, value in (("strict", strict), ("pickle_secrets", pickle_secrets)):
        if not isinstance(value, bool):
            raise InvalidValue(f"{name}={value!r}: give True or False")


def _found(what: object) -> Definition:
    from restpath.edge.lookup import definition_of  # whoever brings a definition needs none of that

    return definition_of(what)
