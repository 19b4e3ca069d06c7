"""
What the mock's methods have in common: who calls and with which permissions, finding things, and answering lists.

Takes an `Asked`; gives records (plain mappings, as the mock keeps them), or raises `Refusal` with the service's codes.
Numbers are given as numbers here: the engine spells them as texts, as the service does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from restpath.mock.asked import Asked, Outcome, Refusal
from restpath.mock.listing import answer_list
from restpath.mock.state import State
from restpath.services.ipernity.permission import LEVELS

__all__ = [
    "OWNER", "Action", "Record", "allowed", "answer_page", "answered", "caller", "find", "keep", "listed_ids", "mine",
    "needed", "records", "the_caller", "things_of", "things_on", "user_words",
]  # fmt: skip

Record: TypeAlias = "dict[str, Any]"
Action: TypeAlias = "Callable[[Asked], Record | Outcome]"

OWNER = "7"  # who authorizes applications, and whose a token is that nobody was seen to get


# ---- who calls ---------------------------------------------------------------------------------------------------


def caller(asked: Asked) -> str | None:
    """Tell whose token came with the call; None where none did."""
    if "token" not in asked.credentials:
        return None
    return str(asked.credentials.get("user_id", OWNER))


def the_caller(asked: Asked) -> str:
    """Tell whose token came with the call. Raises Refusal where none did."""
    user_id = caller(asked)
    if user_id is None:
        raise Refusal(401, "Nobody is logged in: the auth_token is missing.", "106")
    return user_id


def allowed(asked: Asked, area: str, level: str) -> bool:
    """Tell whether the token permits something; one that nobody was seen to get permits all."""
    if "token" not in asked.credentials:
        return False
    permissions: Mapping[str, str] = asked.credentials.get("permissions", {area: "delete"})  # type: ignore[assignment]
    given = permissions.get(area, "none")
    return LEVELS.index(given) >= LEVELS.index(level)


def needed(asked: Asked, name: str) -> tuple[str, str] | None:
    """Tell which permission a method asks for, as the definition has it."""
    areas = asked.plan.definition.service.words.get("x-permissions", {})
    for area, levels in areas.items():
        for level, names in levels.items():
            if name in names:
                return area, level
    return None


def answered(action: Action) -> Callable[[Asked], Outcome]:
    """Make an action of the engine's: it holds a method that needs a token to its permissions first."""

    def act(asked: Asked) -> Outcome:
        permission = needed(asked, asked.method.name or "")
        if permission is not None and asked.method.rules.auth == ("user",) and not allowed(asked, *permission):
            raise Refusal(403, "The token does not permit this method.", "110")
        answer = action(asked)
        return answer if isinstance(answer, Outcome) else Outcome(200, answer)

    return act


# ---- things ------------------------------------------------------------------------------------------------------


def records(asked: Asked, kind: str) -> list[Record]:
    """Give all things of a kind, the oldest first."""
    return [thing.content for thing in asked.state.matching(kind, {})]


def keep(asked: Asked, kind: str, record: Record) -> Record:
    """Keep a new thing under an id of its own; gives it."""
    record["id"] = asked.state.next_id(asked.now)
    asked.state.add(kind, (record["id"],), record, (), asked.now)
    return record


def find(asked: Asked, kind: str, field: str, code: str = "1") -> Record:
    """
    Find the thing that a field names and that the caller may see.

    Raises:
        Refusal: there is none, with the method's own code for that.
    """
    thing = asked.state.get(kind, (str(asked.fields.get(field, "")),))
    if thing is None or not is_visible(asked, thing.content):
        raise Refusal(404, f"There is no such {kind}, or it is not for the caller to see.", code)
    record: Record = thing.content
    return record


def is_visible(asked: Asked, record: Mapping[str, Any]) -> bool:
    """Tell whether a thing is public, or the caller's own and to be read."""
    if record.get("public", True):
        return True
    return caller(asked) == record.get("user_id") and allowed(asked, "doc", "read")


def mine(asked: Asked, kind: str, field: str, code: str = "1") -> Record:
    """Find a thing that is the caller's own. Raises Refusal where there is none."""
    record = find(asked, kind, field, code)
    if record.get("user_id") != the_caller(asked):
        raise Refusal(404, f"The {kind} does not belong to the calling user.", code)
    return record


def user_words(state: State, user_id: str) -> Record:
    """What is shown of a user beside what they did."""
    thing = state.get("user", (user_id,))
    return {"user_id": user_id, "username": thing.content["username"] if thing else ""}


def things_on(asked: Asked, kind: str, on: tuple[str, str]) -> list[Record]:
    """Give what was said or done about a thing: comments, faves or visits, the oldest first."""
    return [each for each in records(asked, kind) if each["on"] == on]


def things_of(asked: Asked, kind: str) -> list[Record]:
    """Give what belongs to the user who is asked for, else to the caller. Raises Refusal where there is no such."""
    user_id = str(asked.fields.get("user_id") or caller(asked) or "")
    if asked.state.get("user", (user_id,)) is None:
        raise Refusal(404, "There is no such user.", "1")
    return [each for each in records(asked, kind) if each["user_id"] == user_id and is_visible(asked, each)]


def listed_ids(asked: Asked, field: str) -> list[str]:
    """Read a field that has one id or several with commas between."""
    return [each.strip() for each in str(asked.fields.get(field, "")).split(",") if each.strip()]


# ---- lists -------------------------------------------------------------------------------------------------------


def answer_page(
    asked: Asked, items: Iterable[Record], names: str, around: Record | None = None, *, pages: bool = True
) -> Outcome:
    """
    Answer with the page of a list that is asked for.

    Args:
        names: the keys of the list and of its items: "docs doc"; with a third before them, that of what it is in.
        around: what else that has: the album's id.
        pages: whether the number of pages is said; some lists leave it out.
    """
    *outer, name, item = names.split()
    inner: Record = {"total": "{total}", "per_page": "{limit}", "page": "{page}", "count": "{count}"}
    content: Any = {name: {**inner, **({"pages": "{pages}"} if pages else {}), item: "{items}"}}
    for key in outer:
        content = {key: {**(around or {}), **content}}
    return answer_list(asked, list(items), content)
