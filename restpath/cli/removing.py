"""
`remove`: a service that was imported or learnt is no longer there, and can be brought back.

Takes a service's name; shows what goes and what stays, asks, and does it. What came with restpath stays, and so do the
user's own data files unless it is said that they are meant.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from restpath.cli.completing import complete_removable
from restpath.cli.drawing import Page
from restpath.cli.printing import is_terminal, note
from restpath.cli.sampling import Sampled

if TYPE_CHECKING:
    from restpath.edge.removed import Removal

__all__ = ["remove"]

_LOGIN = "stored login"


@click.command(cls=Sampled)
@click.argument("name", shell_complete=complete_removable)
@click.option(
    "--own",
    is_flag=True,
    help="Also your own data files: what you have taken over with learn, or written. They are moved, not deleted.",
)
@click.option("--undo", is_flag=True, help="Bring back what was removed last; with --own, your own data files as well.")
@click.option("-n", "--dry-run", is_flag=True, help="Show what would go and what would stay, and change nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def remove(name: str, own: bool, undo: bool, dry_run: bool, yes: bool) -> int:
    """
    Remove a service that was imported or learnt.

    Its import goes out of force, and its stored logins are forgotten. Of a service that came with restpath only what
    was imported or refreshed goes. On a terminal you are asked; in a script it takes --yes.

    \b
    Examples:
      restpath remove shop
      restpath remove shop --undo
      restpath remove shop --own --dry-run
    """
    from restpath.edge.removed import plan_removal

    name = name.rstrip("/")
    if undo:
        if dry_run:
            raise click.UsageError(f"--undo is done at once: restpath remove {name} --undo")
        return _undo(name, own)
    plan = plan_removal(name, own=own)
    if not dry_run:
        _ask(plan, own, yes)
    if dry_run:
        _show(plan, "would go", list(_rows(plan)))
        Page().line(f"{name}: nothing was changed")
    else:
        _do(plan)
    return 0


def _do(plan: Removal) -> None:
    """Do it, and tell what was done; a login that could not be forgotten is told last."""
    from restpath.errors import AuthError

    rows, moved, failed = list(_rows(plan)), plan.apply(), None
    try:
        plan.forget_logins()
    except AuthError as error:
        failed, rows = error, [row for row in rows if row[0] != _LOGIN]
    _show(plan, "removed", rows)
    Page().line(f"{plan.name}: {_now(plan)}{_way_back(plan)}")
    if moved is not None:
        note(f"your own data files are in {moved} now")
    for line in _staying(plan):
        note(line)
    if failed is not None:
        raise failed


def _ask(plan: Removal, own: bool, yes: bool) -> None:
    """See that it is meant. Raises click's Exit where it is not, or nobody is there to say so."""
    if yes:
        return
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        option = " --own" if own else ""
        note(f"nothing was changed: restpath remove {plan.name}{option} --yes does it, and --dry-run shows what")
        raise click.exceptions.Exit(2)
    from restpath.cli.questioning import confirmed

    for what, which in _rows(plan):
        note(f"{what}: {which}")
    if not confirmed(f"Remove {plan.name}: really?"):
        note("nothing was changed")
        raise click.exceptions.Exit(1)


def _undo(name: str, own: bool) -> int:
    from restpath.edge.removed import bring_back

    imported, files = bring_back(name, own=own)
    parts = [_import_words(name)] if imported is not None else []
    parts += [f"your own data files in {files}"] if files is not None else []
    Page().line(f"{name}: back to {', and '.join(parts)}")
    return 0


# ---- what is shown -----------------------------------------------------------------------------------------------


def _show(plan: Removal, heading: str, rows: list[tuple[str, str]]) -> None:
    page = Page()
    page.line(page.look(heading, "head"))
    page.rows(rows, ("name",), "  ")
    if plan.left:
        page.line(page.look("stays", "head"))
        page.rows([(_left_words(each),) for each in plan.left], (), "  ")


def _rows(plan: Removal) -> Iterator[tuple[str, str]]:
    from restpath.masking import mask_url

    if plan.imported is not None:
        yield "import", _import_words(plan.name)
    if plan.files is not None:
        yield "own data files", str(plan.files)
    for key in plan.logins:
        of, _, where = key.partition(" ")
        yield _LOGIN, f"{of} {mask_url(where)}"


def _import_words(name: str) -> str:
    from restpath.edge.imported import imported_folder, origin_of
    from restpath.masking import mask_url

    origin = origin_of(name)
    if origin is None:
        return f"the data files in {imported_folder(name)}"
    return f"what was read from {mask_url(origin.place)} on {origin.date[:10]} at {origin.date[11:16]} UTC"


def _left_words(left: str) -> str:
    return "what came with restpath" if left == "bundled" else f"the data files in {left}"


def _now(plan: Removal) -> str:
    if not plan.left:
        return "removed"
    return "back to what came with restpath" if plan.left == ("bundled",) else "described by what stays"


def _way_back(plan: Removal) -> str:
    if plan.imported is None and plan.files is None:
        return ""
    return f"; restpath remove {plan.name}{' --own' if plan.files is not None else ''} --undo brings it back"


def _staying(plan: Removal) -> Iterator[str]:
    """What there is of the service besides."""
    from restpath.edge.directories import config_directory
    from restpath.edge.drafts import draft_names
    from restpath.edge.profiles import read_sections
    from restpath.errors import RestpathError

    name = plan.name
    if str(config_directory() / name) in plan.left and "bundled" not in plan.left:
        yield f"your own data files still speak of it: restpath remove {name} --own takes them away as well"
    if plan.left:
        return
    if name in draft_names():
        yield f"what clients have learnt of it is still a draft: restpath learn {name} --forget drops it"
    sections: list[str] = []
    with suppress(RestpathError):  # what is wrong with it, others tell
        sections = [f"[{each}]" for each in read_sections() if each.partition(":")[0] == name]
    if sections:
        yield f"{', '.join(sections)} of config.ini is as it was, and nothing reads it now"
