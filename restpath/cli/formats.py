"""
Content in the formats of `--output`: json, yaml, table, csv, ndjson, raw.

Takes a value, or the items of a list one after the other; writes text to an `Out`. json, ndjson and yaml are written as
the items come; a table and CSV need all of them, for their columns. Objects within rows become columns of their own
(`actor.username`); lists are JSON.
Source: RFC 8259 (JSON), RFC 4180 (CSV, but with the line ends of the system's own tools), ndjson.org.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from restpath.cli.printing import Out, json_text, visible
from restpath.cli.tables import cell_text, write_table
from restpath.errors import InvalidValue, RestpathError

__all__ = ["ListWriter", "Misfit", "check_format", "write_value"]

# What writes a format, and the extra that it comes with. What is not here needs none.
_NEEDED = {"yaml": ("yaml", "yaml"), "table": ("rich.cells", "cli")}


class Misfit(RestpathError):
    """The content does not fit the format that it was to be shown in. The call was made all the same."""


def check_format(output: str | None) -> None:
    """
    See that a format can be written, before anything is sent.

    Raises:
        InvalidValue: what writes it is not installed.
    """
    module, extra = _NEEDED.get(output or "", (None, None))
    if module is None:
        return
    try:
        import_module(module)
    except ImportError as error:
        raise InvalidValue(f"--output {output} needs the extra {extra}: pip install 'restpath[{extra}]'") from error


def write_value(value: Any, output: str | None, out: Out) -> None:
    """
    Write one value.

    Raises:
        Misfit: the format has no way to say it.
    """
    if output in ("table", "csv", "ndjson") and isinstance(value, list):
        writer = ListWriter(output, out)
        for item in value:
            writer.add(item)
        writer.close()
    elif output == "table":
        write_table(_pairs_of(value), ["name", "value"], out)
    elif output == "csv":
        _write_csv([_row_of(value)], out)
    elif output == "yaml":
        out.text(_yaml(_plain(value, "yaml")))
    elif output == "raw":
        _write_raw(value, out)
    else:
        shown = json_text(_plain(value, output or "json"), out if output != "ndjson" else _Line(out))
        out.text(f"{shown}\n")


class ListWriter:
    """Writes the items of a list, each as soon as the format allows."""

    def __init__(self, output: str | None, out: Out) -> None:
        self._output, self._out = output or "json", out
        self._kept: list[Any] = []
        self._count = 0

    def add(self, item: Any) -> None:
        """
        Write an item, or keep it until the end.

        Raises:
            Misfit: the format has no way to say it.
        """
        self._count += 1
        if self._output in ("table", "csv"):
            self._kept.append(_row_of(item) if self._output == "csv" else item)
            return
        if self._output == "json":
            text = json_text(_plain(item, "json"), self._out)
            text = text.replace("\n", "\n  ") if self._out.terminal else text
            before = "[" if self._count == 1 else ","
            self._out.text(f"{before}\n  {text}" if self._out.terminal else f"{before}\n{text}")
        elif self._output == "ndjson":
            self._out.text(json_text(_plain(item, "ndjson"), _Line(self._out)) + "\n")
        elif self._output == "yaml":
            self._out.text(_yaml([_plain(item, "yaml")]))
        else:
            _write_raw(item, self._out)
        self._out.flush()

    def close(self) -> None:
        """Write the end, or all of it where the format needs all."""
        if self._output == "json":
            self._out.text("\n]\n" if self._count else "[]\n")
        elif self._output == "yaml" and not self._count:
            self._out.text("[]\n")
        elif self._output == "csv":
            _write_csv(self._kept, self._out)
        elif self._output == "table":
            _write_items(self._kept, self._out)
        self._out.flush()


class _Line(Out):
    """The same place, for JSON in one line."""

    def __init__(self, out: Out) -> None:
        super().__init__(out.file)
        self.colour, self.terminal = out.colour, False


def _plain(value: Any, output: str) -> Any:
    if isinstance(value, bytes):
        raise Misfit(
            f"the call was made, but {output} cannot hold {len(value)} bytes that are no text: --save FILE keeps them"
        )
    return dict(value) if isinstance(value, Mapping) else value


def _yaml(value: Any) -> str:
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=False)
    return text.removesuffix("...\n")  # the end of a document that is one word


def _write_raw(value: Any, out: Out) -> None:
    """Texts without quotes; a list of texts and numbers, one a line; anything else as JSON."""
    if isinstance(value, bytes):
        out.data(value)
        return
    lines = value if isinstance(value, list) and not any(isinstance(each, (dict, list)) for each in value) else [value]
    for each in lines:
        text = each if isinstance(each, str) else "" if each is None else json_text(each, _Line(out))
        out.text(f"{visible(text) if out.terminal else text}\n")


# ---- rows --------------------------------------------------------------------------------------------------------


def _row_of(item: Any) -> dict[str, Any]:
    """An object as one row: what is nested has its path for a name."""
    if isinstance(item, (list, bytes)):
        raise Misfit(
            f"the call was made, but CSV needs objects, and the content has {_kind(item)}: --query picks something else"
        )
    if not isinstance(item, Mapping):
        return {"value": item}
    found: dict[str, Any] = {}
    for name, value in item.items():
        if isinstance(value, Mapping) and value:
            found.update({f"{name}.{key}": below for key, below in _row_of(value).items()})
        else:
            found[str(name)] = value
    return found


def _columns(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _write_csv(rows: Sequence[Mapping[str, Any]], out: Out) -> None:
    columns = _columns(rows)
    lines = [columns, *([cell_text(row.get(name)) for name in columns] for row in rows)] if columns else []
    text = "".join(_csv_line(line) for line in lines)
    out.text(visible(text) if out.terminal else text)


def _csv_line(texts: Sequence[str]) -> str:
    """One row. The module csv is not asked: before Python 3.11 it refuses texts with a NUL."""
    if texts in ([""], ("",)):
        return '""\n'  # an empty line would be none
    quoted = ['"' + text.replace('"', '""') + '"' if any(mark in text for mark in '",\r\n') else text for text in texts]
    return ",".join(quoted) + "\n"


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null", bytes: "bytes"}
    return names.get(type(value), "a number")


# ---- what a table is made of -------------------------------------------------------------------------------------


def _pairs_of(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, Mapping):
        raise Misfit(
            f"the call was made, but a table needs a list or an object, and the content is {_kind(value)}: leave "
            "--output table out, or pick something else by --query"
        )
    return [{"name": name, "value": each} for name, each in value.items()]


def _write_items(items: Sequence[Any], out: Out) -> None:
    """A list as a table: objects by their keys, as in CSV, anything else in a column of its own."""
    rows = [_row_of(item) if isinstance(item, Mapping) else {"value": item} for item in items]
    if rows:
        write_table(rows, _columns(rows), out)
