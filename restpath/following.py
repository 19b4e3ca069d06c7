"""
Following a service: its own list is asked when something is unknown, and what it says holds for this client then.

Takes a core; gives, for a miss, the later roots at which the step may be taken again. The list is asked once for each
miss, by one thread while others wait, and only for news. What is not in it is remembered as missing for a while. What
was learnt is in this process alone; it changes which operations there are, and never where credentials go.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from restpath.definition.differing import compare
from restpath.definition.merge import KINDS, Layer
from restpath.edge.clock import Clock
from restpath.edge.imported import Origin, imported_folder, origin_of
from restpath.errors import InvalidValue, RestpathError
from restpath.masking import mask_url
from restpath.records import dataclass, replace

if TYPE_CHECKING:
    from restpath.client import Client
    from restpath.definition.model import Definition
    from restpath.place import Root

__all__ = ["Follower", "Followed"]

_MISSING_SECONDS = 300.0
_FAILED_SECONDS = 30.0
_MOST_MISSES = 10_000


class Followed(Protocol):
    """Whose service is followed: the core of a client."""

    root: Root
    clock: Clock

    @property
    def definition(self) -> Definition: ...
    def path(self) -> Client: ...
    def renew(self, definition: Definition) -> None: ...


class Follower:
    """
    Asks a service what it offers by now.

    Raises:
        InvalidValue: the service does not list itself, and was not imported from a URL.
    """

    def __init__(self, core: Followed) -> None:
        self._core = core
        self._first: Definition = core.definition
        self._fetch = _way_to_ask(self._first)
        self._lock = threading.Lock()
        self._asking: int | None = None
        self._answers = 0
        self._missing: dict[str, float] = {}
        self._silent_until = float("-inf")
        self.note = ""

    def after_fork(self) -> None:
        """In a child process: let go of a lock that another thread of the parent may hold."""
        self._lock, self._asking = threading.Lock(), None

    def __call__(self, root: Root, what: str) -> _Roots:
        """Give the later roots for a miss: the one that there is by now, and the one after asking."""
        return _Roots(self, root, what)

    def later_roots(self, root: Root, what: str) -> Iterator[Root]:
        """Give them one by one: who finds it at the first asks nobody."""
        known = self._core.root
        if known is not root:
            yield known
        self._ask(what)
        if self._core.root is not known:
            yield self._core.root

    def _ask(self, what: str) -> None:
        if self._asking == threading.get_ident():  # the list itself is asked for by way of the same client
            return
        before = self._answers
        with self._lock:
            if self._answers != before or not self._may_ask(what):
                return
            self._asking = threading.get_ident()
            try:
                self.note = ""
                definition = self._fetch(self._core.path())
                if definition is not None:
                    self._adopt(definition)
            except RestpathError as error:
                self.note = f"What the service offers by now could not be asked for: {error}"
                self._silent_until = self._core.clock.monotonic() + _FAILED_SECONDS
                self._missing.pop(what, None)
            finally:
                self._asking = None
                self._answers += 1

    def _may_ask(self, what: str) -> bool:
        """Whether it is time to ask; if so, what is missing is remembered as asked for."""
        now = self._core.clock.monotonic()
        if now < max(self._silent_until, self._missing.get(what, now)):
            return False
        self._missing.pop(what, None)
        if len(self._missing) >= _MOST_MISSES:
            del self._missing[next(iter(self._missing))]
        self._missing[what] = now + _MISSING_SECONDS
        return True

    def _adopt(self, definition: Definition) -> None:
        """Follow the service in what it offers, and in nothing that only its user may decide."""
        found = compare(self._core.root.definition.documents, definition.documents)
        name = definition.name
        if found.moved:
            self.note = (
                f"The service would move ({'; '.join(found.moved)}): restpath refresh {name} asks whether it may"
            )
        elif found.lost_most:
            self.note = (
                f"{len(found.removed)} of {found.before} operations would be gone, which looks like another service: "
                f"restpath refresh {name} --force takes that"
            )
        elif found:
            self._core.renew(definition)


@dataclass
class _Roots:
    """The later roots for one miss."""

    follower: Follower
    root: Root
    what: str

    @property
    def note(self) -> str:
        """What has kept the follower from finding more."""
        return self.follower.note

    def __iter__(self) -> Iterator[Root]:
        return self.follower.later_roots(self.root, self.what)


# ---- how a service is asked --------------------------------------------------------------------------------------

_Fetch = Callable[["Client"], "Definition | None"]


def _way_to_ask(definition: Definition) -> _Fetch:
    if "listing" in definition.service.words:
        return _Listing(definition)
    origin = _origin(definition)
    if origin is None or origin.kind != "url" or origin.login:
        raise InvalidValue(
            f"{definition.name or 'this service'} cannot be followed by refresh='on-miss': it does not list itself, "
            f"and was not imported from a URL. restpath import {definition.name or 'NAME'} URL does that"
        )
    return _Description(definition, origin)


def _origin(definition: Definition) -> Origin | None:
    folder = imported_folder(definition.name) if definition.name else None
    origin = origin_of(definition.name) if folder is not None else None
    if origin is None:
        return None
    own = (str(folder), mask_url(origin.place))  # the latter where it is a followed one that was pickled
    return origin if any(file.startswith(own) for file in definition.files) else None


class _Listing:
    """Asks for the list that a service gives of itself."""

    def __init__(self, definition: Definition) -> None:
        self._first = definition
        self._conditions: dict[str, str] = {}
        self._hash = ""

    def __call__(self, client: Client) -> Definition | None:
        from restpath.gathering import listed_by, relisted
        from restpath.path import root_of

        listed = listed_by(client, self._conditions)
        if listed is None:
            return None
        marks = {"If-None-Match": listed.etag, "If-Modified-Since": listed.last_modified}
        sha256 = hashlib.sha256(listed.data).hexdigest()
        same, self._hash = sha256 == self._hash, sha256
        self._conditions = {name: value for name, value in marks.items() if value}
        base = _base(self._first)
        place = root_of(client).base_url + self._first.service.words["listing"]["resource"]
        return None if same else _laid_over(self._first, relisted(base, self._first, listed.resources), place)


class _Description:
    """Asks for the description that a service was imported from."""

    def __init__(self, definition: Definition, origin: Origin) -> None:
        self._first, self._origin = definition, origin

    def __call__(self, client: Client) -> Definition | None:
        from restpath.importing import read_again

        documents, origin = read_again(self._first.name, self._origin)
        self._origin = replace(self._origin, etag=origin.etag, last_modified=origin.last_modified)
        return None if documents is None else _laid_over(self._first, dict(documents), origin.place)


def _base(definition: Definition) -> Layer:
    """The lowest layer: what came with the package, or was imported."""
    return definition.layers[0] if definition.layers else Layer({k: getattr(definition.documents, k) for k in KINDS})


def _laid_over(first: Definition, documents: dict[str, dict[str, object]], place: str) -> Definition:
    """Lay the layers of the definition that the client began with over what is known now."""
    from restpath.edge.layering import define_over

    base = Layer(documents, {kind: mask_url(place) for kind in documents})
    return define_over([base, *first.layers[1:]], first.name)
