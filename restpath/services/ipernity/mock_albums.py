"""
Albums, folders, groups and favorites in the mock: what holds other things.

Takes an `Asked`; gives what the service answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from restpath.mock.asked import Asked, Outcome, Refusal
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
)
from restpath.services.ipernity.mock_docs import doc_words, neighbours
from restpath.services.ipernity.mock_remarks import faves_of, visitors_of

__all__ = ["CONTAINERS", "album_record", "folder_record"]

# What holds what: the kind, the things in it, and the key under which it keeps their ids.
_HELD = {"album": ("doc", "docs"), "folder": ("album", "albums"), "group": ("doc", "docs")}


def album_record(user_id: str, title: str, created_at: int, docs: Iterable[str] = (), **more: Any) -> Record:
    """What the mock keeps of an album."""
    fresh = {"description": "", "cover_id": None, "perm_comment": 5}
    return {"user_id": user_id, "title": title, "created_at": created_at, "docs": list(docs), **fresh, **more}


def folder_record(user_id: str, title: str, created_at: int, albums: Iterable[str] = (), **more: Any) -> Record:
    """What the mock keeps of a folder."""
    fresh = {"description": "", **more}
    return {"user_id": user_id, "title": title, "created_at": created_at, "albums": list(albums), **fresh}


def _words(kind: str, thing: Record) -> Record:
    """What is shown of an album, a folder or a group."""
    _, held = _HELD[kind]
    shown: Record = {f"{kind}_id": thing["id"], "title": thing["title"], "description": thing["description"]}
    shown |= {"dates": {"created_at": thing["created_at"]}, "count": {held: len(thing[held])}}
    if kind == "album":
        shown |= {"owner": {"user_id": thing["user_id"]}, "permissions": {"comment": thing["perm_comment"]}}
        cover = thing["cover_id"] or next(iter(thing["docs"]), None)
        shown |= {"cover": {"doc_id": cover}} if cover else {}
    if kind == "group":
        shown["count"]["members"] = len(thing["members"])
    return shown


def _create(kind: str) -> Action:
    make = {"album": album_record, "folder": folder_record}[kind]

    def act(asked: Asked) -> Record:
        title = str(asked.fields.get("title", "")).strip()
        if not title:
            raise Refusal(400, "The title is missing.", "1")
        more = {name: asked.fields[name] for name in ("description",) if name in asked.fields}
        if kind == "album" and "cover_id" in asked.fields:
            more["cover_id"] = mine(asked, "doc", "cover_id", "2")["id"]
        record = make(the_caller(asked), title, int(asked.now.timestamp()), **more)
        if more.get("cover_id"):
            record["docs"] = [more["cover_id"]]
        return {kind: _words(kind, keep(asked, kind, record))}

    return act


def _edit(kind: str) -> Action:
    def act(asked: Asked) -> Record:
        thing = mine(asked, kind, f"{kind}_id")
        given = {name: asked.fields[name] for name in ("title", "description", "cover_id") if name in asked.fields}
        if not given:
            raise Refusal(400, "There is nothing to change.", "4")
        if given.get("title") == "":
            raise Refusal(400, "The title is empty.", "3")
        if "cover_id" in given:
            mine(asked, "doc", "cover_id", "2")
        thing.update(given)
        return {kind: _words(kind, thing)}

    return act


def _delete(kind: str) -> Action:
    def act(asked: Asked) -> Record:
        thing = mine(asked, kind, f"{kind}_id")
        asked.state.remove(kind, (thing["id"],))
        for folder in records(asked, "folder") if kind == "album" else ():
            folder["albums"] = [each for each in folder["albums"] if each != thing["id"]]
        return {}

    return act


def _get(kind: str) -> Action:
    def act(asked: Asked) -> Record:
        thing = find(asked, kind, f"{kind}_id")
        visitor = caller(asked)
        if kind == "album" and visitor is not None and visitor != thing["user_id"]:
            keep(asked, "visit", {"on": (kind, thing["id"]), "user_id": visitor, "at": int(asked.now.timestamp())})
        return {kind: _words(kind, thing)}

    return act


def _list(kind: str) -> Action:
    # These lists are among those that leave the number of pages out.
    def act(asked: Asked) -> Outcome:
        return answer_page(
            asked, (_words(kind, each) for each in things_of(asked, kind)), f"{kind}s {kind}", pages=False
        )

    return act


def _order(kind: str) -> Action:
    def act(asked: Asked) -> Record:
        wanted = listed_ids(asked, f"{kind}_id")
        own = {each["id"]: each for each in records(asked, kind) if each["user_id"] == the_caller(asked)}
        if not wanted or not set(wanted) <= set(own):
            raise Refusal(404, f"Not all of these are a {kind} of the caller's.", "1")
        order = [*wanted, *(each for each in own if each not in wanted)]
        for each in own:
            asked.state.remove(kind, (each,))
        for each in order:
            asked.state.add(kind, (each,), own[each], (), asked.now)
        return {f"{kind}s": {"total": len(order), kind: [{f"{kind}_id": each} for each in order]}}

    return act


def _set_perms(asked: Asked) -> Record:
    album = mine(asked, "album", "album_id")
    album["perm_comment"] = asked.fields.get("perm_comment", album["perm_comment"])
    return {"album": _words("album", album)}


# ---- what is in them ---------------------------------------------------------------------------------------------


def _holder(asked: Asked, kind: str) -> Record:
    """Find what things are to be put into: the caller's own, or a group that the caller is in."""
    if kind != "group":
        return mine(asked, kind, f"{kind}_id")
    group = find(asked, kind, "group_id")
    if the_caller(asked) not in group["members"]:
        raise Refusal(403, "The calling user is no member of this group.", "3")
    return group


