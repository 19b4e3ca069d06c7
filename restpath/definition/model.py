"""
A definition as one immutable object: what stands between the JSON of the data files and the rest of the code.

Takes documents that `check` found good, or that are trusted because they came with the package; gives a `Definition`,
which hands out the records of its service, its resources and its methods. They are made when they are first asked for,
so that a description of thousands of operations costs what is used of it; who only makes paths does not even import
what a method is. All that they hand out is read-only, down to the last list: what one client sees, no other can change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from restpath.definition.frozen import frozen_map
from restpath.definition.lazy import MAKING, Outline, outlines_of
from restpath.definition.merge import Documents, Layer, file_that_said
from restpath.definition.service import Service, service_of
from restpath.errors import DefinitionError
from restpath.once import cached_property
from restpath.records import dataclass, field

if TYPE_CHECKING:
    from restpath.definition.bundles import Bundles
    from restpath.definition.method import Method, Resource
    from restpath.importers.found import LeftOut  # importers stand below

__all__ = ["Definition"]

_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Definition:
    """
    What the data files say of a service, merged.

    Attributes:
        service: what holds for all of it.
        files: the files it was read from, the earlier layer first.
        known: False for a service of which nothing is known, so that everything is let through.
        layers: the documents as they were read, for telling which file said what.
        find_left_out: gives what the description that it was read from says and restpath cannot.
    """

    documents: Documents = field(repr=False)
    files: tuple[str, ...] = ()
    known: bool = True
    layers: tuple[Layer, ...] = field(repr=False, default=())
    find_left_out: Callable[[], tuple[LeftOut, ...]] | None = field(repr=False, default=None)

    @cached_property
    def left_out(self) -> tuple[LeftOut, ...]:
        """
        What the description that it was read from says and restpath cannot, in the description's own order.

        To tell it, the whole description is gone through when it is first asked for: that takes about as long as
        using every operation once.
        """
        if self.find_left_out is None:
            return ()
        with MAKING:
            if "left_out" not in self.__dict__:
                try:
                    self.__dict__["left_out"] = self.find_left_out()
                except RecursionError as error:
                    raise DefinitionError("it is nested too deeply", expected="fewer levels") from error
        found: tuple[LeftOut, ...] = self.__dict__["left_out"]
        return found

    @cached_property
    def service(self) -> Service:
        """What is said of the service as a whole."""
        return service_of(self.documents.service)

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    @cached_property
    def _resources(self) -> dict[str, Resource]:
        return {}

    @cached_property
    def _methods(self) -> dict[tuple[str, str], Method]:
        return {}

    @cached_property
    def _bundles(self) -> Bundles | None:
        if not self.documents.schemas:
            return None
        from restpath.definition.bundles import Bundles

        return Bundles(self.documents.schemas)

    def outlines(self) -> Iterator[tuple[str, Outline]]:
        """Give every URI template with what is known of it without making its record, in the files' order."""
        return outlines_of(self.documents.resources)

    def templates(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give every URI template with the methods it accepts, in the files' order."""
        return ((text, outline.methods) for text, outline in self.outlines())

    def resource(self, template: str) -> Resource:
        """Give the record of a template. Raises KeyError where there is none."""
        record = self._resources.get(template)
        if record is None:
            from restpath.definition.method import resource_of

            record = resource_of(template, self.documents.resources[template], self)
            record = self._resources.setdefault(template, record)  # one record, whatever threads ask for it
        return record

    def method(self, template: str, method: str) -> Method:
        """Give the record of a method at a template. Raises KeyError where there is none."""
        record = self._methods.get((template, method))
        if record is None:
            from restpath.definition.method import method_of

            resource = self.resource(template)
            base = self.documents.defaults.get(template, {}).get(method)
            words = resource.words["methods"][method]
            record = method_of(method, words, resource, self.service.rules, base, self._bundles)
            record = self._methods.setdefault((template, method), record)
        return record

    def source_of(self, place: str, part: str | None = None, *, defaults: bool = False) -> str | None:
        """
        Tell which file said what: the latest that says something there.

        Args:
            place: a URI template, or a word of service.json ("base_url").
            part: a method of that template ("GET"), or a key within that word ("token" of "credentials").
            defaults: ask for the default bodies of the template instead.
        Returns:
            the file's name, "" for what the program passed, None where nothing is said.
        """
        kind = ("defaults" if defaults else "resources") if place.startswith("/") else "service"
        tokens = [place] if part is None else [place, part]
        if kind == "resources":
            tokens = [place] if part is None else [place, "methods", part.upper()]
        elif kind == "defaults" and part is not None:
            tokens = [place, part.upper()]
        return file_that_said(self.layers, kind, tokens) if self._says(kind, tokens) else None

    def _says(self, kind: str, tokens: list[str]) -> bool:
        node: Any = getattr(self.documents, kind)
        for token in tokens:
            node = node.get(token) if isinstance(node, dict) else None
        return node is not None

    def tree(self, build: Callable[[Definition], _T]) -> _T:
        """Give the resource tree, built once for all clients by the module below that knows how."""
        if "_tree" not in self.__dict__:
            self.__dict__.setdefault("_tree", build(self))
        tree: _T = self.__dict__["_tree"]
        return tree

    @cached_property
    def operations(self) -> tuple[Method, ...]:
        """Every operation: `.method`, `.template`, `.name`, and what else is said of it."""
        return tuple(self.method(template, method) for template, methods in self.templates() for method in methods)

    @cached_property
    def named(self) -> Mapping[str, tuple[str, str]]:
        """Template and method of every operation that has a name."""
        found: dict[str, tuple[str, str]] = {}
        for template, outline in self.outlines():
            for method, name in outline.named():
                found.setdefault(name, (template, method))
        return frozen_map(found)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all that is said, in hex: equal definitions have equal ones."""
        import hashlib
        import json

        said = [self.documents.service, self.documents.resources, self.documents.defaults]
        said += [schemas] if (schemas := self.documents.schemas.get("schemas")) else []
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Definition) and (self is other or self.digest == other.digest)

    def __hash__(self) -> int:
        return hash((self.name, len(self.documents.resources)))

    def __reduce__(self) -> tuple[Any, ...]:
        made = Definition, (self.documents, self.files, self.known, self.layers)
        return (_restored, (*made[1], self.left_out)) if self.find_left_out is not None else made

    def __repr__(self) -> str:
        return f"<Definition {self.name}: {sum(len(methods) for _, methods in self.templates())} operations>"


def _restored(documents: Documents, files: tuple[str, ...], known: bool, layers: tuple[Layer, ...], left: Any) -> Any:
    return Definition(documents, files, known, layers, lambda: left)
