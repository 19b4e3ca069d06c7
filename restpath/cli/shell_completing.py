"""
Completion in the shell: what can stand at the cursor, from the definition and from the last answer. Never sends.

Takes a session and the line up to the cursor; gives words with where each begins. Commands, options, items and their
values are completed as on the command line, with the service put in front; the ids of a variable segment are those that
the last answer had.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from restpath.cli.completing import (
    WAY,
    complete_operation,
    complete_path,
    complete_setting,
    leads_on,
    leads_to,
    method_of,
    nodes_at,
)
from restpath.cli.locating import typed_segment
from restpath.cli.shell_session import Session, joined
from restpath.cli.shell_words import bare_word, split_words

if TYPE_CHECKING:
    from restpath.tree import Node

__all__ = [
    "Found", "complete_command", "complete_here", "complete_set", "find_words",
]  # fmt: skip

_MOST_IDS = 200
_EXPRESSION = re.compile(r"(.*[=:])?(_[.\[][\w.\[\]-]*)", re.DOTALL)

_Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


class Found(NamedTuple):
    """
    A word that can stand at the cursor.

    Attributes:
        start: where in the line it begins.
        text: the word as it goes into the line.
        shown: what a person is shown of it.
        told: what it is.
        goes_on: whether more of it follows, so that no space stands behind it.
    """

    start: int
    text: str
    shown: str
    told: str = ""
    goes_on: bool = False


def find_words(session: Session, group: click.Group, line: str) -> list[Found]:
    """
    Complete a line. The session has to be held meanwhile.

    Args:
        group: the commands of the session.
        line: the line up to the cursor.
    """
    parted = split_words(line)
    words = [word.text for word in parted.words]
    begun, start = ("", len(line)) if parted.ended else (words.pop(), parted.words[-1].start)
    if not words and not begun.startswith("_"):
        return [Found(start, name, name, text, False) for name, text in _commands(group) if name.startswith(begun)]
    keys = _keys(session, begun)
    if keys:
        return [Found(start, text, text.rpartition(".")[2], "", True) for text in keys]
    if not words or words[0] not in group.commands:
        return []
    found = _found(group, [*words, begun])
    return [Found(start, bare_word(text), _shown(text), told, kind == "w") for kind, text, told in found]


def _commands(group: click.Group) -> Iterator[tuple[str, str]]:
    return ((name, command.get_short_help_str(60)) for name, command in group.commands.items())


def _found(group: click.Group, words: list[str]) -> list[tuple[str, str, str]]:
    from restpath.cli.shells import find_completions

    return find_completions(group, words)


def _shown(text: str) -> str:
    """Of a path, its last segment."""
    return text if "=" in text or ":=" in text else re.sub(r".*/(?=.)", "", text)


# ---- places ------------------------------------------------------------------------------------------------------


def complete_here(session: Session, operations: bool = False) -> _Complete:
    """Complete paths from the place where one is; with the names of operations, where that is said."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        head = incomplete[: incomplete.rfind("/") + 1]
        begun = incomplete[len(head) :]
        parent = joined(session.place, head or ".")
        stem = f"{session.source}/{parent.rstrip('/')}/" if parent.strip("/") else f"{session.source}/"
        found = [*_ids(session, ctx, parent.strip("/"), head, begun)]
        found += [
            CompletionItem(head + str(item.value)[len(stem) :], item.type, item.help)
            for item in complete_path(ctx, param, stem + begun)
            if str(item.value).startswith(stem)
        ]
        if operations:
            found += complete_operation(_with_service(ctx, session), param, incomplete)
        return list({item.value: item for item in found}.values())

    return complete


