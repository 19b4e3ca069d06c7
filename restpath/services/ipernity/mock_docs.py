"""
Documents in the mock: what is shown of them, what is changed and found, and their tags and notes.

Takes an `Asked`; gives what the service answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from restpath.mock.asked import Asked, Refusal
from restpath.services.ipernity.mock_common import (
    Action,
    Record,
    answer_page,
    caller,
    find,
    is_visible,
    keep,
    listed_ids,
    mine,
    records,
    the_caller,
    things_of,
    things_on,
    user_words,
)
from restpath.services.ipernity.mock_remarks import comment_actions, faves_of, visitors_of

__all__ = ["DOCUMENTS", "doc_record", "doc_words", "neighbours", "new_doc", "newest", "tag_doc"]


def new_doc(asked: Asked, title: str, **more: Any) -> Record:
    """Make a document of the caller's."""
    return keep(asked, "doc", doc_record(the_caller(asked), title, int(asked.now.timestamp()), **more))


def doc_record(user_id: str, title: str, posted_at: int, **more: Any) -> Record:
    """What the mock keeps of a document."""
    fresh = {
        "user_id": user_id, "title": title, "description": "", "media": "photo", "license": 0, "safety": 0,
        "public": True, "posted_at": posted_at, "tags": [], "notes": [], "geo": {},
        "permissions": {"comment": 5, "tag": 5, "tagme": 5},
        "md5": hashlib.md5(title.encode(), usedforsecurity=False).hexdigest(), "bytes": 0,
    }  # fmt: skip
    return {**fresh, **more}


def doc_words(asked: Asked, doc: Record) -> Record:
    """What a list shows of a document."""
    url = f"{asked.url}/thumbs/{doc['id']}.75x.jpg"
    return {
        "doc_id": doc["id"], "media": doc["media"], "license": doc["license"], "title": doc["title"],
        "safety": doc["safety"], "owner": {"user_id": doc["user_id"]},
        "thumb": {"label": "75x", "ext": "jpg", "w": 75, "h": 75, "url": url},
        "dates": {"posted_at": doc["posted_at"]},
    }  # fmt: skip


def _whole(asked: Asked, doc: Record) -> Record:
    share = 5 if doc["public"] else 0
    on = ("doc", doc["id"])
    return {
        **doc_words(asked, doc),
        "description": doc["description"],
        "owner": user_words(asked.state, doc["user_id"]),
        "visibility": {"ispublic": int(doc["public"]), "isfriend": 0, "isfamily": 0, "share": share},
        "permissions": doc["permissions"],
        "geo": doc["geo"],
        "count": {
            "visits": len(things_on(asked, "visit", on)), "faves": len(things_on(asked, "fave", on)),
            "comments": len(things_on(asked, "comment", on)), "notes": len(doc["notes"]), "tags": len(doc["tags"]),
        },
        "tags": {"total": len(doc["tags"]), "tag": doc["tags"]},
        "notes": {"total": len(doc["notes"]), "note": doc["notes"]},
    }  # fmt: skip


def _get(asked: Asked) -> Record:
    doc = find(asked, "doc", "doc_id")
    visitor = caller(asked)
    if visitor is not None and visitor != doc["user_id"]:
        keep(asked, "visit", {"on": ("doc", doc["id"]), "user_id": visitor, "at": int(asked.now.timestamp())})
    return {"doc": _whole(asked, doc)}


def _delete(asked: Asked) -> Record:
    doc = mine(asked, "doc", "doc_id")
    asked.state.remove("doc", (doc["id"],))
    for kind, part in (("album", "docs"), ("group", "docs")):
        for holder in records(asked, kind):
            holder[part] = [each for each in holder[part] if each != doc["id"]]
    return {}


def _change(*names: str, number: bool = False) -> Action:
    """An action that sets what it is given of some properties."""

    def act(asked: Asked) -> Record:
        doc = mine(asked, "doc", "doc_id")
        given = {name: asked.fields[name] for name in names if name in asked.fields}
        if not given:
            raise Refusal(400, f"None of the parameters {', '.join(names)} was sent.", "2")
        if number and not all(str(value).isdigit() for value in given.values()):
            raise Refusal(400, f"{', '.join(names)} must be a number.", "3")
        doc.update(given)
        return {"doc": _whole(asked, doc)}

    return act


