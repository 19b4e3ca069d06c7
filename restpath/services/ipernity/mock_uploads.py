"""
Uploads in the mock: each has a ticket, which is done, or invalid, after a while.

Takes an `Asked`; gives what the service answers.
"""

from __future__ import annotations

import hashlib

from restpath.mock.asked import Asked, Refusal
from restpath.services.ipernity.mock_common import Action, Record, keep, listed_ids, mine, the_caller
from restpath.services.ipernity.mock_docs import new_doc, tag_doc

__all__ = ["UPLOADS"]

TICKET_SECONDS = 3  # how long an upload takes
MOST_TICKETS = 50


def _upload(asked: Asked) -> Record:
    file = next((blob for name, blob in asked.content.files if name == "file"), None)
    if file is None or not file.size:
        raise Refusal(400, "There is no file in the request.", "1")
    replaced = mine(asked, "doc", "doc_id", "4")["id"] if asked.method.name == "upload.replace" else None
    record = {
        "user_id": the_caller(asked), "at": asked.now, "doc_id": replaced, "file": file, "fields": dict(asked.fields),
        "invalid": file.name.endswith(".broken"),  # the mock's way to an upload that comes to nothing
    }  # fmt: skip
    return {"ticket": keep(asked, "ticket", record)["id"]}


def _check_tickets(asked: Asked) -> Record:
    ids = listed_ids(asked, "tickets")
    if len(ids) > MOST_TICKETS:
        raise Refusal(400, f"{MOST_TICKETS} tickets are the most for one call.", "2")
    found = [asked.state.get("ticket", (each,)) for each in ids]
    own = [each.content for each in found if each is not None and each.content["user_id"] == the_caller(asked)]
    if not own or len(own) < len(ids):
        raise Refusal(404, "Not all of these tickets are known.", "1")
    states = [_ticket_state(asked, each) for each in own]
    done, invalid = (sum(state[name] for state in states) for name in ("done", "invalid"))
    left, eta = len(states) - done - invalid, max(state["eta"] for state in states)
    return {
        "tickets": {"count": len(states), "done": done, "invalid": invalid, "left": left, "eta": eta, "ticket": states}
    }


def _ticket_state(asked: Asked, ticket: Record) -> Record:
    age = (asked.now - ticket["at"]).total_seconds()
    if age < TICKET_SECONDS:
        return {"id": ticket["id"], "done": 0, "invalid": 0, "eta": max(1, round(TICKET_SECONDS - age))}
    if ticket["invalid"]:
        return {"id": ticket["id"], "done": 0, "invalid": 1, "eta": 0}
    if not ticket.get("is_made"):
        _make_doc(asked, ticket)
    return {"id": ticket["id"], "done": 1, "invalid": 0, "doc_id": ticket["doc_id"], "eta": 0}


def _make_doc(asked: Asked, ticket: Record) -> None:
    file, fields = ticket["file"], ticket["fields"]
    digest = hashlib.md5(b"".join(file), usedforsecurity=False).hexdigest()
    kind = file.media_type.partition("/")[0]
    about = {
        "md5": digest,
        "bytes": file.size,
        "media": {"image": "photo", "audio": "audio", "video": "video"}.get(kind, "other"),
    }
    ticket["is_made"] = True
    if ticket["doc_id"] is not None:
        thing = asked.state.get("doc", (ticket["doc_id"],))
        if thing is not None:
            thing.content.update(about)
        return
    title = str(fields.get("title") or file.name.rpartition(".")[0] or file.name)
    public = str(fields.get("is_public", "1")) == "1"
    doc = new_doc(asked, title, description=fields.get("description", ""), public=public, **about)
    ticket["doc_id"] = doc["id"]
    tag_doc(asked, doc, str(fields.get("keywords", "")))
    album = asked.state.get("album", (str(fields.get("album_id", "")),))
    if album is not None and album.content["user_id"] == ticket["user_id"]:
        album.content["docs"].append(doc["id"])


UPLOADS: dict[str, Action] = {"upload.checkTickets": _check_tickets, "upload.file": _upload, "upload.replace": _upload}
