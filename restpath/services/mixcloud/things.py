"""
What Mixcloud is about: artists, tracks, sections, users and cloudcasts.

Takes JSON as the service gives it, or plain values; gives objects. Those that came from a client fetch what they lack
when it is first asked for: the sections, the description and the picture of a cloudcast, and a user's cloudcasts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from restpath.errors import BadReply, InvalidValue
from restpath.services.mixcloud.slug import slugify

if TYPE_CHECKING:
    from restpath.services.mixcloud.face import Mixcloud

__all__ = ["Artist", "Chapter", "Cloudcast", "Section", "Track", "User"]

# Of several sizes the first that is there; "large" is what most pages show.
_SIZES = ("large", "extra_large", "medium", "thumbnail", "small")


class Artist(NamedTuple):
    """Who made a track; the key is None where Mixcloud knows none."""

    key: str | None
    name: str

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Artist:
        """Take an artist as the service gives it."""
        return Artist(data.get("slug"), _needed(data, "name", "an artist"))

    @staticmethod
    def from_yml(artist: str) -> Artist:
        """Take an artist by the name."""
        return Artist(slugify(artist), artist)


class Track(NamedTuple):
    """A piece of music."""

    name: str
    artist: Artist

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Track:
        """Take a track as the service gives it."""
        return Track(_needed(data, "name", "a track"), Artist.from_json(_needed(data, "artist", "a track")))


class Chapter(NamedTuple):
    """What stands in a section in place of a track, such as an interview."""

    name: str

    @property
    def artist(self) -> None:
        """Nobody: a chapter is no piece of music."""


class Section(NamedTuple):
    """A part of a cloudcast: when it starts, in seconds, and the track or the chapter that it is."""

    start_time: int | None
    track: Track | Chapter

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Section:
        """Take a section as the service gives it."""
        track = data.get("track")
        if track is None and isinstance(data.get("chapter"), str):
            return Section(data.get("start_time"), Chapter(data["chapter"]))
        return Section(data.get("start_time"), Track.from_json(_needed(data, "track", "a section")))

    @staticmethod
    def list_from_json(data: Iterable[Mapping[str, Any]]) -> list[Section]:
        """Take the sections of a cloudcast as the service gives them."""
        return [Section.from_json(each) for each in data]


class User:
    """
    A user.

    Attributes:
        key: the name in the address: `spartacus`.
        name: the name as people read it.
        m: the client that it came from; None for one that was made by hand.
    """

    def __init__(self, key: str, name: str, m: Mixcloud | None = None) -> None:
        self.key, self.name, self.m = key, name, m

    @staticmethod
    def from_json(data: Mapping[str, Any], m: Mixcloud | None = None) -> User:
        """Take a user as the service gives it."""
        key = data.get("username") or data.get("slug") or str(data.get("key", "")).strip("/")
        if not key:
            raise BadReply("Mixcloud answered with a user that has no username")
        return User(key, data.get("name") or key, m)

    def cloudcast(self, key: str) -> Cloudcast:
        """
        Get one of the user's cloudcasts.

        Raises:
            NotFound: there is none of that key.
        """
        return _client(self.m, "a user").cloudcast(self.key, key)

    def cloudcasts(self, limit: int | None = None, offset: int | None = None) -> list[Cloudcast]:
        """
        List the user's cloudcasts.

        Args:
            limit: how many at most; as many as the service sees fit unless said.
            offset: how many to leave out first.
        """
        return _client(self.m, "a user").cloudcasts(self.key, limit, offset)

    def __repr__(self) -> str:
        return f"User({self.key!r}, {self.name!r})"


class Cloudcast:
    """
    A show, a mix, an episode.

    Attributes:
        key: the name in the address, below the user's.
        name: the title.
        tags: the names of its tags.
        user: whose it is; None where nobody said.
        created_time: when it was uploaded, with its time zone; None where nobody said.
        pictures: addresses of its picture by size; None where they are not known (yet).
        m: the client that it came from.
    """

    def __init__(
        self,
        key: str,
        name: str,
        sections: Iterable[Section] | None,
        tags: Iterable[str],
        description: str | None,
        user: User | None,
        created_time: datetime | None = None,
        pictures: Mapping[str, str] | None = None,
        m: Mixcloud | None = None,
    ) -> None:
        self.key, self.name, self.tags = key, name, list(tags)
        self.user, self.created_time, self.m = user, created_time, m
        self.pictures = None if pictures is None else dict(pictures)
        self._sections = None if sections is None else list(sections)
        self._description = description

    @staticmethod
    def from_json(data: Mapping[str, Any], m: Mixcloud | None = None) -> Cloudcast:
        """Take a cloudcast as the service gives it, whole or as it stands in a list."""
        name = _needed(data, "name", "a cloudcast")
        sections, user, created = data.get("sections"), data.get("user"), data.get("created_time")
        return Cloudcast(
            data.get("slug") or slugify(name),
            name,
            None if sections is None else Section.list_from_json(sections),
            [_needed(tag, "name", "a tag") for tag in data.get("tags") or ()],
            data.get("description"),
            None if user is None else User.from_json(user, m),
            None if created is None else _moment(created),
            data.get("pictures"),
            m,
        )

    @staticmethod
    def from_yml(f: IO[str] | IO[bytes] | str, user: User | None) -> Cloudcast:
        """
        Read a cloudcast from YAML: `title`, `desc`, `tags`, and `tracks` with `start`, `artist` and `track`.

        Args:
            f: an open file, or the text itself.
            user: whose it is to be.
        Raises:
            InvalidValue: a key is missing, or its value is not what it is to be (which, and where, the message says);
                or PyYAML is not installed.
        """
        from restpath.services.mixcloud.yml import read_cloudcast

        read = read_cloudcast(f)
        sections = [Section(track.start, Track(track.name, Artist.from_yml(track.artist))) for track in read.tracks]
        return Cloudcast(slugify(read.title), read.title, sections, read.tags, read.description, user)

    def sections(self) -> list[Section]:
        """Give the sections, fetched when they are first asked for."""
        if self._sections is None:
            self._load()
        return self._sections or []

    def description(self) -> str:
        """Give the description, fetched when it is first asked for."""
        if self._description is None:
            self._load()
        return self._description or ""

    def picture(self) -> str | None:
        """Give the address of its picture, fetched when it is first asked for; None if it has none."""
        if self.pictures is None:
            self._load()
        sizes = self.pictures or {}
        return next((sizes[size] for size in _SIZES if size in sizes), next(iter(sizes.values()), None))

    def _load(self) -> None:
        """Fetch what lists do not give. What was said by hand stays."""
        if self.m is None or self.user is None:
            return
        whole = self.m.cloudcast(self.user.key, self.key)
        self._sections = (whole._sections or []) if self._sections is None else self._sections
        self._description = (whole._description or "") if self._description is None else self._description
        self.pictures = (whole.pictures or {}) if self.pictures is None else self.pictures

    def __repr__(self) -> str:
        return f"Cloudcast({self.key!r}, {self.name!r})"


def _client(m: Mixcloud | None, what: str) -> Mixcloud:
    if m is None:
        raise InvalidValue(f"{what} that was made by hand knows no client to ask: get it with Mixcloud().user(key)")
    return m


def _needed(data: Any, key: str, what: str) -> Any:
    """A value that an answer cannot be without."""
    value = data.get(key) if isinstance(data, Mapping) else None
    if value is None:
        raise BadReply(f"Mixcloud answered with {what} that has no {key}")
    return value


def _moment(text: object) -> datetime:
    """A moment as the service writes it: RFC 3339, whose `Z` Python 3.10 does not read."""
    try:
        moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", str(text)))
    except ValueError as error:
        raise BadReply(f"Mixcloud answered with a created_time that is none: {str(text)[:40]!r}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
