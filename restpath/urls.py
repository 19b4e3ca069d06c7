"""
From a path to its URL: what `restpath.url` gives.

Takes a `Path`; gives text. What stands around the values of a template is worked out once. Nothing is sent.
Source: RFC 3986; the way back is in `finding`.
"""

from __future__ import annotations

from restpath.path import Path, no_path
from restpath.place import Root
from restpath.template import Variable, encode_query
from restpath.tree import End

__all__ = ["url_of"]


def url_of(path: Path) -> str:
    """
    Write the URL of a path, with its template's fixed query, without credentials.

    Raises:
        InvalidValue: it is no path.
    """
    if not isinstance(path, Path):
        raise no_path(path)
    root, only = path._root, path._node.only
    if only is not None and path._names is None and path._suffix is None:
        base, query, around = root.plans.get(only) or _around_path(root, only)
        if around is not None:
            (value,) = path._values
            if value.isalnum() and value.isascii():
                return f"{around[0]}{value}{around[1]}"
        return f"{base}{only.render(path._values, root.lookup)}{query}"
    from restpath.resolving import resolve_any

    end, text = resolve_any(path)
    base, query, _ = (root.base_url, "", None) if end is None else _around_path(root, end)
    return base + text + query


def _around_path(root: Root, end: End) -> tuple[str, str, tuple[str, str] | None]:
    """
    What stands before and behind the path in the URLs of a template; kept, for it never changes.

    Where its one variable keeps plain words as they are, also what stands around that.
    """
    fixed = [pair for pair in end.template.query if not isinstance(pair.value, Variable)]
    text = "&".join(
        encode_query(pair.name) + ("" if pair.value is None else "=" + encode_query(str(pair.value))) for pair in fixed
    )
    base, query = root.base_of(end.method(min(end.methods))), f"?{text}" if text else ""
    around = (base + end.around[0], end.around[2] + query) if end.around is not None and end.around[3] else None
    root.plans[end] = found = base, query, around
    return found
