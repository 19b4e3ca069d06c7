"""Names: of services, credentials and schemas."""

from __future__ import annotations

from typing import Any

from restpath.importers.naming import unique


def test_thousands_of_schemas_whose_names_cannot_stand_here_are_named_one_after_the_other() -> None:
    """None is compared with all the names before it: the looks at what is taken are counted."""
    looks = 0

    class Taken(dict[str, Any]):
        def __contains__(self, key: object) -> bool:
            nonlocal looks
            looks += 1
            return super().__contains__(key)

    taken, tried = Taken(), {}  # type: tuple[Taken, dict[str, int]]
    for _ in range(1000):
        taken[unique("_", taken, tried)] = None
    assert list(taken)[:3] == ["_", "__2", "__3"]
    assert len(taken) == 1000
    assert looks < 3000
