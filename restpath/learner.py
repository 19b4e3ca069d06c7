"""
The learner of a client: what was answered with success is in force in this client at once, and a draft on disk.

Takes calls with their replies; puts what is new into the client's own tree, and into the draft of its service. Nothing
that goes wrong here fails a call: it is told once, by a warning.
"""

from __future__ import annotations

import atexit
import os
import threading
import warnings
import weakref
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from restpath.edge.clock import SystemClock
from restpath.edge.forking import tell_of_forks
from restpath.errors import InvalidValue, RestpathError
from restpath.grafting import graft
from restpath.learning import Placed, Seen, merge_resources, method_words, place_steps
from restpath.observing import seen_of
from restpath.types import JsonObject

if TYPE_CHECKING:
    from restpath.call import Call
    from restpath.definition.model import Definition
    from restpath.place import Root
    from restpath.reply import Reply

__all__ = ["Learner", "learning_name", "meant_service"]

_SAID_BY = "what this client has learnt"
_MOST = 10_000
# A call is not to wait for a process that stands still with the drafts in its hands; and the next ones not at all.
_LOCK_SECONDS = 2.0
_BUSY_SECONDS = 60.0


def learning_name(learn: bool | str, name: str, base_url: str) -> str:
    """
    Find the name that a draft gets: the service's, the one that was said, or one made of the host.

    Args:
        learn: what `connect` was given.
        name: the service's name; "" where it has none.
    Raises:
        InvalidValue: what was said is no name, or not this service's.
    """
    from restpath.edge.drafts import draft_file, service_name

    if isinstance(learn, str):
        draft_file(learn)
        if name and learn != name:
            raise InvalidValue(f"learn={learn!r}, but this is the service {name!r}: say learn=True")
        return learn
    return name or service_name(base_url)


def meant_service(url: str, learn: bool | str) -> str | None:
    """Find the service whose drafts a client of a URL adds to, where there are data files of it by now."""
    from restpath.edge.catalog import service_names
    from restpath.edge.drafts import service_name

    name = learn if isinstance(learn, str) else service_name(url)
    return name if name in service_names() else None