def _own_things(asked: Asked, kind: str) -> list[str]:
    wanted = listed_ids(asked, f"{kind}_id")
    found = [asked.state.get(kind, (each,)) for each in wanted]
    if not wanted or any(each is None or each.content["user_id"] != the_caller(asked) for each in found):
        raise Refusal(404, f"Not all of these are a {kind} of the caller's.", "2")
    return list(dict.fromkeys(wanted))


def _add(kind: str) -> Action:
    item, held = _HELD[kind]

    def act(asked: Asked) -> Record:
        holder, wanted = _holder(asked, kind), _own_things(asked, item)
        new = [each for each in wanted if each not in holder[held]]
        holder[held] = [*holder[held], *new]
        said = [{f"{item}_id": each, "added": int(each in new)} for each in wanted]
        count = {"total": len(holder[held]), "added": len(new), "skipped": len(wanted) - len(new)}
        return {kind: {f"{kind}_id": holder["id"], **count, item: said}}

    return act


def _remove(kind: str) -> Action:
    item, held = _HELD[kind]

    def act(asked: Asked) -> Record:
        holder, wanted = _holder(asked, kind), listed_ids(asked, f"{item}_id")
        kept = [each for each in holder[held] if each not in wanted]
        removed, holder[held] = len(holder[held]) - len(kept), kept
        if not removed:
            raise Refusal(404, f"None of these is in this {kind}.", "2")
        return {kind: {f"{kind}_id": holder["id"], "total": len(kept), "removed": removed}}

    return act


def _set_list(asked: Asked) -> Record:
    album = _holder(asked, "album")
    album["docs"] = _own_things(asked, "doc")
    return {"album": {"album_id": album["id"], "total": len(album["docs"])}}


def _items(asked: Asked, kind: str, holder: Record) -> list[Record]:
    item, held = _HELD[kind]
    found = [asked.state.get(item, (each,)) for each in holder[held]]
    return [each.content for each in found if each is not None and is_visible(asked, each.content)]


def _held_list(kind: str) -> Action:
    item, held = _HELD[kind]

    def act(asked: Asked) -> Outcome:
        holder = find(asked, kind, f"{kind}_id")
        found = _items(asked, kind, holder)
        shown = (doc_words(asked, each) if item == "doc" else _words(item, each) for each in found)
        return answer_page(asked, shown, f"{kind} {held} {item}", {f"{kind}_id": holder["id"]})

    return act


def _held_context(kind: str) -> Action:
    def act(asked: Asked) -> Record:
        holder, doc = find(asked, kind, f"{kind}_id"), find(asked, "doc", "doc_id", "2")
        docs = _items(asked, kind, holder)
        if doc not in docs:
            raise Refusal(404, f"The document is not in this {kind}.", "2")
        return {kind: {f"{kind}_id": holder["id"], "context": neighbours(asked, docs, doc)}}

    return act