def _set_geo(asked: Asked) -> Record:
    doc = mine(asked, "doc", "doc_id")
    doc["geo"] = {name: asked.fields[name] for name in ("lat", "lng") if name in asked.fields}
    return {"doc": {"doc_id": doc["id"], "geo": doc["geo"]}}


def _set_perms(asked: Asked) -> Record:
    doc = mine(asked, "doc", "doc_id")
    if "is_public" in asked.fields:
        doc["public"] = str(asked.fields["is_public"]) == "1"
    for name in ("comment", "tag", "tagme"):
        if f"perm_{name}" in asked.fields:
            doc["permissions"] = {**doc["permissions"], name: asked.fields[f"perm_{name}"]}
    return {"doc": _perms(doc)}


def _perms(doc: Record) -> Record:
    visibility = {"ispublic": int(doc["public"]), "isfriend": 0, "isfamily": 0, "share": 5 if doc["public"] else 0}
    return {"doc_id": doc["id"], "visibility": visibility, "permissions": doc["permissions"]}


def _context(asked: Asked) -> Record:
    doc = find(asked, "doc", "doc_id")
    docs = [each for each in records(asked, "doc") if each["user_id"] == doc["user_id"] and is_visible(asked, each)]
    return {"context": neighbours(asked, docs, doc)}


def neighbours(asked: Asked, docs: list[Record], doc: Record) -> Record:
    """What stands before and after a document in a list."""
    place = docs.index(doc)
    around = {"prev": docs[max(place - 1, 0) : place], "next": docs[place + 1 : place + 2]}
    return {key: {"doc": [doc_words(asked, each) for each in found]} for key, found in around.items()}


def _containers(asked: Asked) -> Record:
    doc = find(asked, "doc", "doc_id")
    found = {
        kind: [
            {f"{kind}_id": each["id"], "title": each["title"]}
            for each in records(asked, kind)
            if doc["id"] in each["docs"]
        ]
        for kind in ("album", "group")
    }
    return {"doc": {"doc_id": doc["id"], "albums": {"album": found["album"]}, "groups": {"group": found["group"]}}}


def _medias(asked: Asked) -> Record:
    doc = find(asked, "doc", "doc_id")
    url = f"{asked.url}/medias/{doc['id']}.original.jpg"
    return {
        "doc": {"doc_id": doc["id"], "thumbs": {"thumb": [doc_words(asked, doc)["thumb"]]}, "original": {"url": url}}
    }


def _check_md5(asked: Asked) -> Record:
    wanted = listed_ids(asked, "md5")
    docs = [each for each in records(asked, "doc") if each["user_id"] == the_caller(asked) and each["md5"] in wanted]
    return {"docs": {"total": len(docs), "doc": [{"doc_id": each["id"], "md5": each["md5"]} for each in docs]}}


def _found(asked: Asked) -> Iterator[Record]:
    words = str(asked.fields.get("text", "")).lower().split()
    tags = {each.lower() for each in listed_ids(asked, "tags")}
    user_id = asked.fields.get("user_id")
    for doc in records(asked, "doc"):
        text = f"{doc['title']} {doc['description']} {' '.join(tag['tag'] for tag in doc['tags'])}".lower()
        fits = all(word in text for word in words) and tags <= {tag["tag"].lower() for tag in doc["tags"]}
        if fits and is_visible(asked, doc) and user_id in (None, doc["user_id"]):
            yield doc


def _page_of(docs: Callable[[Asked], Any]) -> Action:
    return lambda asked: answer_page(asked, (doc_words(asked, doc) for doc in docs(asked)), "docs doc")


def newest(asked: Asked) -> list[Record]:
    """All public documents, the newest first."""
    return [doc for doc in records(asked, "doc")[::-1] if doc["public"]]


# ---- tags and notes ----------------------------------------------------------------------------------------------


def tag_doc(asked: Asked, doc: Record, keywords: str) -> list[Record]:
    """Add keywords to a document; gives the tags that are new on it."""
    there = {tag["tag"].lower() for tag in doc["tags"]}
    wanted = dict.fromkeys(word.strip(' "') for word in keywords.split(","))
    new = [word for word in wanted if word and word.lower() not in there]
    added = [
        {
            "type": "keyword", "id": _tag_id(asked, word), "tag": word, "user_id": the_caller(asked),
            "added_at": int(asked.now.timestamp()),
        }
        for word in new
    ]  # fmt: skip
    doc["tags"] = [*doc["tags"], *added]
    return added


