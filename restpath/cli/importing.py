"""
`import` and `refresh`: what a service offers by now, as data files of the user's own.

Takes a service's name and where its description is; shows what was added, removed and changed, and what could not be
taken over; puts it in force where nothing speaks against it that the user has not agreed to.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from restpath.cli.completing import complete_file, complete_service
from restpath.cli.drawing import Page
from restpath.cli.options import Options, client_options
from restpath.cli.printing import is_terminal, note, standard_out
from restpath.cli.sampling import Sampled
from restpath.cli.speaking import options_of_login, speak_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from restpath.client import Client
    from restpath.definition.differing import OperationChange
    from restpath.definition.model import Definition
    from restpath.importing import Refresh

__all__ = ["import_command", "refresh_command"]

_MOST_KINDS = 12
_MOST_ROWS = 20
_DRY = click.option("-n", "--dry-run", is_flag=True, help="Show what would change, and change nothing.")
_VERBOSE = click.option("-v", "--verbose", is_flag=True, help="List all that differs or is left out, however much.")
_FORCE = "Also in place of an earlier import, or where more than half of the operations would be gone."
_MOVE = "Also where the server, an OAuth endpoint or a scheme is another than before. Otherwise you are asked."


@click.command("import", cls=Sampled)
@click.argument("name")
@click.argument("source", metavar="FILE|FOLDER|URL", shell_complete=complete_file)
@_DRY
@_VERBOSE
@click.option("--force", is_flag=True, help=_FORCE)
@click.option("--accept-move", is_flag=True, help=_MOVE)
def import_command(name: str, source: str, dry_run: bool, verbose: bool, force: bool, accept_move: bool) -> None:
    """
    Import a description of a service under a NAME.

    OpenAPI (2.0 and 3), Google Discovery, lists that services give of themselves, or a folder of data files. Nothing
    but the source itself is fetched.

    \b
    Examples:
      restpath import shop openapi.yaml
      restpath import shop https://shop.example.com/openapi.json
    """
    from restpath.importing import plan_import

    plan = plan_import(name, source, force=force)
    definition = None if dry_run else _apply(plan, force, accept_move, verbose)
    with _reporting(plan, in_force=not dry_run) as page:
        _show_new(page, plan, verbose)
        if plan.replaces and plan.documents is not None:
            _show_difference(page, plan, verbose)
            page.line(f"{name} {_replaced(plan, dry_run)}")
        if definition is not None:
            _show_next(page, definition)


def _replaced(plan: Refresh, dry_run: bool) -> str:
    """What stands in whose place, or would."""
    was = "came with restpath" if plan.replaces == "bundled" else "was imported before"
    if dry_run:
        return f"{was}; this would stand in its place"
    return f"{was}; this stands in its place, and restpath refresh {plan.name} --undo goes back"


@click.command("refresh", cls=Sampled)
@click.argument("name", required=False, shell_complete=complete_service)
@click.option("--all", "every", is_flag=True, help="All services that were imported or refreshed before.")
@click.option("--undo", is_flag=True, help="Go back to what was before the last import or refresh; one step is kept.")
@click.option(
    "-y", "--yes", is_flag=True, help="With --undo: also where that takes the service away. Else you are asked."
)
@_DRY
@_VERBOSE
@click.option("--force", is_flag=True, help="Also where more than half of the operations would be gone.")
@click.option("--accept-move", is_flag=True, help=_MOVE)
@click.option(
    "--source", metavar="FILE|FOLDER|URL", shell_complete=complete_file, help="Where the description is by now."
)
@client_options
def refresh_command(
    name: str | None, every: bool, undo: bool, yes: bool, dry_run: bool, verbose: bool, force: bool,
    accept_move: bool, source: str | None, **client: Any,
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
    if name is not None:
        name = name.rstrip("/")
    if name is not None and every:
        raise click.UsageError(f"say restpath refresh {name} for that one, or restpath refresh --all")
    if name is None and not every:
        raise click.UsageError("say which: restpath refresh NAME, or --all for what was imported or refreshed before")
    if undo:
        if name is None or dry_run:
            one = name or "NAME"
            raise click.UsageError(f"--undo is for one service, and is done at once: restpath refresh {one} --undo")
        return _undo(name, yes)
    how = _How(dry_run, verbose, force, accept_move)
    if name is None:
        if source is not None or client.get("base_url") is not None or client.get("settings"):
            raise click.UsageError("--source, --base-url and --set are for one service: restpath refresh NAME ...")
        return _refresh_all(how, client)
    _refresh(name, how, source, client)
    return 0


class _How(NamedTuple):
    """What was said of all that is refreshed."""

    dry_run: bool
    verbose: bool
    force: bool
    accept_move: bool


def _undo(name: str, yes: bool) -> int:
    from restpath.importing import undo_last, undo_removes

    if undo_removes(name) and not yes:
        problem = f"nothing was there before the import of {name}: to undo that takes the service away"
        if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
            note(f"{problem}. Nothing was changed; restpath refresh {name} --undo --yes does it")
            return 2
        from restpath.cli.questioning import confirmed

        note(problem)
        if not confirmed("Really?"):
            note("nothing was changed")
            return 1
    Page().line(f"{name}: back to {undo_last(name)}")
    return 0


def _refresh_all(how: _How, client: dict[str, Any]) -> int:
    """Refresh one after the other; one that fails does not keep the others from it, nor does a report unread."""
    from restpath.cli.main import exit_status
    from restpath.cli.wording import in_cli_words
    from restpath.edge.catalog import service_names
    from restpath.edge.imported import origin_of
    from restpath.errors import RestpathError

    status, unread = 0, None
    names = [name for name in service_names() if origin_of(name) is not None]
    for name in names:
        try:
            _refresh(name, how, None, client)
        except RestpathError as error:
            said = in_cli_words(str(error))
            note(said if said.startswith(f"{name}: ") else f"{name}: {said}")
            status = status or exit_status(error)
        except click.exceptions.Exit as left:
            status = status or left.exit_code
        except OSError as error:
            if error.filename is not None:
                raise
            unread = unread or error
    if unread is not None:
        raise unread
    if not names:
        note("nothing was imported or refreshed yet: restpath import NAME SOURCE, or restpath refresh NAME")
    return status


def _refresh(name: str, how: _How, source: str | None, client: dict[str, Any]) -> None:
    from restpath.cli.locating import read_named
    from restpath.importing import plan_refresh

    definition = read_named(name)  # which has the words for a name that is not there
    speak_of(name, options_of_login(Options(**client), definition.service))

    def connected(definition: Definition) -> Client:
        from restpath.cli.asking import connect_to

        return connect_to(definition, Options(**client))

    plan = plan_refresh(name, connect=connected, source=source)
    is_new = plan.documents is not None
    changes = is_new and not how.dry_run
    if changes:
        _apply(plan, how.force, how.accept_move, how.verbose)
    with _reporting(plan, in_force=changes) as page:
        _show_difference(page, plan, how.verbose)
        next_step = f"; restpath refresh {name} --undo goes back" if changes else _UNCHANGED if is_new else ""
        page.line(f"{name}: {plan.difference}{next_step}")


_UNCHANGED = "; nothing was changed"


def _apply(plan: Refresh, force: bool, accept_move: bool, verbose: bool) -> Definition:
    """
    Put it in force, after a question where somebody is there to answer it; nothing is told before that it is.

    What is refused is told in short, for whoever has to decide.
    """
    from restpath.importing import Refused

    asks = not accept_move and is_terminal(sys.stdin) and is_terminal(sys.stdout)
    try:
        plan.check(force=force, accept_move=accept_move or asks)
    except Refused:
        page = Page()
        if verbose:
            _show_difference(page, plan, verbose)
        page.line(f"{plan.name}: {plan.difference}{_UNCHANGED}")
        raise
    if plan.difference.moved and asks:
        _ask(plan, verbose)
    return plan.apply(force=force, accept_move=accept_move or asks)


def _ask(plan: Refresh, verbose: bool) -> None:
    from restpath.cli.questioning import confirmed

    _show_difference(Page(), plan, verbose)
    for moved in plan.difference.moved:
        note(f"{plan.name}: {moved}")
    if not confirmed("Your credentials would go by that from now on: really?"):
        note("nothing was changed")
        raise click.exceptions.Exit(1)


@contextmanager
def _reporting(plan: Refresh, *, in_force: bool) -> Iterator[Page]:
    """Tell what was done; where that cannot be written, it is done all the same, and that is said."""
    try:
        yield Page()
        standard_out().flush()
    except BrokenPipeError:  # whoever read has seen enough
        raise
    except OSError:
        if in_force and plan.documents is not None:
            note(f"{plan.name}: what is new is in force, and only the report of it could not be written")
        raise
    finally:
        for doubt in plan.doubts:
            note(doubt)


# ---- what is shown -----------------------------------------------------------------------------------------------


def _show_new(page: Page, plan: Refresh, verbose: bool) -> None:
    from restpath.masking import mask_url

    count = plan.operations
    if plan.documents is None:
        page.line(f"{plan.name}: the same is in force already")
        return
    page.line(f"{plan.name}: {count} operation{'' if count == 1 else 's'} from {mask_url(plan.origin.place)}")
    _show_left_out(page, plan, verbose)


def _show_left_out(page: Page, plan: Refresh, verbose: bool) -> None:
    from restpath.cli.leaving import left_out_lines

    if not plan.left_out:
        return
    page.line()
    page.line(page.look("left out", "head"))
    lines = list(left_out_lines(plan.left_out, each=verbose))
    shown = lines if verbose else lines[:_MOST_KINDS]
    for line in shown:
        page.wrapped(line, "  ")
    if len(shown) < len(lines):
        page.line(f"  and {len(lines) - len(shown)} other kinds")
    if not verbose and len(plan.left_out) > len(shown):
        page.line(f"  --verbose lists all {len(plan.left_out)}")


def _show_difference(page: Page, plan: Refresh, verbose: bool) -> None:
    found = plan.difference
    for heading, changes in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        if changes:
            page.line(page.look(heading, "head"))
            page.rows(_rows(changes if verbose else changes[:_MOST_ROWS]), (_look, "name", "dim"), "  ")
            _show_rest(page, changes, verbose)
    others = [*found.moved, *(f"its {word} is another" for word in found.service)]
    if others:
        page.line(page.look("of the service", "head"))
        page.rows([(other,) for other in (others if verbose else others[:_MOST_ROWS])], (), "  ")
        _show_rest(page, others, verbose)


def _show_rest(page: Page, rows: Sequence[object], verbose: bool) -> None:
    if not verbose and len(rows) > _MOST_ROWS:
        page.line(f"  and {len(rows) - _MOST_ROWS} more; --verbose lists all")


def _rows(changes: Sequence[OperationChange]) -> list[tuple[str, ...]]:
    return [(each.method, each.template, ", ".join(each.what) or each.name) for each in changes]


def _look(method: str) -> str:
    from restpath.cli.drawing import method_look

    return method_look(method)


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