def _doc_albums_add(asked: Asked) -> Record:
    doc = mine(asked, "doc", "doc_id")
    albums = [asked.state.get("album", (each,)) for each in _own_things(asked, "album")]
    new = [each.content for each in albums if each is not None and doc["id"] not in each.content["docs"]]
    for album in new:
        album["docs"] = [*album["docs"], doc["id"]]
    return {"doc": {"doc_id": doc["id"], "added": len(new), "skipped": len(albums) - len(new)}}


# ---- groups and favorites ----------------------------------------------------------------------------------------


def _group_list(asked: Asked) -> Outcome:
    user_id = str(asked.fields.get("user_id") or the_caller(asked))
    found = [each for each in records(asked, "group") if user_id in each["members"]]
    return answer_page(asked, (_words("group", each) for each in found), "groups group", pages=False)


def _group_search(asked: Asked) -> Outcome:
    words = str(asked.fields.get("text", "")).lower().split()
    if not words:
        raise Refusal(400, "There is nothing to search for.", "1")
    found = [
        each
        for each in records(asked, "group")
        if all(word in f"{each['title']} {each['description']}".lower() for word in words)
    ]
    return answer_page(asked, (_words("group", each) for each in found), "groups group")


def _random_groups(asked: Asked) -> Record:
    found = records(asked, "group")  # the same ones every time: whoever tests wants to know which
    return {"groups": {"count": len(found), "group": [_words("group", each) for each in found]}}


def _own_fave(asked: Asked, kind: str) -> tuple[tuple[str, str], Record | None]:
    on = (kind, find(asked, kind, f"{kind}_id")["id"])
    mine_too = (each for each in records(asked, "fave") if each["on"] == on and each["user_id"] == the_caller(asked))
    return on, next(mine_too, None)


def _fave(kind: str) -> Action:
    def act(asked: Asked) -> Record:
        on, fave = _own_fave(asked, kind)
        if fave is None:
            keep(asked, "fave", {"on": on, "user_id": the_caller(asked), "at": int(asked.now.timestamp())})
        return {}

    return act


def _unfave(kind: str) -> Action:
    def act(asked: Asked) -> Record:
        _, fave = _own_fave(asked, kind)
        if fave is None:
            raise Refusal(404, f"The {kind} is none of the favorites.", "2")
        asked.state.remove("fave", (fave["id"],))
        return {}

    return act


def _faves(kind: str) -> Action:
    def act(asked: Asked) -> Outcome:
        user_id = str(asked.fields.get("user_id") or the_caller(asked))
        found = [
            each["on"][1] for each in records(asked, "fave") if each["on"][0] == kind and each["user_id"] == user_id
        ]
        things = [thing.content for thing in (asked.state.get(kind, (each,)) for each in found) if thing is not None]
        seen = [each for each in things if is_visible(asked, each)]
        shown = (doc_words(asked, each) if kind == "doc" else _words(kind, each) for each in seen)
        return answer_page(asked, shown, f"{kind}s {kind}", pages=kind == "doc")

    return act


CONTAINERS: dict[str, Action] = {
    "album.docs.setList": _set_list,
    "album.getFaves": faves_of("album"),
    "album.getVisitors": visitors_of("album"),
    "album.setPerms": _set_perms,
    "doc.albums.add": _doc_albums_add,
    "explore.groups.getRandom": _random_groups,
    "group.get": _get("group"),
    "group.getList": _group_list,
    "group.search": _group_search,
    **{f"{kind}.create": _create(kind) for kind in ("album", "folder")},
    **{f"{kind}.delete": _delete(kind) for kind in ("album", "folder")},
    **{f"{kind}.edit": _edit(kind) for kind in ("album", "folder")},
    **{f"{kind}.get": _get(kind) for kind in ("album", "folder")},
    **{f"{kind}.getList": _list(kind) for kind in ("album", "folder")},
    **{f"{kind}.orderList": _order(kind) for kind in ("album", "folder")},
    **{f"{kind}.{held}.add": _add(kind) for kind, (_, held) in _HELD.items()},
    **{f"{kind}.{held}.remove": _remove(kind) for kind, (_, held) in _HELD.items()},
    **{f"{kind}.{held}.getList": _held_list(kind) for kind, (_, held) in _HELD.items()},
    **{f"{kind}.docs.getContext": _held_context(kind) for kind in ("album", "group")},
    **{f"faves.{kind}s.add": _fave(kind) for kind in ("album", "doc")},
    **{f"faves.{kind}s.remove": _unfave(kind) for kind in ("album", "doc")},
    **{f"faves.{kind}s.getList": _faves(kind) for kind in ("album", "doc")},
}