def _tag_id(asked: Asked, word: str) -> str:
    known = next((each for each in records(asked, "tag") if each["tag"] == word.lower()), None)
    return str((known or keep(asked, "tag", {"tag": word.lower()}))["id"])


def _tags_add(asked: Asked) -> Record:
    doc = find(asked, "doc", "doc_id")
    if not asked.fields.get("keywords") and not asked.fields.get("members"):
        raise Refusal(400, "There are neither keywords nor members to add.", "2")
    added = tag_doc(asked, doc, str(asked.fields.get("keywords", "")))
    return {"tags": {"added": len(added), "dropped": 0, "tag": added}}


def _tags_edit(asked: Asked) -> Record:
    doc = mine(asked, "doc", "doc_id")
    if "keywords" not in asked.fields and "members" not in asked.fields:
        raise Refusal(400, "There are neither keywords nor members to add.", "2")
    wanted = {word.strip(' "').lower() for word in str(asked.fields.get("keywords", "")).split(",")}
    kept = [tag for tag in doc["tags"] if tag["tag"].lower() in wanted]
    dropped, doc["tags"] = len(doc["tags"]) - len(kept), kept
    added = tag_doc(asked, doc, str(asked.fields.get("keywords", "")))
    return {"tags": {"added": len(added), "dropped": dropped, "tag": doc["tags"]}}


def _tags_list(asked: Asked) -> Record:
    doc = find(asked, "doc", "doc_id")
    return {"tags": {"total": len(doc["tags"]), "tag": doc["tags"]}}


def _tags_remove(asked: Asked) -> Record:
    doc = find(asked, "doc", "doc_id")
    kept = [tag for tag in doc["tags"] if tag["id"] != str(asked.fields.get("id"))]
    if len(kept) == len(doc["tags"]):
        raise Refusal(404, "The tag was not found on this document.", "2")
    doc["tags"] = kept
    return {}


def _notes(verb: str) -> Action:
    def act(asked: Asked) -> Record:
        doc = find(asked, "doc", "doc_id")
        now, note_id = int(asked.now.timestamp()), str(asked.fields.get("note_id", ""))
        if verb == "add":
            place = {name: asked.fields.get(name, 0) for name in ("x", "y", "w", "h")}
            note = {"note_id": asked.state.next_id(asked.now), "user_id": the_caller(asked), "posted_at": now, **place}
            doc["notes"] = [*doc["notes"], note]
        else:
            found = [each for each in doc["notes"] if each["note_id"] == note_id]
            if not found:
                raise Refusal(404, "The note was not found on this document.", "2")
            note = found[0]
            if verb == "delete":
                doc["notes"] = [each for each in doc["notes"] if each is not note]
                return {}
        note["content"] = asked.fields.get("content", note.get("content", ""))
        return {"note": note}

    return act


DOCUMENTS: dict[str, Action] = {
    "doc.checkMD5": _check_md5,
    "doc.delete": _delete,
    "doc.get": _get,
    "doc.getContainers": _containers,
    "doc.getContext": _context,
    "doc.getExif": lambda asked: {"doc": {"doc_id": find(asked, "doc", "doc_id")["id"], "exif": {"tag": []}}},
    "doc.getFaves": faves_of("doc"),
    "doc.getList": _page_of(lambda asked: things_of(asked, "doc")[::-1]),
    "doc.getMedias": _medias,
    "doc.getPerms": lambda asked: {"doc": _perms(mine(asked, "doc", "doc_id"))},
    "doc.getVisitors": visitors_of("doc"),
    "doc.notes.add": _notes("add"),
    "doc.notes.delete": _notes("delete"),
    "doc.notes.edit": _notes("edit"),
    "doc.search": _page_of(_found),
    "doc.set": _change("title", "description"),
    "doc.setGeo": _set_geo,
    "doc.setLicense": _change("license", number=True),
    "doc.setPerms": _set_perms,
    "doc.setSafety": _change("safety", number=True),
    "doc.tags.add": _tags_add,
    "doc.tags.edit": _tags_edit,
    "doc.tags.getList": _tags_list,
    "doc.tags.remove": _tags_remove,
    "explore.docs.getPopular": _page_of(newest),
    **{f"doc.comments.{verb}": action for verb, action in comment_actions("doc").items()},
}
