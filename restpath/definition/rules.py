"""
The rules that hold for operations: how fields, lists and files are sent, how pages, errors and counts are read, what
may be tried again, how values are spelled in a path.

Takes words of service.json, and a method's own words to lay over them; gives immutable records. What a word means is
the definition format's to say; a method's word wins, and false turns off what the service says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from restpath.definition.frozen import arguments_of, frozen_map, nothing
from restpath.records import dataclass, field
from restpath.types import JsonObject

__all__ = [
    "ErrorRule", "Fields", "NestedForm", "PageRule", "PathValue", "QueryLists", "RetryRule", "Rules", "Uploads",
    "path_values_of",
]  # fmt: skip

# In quotes: to make a `Literal` takes as long as to import a module.
Fields: TypeAlias = "Literal['json', 'form', 'multipart', 'query']"
QueryLists: TypeAlias = "Literal['repeat', 'commas', 'brackets', 'spaces', 'pipes']"
NestedForm: TypeAlias = "Literal['dashes', 'brackets', 'dots']"


@dataclass(frozen=True)
class PageRule:
    """
    How a list is cut into pages.

    Attributes:
        by: what names the next page: its number, an offset, the last item, a link, or a cursor.
        items: where the items are: a JSON Pointer into the content.
        optional: whether that place may be missing where there are no items.
        parameter: the query parameter that says which page.
        size: the query parameter that says how many items a page has.
        first: the number of the first page.
        key: where an item has the value that goes into `parameter`: a JSON Pointer into the item.
        next: where the next link or cursor is: a JSON Pointer into the content, or a header field's name.
        pages: where the number of pages is: a JSON Pointer into the content.
        total: where the number of items is: a JSON Pointer into the content.
        more: where it is said whether there is more: a JSON Pointer into the content, or a header field's name.
    """

    by: Literal["page", "offset", "item", "link", "cursor"]
    items: str = ""
    parameter: str | None = None
    size: str | None = None
    first: int = 1
    key: str | None = None
    next: str | None = None
    pages: str | None = None
    total: str | None = None
    more: str | None = None
    optional: bool = False


@dataclass(frozen=True)
class PathValue:
    """How the values of one variable are spelled in a path."""

    spelling: Literal["plain", "sha1", "credential"]
    text: str = ""
    credential: str = ""


@dataclass(frozen=True)
class Uploads:
    """How files are sent: their form field, and the one that carries the JSON beside them (None: field by field)."""

    field: str = "file"
    json_field: str | None = None


@dataclass(frozen=True)
class ErrorRule:
    """
    Where an error's content says what is wrong: JSON Pointers, None where it does not.

    Attributes:
        when: the values that make an error of an answer with a status of success, by the place where they stand.
        statuses: the HTTP status that a code of the service's own amounts to.
    """

    code: str | None = None
    message: str | None = None
    retry_after: str | None = None
    when: Mapping[str, tuple[str, ...]] = field(default_factory=nothing)
    statuses: Mapping[str, int] = field(default_factory=nothing)


@dataclass(frozen=True)
class RetryRule:
    """
    What may be tried again.

    Attributes:
        safe: whether a call may be made again although it may have been carried out; None leaves it to the method.
        statuses: the answers that another try may better.
        longest_wait_seconds: the longest wait that a service may ask for; a longer one is its error at once.
        idempotency_header: the header field whose key makes a call safe to repeat.
    """

    safe: bool | None = None
    statuses: tuple[int, ...] = (429, 502, 503, 504)
    longest_wait_seconds: float = 60.0
    idempotency_header: str | None = None


@dataclass(frozen=True)
class Rules:
    """What the service says for all its methods, and each method may say otherwise."""

    headers: Mapping[str, str] = field(default_factory=nothing)
    fields: Fields = "json"
    nested_by: str | None = None
    query_lists: QueryLists = "repeat"
    nested_form: NestedForm | None = None
    uploads: Uploads = Uploads()
    count_header: str | None = None
    errors: ErrorRule = ErrorRule()
    retries: RetryRule = RetryRule()
    pages: PageRule | None = None
    json_types: tuple[str, ...] = ()
    auth: tuple[str, ...] = ()

    def overridden_by(self, words: Mapping[str, Any]) -> Rules:
        """Give these rules with a method's own words over them."""
        if not words:
            return self
        uploads, errors = words.get("uploads", {}), words.get("errors", {})
        return Rules(
            headers=_with_headers(self.headers, words["headers"]) if "headers" in words else self.headers,
            fields=words.get("fields", self.fields),
            nested_by=words.get("nested_by", self.nested_by) or None,
            query_lists=words.get("query_lists", self.query_lists),
            nested_form=words.get("nested_form", self.nested_form) or None,
            uploads=_replaced(self.uploads, uploads),
            count_header=words.get("count_header", self.count_header) or None,
            errors=_replaced(self.errors, errors),
            retries=_replaced(self.retries, words.get("retries", {})),
            pages=_page_rule(self.pages, words["pages"]) if "pages" in words else self.pages,
            json_types=tuple(words.get("json_types", self.json_types)),
            auth=tuple(words["auth"]) if "auth" in words else self.auth,
        )


def _with_headers(general: Mapping[str, str], own: Mapping[str, str]) -> Mapping[str, str]:
    names = {name.lower() for name in own}
    return frozen_map({**{name: text for name, text in general.items() if name.lower() not in names}, **own})


def _page_rule(general: PageRule | None, words: Any) -> PageRule | None:
    """A method's own words over the service's, or in their place where they speak of another kind of pages."""
    if not words:
        return None
    over = general if general is not None and words.get("by", general.by) == general.by else None
    rule: PageRule = _replaced(over or PageRule(words["by"]), words)
    return rule


# Words that a method turns off with false, as null takes away only what a layer below says of the same place.
_CAN_BE_OFF = frozenset(
    {"json_field", "code", "message", "retry_after", "idempotency_header", "size", "pages", "total", "more"}
)


def _replaced(record: Any, words: Mapping[str, Any]) -> Any:
    known = arguments_of(words)
    known = {key: None if value is False and key in _CAN_BE_OFF else value for key, value in known.items()}
    return type(record)(**{**record.__dict__, **known}) if known else record


def path_values_of(words: JsonObject) -> Mapping[str, PathValue]:
    """Make the records of the word `path_values`, by the names of variables."""
    return frozen_map(
        {
            name: PathValue(rule["spelling"], rule.get("text", ""), rule.get("credential", ""))
            for name, rule in words.items()
        }
    )
