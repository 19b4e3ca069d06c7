"""
Ipernity as the mock serves it: every method of the API, and the page on which a user authorizes an application.

    with restpath.mock.serve("ipernity") as server:
        api = IpernityAPI(KEY, SECRET, url=server.url, auth_url_base=server.url + "/apps/authorize")

It knows the application whose key and secret the service publishes in its examples, or the one that `serve` is told of;
user 7, "ann", says yes to whatever is asked on the authorization page. A web application's callback is
`server.mock.state.notes["callback"]`. An upload takes three seconds, and a file called *.broken comes to nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from restpath.auth.signing import signature_of
from restpath.definition.method import Method
from restpath.edge.source import read_source
from restpath.masking import Secret
from restpath.mock.asked import Asked, Outcome, Refusal
from restpath.mock.granting import Visit
from restpath.mock.plan import Plan
from restpath.mock.state import State
from restpath.services.ipernity.mock_albums import CONTAINERS, album_record, folder_record
from restpath.services.ipernity.mock_common import OWNER, Action, Record, answered, the_caller, user_words
from restpath.services.ipernity.mock_docs import DOCUMENTS, doc_record
from restpath.services.ipernity.mock_people import PEOPLE, post_record, user_record
from restpath.services.ipernity.mock_uploads import UPLOADS
from restpath.services.ipernity.permission import AREAS, LEVELS

__all__ = ["ACTIONS", "PAGES", "PREPARE", "UNDEFINED"]

# ---- authorization -----------------------------------------------------------------------------------------------


def _frobs(state: State) -> dict[str, dict[str, str] | None]:
    """The frobs that were given out, each with what it was authorized for; None: for nothing yet."""
    found: dict[str, dict[str, str] | None] = state.notes.setdefault("frobs", {})
    return found


def _get_frob(asked: Asked) -> Record:
    frob = secrets.token_hex(8)
    _frobs(asked.state)[frob] = None
    return {"auth": {"frob": frob}}


def _get_token(asked: Asked) -> Record:
    frob = str(asked.fields.get("frob", ""))
    permissions = _frobs(asked.state).get(frob)
    if frob not in _frobs(asked.state):
        raise Refusal(400, "There is no such frob.", "1")
    if permissions is None:
        raise Refusal(400, "The user has not said yes.", "2")
    del _frobs(asked.state)[frob]
    owner = {**user_words(asked.state, OWNER), "permissions": permissions}
    token = asked.tokens.issue(owner=owner).value
    return {"auth": {"token": token, "permissions": permissions, "user": user_words(asked.state, OWNER)}}


def _check_token(asked: Asked) -> Record:
    permissions = asked.credentials.get("permissions", dict.fromkeys(AREAS, "delete"))
    user = user_words(asked.state, the_caller(asked))
    return {"auth": {"token": asked.credentials["token"], "permissions": permissions, "user": user}}


def _authorize(visit: Visit) -> Outcome:
    """The page that the link leads to: its user says yes at once."""
    fault = _fault(visit)
    if fault is not None:
        return Outcome(400, text=f"{fault}\n")
    wanted = {name.removeprefix("perm_"): level for name, level in visit.query.items() if name.startswith("perm_")}
    frobs = _frobs(visit.state)
    frob = visit.query.get("frob")
    if frob is not None:
        frobs[frob] = wanted
        return Outcome(200, text="The application is authorized. You may close this window.\n")
    frob = secrets.token_hex(8)
    frobs[frob] = wanted
    callback = visit.state.notes.get("callback")
    if callback is None:
        return Outcome(200, text=f"The application is authorized, and has no callback. Its frob is {frob}\n")
    return Outcome(302, headers=[("Location", f"{callback}?{urlencode({'frob': frob})}")])


def _fault(visit: Visit) -> str | None:
    """What is wrong with a link; None if nothing is."""
    definition, said = read_source("ipernity"), visit.query
    signature = definition.service.schemes["application"].signature
    known = {name: Secret(value) for name, value in visit.credentials.items()}
    if said.get("api_key") != visit.credentials["api_key"] or signature is None:
        return "There is no such api_key."
    if said.get("api_sig") != signature_of(signature, said.items(), "", known):
        return "The link's signature is missing or wrong."
    levels = {name: level for name, level in said.items() if name.startswith("perm_")}
    if not levels or any(name[5:] not in AREAS or level not in LEVELS[1:] for name, level in levels.items()):
        return "The link asks for no permission, or for one that there is not."
    if "frob" in said and said["frob"] not in _frobs(visit.state):
        return "There is no such frob."
    return None


# ---- the API itself ----------------------------------------------------------------------------------------------


def _method_words(asked: Asked, method: Method) -> Record:
    areas = asked.plan.definition.service.words.get("x-permissions", {})
    permissions = {
        area: level for area, levels in areas.items() for level, names in levels.items() if method.name in names
    }
    needs_token = method.rules.auth == ("user",)
    flags = {
        "post": int(method.method == "POST"),
        "sign": int("key" not in method.rules.auth),
        "token": int(needs_token),
    }
    authentication: Record = {**flags, "permissions": permissions or []}
    return {"name": method.name, "description": method.title, "authentication": authentication}


def _methods(asked: Asked) -> Record:
    found = [_method_words(asked, each) for each in asked.plan.definition.operations if each.name]
    return {"methods": {"total": len(found), "method": found}}


def _method(asked: Asked) -> Record:
    for each in asked.plan.definition.operations:
        if each.name and each.name == asked.fields.get("method"):
            return {"method": _method_words(asked, each)}
    raise Refusal(404, "The method was not found.", "1")


def _echo(asked: Asked) -> Record:
    if not asked.fields:
        raise Refusal(400, "There is nothing to say back.", "1")
    return dict(asked.fields)


def _hello(asked: Asked) -> Record:
    return {"hello": "Hello!"}


_API: dict[str, Action] = {
    "api.methods.get": _method,
    "api.methods.getList": _methods,
    "auth.checkToken": _check_token,
    "auth.getFrob": _get_frob,
    "auth.getToken": _get_token,
    "test.echo": _echo,
    "test.hello": _hello,
}

# On the real service this is another host's.
PAGES: Mapping[str, Callable[[Visit], Outcome]] = {"GET /apps/authorize": _authorize}


def UNDEFINED(method: str, path: str, plan: Plan) -> Refusal | None:
    """Tell a method that there is not from a format that there is not: JSON is the only one here."""
    name, _, form = path.strip("/").partition("/")
    return Refusal(404, "There is no such format.", "102") if form and name in plan.definition.named else None


ACTIONS: Mapping[str, Callable[[Asked], Outcome]] = {
    **{name: answered(action) for name, action in {**_API, **DOCUMENTS, **UPLOADS, **CONTAINERS, **PEOPLE}.items()},
}


# ---- what is there from the start --------------------------------------------------------------------------------

_DAY = 86400
_FIRST_DAY = 1203605881


def PREPARE(state: State, plan: Plan) -> None:
    """Put two users into the state, with more documents than a page has, an album, a folder, a group and a post."""

    def add(kind: str, key: str, record: dict[str, Any]) -> None:
        state.add(kind, (key,), {**record, "id": key})

    add("user", OWNER, user_record("ann", "Ann Example", {"4711": "friend"}))
    add("user", "4711", user_record("ben", "Ben Example", {OWNER: "friend"}))
    docs = [str(number) for number in range(3601, 3626)]
    for number, doc_id in enumerate(docs):
        add("doc", doc_id, doc_record(OWNER, f"Photo {number + 1}", _FIRST_DAY + number * _DAY))
    add("doc", "394926", doc_record("4711", "A red car", _FIRST_DAY))
    add("album", "10460", album_record(OWNER, "Summer", _FIRST_DAY, docs[:22]))
    add("album", "10461", album_record(OWNER, "Winter", _FIRST_DAY, docs[22:]))
    add("folder", "11252", folder_record(OWNER, "Seasons", _FIRST_DAY, ["10460", "10461"]))
    members = {
        "members": [OWNER, "4711"],
        "docs": ["394926"],
        "description": "All about cars",
        "created_at": _FIRST_DAY,
    }
    add("group", "125", {"title": "Car lovers", **members})
    add("post", "12345", post_record(OWNER, "First post", "Hello, world.", _FIRST_DAY))
