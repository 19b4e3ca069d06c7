"""
What members leave behind in the mock: comments, faves and visits, on whatever there is.

Takes an `Asked`; gives what the service answers.
"""

from __future__ import annotations

from typing import Any

from restpath.mock.asked import Asked, Outcome, Refusal
from restpath.services.ipernity.mock_common import (
    Action,
    Record,
    answer_page,
    find,
    keep,
    mine,
    the_caller,
    things_on,
    user_words,
)

__all__ = ["comment_actions", "faves_of", "visitors_of"]


def comment_actions(kind: str) -> dict[str, Action]:
    """Make the six methods for the comments on a kind of things."""

    def words(asked: Asked, comment: Record) -> Record:
        shown: Record = {key: comment[key] for key in ("user_id", "posted_at", "content")}
        more: Record = {key: comment[key] for key in ("parent_id", "modified_at") if key in comment}
        return {"comment_id": comment["id"], **user_words(asked.state, comment["user_id"]), **shown, **more}

    def add(asked: Asked) -> Record:
        thing = find(asked, kind, f"{kind}_id")
        return write(asked, (kind, thing["id"]))

    def write(asked: Asked, on: tuple[str, str], **more: Any) -> Record:
        text = str(asked.fields.get("content", "")).strip()
        if not text:
            raise Refusal(400, "The comment says nothing.", "2")
        same = [
            each
            for each in things_on(asked, "comment", on)
            if (each["user_id"], each["content"]) == (the_caller(asked), text)
        ]
        fresh = {
            "on": on,
            "user_id": the_caller(asked),
            "content": text,
            "posted_at": int(asked.now.timestamp()),
            **more,
        }
        return {"comment": words(asked, same[0] if same else keep(asked, "comment", fresh))}

    def one(asked: Asked) -> Record:
        comment = find(asked, "comment", "comment_id")
        if comment["on"][0] != kind:
            raise Refusal(404, "There is no such comment.", "1")
        return comment

    def reply(asked: Asked) -> Record:
        parent = one(asked)
        return write(asked, parent["on"], parent_id=parent["id"])

    def own(asked: Asked) -> Record:
        comment = one(asked)
        if comment["user_id"] != the_caller(asked):
            raise Refusal(403, "The comment is somebody else's.", "3")
        return comment

    def edit(asked: Asked) -> Record:
        comment = own(asked)
        comment.update(content=asked.fields.get("content", ""), modified_at=int(asked.now.timestamp()))
        return {"comment": words(asked, comment)}

    def delete(asked: Asked) -> Record:
        asked.state.remove("comment", (own(asked)["id"],))
        return {}

    def listed(asked: Asked) -> Outcome:
        thing = find(asked, kind, f"{kind}_id")
        found = things_on(asked, "comment", (kind, thing["id"]))
        return answer_page(asked, (words(asked, each) for each in found), "comments comment")

    return {
        "add": add, "reply": reply, "edit": edit, "delete": delete, "getList": listed,
        "get": lambda asked: {"comment": words(asked, one(asked))},
    }  # fmt: skip


def faves_of(kind: str) -> Action:
    """Make the method that lists who faved a thing."""

    def act(asked: Asked) -> Outcome:
        found = things_on(asked, "fave", (kind, find(asked, kind, f"{kind}_id")["id"]))
        items = ({**user_words(asked.state, each["user_id"]), "faved_at": each["at"]} for each in found)
        return answer_page(asked, items, "faves fave")

    return act


def visitors_of(kind: str) -> Action:
    """Make the method that lists who visited a thing of the caller's."""

    def act(asked: Asked) -> Outcome:
        found = things_on(asked, "visit", (kind, mine(asked, kind, f"{kind}_id")["id"]))
        items = ({**user_words(asked.state, each["user_id"]), "visited_at": each["at"]} for each in found)
        return answer_page(asked, items, "visitors visitor")

    return act
