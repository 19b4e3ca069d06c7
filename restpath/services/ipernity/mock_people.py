"""
People in the mock: users, their network, their posts and the tags that they give.

Takes an `Asked`; gives what the service answers.
"""

from __future__ import annotations

from collections import Counter
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
    mine,
    records,
    the_caller,
    things_of,
    user_words,
)
from restpath.services.ipernity.mock_docs import doc_words, newest
from restpath.services.ipernity.mock_remarks import comment_actions, faves_of, visitors_of

__all__ = ["PEOPLE", "post_record", "user_record"]


def user_record(username: str, realname: str, network: dict[str, str] | None = None) -> Record:
    """What the mock keeps of a user."""
    return {"username": username, "realname": realname, "alias": username, "network": network or {}}


def post_record(user_id: str, title: str, content: str, posted_at: int) -> Record:
    """What the mock keeps of a post."""
    return {"user_id": user_id, "title": title, "content": content, "intro": "", "posted_at": posted_at}


def _user_of(asked: Asked) -> Record:
    # The document of the service's Python client says `userid`.
    user_id = str(asked.fields.get("user_id") or asked.fields.get("userid") or caller(asked) or "")
    for thing in asked.state.matching("user", {}):
        if user_id in (thing.key[0], thing.content["alias"]):
            return {"id": thing.key[0], **thing.content}
    raise Refusal(404, "There is no such user.", "1")


def _user(asked: Asked) -> Record:
    user = _user_of(asked)
    count = {kind: sum(each["user_id"] == user["id"] for each in records(asked, kind)) for kind in ("doc", "post")}
    shown = {key: user[key] for key in ("username", "realname", "alias")}
    counts = {"docs": count["doc"], "posts": count["post"], "network": len(user["network"])}
    return {"user": {"user_id": user["id"], "is_pro": 1, "is_online": 0, "is_closed": 0, **shown, "count": counts}}


def _quota(asked: Asked) -> Record:
    user_id = the_caller(asked)
    used = sum(doc["bytes"] for doc in records(asked, "doc") if doc["user_id"] == user_id)
    most = 10 << 30
    albums = sum(album["user_id"] == user_id for album in records(asked, "album"))
    sizes = {"max": most, "used": used, "left": most - used}
    upload: Record = {name: {"bytes": size, "kb": size >> 10, "mb": size >> 20} for name, size in sizes.items()}
    counted = {"max": 2048, "created": albums, "left": 2048 - albums}
    return {"quota": {"user_id": user_id, "is_pro": 1, "upload": {"unlimited": 1, **upload}, "albums": counted}}


# ---- network -----------------------------------------------------------------------------------------------------


def _members(asked: Asked, user: Record) -> list[Record]:
    def member(user_id: str, relation: str) -> Record:
        relations = {f"is{each}": int(relation == each) for each in ("family", "friend", "contact")}
        return {**user_words(asked.state, user_id), "relation": relations}

    return [member(*each) for each in user["network"].items()]


def _autocomplete(asked: Asked) -> Record:
    begin = str(asked.fields.get("text") or asked.fields.get("query") or "").lower()
    found = [each for each in _members(asked, _user_of(asked)) if each["username"].lower().startswith(begin)]
    return {"network": {"count": len(found), "user": found}}


def _network_docs(asked: Asked) -> Record:
    thing = asked.state.get("user", (the_caller(asked),))
    known = set(thing.content["network"]) if thing is not None else set()
    return _counted(asked, [doc for doc in newest(asked) if doc["user_id"] in known])


def _counted(asked: Asked, docs: list[Record]) -> Record:
    """Answer with as many documents as are asked for; such lists have no pages."""
    said = str(asked.fields.get("count", "50"))
    docs = docs[: min(int(said), 100) if said.isascii() and said.isdigit() else 50]
    return {"docs": {"count": len(docs), "doc": [doc_words(asked, doc) for doc in docs]}}


# ---- posts -------------------------------------------------------------------------------------------------------


def _post_words(asked: Asked, post: Record) -> Record:
    shown = {key: post[key] for key in ("title", "intro")}
    dates = {"posted_at": post["posted_at"], "created": post["posted_at"]}
    return {"post_id": post["id"], **shown, "owner": user_words(asked.state, post["user_id"]), "dates": dates}


