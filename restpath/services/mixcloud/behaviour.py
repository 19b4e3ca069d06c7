"""
What the mock of Mixcloud does by code: objects, lists, what users do, and the widget.

Takes what the engine of `restpath.mock` knows of a request; gives its outcome. Two users are there from the start with
their cloudcasts, and a third, `ann`, whose token is any token that is not the key of another user: that one's own.
What is uploaded is then there, with sections, tags and a picture whose address ends in the SHA-256 of its bytes.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote, urlencode

from restpath.mock.asked import Asked, Outcome, Refusal
from restpath.mock.listing import answer_list
from restpath.mock.plan import Plan
from restpath.mock.state import Blob, State, Thing
from restpath.services.mixcloud.mocked_things import (
    SITE,
    all_of,
    at,
    caller_of,
    is_listed,
    newest,
    said_of,
    show_cloudcast,
    show_object,
    show_user,
    track_content,
    with_connections,
)
from restpath.services.mixcloud.mocked_uploads import edit, result, upload
from restpath.services.mixcloud.slug import slugify

__all__ = ["ACTIONS", "PREPARE"]

_USER_CONNECTIONS = (
    "feed", "comments", "followers", "following", "favorites", "cloudcasts", "listens", "playlists",
)  # fmt: skip
_CLOUDCAST_CONNECTIONS = ("comments", "favorites", "listeners", "similar")
_CATEGORIES = ("DJ mixes", "Podcasts", "Radio shows")
_GENRES = ("Ambient", "Funk", "Hip hop", "House", "Soul")

_FIRST: dict[str, tuple[str, dict[str, tuple[str, tuple[str, ...], tuple[tuple[int, str, str], ...]]]]] = {
    "ann": ("Ann", {}),
    "michelplatiniste": (
        "Michel Platiniste",
        {
            "samples": (
                "Sample & Funky",
                ("Funk", "Hip hop"),
                ((0, "Vernon Burch", "Get up"), (262, "The Jaz", "Pumpin'")),
            ),
            "ambiance": ("L'ambiance", ("Ambient",), ((10, "Aphex Twin", "Vordhosbn"),)),
        },
    ),
    "u": ("U", {"show": ("Show", ("Soul",), ())}),
}


def PREPARE(state: State, plan: Plan) -> None:
    """Put the first users and cloudcasts into the state."""
    minutes = 0
    for user, (name, cloudcasts) in _FIRST.items():
        state.add("user", (user,), {"name": name, "created_time": "2009-08-01T12:00:00Z"})
        for key, (title, tags, tracks) in cloudcasts.items():
            minutes += 1
            sections = [track_content(start, artist, song) for start, artist, song in tracks]
            content = {
                "name": title, "description": f"{title}, by {name}.", "tags": list(tags), "sections": sections,
                "created_time": f"2009-08-02T16:{minutes:02}:00Z", "picture": f"{user}-{key}",
            }  # fmt: skip
            state.add("cloudcast", (user, key), content)


# ---- objects -----------------------------------------------------------------------------------------------------


def _me(asked: Asked) -> Outcome:
    query = urlencode(asked.query, doseq=True)
    return Outcome(
        302, headers=[("Location", f"{asked.url}/{quote(caller_of(asked))}/" + (f"?{query}" if query else ""))]
    )


def _user(asked: Asked) -> Outcome:
    return with_connections(asked, show_user(asked, at(asked, "user")), _USER_CONNECTIONS)


def _cloudcast(asked: Asked) -> Outcome:
    shown = show_cloudcast(asked, at(asked, "cloudcast"), whole=True)
    return with_connections(asked, shown, _CLOUDCAST_CONNECTIONS)


def _named(place: str, variable: str, names: Callable[[Asked], Iterable[str]]) -> Callable[[Asked], Outcome]:
    """An object that is there because something names it: an artist, a tag, a category, a genre."""

    def action(asked: Asked) -> Outcome:
        slug = asked.variables[variable]
        for name in names(asked):
            if slugify(name) == slug:
                return with_connections(asked, show_object(f"/{place}/{slug}/", name), ())
        raise Refusal(404, f"there is nothing at /{place}/{slug}/")

    return action


def _artists(asked: Asked) -> list[str]:
    sections = [section for thing in all_of(asked, "cloudcast") for section in said_of(thing)["sections"]]
    return [section["track"]["artist"]["name"] for section in sections if "track" in section]


def _tags(asked: Asked) -> list[str]:
    return list(dict.fromkeys(tag for thing in all_of(asked, "cloudcast") for tag in said_of(thing)["tags"]))


# ---- lists -------------------------------------------------------------------------------------------------------


def _cloudcasts_of(choose: Callable[[Asked], Iterable[Thing]]) -> Callable[[Asked], Outcome]:
    def action(asked: Asked) -> Outcome:
        return answer_list(asked, [show_cloudcast(asked, thing) for thing in choose(asked) if is_listed(thing)])

    return action


def _users_of(choose: Callable[[Asked], Iterable[str]]) -> Callable[[Asked], Outcome]:
    def action(asked: Asked) -> Outcome:
        things = [asked.state.get("user", (user,)) for user in choose(asked)]
        return answer_list(asked, [show_user(asked, thing) for thing in things if thing is not None])

    return action


def _own(asked: Asked) -> list[Thing]:
    return newest(all_of(asked, "cloudcast", {0: at(asked, "user").key[0]}))


def _feed(asked: Asked) -> list[Thing]:
    user = at(asked, "user").key[0]
    seen = {user, *(thing.key[1] for thing in all_of(asked, "follow", {0: user}))}
    reposted = {thing.key[1:] for thing in all_of(asked, "repost") if thing.key[0] in seen}
    return newest(thing for thing in all_of(asked, "cloudcast") if thing.key[0] in seen or thing.key in reposted)


def _marked(kind: str) -> Callable[[Asked], list[Thing]]:
    """The cloudcasts that a user has marked so, the last one first."""

    def choose(asked: Asked) -> list[Thing]:
        marks = all_of(asked, kind, {0: at(asked, "user").key[0]})
        found = [asked.state.get("cloudcast", mark.key[1:]) for mark in reversed(marks)]
        return [thing for thing in found if thing is not None]

    return choose


def _similar(asked: Asked) -> list[Thing]:
    this = at(asked, "cloudcast")
    tags = set(said_of(this)["tags"])
    return [thing for thing in all_of(asked, "cloudcast") if thing is not this and tags & set(said_of(thing)["tags"])]


def _popular(asked: Asked) -> list[Thing]:
    every = newest(all_of(asked, "cloudcast"))
    return sorted(every, key=lambda thing: -len(all_of(asked, "favorite", {1: thing.key[0], 2: thing.key[1]})))


def _nothing_of(kind: str) -> Callable[[Asked], Outcome]:
    """What nobody can add to here: comments, and who listened."""

    def action(asked: Asked) -> Outcome:
        at(asked, kind)
        return answer_list(asked, [])

    return action


def _playlists(asked: Asked) -> Outcome:
    user = at(asked, "user").key[0]
    later = all_of(asked, "listen-later", {0: user})
    return answer_list(asked, [show_object(f"/{user}/playlists/listen-later/", "Listen later")] if later else [])


def _search(asked: Asked) -> Outcome:
    wanted = asked.query.get("q", [""])[-1].strip().casefold()
    kind = asked.query.get("type", ["cloudcast"])[-1]
    if not wanted or kind not in ("cloudcast", "user", "tag"):
        raise Refusal(400, "q is required" if not wanted else "type is cloudcast, user or tag")
    if kind == "tag":
        found = [show_object(f"/discover/{slugify(tag)}/", tag) for tag in _tags(asked) if wanted in tag.casefold()]
        return answer_list(asked, found)
    things = [
        thing for thing in all_of(asked, kind) if wanted in said_of(thing)["name"].casefold() and is_listed(thing)
    ]
    return answer_list(
        asked, [show_user(asked, thing) if kind == "user" else show_cloudcast(asked, thing) for thing in things]
    )


# ---- what a user does --------------------------------------------------------------------------------------------


def _mark(kind: str, of: str, done: str) -> Callable[[Asked], Outcome]:
    def action(asked: Asked) -> Outcome:
        caller, thing = caller_of(asked), at(asked, of)
        asked.state.add(kind, (caller, *thing.key), None, now=asked.now)
        return result(f"{done} {said_of(thing)['name']}")

    return action


def _unmark(kind: str, of: str, done: str) -> Callable[[Asked], Outcome]:
    def action(asked: Asked) -> Outcome:
        caller, thing = caller_of(asked), at(asked, of)
        asked.state.remove(kind, (caller, *thing.key))
        return result(f"{done} {said_of(thing)['name']}")

    return action


# ---- embedding ---------------------------------------------------------------------------------------------------


def _widget(asked: Asked) -> tuple[dict[str, Any], dict[str, str]]:
    """The frame that plays a cloudcast, and its sizes."""
    shown = show_cloudcast(asked, at(asked, "cloudcast"))
    sizes = {name: asked.query.get(name, [value])[-1] for name, value in (("width", "100%"), ("height", "120"))}
    color = asked.query.get("color", [""])[-1]
    feed = urlencode({"feed": shown["key"], **({"stylecolor": color} if color else {})})
    written = "".join(f' {name}="{html.escape(value)}"' for name, value in sizes.items())
    frame = f'<iframe{written} src="{html.escape(f"{SITE}/widget/iframe/?{feed}")}" frameborder="0"></iframe>'
    return {**shown, "html": frame}, sizes


def _embed_json(asked: Asked) -> Outcome:
    shown, sizes = _widget(asked)
    author = shown["user"]
    return Outcome(200, {
        "type": "rich", "version": "1.0", "provider_name": "Mixcloud", "provider_url": SITE, "title": shown["name"],
        "url": shown["url"], "author_name": author["name"], "author_url": author["url"], "html": shown["html"], **sizes,
    })  # fmt: skip


def _embed_html(asked: Asked) -> Outcome:
    page = Blob("", "text/html; charset=utf-8")
    page.write(_widget(asked)[0]["html"].encode())
    return Outcome(200, blob=page)


ACTIONS: dict[str, Callable[[Asked], Outcome]] = {
    "GET /me/": _me,
    **dict.fromkeys(("GET /{user}", "GET /{user}/"), _user),
    **dict.fromkeys(("GET /{user}/{cloudcast}", "GET /{user}/{cloudcast}/"), _cloudcast),
    **dict.fromkeys(("GET /artist/{artist}", "GET /artist/{artist}/"), _named("artist", "artist", _artists)),
    "GET /discover/{tag}/": _named("discover", "tag", _tags),
    "GET /categories/{category}/": _named("categories", "category", lambda asked: _CATEGORIES),
    "GET /genres/{genre}/": _named("genres", "genre", lambda asked: _GENRES),
    "GET /popular/": _cloudcasts_of(_popular),
    "GET /popular/hot/": _cloudcasts_of(_popular),
    "GET /new/": _cloudcasts_of(lambda asked: newest(all_of(asked, "cloudcast"))),
    "GET /search/": _search,
    "GET /{user}/feed/": _cloudcasts_of(_feed),
    "GET /{user}/cloudcasts/": _cloudcasts_of(_own),
    "GET /{user}/favorites/": _cloudcasts_of(_marked("favorite")),
    "GET /{user}/playlists/": _playlists,
    "GET /{user}/followers/": _users_of(
        lambda asked: [mark.key[0] for mark in all_of(asked, "follow", {1: at(asked, "user").key[0]})]
    ),
    "GET /{user}/following/": _users_of(
        lambda asked: [mark.key[1] for mark in all_of(asked, "follow", {0: at(asked, "user").key[0]})]
    ),
    **dict.fromkeys(("GET /{user}/comments/", "GET /{user}/listens/"), _nothing_of("user")),
    "GET /{user}/{cloudcast}/favorites/": _users_of(
        lambda asked: [
            mark.key[0] for mark in all_of(asked, "favorite", dict(enumerate(at(asked, "cloudcast").key, 1)))
        ]
    ),
    "GET /{user}/{cloudcast}/similar/": _cloudcasts_of(_similar),
    **dict.fromkeys(
        ("GET /{user}/{cloudcast}/comments/", "GET /{user}/{cloudcast}/listeners/"), _nothing_of("cloudcast")
    ),
    "POST /{user}/follow/": _mark("follow", "user", "Following"),
    "DELETE /{user}/follow/": _unmark("follow", "user", "No more following"),
    "POST /{user}/{cloudcast}/favorite/": _mark("favorite", "cloudcast", "Added to favorites:"),
    "DELETE /{user}/{cloudcast}/favorite/": _unmark("favorite", "cloudcast", "Removed from favorites:"),
    "POST /{user}/{cloudcast}/repost/": _mark("repost", "cloudcast", "Reposted"),
    "DELETE /{user}/{cloudcast}/repost/": _unmark("repost", "cloudcast", "Took back the repost of"),
    "POST /{user}/{cloudcast}/listen-later/": _mark("listen-later", "cloudcast", "To be listened to later:"),
    "DELETE /{user}/{cloudcast}/listen-later/": _unmark(
        "listen-later", "cloudcast", "No more to be listened to later:"
    ),
    "POST /upload/": upload,
    "POST /upload/{user}/{cloudcast}/edit/": edit,
    "GET /{user}/{cloudcast}/embed-json/": _embed_json,
    "GET /{user}/{cloudcast}/embed-html/": _embed_html,
}
