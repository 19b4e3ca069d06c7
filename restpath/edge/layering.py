"""
The layers of a service: what came with the package or was imported, and the user's own over it.

Takes a service's name; gives the layers, or the `Definition` that they make, be it as they are or as they would be with
another one among them. What the user's own say of a place that an import took away is left out.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath

from restpath.definition.merge import Layer, merge_layers
from restpath.definition.model import Definition
from restpath.edge.bundled import data_schemas, read_bundled
from restpath.edge.catalog import no_service, own_folders
from restpath.edge.datafiles import open_folder, read_folder
from restpath.edge.defining import check_all, checks, define, late_layer
from restpath.edge.directories import config_directory
from restpath.edge.imported import read_imported
from restpath.errors import DefinitionError
from restpath.types import JsonObject
from restpath.version import __version__

__all__ = [
    "check_base", "define_over", "layers_of_service", "own_layers", "read_layered", "read_over", "read_with_own",
]  # fmt: skip


def read_layered(name: str, *, whole: bool = False) -> Definition | None:
    """Read a service of which there is more than what is bundled, as `read_service` does; None where there is not."""
    imported = read_imported(name)
    if imported is not None:
        return read_over(imported, name, whole=whole)
    if not own_folders(name):
        return None
    layers, trusted = layers_of_service(name)
    return define(layers, name, trusted=trusted, named=True, whole=whole)


def layers_of_service(name: str, faults: list[DefinitionError] | None = None) -> tuple[list[Layer], int]:
    """
    Read the layers of a service, unchecked.

    Args:
        faults: takes what is wrong with single files, where the others are to be read all the same.
    Returns:
        the layers, and how many of the first are trusted.
    Raises:
        DefinitionError: no layer has such a service, or a file cannot be read.
    """
    imported = read_imported(name, faults)
    bundled = read_bundled(name) if imported is None else None
    layers = [each for each in (bundled, imported) if each is not None]
    layers += [_opened(folder, faults) for folder in own_folders(name)]
    if not layers:
        raise no_service(name)
    return layers, 0 if bundled is None else 1


def _origin_of(folder: FilePath) -> str:
    """Which of the user's own layers a folder is."""
    return "configuration directory" if folder.parent == config_directory() else "RESTPATH_PATH"


def _opened(folder: FilePath, faults: list[DefinitionError] | None = None) -> Layer:
    """A folder's layer: opened, and parsed when it is asked for; or read at once, with what is wrong told."""
    origin = _origin_of(folder)
    return open_folder(folder, origin) if faults is None else read_folder(folder, origin, faults)


def read_over(base: Layer, name: str, *, warn: bool = True, whole: bool = False) -> Definition:
    """
    Read a service as it is where an imported layer is the lowest: with the user's own layers over it.

    What these say of a place that is no longer there is left out, with a warning that names it: a refresh that takes a
    route away must not take the service away.

    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
    """
    from restpath.definition.dead import without_dead

    # What is dead can be told by the outlines of a base that was found good before.
    layers, dead = without_dead([base if whole else late_layer(base), *own_layers(name)])
    for each in dead if warn else ():
        warnings.warn(str(each), stacklevel=2)
    return define([base, *layers[1:]], name, trusted=0, named=True, whole=whole)


def define_over(layers: Sequence[Layer], name: str) -> Definition:
    """
    Make a definition of layers, of which the later ones may speak of what the first no longer has.

    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
    """
    from restpath.definition.dead import without_dead

    return define(without_dead(layers)[0], name, trusted=0, named=bool(name))


def own_layers(name: str) -> list[Layer]:
    """Read the user's own layers of a service, the lowest first."""
    return [read_folder(folder, _origin_of(folder)) for folder in own_folders(name)]


def check_base(layer: Layer, name: str, *, alone: bool = False) -> None:
    """
    Check what is to be the lowest layer of a service: by itself, and with the user's own layers over it.

    Raises:
        DefinitionError: something in it is wrong, with the file and the place.
    """
    check_layers, check_merged = checks()
    check_layers([layer], data_schemas(), __version__)
    check_merged(merge_layers([layer]), [layer])
    if not alone:
        define_over([layer, *own_layers(name)], name)


def read_with_own(name: str, documents: Mapping[str, JsonObject]) -> Definition:
    """
    Read a service as it would be with other documents in the user's configuration directory, and check all of it.

    Raises:
        DefinitionError: something in it would be wrong, with the file that would say so.
    """
    imported, own = read_imported(name), own_folders(name)
    config = config_directory() / name
    base = imported if imported is not None else read_bundled(name)
    tried = Layer(
        documents, {kind: str(config / f"{kind}.json") for kind in documents}, origin="configuration directory"
    )
    layers = [*([base] if base is not None else []), tried]
    layers += [read_folder(folder, _origin_of(folder)) for folder in own if folder != config]
    definition = define(layers, name, trusted=0, named=True)
    check_all(definition)
    return definition
