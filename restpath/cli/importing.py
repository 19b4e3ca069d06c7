"""
`import` and `refresh`: what a service offers by now, as data files of the user's own.

Takes a service's name and where its description is; shows what was added, removed and changed, and what could not be
taken over; puts it in force where nothing speaks against it that the user has not agreed to.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from restpath.cli.completing import complete_service
from restpath.cli.drawing import Page
from restpath.cli.options import Options, client_options
from restpath.cli.printing import is_terminal, note
from restpath.cli.sampling import Sampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from restpath.client import Client
    from restpath.definition.differing import OperationChange
    from restpath.definition.model import Definition
    from restpath.importing import Refresh

__all__ = ["import_command", "refresh_command"]

_MOST_KINDS = 12
_DRY = click.option("-n", "--dry-run", is_flag=True, help="Show what would change, and change nothing.")
_FORCE = "Also in place of an earlier import, or where more than half of the operations would be gone."
_MOVE = "Also where the server, an OAuth endpoint or a scheme is another than before. Otherwise you are asked."


@click.command("import", cls=Sampled)
@click.argument("name")
@click.argument("source", metavar="FILE|FOLDER|URL")
@_DRY
@click.option("--force", is_flag=True, help=_FORCE)
@click.option("--accept-move", is_flag=True, help=_MOVE)
def import_command(name: str, source: str, dry_run: bool, force: bool, accept_move: bool) -> None:
    """
    Import a description of a service, which goes by NAME from then on.

    OpenAPI (2.0 and 3), Google Discovery, lists that services give of themselves, or a folder of data files. Nothing
    but the source itself is fetched.

    \b
    Examples:
      restpath import shop openapi.yaml
      restpath import shop https://shop.example.com/openapi.json
    """
    from restpath.importing import plan_import

    plan = plan_import(name, source, force=force)
    page = Page()
    _show_new(page, plan)
    if plan.replaces:
        _show_difference(page, plan)
    if not dry_run:
        definition = _apply(plan, force, accept_move)
        if plan.replaces:
            page.line(f"{name} {_PLACES[plan.replaces]}; restpath refresh {name} --undo goes back")
        _show_next(page, definition)
    _show_doubts(plan)


_PLACES = {
    "bundled": "came with restpath; this stands in its place",
    "imported": "was imported before; this stands in its place",
}


@click.command("refresh", cls=Sampled)
@click.argument("name", required=False, shell_complete=complete_service)
@click.option("--all", "every", is_flag=True, help="All services that were imported or refreshed before.")
@click.option("--undo", is_flag=True, help="Go back to what was before the last import or refresh.")
@_DRY
@click.option("--force", is_flag=True, help="Also where more than half of the operations would be gone.")
@click.option("--accept-move", is_flag=True, help=_MOVE)
@click.option("--source", metavar="FILE|FOLDER|URL", help="Where the description is by now.")
@client_options
def refresh_command(
    name: str | None, every: bool, undo: bool, dry_run: bool, force: bool, accept_move: bool, source: str | None,
    **client: Any,
) -> int:  # fmt: skip
    """
    Fetch what a service offers by now, show what is new, and put it in force.

    What was imported is fetched from where it came from; a service that lists itself is asked for its list. What you
    have corrected yourself still holds.

    \b
    Examples:
      restpath refresh <listing>
      restpath refresh <listing> --dry-run
      restpath refresh <listing> --undo
      restpath refresh --all
    """
    if (name is None) != every:
        raise click.UsageError("say which: restpath refresh NAME, or --all for what was imported or refreshed before")
    if undo:
        if name is None or dry_run:
            raise click.UsageError("--undo is for one service, and is done at once: restpath refresh NAME --undo")
        return _undo(name)
    if name is None:
        if source is not None or client.get("base_url") is not None or client.get("settings"):
            raise click.UsageError("--source, --base-url and --set are for one service: restpath refresh NAME ...")
        return _refresh_all(dry_run, force, accept_move, client)
    _refresh(name.rstrip("/"), dry_run, force, accept_move, source, client)
    return 0


def _undo(name: str) -> int:
    from restpath.importing import undo_last

    Page().line(f"{name}: back to {undo_last(name)}")
    return 0


def _refresh_all(dry_run: bool, force: bool, accept_move: bool, client: dict[str, Any]) -> int:
    """Refresh one after the other; one that fails does not keep the others from it."""
    from restpath.cli.main import exit_status
    from restpath.cli.wording import in_cli_words
    from restpath.edge.catalog import service_names
    from restpath.edge.imported import origin_of
    from restpath.errors import RestpathError

    status = 0
    names = [name for name in service_names() if origin_of(name) is not None]
    for name in names:
        try:
            _refresh(name, dry_run, force, accept_move, None, client)
        except RestpathError as error:
            note(in_cli_words(str(error)))
            status = status or exit_status(error)
        except click.exceptions.Exit as left:
            status = status or left.exit_code
    if not names:
        note("nothing was imported or refreshed yet: restpath import NAME SOURCE, or restpath refresh NAME")
    return status


def _refresh(
    name: str, dry_run: bool, force: bool, accept_move: bool, source: str | None, client: dict[str, Any]
) -> None:
    from restpath.cli.locating import read_named
    from restpath.importing import plan_refresh

    read_named(name)  # which has the words for a name that is not there

    def connected(definition: Definition) -> Client:
        from restpath.cli.asking import connect_to

        return connect_to(definition, Options(**client))

    plan = plan_refresh(name, connect=connected, source=source)
    page = Page()
    _show_difference(page, plan)
    if not dry_run and plan.documents is not None:
        _apply(plan, force, accept_move)
        page.line(f"{name}: {plan.difference}; restpath refresh {name} --undo goes back")
    else:
        page.line(f"{name}: {plan.difference}{'; nothing was changed' if plan.documents is not None else ''}")
    _show_doubts(plan)


def _apply(plan: Refresh, force: bool, accept_move: bool) -> Definition:
    """Put it in force, after a question where somebody is there to answer it."""
    plan.check(force=force, accept_move=True)
    if plan.difference.moved and not accept_move and is_terminal(sys.stdin) and is_terminal(sys.stdout):
        for moved in plan.difference.moved:
            note(f"{plan.name}: {moved}")
        from restpath.cli.questioning import confirmed

        if not confirmed("Your credentials would go by that from now on: really?"):
            note("nothing was changed")
            raise click.exceptions.Exit(1)
        accept_move = True
    return plan.apply(force=force, accept_move=accept_move)


# ---- what is shown -----------------------------------------------------------------------------------------------


def _show_new(page: Page, plan: Refresh) -> None:
    from restpath.masking import mask_url

    count = plan.operations
    if plan.documents is None:
        page.line(f"{plan.name}: the same is in force already")
        return
    page.line(f"{plan.name}: {count} operation{'' if count == 1 else 's'} from {mask_url(plan.origin.place)}")
    _show_left_out(page, plan)


def _show_left_out(page: Page, plan: Refresh) -> None:
    counts = list(plan.left_out_counts.items())
    if not counts:
        return
    page.line()
    page.line(page.look("left out", "head"))
    page.rows([(str(count), what) for what, count in counts[:_MOST_KINDS]], ("dim", ""), "  ")
    if len(counts) > _MOST_KINDS:
        page.line(f"  and {len(counts) - _MOST_KINDS} other kinds")


def _show_difference(page: Page, plan: Refresh) -> None:
    found = plan.difference
    for heading, changes in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        if changes:
            page.line(page.look(heading, "head"))
            page.rows(_rows(changes), (_look, "name", "dim"), "  ")
    others = [*found.moved, *(f"the word {word} of the service as a whole" for word in found.service)]
    if others:
        page.line(page.look("of the service", "head"))
        page.rows([(other,) for other in others], (), "  ")


def _rows(changes: Sequence[OperationChange]) -> list[tuple[str, ...]]:
    return [(each.method, each.template, ", ".join(each.what) or each.name) for each in changes]


def _look(method: str) -> str:
    from restpath.cli.drawing import method_look

    return method_look(method)


def _show_doubts(plan: Refresh) -> None:
    for doubt in plan.doubts:
        note(doubt)


def _show_next(page: Page, definition: Definition) -> None:
    """What to type next."""
    from restpath.cli.offering import shell_word

    name = definition.name
    plain = (each for each in definition.operations if each.method == "GET" and not each.resource.template.variables)
    first = next(plain, None)
    rows = [(f"restpath tree {name}", "what there is")]
    if first is not None:
        rows.append((f"restpath get {name}{shell_word(first.template)}", "a first call"))
    if definition.service.credentials:
        rows.append((f"restpath config {name}", "which credentials it takes, and where they come from"))
    rows.append((f"restpath refresh {name}", "when it has grown"))
    page.line()
    page.rows(rows, ("name", "dim"), "  ")
