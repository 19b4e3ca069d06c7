"""
A Mixcloud for tests that answers in place of the network: `MockServer` takes over all that requests would send.

    server = MockServer()
    server.register_user(User("spartacus", "Spartacus"))
    Mixcloud().user("spartacus")

Takes users, artists and cloudcasts; answers for them as Mixcloud would, and with 404 for all else of Mixcloud's. Any
other address is refused. `restpath.mock.serve("mixcloud")` is a server of its own, with all paths.
It intercepts by the package responses (the extra `mock`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from restpath.errors import InvalidValue
from restpath.services.mixcloud.face import API_ROOT
from restpath.services.mixcloud.forms import parse_headers, parse_multipart
from restpath.services.mixcloud.oauth import OAUTH_ROOT
from restpath.services.mixcloud.slug import slugify
from restpath.services.mixcloud.things import Artist, Chapter, Cloudcast, Section, User

__all__ = ["MockServer", "Received", "parse_headers", "parse_multipart"]

UploadCallback: TypeAlias = "Callable[[Received, str, dict[str, str]], tuple[int, Mapping[str, Any], str | bytes]]"
_Answer: TypeAlias = "tuple[int, dict[str, str], str | bytes]"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_active: MockServer | None = None


class Received:
    """
    A request as an upload callback gets it.

    Attributes:
        method, url, headers: as they were sent.
        path: the path with the query.
        querystring: the values of the query by name.
        body: all of the body, as bytes.
    """

    def __init__(self, request: Any) -> None:
        self.method: str = request.method
        self.url: str = request.url
        self.headers: Mapping[str, str] = request.headers
        parts = urlsplit(self.url)
        self.path = parts.path + (f"?{parts.query}" if parts.query else "")
        self.querystring = parse_qs(parts.query, keep_blank_values=True)
        self.body = _whole(request.body)


class MockServer:
    """
    A Mixcloud that intercepts. It takes over HTTP when it is made, and replaces the one before.

    `stop()`, or the end of a `with` block, gives HTTP back.
    """

    def __init__(self, api_root: str | None = None, oauth_root: str | None = None) -> None:
        self.api_root, self.oauth_root = (api_root or API_ROOT).rstrip("/"), (oauth_root or OAUTH_ROOT).rstrip("/")
        self._answers: dict[tuple[str, str], Callable[[Received], _Answer]] = {}
        self._cloudcasts: dict[str, dict[str, Cloudcast]] = {}
        self._take_over()

    def _take_over(self) -> None:
        global _active
        try:
            import responses
        except ImportError:
            raise InvalidValue("MockServer needs the package responses: pip install 'restpath[mock]'") from None
        if _active is not None:
            _active.stop()
        self._mock = responses.RequestsMock(assert_all_requests_are_fired=False)
        roots = "|".join(re.escape(root) for root in (self.api_root, self.oauth_root))
        for method in _METHODS:
            self._mock.add_callback(
                method, re.compile(rf"(?:{roots})(?:[/?].*)?$"), callback=self._answer, content_type=None
            )
        self._mock.start()
        _active = self

    def stop(self) -> None:
        """Give HTTP back. Doing it again does no harm."""
        global _active
        if _active is self:
            _active = None
            self._mock.stop(allow_assert=False)

    def __enter__(self) -> MockServer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    # ---- what is there ----

    def register_artist(self, artist: Artist) -> None:
        """Have an artist."""
        self._give(f"/artist/{artist.key}", {"key": f"/artist/{artist.key}/", "slug": artist.key, "name": artist.name})

    def register_user(self, user: User) -> None:
        """Have a user, with a list of cloudcasts."""
        self._give(f"/{user.key}", _user_json(user))
        self._cloudcasts.setdefault(user.key, {})
        self._on("GET", f"/{user.key}/cloudcasts", lambda request: self._list(user, request))

    def register_cloudcast(self, user: User, cloudcast: Cloudcast) -> None:
        """Have a cloudcast of a user, and the user."""
        self.register_user(user)
        self._cloudcasts[user.key][cloudcast.key] = cloudcast
        self._give(f"/{user.key}/{cloudcast.key}", _cloudcast_json(user, cloudcast, whole=True))

    def register_cloudcasts(self, user: User, cloudcasts: Iterable[Cloudcast]) -> None:
        """Have several cloudcasts of a user, and the user."""
        for cloudcast in cloudcasts:
            self.register_cloudcast(user, cloudcast)

    def i_am(self, user: User) -> None:
        """Have a user, who is the one that calls: `/me/` leads there."""
        self.register_user(user)
        self._on("GET", "/me", lambda request: (302, {"Location": f"{self.api_root}/{user.key}"}, ""))

    # ---- uploads ----

    def handle_upload(self, upload_callback: UploadCallback) -> None:
        """
        Answer uploads by a function.

        Args:
            upload_callback: called as `(request, uri, headers)`; the headers are those that the answer has unless it
                says otherwise. Gives `(status, headers, body)`.
        """

        def answer(request: Received) -> _Answer:
            status, headers, body = upload_callback(request, request.url, {"Content-Type": "text/plain"})
            return status, {str(name): str(value) for name, value in headers.items()}, body

        self._on("POST", "/upload", answer)

    def mock_upload(self, user: User) -> None:
        """Take uploads as a user's: what is uploaded is then there."""

        def upload(request: Received) -> _Answer:
            data = parse_multipart(request.body)
            missing = [field for field in ("mp3", "name") if not data.get(field)]
            if missing:
                return _error(400, "ValidationError", f"{missing[0]} is required")
            sections, tags = parse_headers(data)
            key = slugify(data["name"])
            made = Cloudcast(key, data["name"], sections, tags, data.get("description", ""), user)
            self.register_cloudcast(user, made)
            said = {"success": True, "message": f"Uploaded {made.name}", "key": f"/{user.key}/{key}/"}
            return _json(200, {"result": said})

        self._on("POST", "/upload", upload)

    # ---- OAuth ----

    def oauth_exchange(self) -> None:
        """Exchange any code for the token `my_access_token`."""
        self._answers["GET", f"{self.oauth_root}/access_token"] = lambda request: _json(
            200, {"access_token": "my_access_token"}
        )

    def oauth_exchange_fail(self) -> None:
        """Fail to exchange any code."""
        self._answers["GET", f"{self.oauth_root}/access_token"] = lambda request: _error(
            500, "OAuthException", "this code cannot be exchanged"
        )

    # ---- answering ----

    def _on(self, method: str, path: str, answer: Callable[[Received], _Answer]) -> None:
        self._answers[method, self.api_root + path] = answer

    def _give(self, path: str, content: Mapping[str, Any]) -> None:
        body = _json(200, {**content, "url": f"https://www.mixcloud.com{content['key']}"})
        self._on("GET", path, lambda request: body)

    def _answer(self, request: Any) -> _Answer:
        received = Received(request)
        place = unquote(received.url.partition("?")[0]).rstrip("/")
        answer = self._answers.get((received.method, place))
        if answer is None:
            return _error(404, "DoesNotExist", f"there is nothing at {place}")
        return answer(received)

    def _list(self, user: User, request: Received) -> _Answer:
        every = list(self._cloudcasts[user.key].values())
        offset, limit = _number(request, "offset", 0), _number(request, "limit", len(every))
        page = [_cloudcast_json(user, each, whole=False) for each in every[offset : offset + limit]]
        paging: dict[str, str] = {}
        if limit and offset + limit < len(every):
            query = urlencode({"limit": limit, "offset": offset + limit})
            paging["next"] = f"{self.api_root}/{user.key}/cloudcasts/?{query}"
        return _json(200, {"data": page, "paging": paging})