def _ids(session: Session, ctx: click.Context, parent: str, head: str, begun: str) -> Iterator[CompletionItem]:
    """What the last answer has for the variable segments below a place."""
    if not session.has_last or not session.definition.known:
        return
    method = method_of(ctx)
    from_there = session.asked_at.strip("/").partition("?")[0] == parent
    for node in nodes_at(session.definition, parent):
        for child in node.below():
            names = child.segment.variables
            if len(names) != 1 or len(child.segment.pieces) != 1 or not leads_to(child, method):
                continue
            for text, told in _values(session.last, names[0].name, from_there):
                segment = typed_segment(text)
                if segment.startswith(begun):
                    yield CompletionItem(head + segment, _kind(child, method), told or "of the last answer")


def _kind(node: Node, method: str | None) -> str:
    return WAY if leads_on(node, method) else "plain"


def _values(content: Any, name: str, from_there: bool) -> Iterator[tuple[str, str]]:
    """
    Give the ids in a content for a variable, each with what else is told of it.

    Args:
        from_there: the content is that of the place that the variable stands below, so that an `id` in it is one.
    """
    wanted = [_plain(name), *(["id", "uid", "uuid", "name"] if from_there else [])]
    count = 0
    for item in _objects(content, 0):
        if not isinstance(item, Mapping):
            found: Any = item if from_there else None
        else:
            own = {_plain(str(key)): value for key, value in item.items()}
            found = next((own[key] for key in wanted if _is_id(own.get(key))), None)
        if not _is_id(found):
            continue
        yield str(found), _title(item, found)
        count += 1
        if count >= _MOST_IDS:
            return


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _is_id(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and 0 < len(value) < 200)


def _title(item: Any, found: Any) -> str:
    if not isinstance(item, Mapping):
        return ""
    texts = (item.get(key) for key in ("displayName", "display_name", "title", "name", "summary"))
    return next((text for text in texts if isinstance(text, str) and text != found), "")[:40]


def _objects(content: Any, depth: int) -> Iterator[Any]:
    """The objects of a content, three levels down; of a content that is a list, also its texts and numbers."""
    if isinstance(content, Mapping):
        yield content
        for value in content.values() if depth < 3 else ():
            if isinstance(value, (list, Mapping)):
                yield from _objects(value, depth + 1)
    elif isinstance(content, list):
        for item in content[:_MOST_IDS]:
            if isinstance(item, (Mapping, list)):
                yield from _objects(item, depth + 1) if depth < 3 else ()
            elif depth == 0:
                yield item


# ---- what the command line completes -----------------------------------------------------------------------------


def _with_service(ctx: click.Context, session: Session) -> click.Context:
    ctx.params = {"service": session.source}
    return ctx


def complete_set(session: Session) -> _Complete:
    """Complete what can be set, and the values that an option has."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from restpath.cli.shell_settings import values_of

        name, mark, begun = incomplete.partition("=")
        if mark:
            return [CompletionItem(f"{name}={text}") for text in values_of(session, name) if text.startswith(begun)]
        own = [CompletionItem(f"{each}=", WAY, help="an option") for each in values_of(session, "")]
        found = complete_setting(ctx, param, incomplete)
        return [*found, *(item for item in own if item.value.startswith(incomplete))]

    return complete


def complete_command(names: list[str]) -> _Complete:
    """Complete names of commands."""
    return lambda ctx, param, incomplete: [CompletionItem(name) for name in names if name.startswith(incomplete)]


# ---- the last answer ---------------------------------------------------------------------------------------------


def _keys(session: Session, begun: str) -> list[str]:
    """What can follow in `_.items[0].i`, also as the value of an item."""
    found = _EXPRESSION.fullmatch(begun)
    if found is None or not session.has_last:
        return []
    before, expression = found[1] or "", found[2]
    way, dot, last = expression.rpartition(".")
    value = session.last
    for name, index in re.findall(r"\.([\w-]+)|\[(\d+)\]", way):
        try:
            value = value[name] if name else value[int(index)]
        except (KeyError, IndexError, TypeError):
            return []
    if not dot or not isinstance(value, Mapping):
        return []
    names = [str(key) for key in value if re.fullmatch(r"[A-Za-z_]\w*", str(key)) and str(key).startswith(last)]
    return [f"{before}{way}.{name}" for name in names]