class Learner:
    """
    Learns from the calls of one client.

    Attributes:
        name: the service whose draft is written.
    """

    def __init__(self, root: Root, name: str) -> None:
        self.name = name
        self._root = root
        self._clock = SystemClock()
        self._resources = root.definition.documents.resources
        self._words: JsonObject = {}
        self._new: JsonObject = {}
        self._again: JsonObject = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._told = False
        self._busy_until = float("-inf")
        _live.add(self)
        tell_of_forks(self)

    def after_fork(self) -> None:
        """What the parent has yet to write, the parent writes."""
        self._lock, self._writing, self._new, self._again = threading.Lock(), threading.Lock(), {}, {}

    def saw(self, call: Call, reply: Reply) -> None:
        """Learn from a call that was answered; one that the definition knows is nothing new."""
        method = call.operation
        if method is None or method.method in self._known(method.template):
            return
        try:
            if self._learn(call, reply):
                self._write_new(patient=False)
        except Exception as error:  # whatever a service answers, the call was good
            self._tell(error)

    def _known(self, template: str) -> JsonObject:
        words = self._resources.get(template)
        return words["methods"] if isinstance(words, dict) else {}

    def _learn(self, call: Call, reply: Reply) -> bool:
        """Learn from a call, and tell whether there was anything new."""
        seen = seen_of(call, reply, self._root.base_url)
        if seen is None or call.operation is None:
            return False
        text = call.operation.template
        with self._lock:
            is_known = text in self._resources
            placed = Placed(text) if is_known else place_steps(seen.steps, self._root.tree.root, seen.suffix)
            return seen.method not in self._known(placed.template) and self._add(placed, seen)

    def _add(self, placed: Placed, seen: Seen) -> bool:
        """Add a call to what is known of its operation, and tell whether it was anything new."""
        when = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        text, words = placed.template, method_words(seen, placed.unsure, 1, when)
        before = self._words.get(text, {"methods": {}})
        after = _merged(before, seen.method, words)
        known = before["methods"].get(seen.method)
        if known is not None and _without_counts(after["methods"][seen.method]) == _without_counts(known):
            self._again[text] = _merged(self._again.get(text, {"methods": {}}), seen.method, words)
            return False
        if known is None and len(self._words) >= _MOST:
            return False
        self._words[text] = after
        self._new[text] = _merged(self._new.get(text, {"methods": {}}), seen.method, words)
        if known is None:
            graft(self._root.tree, text, seen.method, _in_force(words, seen.method), _SAID_BY)
        return True

    def write(self) -> None:
        """Write what is not in the draft yet: what is new, and how often the rest was seen."""
        self._write_new(patient=True)

    def _write_new(self, *, patient: bool) -> None:
        with self._writing:  # what another thread has taken to write is in the draft before this is counted
            if not patient and self._clock.monotonic() < self._busy_until:
                return
            with self._lock:
                new, again, self._new, self._again = self._new, self._again, {}, {}
            if new or again:
                self._write(new, again)

    def _write(self, new: JsonObject, again: JsonObject) -> None:
        from restpath.edge.drafts import add_to_draft
        from restpath.edge.storing import Busy

        try:
            defined_in = _defined_in(self._root.definition, self.name)
            base_url = _sayable(self._root.base_url)
            add_to_draft(
                self.name, base_url, new, again, defined_in=defined_in, seconds=_LOCK_SECONDS, clock=self._clock
            )
        except Exception as error:
            if isinstance(error, Busy):
                self._busy_until = self._clock.monotonic() + _BUSY_SECONDS
            with self._lock:
                self._new, self._again = merge_resources(new, self._new), merge_resources(again, self._again)
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            # Of a foreign error only its kind: its words may hold a piece of what was answered.
            why = (
                str(error) if isinstance(error, RestpathError) else f"a fault of restpath's own, {type(error).__name__}"
            )
            warnings.warn(f"what {self.name} answers is not learnt: {why}. The calls go on", stacklevel=5)


def _merged(resource: JsonObject, method: str, words: JsonObject) -> JsonObject:
    """A resource with another call of one of its methods."""
    merged: JsonObject = merge_resources({"/": resource}, {"/": {"methods": {method: words}}})["/"]
    return merged


def _without_counts(words: JsonObject) -> JsonObject:
    return {key: value for key, value in words.items() if key != "x-seen"}


def _in_force(words: JsonObject, method: str) -> JsonObject:
    """
    What the client goes by at once: names to complete, and nothing that would give a call another meaning.

    A body's types would refuse the next call, its media type would change it, and a name that was in the query would
    move there from the body.
    """
    if method not in ("GET", "HEAD", "OPTIONS") or "query" not in words:
        return {}
    return {"query": {name: {} for name in words["query"]}}


def _defined_in(definition: Definition, name: str) -> str | None:
    """Where a definition is that is in none of the layers; None where it is in these, or there is none."""
    from restpath.edge.catalog import service_names

    if not definition.known or name in service_names():
        return None
    file = definition.files[0] if definition.files else ""
    return os.path.dirname(os.path.abspath(file)) if file and os.path.isfile(file) else file or "the program itself"


def _sayable(base_url: str) -> str | None:
    """The base URL as it may be written down; None where its path looks as if a key were in it."""
    from urllib.parse import urlsplit

    from restpath.judging import is_id

    return None if any(is_id(part) for part in urlsplit(base_url).path.split("/") if part) else base_url


_live: weakref.WeakSet[Learner] = weakref.WeakSet()


@atexit.register
def _write_all() -> None:
    """At the end of the process, write how often things were seen."""
    for learner in list(_live):
        learner.write()
