"""
The things in the mock of Mixcloud: users and cloudcasts, how they are kept, found and shown.

Takes what the engine of `restpath.mock` knows of a request; gives things of its state, and the JSON that shows them.
Kept are: users by key, cloudcasts by user and key, and what users did (follow, favorite, repost, listen-later) by who
did it and to what.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from restpath.mock.asked import Asked, Outcome, Refusal
from restpath.mock.state import Thing
from restpath.services.mixcloud.slug import slugify

__all__ = [
    "SITE", "all_of", "at", "caller_of", "is_listed", "newest", "said_of", "show_cloudcast", "show_object", "show_user",
    "track_content", "with_connections",
]  # fmt: skip

SITE = "https://www.mixcloud.com"
_NO_PICTURE = "default"
_SIZES = ("small", "medium", "large", "extra_large")


def caller_of(asked: Asked) -> str:
    """The user whose token it is."""
    token = asked.credentials.get("access_token")
    if not token:
        raise Refusal(401, "an access token is needed for this")
    return token if asked.state.get("user", (token,)) else asked.credentials["user"]


def at(asked: Asked, kind: str) -> Thing:
    """The user, or the cloudcast, that the path names."""
    names = ("user", "cloudcast") if kind == "cloudcast" else ("user",)
    key = tuple(asked.variables[name] for name in names)
    thing = asked.state.get(kind, key)
    if thing is None:
        raise Refusal(404, f"there is no {kind} /{'/'.join(key)}/")
    return thing


def all_of(asked: Asked, kind: str, parts: dict[int, str] | None = None) -> list[Thing]:
    return asked.state.matching(kind, parts or {})


def newest(things: Iterable[Thing]) -> list[Thing]:
    return sorted(things, key=lambda thing: (said_of(thing)["created_time"], thing.number), reverse=True)


def said_of(thing: Thing) -> dict[str, Any]:
    content: Any = thing.content
    return dict(content)


def is_listed(thing: Thing) -> bool:
    return not said_of(thing).get("unlisted")


def show_object(key: str, name: str) -> dict[str, Any]:
    return {"key": key, "slug": key.strip("/").rpartition("/")[2], "name": name, "url": SITE + quote(key)}


def show_user(asked: Asked, thing: Thing) -> dict[str, Any]:
    user, said = thing.key[0], said_of(thing)
    counts = {
        "follower_count": len(all_of(asked, "follow", {1: user})),
        "following_count": len(all_of(asked, "follow", {0: user})),
        "cloudcast_count": len([each for each in all_of(asked, "cloudcast", {0: user}) if is_listed(each)]),
        "favorite_count": len(all_of(asked, "favorite", {0: user})),
    }
    return {
        **show_object(f"/{user}/", said["name"]), "username": user, "created_time": said["created_time"],
        "pictures": _pictures(user), **counts,
    }  # fmt: skip


def show_cloudcast(asked: Asked, thing: Thing, *, whole: bool = False) -> dict[str, Any]:
    """A cloudcast as it stands in lists; the sections and the description are only in the whole one."""
    user, said = thing.key[0], said_of(thing)
    owner = asked.state.get("user", (user,))
    shown = {
        **show_object(f"/{user}/{thing.key[1]}/", said["name"]),
        "tags": [show_object(f"/discover/{slugify(tag)}/", tag) for tag in said["tags"]],
        "user": {**show_object(f"/{user}/", said_of(owner)["name"] if owner else user), "username": user},
        "created_time": said["created_time"],
        "pictures": _pictures(said["picture"] or _NO_PICTURE),
    }
    if not said.get("hide_stats"):
        for count, kind in (("favorite_count", "favorite"), ("repost_count", "repost")):
            shown[count] = len(all_of(asked, kind, {1: user, 2: thing.key[1]}))
        shown.update(play_count=0, listener_count=0, comment_count=0)
    if whole:
        shown.update(sections=said["sections"], description=said["description"])
    return shown


def _pictures(name: str) -> dict[str, str]:
    return {size: f"https://thumbnails.example/{size}/{name}" for size in _SIZES}


def with_connections(asked: Asked, shown: dict[str, Any], names: Iterable[str]) -> Outcome:
    """An object, with the addresses of its connections where the caller wants them."""
    if asked.query.get("metadata", [""])[-1] == "1":
        shown["metadata"] = {"connections": {name: f"{asked.url}{shown['key']}{name}/" for name in names}}
    return Outcome(200, shown)


def track_content(start: int | None, artist: str, song: str) -> dict[str, Any]:
    slug = slugify(artist)
    key = f"/artist/{slug}/"
    by = {"key": key, "slug": slug, "name": artist, "url": SITE + key}
    return {"start_time": start, "section_type": "track", "track": {"name": song, "artist": by}}
