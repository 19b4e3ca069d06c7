"""
The client that Mixcloud's users know: artists, users, oneself, uploads and edits.

Takes keys, cloudcasts and files; gives the objects of `things`. It stands on the client that `restpath.connect` gives
(`.client`), which has all other paths of the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import restpath
from restpath.client import Client, core_of
from restpath.errors import AuthError, BadReply, InvalidValue, RequestError
from restpath.operations import Operation
from restpath.reply import Reply
from restpath.services.mixcloud.netrc_token import NETRC_MACHINE, token_of_netrc
from restpath.services.mixcloud.things import Artist, Cloudcast, User
from restpath.services.mixcloud.uploading import Answered, file_field, form_fields

__all__ = ["API_ROOT", "NETRC_MACHINE", "Mixcloud"]

API_ROOT = "https://api.mixcloud.com"


class Mixcloud:
    """
    Mixcloud.

    Args:
        api_root: where it is.
        access_token: the token of the user who calls; unless given, the one found in the environment, in a profile,
            in a stored login, or as the password of `machine mixcloud-api` in the netrc.
        settings: further settings of `restpath.connect`, such as timeout and session.
    Attributes:
        client: the client below, for all other paths: `m.client.popular.get(limit=5)`.
    """

    def __init__(self, api_root: str = API_ROOT, access_token: str | None = None, **settings: Any) -> None:
        self.api_root = api_root
        # Where Mixcloud is where it always was, its OAuth server is, too.
        url = None if api_root == API_ROOT else api_root
        self.client: Client = restpath.connect("mixcloud", url, access_token=access_token, **settings)

    @property
    def access_token(self) -> str | None:
        """The token that was given, or is in the environment or the netrc; None where there is none."""
        return core_of(self.client).credential("access_token") or token_of_netrc()

    @access_token.setter
    def access_token(self, access_token: str | None) -> None:
        core_of(self.client).give(access_token=access_token)

    # ---- reading ----

    def artist(self, key: str) -> Artist:
        """Get an artist. Raises NotFound where there is none of that key."""
        return Artist.from_json(self._get("/artist/{artist}", {"artist": key}))

    def user(self, key: str) -> User:
        """Get a user. Raises NotFound where there is none of that key."""
        return User.from_json(self._get("/{user}", {"user": key}), self)

    def me(self) -> User:
        """Get the user whose token it is. Raises Unauthorized where it is nobody's."""
        return User.from_json(self._get("/me/", {}), self)

    def cloudcast(self, user: str, key: str) -> Cloudcast:
        """Get a cloudcast, whole. Raises NotFound where the user has none of that key."""
        return Cloudcast.from_json(self._get("/{user}/{cloudcast}", {"user": user, "cloudcast": key}), self)

    def cloudcasts(self, user: str, limit: int | None = None, offset: int | None = None) -> list[Cloudcast]:
        """List a user's cloudcasts; see `User.cloudcasts`."""
        content = self._get("/{user}/cloudcasts/", {"user": user}, {"limit": limit, "offset": offset})
        if not isinstance(content.get("data"), list):
            raise BadReply("Mixcloud answered with a list of cloudcasts that has no data")
        return [Cloudcast.from_json(each, self) for each in content["data"]]

    def _get(self, template: str, values: Mapping[str, str], qs: Mapping[str, Any] | None = None) -> dict[str, Any]:
        path = restpath.expand(self.client, template, values)
        content = path.get(qs=qs)
        if not isinstance(content, dict):
            raise BadReply(f"{restpath.url(path)} answered with no object of JSON")
        return content

    # ---- uploading ----

    def upload(self, cloudcast: Cloudcast, mp3file: Any, picturefile: Any = None, **more: Any) -> Answered:
        """
        Upload a cloudcast.

        Args:
            cloudcast: its name, tags, sections and description.
            mp3file: an open binary file, a path, an `io.StringIO`, or a tuple of name, file and media type.
            picturefile: the same, or None.
            more: further fields: percentage_music (100 unless given), publish_date, disable_comments, hide_stats,
                unlisted.
        Returns:
            the answer, whatever its status: `status_code` says it, and `raise_for_status()` raises its error.
        Raises:
            InvalidValue: a file is none, or is open in text mode; a file or the tags are more than Mixcloud takes.
            TransportError: there is no answer that can be trusted.
        """
        fields = form_fields(cloudcast, {"percentage_music": 100, **more})
        fields["upload_file_mp3"] = file_field("mp3", mp3file)
        if picturefile is not None:
            fields["upload_file_picture"] = file_field("picture", picturefile)
        return self._post(restpath.expand(self.client, "/upload/").post, fields)

    def upload_yml_file(
        self, ymlfile: IO[str] | IO[bytes], mp3file: Any, picturefile: Any = None, **more: Any
    ) -> Answered:
        """
        Upload a cloudcast that a YAML file describes; see `Cloudcast.from_yml` and `upload`.

        Raises:
            RequestError: Mixcloud does not take it.
        """
        answered = self.upload(Cloudcast.from_yml(ymlfile, None), mp3file, picturefile, **more)
        answered.raise_for_status()
        return answered

    def edit(self, cloudcast: Cloudcast, picturefile: Any = None, **more: Any) -> Answered:
        """
        Change a cloudcast that was uploaded: name, tags, sections and description become those of `cloudcast`.

        Args:
            cloudcast: `key` and `user` say which; without a user it is one of the caller's own.
            picturefile: a new picture, or None.
            more: further fields, as for `upload`.
        Raises:
            RequestError: Mixcloud does not take it.
            InvalidValue, TransportError: as `upload`.
        """
        fields = form_fields(cloudcast, more)
        if picturefile is not None:
            fields["upload_file_picture"] = file_field("picture", picturefile)
        user = (cloudcast.user or self.me()).key
        path = restpath.expand(
            self.client, "/upload/{user}/{cloudcast}/edit/", {"user": user, "cloudcast": cloudcast.key}
        )
        answered = self._post(path.post, fields)
        answered.raise_for_status()
        return answered

    def _post(self, operation: Operation, fields: dict[str, Any]) -> Answered:
        clash = [name for name in ("data", "qs", "headers", "timeout") if name in fields]
        if clash:
            raise InvalidValue(f"{clash[0]} is no field of a cloudcast")
        try:
            return Answered(self._sent(operation, fields))
        except RequestError as error:
            return Answered(error.reply, error)

    def _sent(self, operation: Operation, fields: dict[str, Any]) -> Reply:
        try:
            return operation.reply(**fields)
        except AuthError:
            from restpath.searching import sources_of

            # A token that cannot be read, or is no longer good, is another matter than none.
            token_of_netrc()
            if sources_of(core_of(self.client).prover, ("token", "none"), operation.prepare(**fields)):
                raise
        # Without any it goes as it is, as it always did: it is for the service to refuse it.
        return operation.options(auth=None).reply(**fields)

    def __repr__(self) -> str:
        return f"<Mixcloud {self.api_root}>"
