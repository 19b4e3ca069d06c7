"""
Uploads to the mock of Mixcloud: a form becomes a cloudcast, or changes one.

Takes what the engine of `restpath.mock` knows of a request; gives its outcome, or refuses what Mixcloud would refuse.
"""

from __future__ import annotations

import re
from datetime import timezone
from typing import Any

from restpath.mock.asked import Asked, Outcome, Refusal
from restpath.mock.state import Blob
from restpath.services.mixcloud.mocked_things import at, caller_of, said_of, track_content
from restpath.services.mixcloud.slug import slugify
from restpath.services.mixcloud.uploading import LONGEST_PICTURE_BYTES, MOST_TAGS

__all__ = ["edit", "result", "upload"]

_FLAGS = ("publish_date", "disable_comments", "hide_stats", "unlisted")


def upload(asked: Asked) -> Outcome:
    caller = caller_of(asked)
    files = dict(asked.content.files)
    if "mp3" not in files:
        raise Refusal(400, "mp3: this file is required")
    said = _read_form(asked)
    if "name" not in said:
        raise Refusal(400, "name: this field is required")
    key = _free_key(asked, caller, slugify(said["name"]))
    moment = asked.now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {"description": "", "tags": [], "sections": [], "picture": None, "created_time": moment, **said}
    asked.state.add("cloudcast", (caller, key), content, asked.content.files, asked.now)
    return result(f"Uploaded {said['name']}", key=f"/{caller}/{key}/")


def _free_key(asked: Asked, user: str, slug: str) -> str:
    key, number = slug, 1
    while asked.state.get("cloudcast", (user, key)) is not None:
        number += 1
        key = f"{slug}-{number}"
    return key


def edit(asked: Asked) -> Outcome:
    caller, thing = caller_of(asked), at(asked, "cloudcast")
    if thing.key[0] != caller:
        raise Refusal(403, "this cloudcast is somebody else's")
    thing.content = {**said_of(thing), **_read_form(asked)}
    return result(f"Changed {thing.content['name']}", key=f"/{caller}/{thing.key[1]}/")


def _read_form(asked: Asked) -> dict[str, Any]:
    """The fields of a form, as they are kept; what the form does not say is not among them."""
    form: Any = asked.content.value if isinstance(asked.content.value, dict) else {}
    said = {name: form[name] for name in ("name", *_FLAGS) if form.get(name)}
    said.update({"description": form["description"]} if "description" in form else {})
    if "percentage_music" in form:
        said["percentage_music"] = _whole_number("percentage_music", form["percentage_music"], 100)
    if "tags" in form:
        said["tags"] = [each["tag"] for each in _objects("tags", form["tags"]) if each.get("tag")]
        if len(said["tags"]) > MOST_TAGS:
            raise Refusal(400, f"tags: {MOST_TAGS} at most")
    if "sections" in form:
        said["sections"] = [_section(each) for each in _objects("sections", form["sections"])]
    picture = dict(asked.content.files).get("picture")
    if picture is not None:
        said["picture"] = _picture(picture)
    return said


def _objects(name: str, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Refusal(400, f"{name}: the fields are called {name}-0-..., {name}-1-... and so on")
    return value


def _section(said: dict[str, str]) -> dict[str, Any]:
    start = _whole_number("start_time", said["start_time"], 10**6) if "start_time" in said else None
    if "chapter" in said:
        return {"start_time": start, "section_type": "chapter", "chapter": said["chapter"]}
    if not said.get("artist") or not said.get("song"):
        raise Refusal(400, "sections: each has an artist and a song, or is a chapter")
    return track_content(start, said["artist"], said["song"])


def _whole_number(name: str, value: Any, most: int) -> int:
    if not re.fullmatch("[0-9]{1,9}", str(value)) or int(value) > most:
        raise Refusal(400, f"{name}: a whole number up to {most} is needed")
    return int(value)


def _picture(picture: Blob) -> str:
    if picture.size > LONGEST_PICTURE_BYTES:
        raise Refusal(400, f"picture: {LONGEST_PICTURE_BYTES} bytes at most")
    return picture.digest


def result(message: str, **more: Any) -> Outcome:
    return Outcome(200, {"result": {"success": True, "message": message, **more}})