def _whole(body: Any) -> bytes:
    """All of a body, which a client may give as text, as a file or in blocks."""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        return body.encode()
    if body is None or isinstance(body, (bytes, bytearray)):
        return bytes(body or b"")
    return b"".join(body)


def _number(request: Received, name: str, otherwise: int) -> int:
    text = request.querystring.get(name, [""])[-1]
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else otherwise


def _json(status: int, content: Any) -> _Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content)


def _error(status: int, kind: str, message: str) -> _Answer:
    return _json(status, {"error": {"type": kind, "message": message}})


def _user_json(user: User) -> dict[str, Any]:
    return {"key": f"/{user.key}/", "slug": user.key, "username": user.key, "name": user.name}


def _cloudcast_json(user: User, cloudcast: Cloudcast, *, whole: bool) -> dict[str, Any]:
    key = f"/{user.key}/{cloudcast.key}/"
    said: dict[str, Any] = {
        "key": key,
        "slug": cloudcast.key,
        "name": cloudcast.name,
        "tags": [{"name": tag} for tag in cloudcast.tags],
        "user": _user_json(user),
    }
    if cloudcast.created_time is not None:
        said["created_time"] = cloudcast.created_time.isoformat()
    if whole:
        said["sections"] = [_section_json(section) for section in cloudcast.sections()]
        said["description"] = cloudcast.description()
        said["pictures"] = cloudcast.pictures or {"large": f"https://thumbnails.example/large{key}"}
    return said


def _section_json(section: Section) -> dict[str, Any]:
    track = section.track
    if isinstance(track, Chapter):
        return {"start_time": section.start_time, "chapter": track.name}
    artist = {"slug": track.artist.key, "name": track.artist.name}
    return {"start_time": section.start_time, "track": {"name": track.name, "artist": artist}}
