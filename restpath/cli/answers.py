"""
What is printed of an answer: its content in the format asked for, or its status and header fields.

Takes a `Reply`, `Options` and an `Out`; writes to it. JSON goes out as JSON, text as text, anything else as bytes,
which no terminal gets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from restpath.cli.formats import write_value
from restpath.cli.options import Options
from restpath.cli.printing import Out, note, visible

if TYPE_CHECKING:
    from restpath.reply import Reply
    from restpath.types import Headers

__all__ = ["Search", "write_answer", "write_headers"]

Search = Callable[[Any], Any]


def write_answer(reply: Reply, options: Options, search: Search | None, out: Out) -> None:
    """Print the content of an answer."""
    from restpath.reply import result_of
    from restpath.types import Headers

    if options.output == "raw" and search is None and reply.body:
        _show_raw(reply, out)  # also what is not what it says it is
        return
    value = result_of(reply)
    if reply.call.method == "OPTIONS" and not reply.body:
        value = reply.headers
    if isinstance(value, Headers):
        if search is None and options.output is None:
            _write_header_lines(value, out)
            return
        value = dict(value)
    elif value is None and not reply.body:
        return  # there is none, and nothing is what is printed
    if options.output is None and search is None:
        _show_as_it_is(reply, value, out)
    else:
        value = _items_in(reply, value, options) if search is None else search(value)
        write_value(value, options.output, out)


def _show_as_it_is(reply: Reply, value: Any, out: Out) -> None:
    """JSON as JSON, text as text, anything else as bytes, which no terminal gets."""
    from restpath.definition.mediatypes import is_json

    if isinstance(value, bytes):
        _show_raw(reply, out)
    elif isinstance(value, str) and not is_json(reply.media_type or ""):
        if out.terminal:
            out.text(f"{visible(value).rstrip()}\n")
        else:
            out.data(out.encoded(value) + _line_end(value, out))  # its own line ends, not the system's
    else:
        write_value(value, None, out)


def _line_end(text: str, out: Out) -> bytes:
    """What a text lacks where other answers come behind it, as in a shell that reads a pipe."""
    from restpath.cli.holding import holder

    follows = holder() is not None and out.file is None
    return b"\n" if follows and not text.endswith("\n") else b""


def _show_raw(reply: Reply, out: Out) -> None:
    if not out.terminal:
        out.data(reply.body)
    elif isinstance(reply.lenient_content, bytes):
        what = reply.media_type or "something that is no text"
        note(f"{len(reply.body)} bytes of {what} are not shown on a terminal: --save FILE keeps them")
    else:
        out.text(f"{visible(reply.text).rstrip()}\n")


def _items_in(reply: Reply, value: Any, options: Options) -> Any:
    """The rows that a list format is about: where the definition says that the items of a page are."""
    from restpath.content import value_at

    rule = reply.call.operation.rules.pages if reply.call.operation else None
    if options.output not in ("table", "csv", "ndjson") or rule is None or not rule.items:
        return value
    items = value_at(value, rule.items)
    return items if isinstance(items, list) else value


def write_headers(reply: Reply, out: Out) -> None:
    out.text(f"{reply.status} {visible(reply.reason)}".rstrip() + "\n")
    _write_header_lines(reply.headers, out)


def _write_header_lines(headers: Headers, out: Out) -> None:
    for name, value in headers.lines():
        out.text(f"{visible(name)}: {visible(value)}\n")
