"""
YAML data files: the same values as JSON, read with the meaning of YAML 1.2's core schema.

Takes text; gives plain values. `no`, dates and `=` are text; a tag, a repeated key, a key that is no text and an alias
are errors, so that a file says what it seems to say and cannot grow when it is read.
Source: YAML 1.2.2 section 10.3. Read by PyYAML where it is installed (the extra `yaml`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

__all__ = ["YamlError", "read_yaml"]


class YamlError(ValueError):
    """The text is no YAML that a data file can be."""


_SCALARS = (
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"[-+]?[0-9]+", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
)


def read_yaml(text: str) -> Any:
    """
    Read a YAML text.

    Raises:
        YamlError: it is none, or uses what a data file may not; with line and column where they are known.
        ImportError: PyYAML is not installed.
    """
    import yaml

    try:
        return yaml.load(text, Loader=_loader())  # noqa: S506 - a safe loader with fewer types
    except RecursionError as error:
        raise YamlError("it is nested too deeply") from error
    except yaml.YAMLError as error:
        raise YamlError(" ".join(str(error).split())) from error


@lru_cache(maxsize=1)
def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """PyYAML's safe loader with YAML 1.2's scalars, no aliases and no repeated keys."""

        yaml_implicit_resolvers: dict[str, Any] = {}

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                event: Any = self.peek_event()  # type: ignore[no-untyped-call]
                raise yaml.composer.ComposerError(None, None, "aliases are not read here", event.start_mark)
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key_node, _ in node.value:
                key = self.construct_object(key_node, deep=True)
                if not isinstance(key, str):
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} is no text: put it in quotes", key_node.start_mark
                    )
                if key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} is there twice", key_node.start_mark
                    )
                seen.add(key)
            return dict(super().construct_mapping(node, deep=deep))

    for tag, pattern, first in _SCALARS:
        Loader.add_implicit_resolver(tag, re.compile(rf"^(?:{pattern})$"), list(first))
    return Loader
