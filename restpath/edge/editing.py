"""
Editing a draft by hand: a copy to edit, and the way back.

Takes a service's name; gives a file for an editor, and puts what comes of it into the draft where it is good. A wrong
edit stays in its file, and the next one goes on with it. What is learnt while the editor is open is not lost.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path as FilePath

from restpath.edge.drafts import (
    Draft,
    change_draft,
    check_draft,
    draft_names,
    draft_text,
    drop_edit,
    keep_edit,
    kept_edit,
    read_draft,
)
from restpath.edge.source import read_source
from restpath.errors import DefinitionError, InvalidValue
from restpath.learning import draft_words, merge_resources, without_known
from restpath.records import dataclass, replace

__all__ = ["Edit", "begin_edit", "end_edit"]


@dataclass(frozen=True)
class Edit:
    """
    An edit that has begun.

    Attributes:
        name: the service's.
        file: what is edited.
        text: what stood in it at the beginning.
        opened: the draft at the beginning; None where an edit that went wrong goes on, of which that is not known.
    """

    name: str
    file: FilePath
    text: str
    opened: Draft | None

    def drop_if_untouched(self) -> None:
        """Remove the file where nothing was done to it."""
        with suppress(OSError):
            if self.opened is not None and _read(self.file) == self.text:
                os.unlink(self.file)


def begin_edit(name: str) -> Edit:
    """
    Write a copy of a draft to edit, or find the one of an edit that went wrong.

    Raises:
        InvalidValue: there is no draft of that name, or no way to write.
        DefinitionError: the draft's file is none.
    """
    file = kept_edit(name)
    if file.exists():
        return Edit(name, file, _read(file), None)
    draft = read_draft(name)
    if name not in draft_names():
        raise InvalidValue(f"there is no draft of {name!r}. restpath learn lists those there are")
    text = draft_text(draft)
    return Edit(name, keep_edit(name, text), text, draft)


def end_edit(edit: Edit) -> bool:
    """
    Take an edit into the draft.

    Returns:
        whether there was anything new in it.
    Raises:
        DefinitionError: it is wrong; the draft is as it was, and the edit stays in its file.
    """
    text = _read(edit.file)
    if edit.opened is not None and text == edit.text:
        drop_edit(edit.name)
        return False
    edited = _checked(edit, text)
    before = (edit.opened or edited).resources

    def merged(draft: Draft) -> Draft:
        since = without_known(draft.resources, before)
        return replace(edited, resources=merge_resources(edited.resources, since))

    change_draft(edit.name, merged)
    drop_edit(edit.name)
    return True


def _read(file: FilePath) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig", "replace")
    except OSError as error:
        raise InvalidValue(f"{file} cannot be read: {error.strerror or error}") from error


def _checked(edit: Edit, text: str) -> Draft:
    """See that an edit is a draft, and that its words are good by themselves."""
    from restpath.definition.jsonfile import read_json

    try:
        draft = check_draft(read_json(text, str(edit.file)), edit.name, str(edit.file))
        alone = {"format": 1, "service": edit.name, "base_url": "https://localhost"}
        read_source({"service": alone, "resources": draft_words(draft.resources)})
    except DefinitionError as error:
        raise DefinitionError(
            f"{error}. The draft of {edit.name} is as it was, and this edit is kept in {edit.file}: restpath learn "
            f"{edit.name} --edit goes on with it"
        ) from error
    return draft
