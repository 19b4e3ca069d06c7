"""
`learn`: what was learnt of a service, to be looked at, edited, taken over or dropped.

Takes a service's name and what to do with its draft; prints the draft as data, in the very words that would be taken
over, with what is unsure. Nothing of a draft is in force before it is taken over.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from restpath.cli.completing import complete_draft, complete_file
from restpath.cli.drawing import Page
from restpath.cli.printing import is_terminal, note, standard_out, visible
from restpath.cli.sampling import Sampled
from restpath.cli.speaking import speak_of

if TYPE_CHECKING:
    from restpath.edge.drafts import Draft
    from restpath.edge.taking import Taken
    from restpath.types import JsonObject

__all__ = ["learn"]


@click.command(cls=Sampled)
@click.argument("name", required=False, shell_complete=complete_draft)
@click.option(
    "--from",
    "recording",
    metavar="FILE.har",
    shell_complete=complete_file,
    help="Draft from a browser's recording first.",
)
@click.option("--take", is_flag=True, help="Take the draft over into your own data files, without asking.")
@click.option("--edit", is_flag=True, help="Edit the draft ($VISUAL, $EDITOR); it is checked afterwards.")
@click.option("--forget", is_flag=True, help="Drop the draft.")
@click.option("--only", metavar="PATTERN", multiple=True, help="Of the draft only these paths, as in '/widgets/*'.")
@click.option("--base-url", metavar="URL", help="Where the service is, for --from, or for one that has no data files.")
@click.option(
    "--into",
    metavar="FOLDER",
    shell_complete=complete_file,
    help="Take over into this folder of data files, in place of your own.",
)
def learn(
    name: str | None,
    recording: str | None,
    take: bool,
    edit: bool,
    forget: bool,
    only: tuple[str, ...],
    base_url: str | None,
    into: str | None,
) -> int:
    """
    Show what was learnt of a service, and take it over.

    Clients learn that are made with restpath.connect(..., learn=True): of what their definition does not know, and the
    service answers, a draft is kept, without values and secrets. It is in force once you have taken it over. Without
    NAME: the drafts there are. On a terminal you are asked; in a pipe the draft is printed, and --take takes it over.

    \b
    Examples:
      restpath learn
      restpath learn shop --from recording.har --base-url https://api.example.com
      restpath learn shop --only '/widgets/*' --take
    """
    _check(name, [word for word, said in (("edit", edit), ("take", take), ("forget", forget)) if said], recording, into)
    if name is None:
        return _list()
    speak_of(name)
    if recording is not None:
        _record(recording, name, base_url)
    if forget:
        return _forget(name, only)
    if edit:
        _edit(name)
    if take:
        return _take(name, only, base_url, into)
    return _show(name, only, base_url, into)


def _check(name: str | None, said: list[str], recording: str | None, into: str | None) -> None:
    if name is None and (said or recording is not None or into is not None):
        raise click.UsageError("say of which service: restpath learn NAME ...; restpath learn lists the drafts")
    if len(said) > 1:
        raise click.UsageError(f"choose one of {', '.join('--' + word for word in said)}")
    if recording is not None and "forget" in said:
        raise click.UsageError("--from makes a draft and --forget drops it: say one after the other")


def _list() -> int:
    from restpath.edge.drafts import draft_names

    rows = [_row(name) for name in draft_names()]
    if rows:
        Page().rows(rows, ("name", "", "dim"))
    else:
        note("nothing was learnt yet: a client learns that is made with restpath.connect(..., learn=True)")
    return 0


def _row(name: str) -> tuple[str, str, str]:
    from restpath.edge.drafts import read_draft
    from restpath.errors import RestpathError

    try:
        draft = read_draft(name)
    except RestpathError:
        return name, "cannot be read", f"restpath learn {name} says why, and --forget drops it"
    seen = [said.get("x-seen", {}) for words in draft.resources.values() for said in words["methods"].values()]
    last = max((str(each.get("last", "")) for each in seen), default="")
    return name, _many(len(seen), "operation"), f"last seen {last}" if last else ""


def _record(file: str, name: str, base_url: str | None) -> None:
    from restpath.edge.harfiles import draft_recording

    drafted = draft_recording(file, name, base_url)
    calls, count = len(drafted.recording.calls), _count(drafted.resources)
    note(f"{_many(calls, 'call')} of {visible(drafted.recording.base_url)} came to {_many(count, 'new operation')}")
    others = [f"{number} {visible(why)}" for why, number in drafted.recording.left_out.items()]
    if others:
        more = f", and others of {len(others) - 6} kinds" if len(others) > 6 else ""
        note(f"left out: {', '.join(others[:6])}{more}")


def _count(resources: JsonObject) -> int:
    return sum(len(words["methods"]) for words in resources.values())


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


# ---- looking -----------------------------------------------------------------------------------------------------


def _pending(name: str) -> Draft | None:
    """The draft, without what is in force by now; None where nothing is left of it."""
    from restpath.edge.drafts import draft_names, read_draft
    from restpath.edge.taking import pending
    from restpath.errors import InvalidValue

    draft = read_draft(name)
    if name not in draft_names():
        from restpath.definition.wording import did_you_mean

        near = did_you_mean(name, draft_names()) or "."
        raise InvalidValue(f"there is no draft of {name!r}{near} restpath learn lists those there are")
    draft = pending(draft)
    if not draft.resources:
        note(f"all that was learnt of {name} is in its data files by now")
        return None
    return draft


def _show(name: str, only: tuple[str, ...], base_url: str | None, into: str | None) -> int:
    from restpath.edge.drafts import kept_edit
    from restpath.edge.storing import json_text
    from restpath.edge.taking import chosen
    from restpath.learning import draft_words

    draft = _pending(name)
    if draft is None:
        return 0
    picked = chosen(draft.resources, only)
    standard_out().text(visible(json_text(draft_words(picked, notes=True))))
    if kept_edit(name).exists():
        note(f"an edit of it waits in {kept_edit(name)}: restpath learn {name} --edit goes on with it")
    if is_terminal(sys.stdin) and is_terminal(sys.stdout):
        from restpath.cli.questioning import confirmed

        doubts = sum("x-unsure" in said for words in picked.values() for said in words["methods"].values())
        unsure = f" ({_many(doubts, 'operation')} with something unsure, see x-unsure)" if doubts else ""
        if confirmed(f"Take {_many(_count(picked), 'operation')}{unsure} over?"):
            return _take(name, only, base_url, into)
        note("nothing was taken over: --edit changes the draft, --forget drops it, --only 'PATTERN' takes a part")
    return 0


# ---- doing -------------------------------------------------------------------------------------------------------


def _take(name: str, only: tuple[str, ...], base_url: str | None, into: str | None) -> int:
    from restpath.edge.taking import NotRewritten, take_over

    if _pending(name) is None:
        return 0
    try:
        taken = take_over(name, only, base_url=base_url, into=into)
    except NotRewritten as error:
        standard_out().text(visible(error.text))
        raise
    _tell_taken(name, taken, into)
    return 0


def _tell_taken(name: str, taken: Taken, into: str | None) -> None:
    page = Page()
    where = name if into is None else into.rstrip("/")
    for template, words in taken.words.items():
        page.line(f"{page.methods(words['methods'])}  {where}{page.look(template, 'name')}")
    for file in taken.files:
        note(f"written: {file}")
    for line in taken.unsure:
        note(f"unsure: {visible(line)}")
    for operation in taken.kept:
        note(f"{operation} stays as your own file says")


def _forget(name: str, only: tuple[str, ...]) -> int:
    from restpath.edge.drafts import draft_names
    from restpath.edge.taking import forget
    from restpath.errors import InvalidValue

    if name not in draft_names():
        raise InvalidValue(f"there is no draft of {name!r}. restpath learn lists those there are")
    note(f"{_many(forget(name, only), 'path')} dropped of what was learnt of {name}")
    return 0


def _edit(name: str) -> None:
    from restpath.edge.editing import begin_edit, end_edit

    edit = begin_edit(name)
    try:
        click.edit(filename=str(edit.file))
    except click.ClickException:
        edit.drop_if_untouched()
        raise
    note(f"the draft of {name} is as you have edited it" if end_edit(edit) else "nothing was changed")
