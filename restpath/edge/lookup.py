"""
Looking up: from what a program names to the definition that is meant.

Takes a service's name, a URL or a definition; gives a `Definition`. No code of a file is run, and nothing is fetched.
"""

from __future__ import annotations

from restpath.definition.merge import Documents, merge_layers
from restpath.definition.model import Definition
from restpath.edge.bundled import read_bundled
from restpath.edge.catalog import check_name, has_folder, no_service
from restpath.errors import InvalidValue

__all__ = ["definition_of", "read_service"]

_bundled: dict[str, Definition] = {}


def read_service(name: str, *, whole: bool = False) -> Definition:
    """
    Read a service by its name, along all the layers.

    Args:
        whole: to read all of it, also where it was found good before.
    Raises:
        InvalidValue: that is no name.
        DefinitionError: no layer has such a service, or a file of it is wrong.
    """
    check_name(name, known=True)
    definition = _layered(name, whole) if has_folder(name) else None
    return definition or _bundled.get(name) or _read_bundled(name)


def _layered(name: str, whole: bool) -> Definition | None:
    from restpath.edge.layering import read_layered

    return read_layered(name, whole=whole)


def _read_bundled(name: str) -> Definition:
    layer = read_bundled(name)
    if layer is None:
        raise no_service(name)
    definition = Definition(merge_layers([layer]), tuple(layer.files.values()), layers=(layer,))
    return _bundled.setdefault(name, definition)


def definition_of(what: object) -> Definition:
    """
    Find the definition that is meant: one as it is, a service's by its name, or that of a URL, which knows nothing.

    Raises:
        DefinitionError: there is no such service, or a file of it is wrong.
        InvalidValue: it is none of these.
    """
    if isinstance(what, Definition):
        return what
    if not isinstance(what, str):
        raise InvalidValue(
            f"a {type(what).__name__} is nothing to connect to: give a service's name, a URL, or a "
            "definition from restpath.read(folder)"
        )
    if "://" in what:
        return _unknown_service(what)
    return read_service(what)


def _unknown_service(url: str) -> Definition:
    """The definition of a service of which only the URL is known: everything is let through."""
    service = {
        "base_url": url,
        "credentials": {"token": {}},
        "auth": {"bearer": {"bearer": "{token}"}},
    }
    return Definition(Documents(service, {}, {}), known=False)