def _post_get(asked: Asked) -> Record:
    post = find(asked, "post", "post_id")
    visitor = caller(asked)
    if visitor is not None and visitor != post["user_id"]:
        keep(asked, "visit", {"on": ("post", post["id"]), "user_id": visitor, "at": int(asked.now.timestamp())})
    return {"post": {**_post_words(asked, post), "content": post["content"]}}


def _post_set(asked: Asked) -> Record:
    given = {name: asked.fields[name] for name in ("title", "content", "intro") if name in asked.fields}
    if not given.get("title") and not given.get("content"):
        raise Refusal(400, "There is neither a title nor a content.", "2")
    if asked.fields.get("post_id"):
        post = mine(asked, "post", "post_id")
    else:
        post = keep(asked, "post", post_record(the_caller(asked), "", "", int(asked.now.timestamp())))
    post.update(given)
    return {"post": {**_post_words(asked, post), "content": post["content"]}}


def _post_context(asked: Asked) -> Record:
    post = find(asked, "post", "post_id")
    posts = [each for each in records(asked, "post") if each["user_id"] == post["user_id"]]
    place = posts.index(post)
    around = {"prev": posts[max(place - 1, 0) : place], "next": posts[place + 1 : place + 2]}
    return {"context": {key: {"post": [_post_words(asked, each) for each in found]} for key, found in around.items()}}


def _post_search(asked: Asked) -> Outcome:
    words, user_id = str(asked.fields.get("text", "")).lower().split(), asked.fields.get("user_id")
    found = [
        post
        for post in records(asked, "post")
        if user_id in (None, post["user_id"])
        and all(word in f"{post['title']} {post['content']}".lower() for word in words)
    ]
    return _post_page(asked, found)


def _post_page(asked: Asked, posts: list[Record]) -> Outcome:
    return answer_page(asked, (_post_words(asked, post) for post in posts), "posts post")


# ---- tags --------------------------------------------------------------------------------------------------------


def _tagged(asked: Asked) -> Outcome:
    tag, user_id = str(asked.fields.get("id", "")), asked.fields.get("user_id")
    if asked.state.get("tag", (tag,)) is None:
        raise Refusal(404, "There is no such tag.", "1")
    found = [
        doc
        for doc in newest(asked)
        if any(each["id"] == tag for each in doc["tags"]) and user_id in (None, doc["user_id"])
    ]
    return answer_page(asked, (doc_words(asked, doc) for doc in found), "docs doc")


def _user_tags(*, popular: bool) -> Action:
    def act(asked: Asked) -> Record:
        user_id = _user_of(asked)["id"]
        seen = [doc for doc in records(asked, "doc") if is_visible(asked, doc)]
        given = [tag for doc in seen for tag in doc["tags"] if tag["user_id"] == user_id]
        often = Counter(tag["id"] for tag in given)
        names = {tag["id"]: tag["tag"] for tag in given}
        order = (
            [tag for tag, _ in often.most_common()] if popular else sorted(names, key=lambda tag: names[tag].lower())
        )
        shown: list[Record] = [{"type": "keyword", "id": tag, "tag": names[tag], "docs": often[tag]} for tag in order]
        return {"tags": {"count": len(shown), "type": "keyword", "user_id": user_id, "tag": shown}}

    return act


def _network(asked: Asked) -> Any:
    return answer_page(asked, _members(asked, _user_of(asked)), "network user")


PEOPLE: dict[str, Action] = {
    "account.getQuota": _quota,
    "explore.docs.getRecent": lambda asked: _counted(asked, newest(asked)),
    "explore.docs.homepage": lambda asked: _counted(asked, newest(asked)[:10]),
    "network.autocomplete": _autocomplete,
    "network.docs.getRecent": _network_docs,
    "network.getList": _network,
    "post.get": _post_get,
    "post.getContext": _post_context,
    "post.getFaves": faves_of("post"),
    "post.getList": lambda asked: _post_page(asked, things_of(asked, "post")),
    "post.getVisitors": visitors_of("post"),
    "post.search": _post_search,
    "post.set": _post_set,
    "tags.docs.getList": _tagged,
    "tags.user.getList": _user_tags(popular=False),
    "tags.user.getPopular": _user_tags(popular=True),
    "user.get": _user,
    **{f"post.comments.{verb}": action for verb, action in comment_actions("post").items()},
}
