"""
A definition as documents to be written to data files.

Takes a `Definition`; gives plain JSON values by the names of the files. What was not used so far is made for it.
"""

from __future__ import annotations

import copy

from restpath.definition.merge import KINDS
from restpath.definition.model import Definition
from restpath.types import JsonObject

__all__ = ["documents_of"]


def documents_of(definition: Definition) -> dict[str, JsonObject]:
    """
    Give the documents of a definition as values of one's own.

    Returns:
        by kind, `service` and `resources`, and `defaults` and `schemas` where they say something: what goes into
        `service.json` and so on. Read again, they are an equal definition.
    """
    found = {kind: copy.deepcopy(getattr(definition.documents, kind)) for kind in KINDS}
    says = {"service": True, "resources": True, "defaults": bool(found["defaults"])}
    says["schemas"] = bool(found["schemas"].get("schemas"))
    return {kind: document for kind, document in found.items() if says[kind]}
