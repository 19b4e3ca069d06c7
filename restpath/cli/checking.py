"""
`check`: all that is wrong or doubtful in a definition, each with its file, its place and what to do.

Takes names of services, folders, files and URLs; prints what is found, faults first. What is doubted at many places for
one reason is printed once; JSON has it all. Nothing is sent, but to a URL that is given.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from restpath.cli.completing import complete_source
from restpath.cli.drawing import Page
from restpath.cli.sampling import Sampled
from restpath.errors import RestpathError

if TYPE_CHECKING:
    from restpath.definition.findings import Finding
    from restpath.edge.checking import Checked

__all__ = ["check"]

_LOOKS = {"fault": "bad", "doubt": "more", "note": "dim"}
_ALIKE = 3  # so many of a kind are printed one by one


@click.command(cls=Sampled)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", shell_complete=complete_source)
@click.option("--strict", is_flag=True, help="Doubts count as faults: exit status 2.")
@click.option("--notes", is_flag=True, help="Show what is only good to know, too.")
@click.option("-v", "--verbose", is_flag=True, help="List all that is left out of a description, not by kind.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
def check(sources: tuple[str, ...], strict: bool, notes: bool, verbose: bool, output: str) -> int:
    """
    Check definitions, and tell all that is found.

    SOURCE is the name of a service, which is checked along all its layers, a folder of data files, one of its files,
    or the file or URL of a description, of which standard error tells what is left out. A fault is what cannot be used,
    a doubt what will hardly do what was meant. Exit status 2 where there is a fault, else 0.

    \b
    Examples:
      restpath check <service>
      restpath check <service> --strict --notes
      restpath check <service> --output json
    """
    from restpath.cli.leaving import left_out_lines
    from restpath.cli.main import exit_status
    from restpath.cli.wording import in_cli_words
    from restpath.edge.checking import check_all

    page, status = Page(), 0
    reports: list[dict[str, Any]] = []
    for source in sources:
        try:
            checked = check_all(source if "://" in source else os.path.expanduser(source))
        except RestpathError as error:
            click.echo(f"restpath: {source}: {in_cli_words(str(error))}", err=True)
            status = max(status, exit_status(error)) if status != 2 else 2
            continue
        wrong = checked.count("fault") + (checked.count("doubt") if strict else 0)
        status = 2 if wrong else status
        if output == "json":
            reports.append(_as_json(source, checked))
        else:
            _print(page, source, checked, notes=notes)
            for line in left_out_lines(checked.left_out, each=verbose):
                click.echo(f"{source}: left out: {line}", err=True)
    if output == "json":
        click.echo(json.dumps(reports, ensure_ascii=True, indent=2))
    return status


# ---- for people --------------------------------------------------------------------------------------------------


def _print(page: Page, source: str, checked: Checked, *, notes: bool) -> None:
    page.line(f"{page.look(source, 'head')}: {_summary(checked, notes=notes)}")
    shown = [finding for finding in checked.findings if notes or finding.level != "note"]
    for finding, more in _grouped(shown):
        page.line(f"  {page.look(finding.level, _LOOKS[finding.level])}  {page.look(_words(finding), '')}{more}")


def _summary(checked: Checked, *, notes: bool) -> str:
    counts = [(checked.count(level), level) for level in ("fault", "doubt", "note")]
    words = [f"{count} {level}{'' if count == 1 else 's'}" for count, level in counts if count]
    if not counts[0][0] and not counts[1][0]:
        words.insert(0, "good")
    if checked.name:
        words.append(checked.name)
    if checked.operations is not None:
        words.append(f"{checked.operations} operation{'' if checked.operations == 1 else 's'}")
    return ", ".join(words) + (" (--notes shows the notes)" if counts[2][0] and not notes else "")


def _grouped(findings: Sequence[Finding]) -> Iterator[tuple[Finding, str]]:
    """Give findings with how many more are like them, where there are many."""
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        key = (finding.level, finding.file, finding.problem, finding.advice)
        alike.setdefault(key, []).append(finding)
    for group in alike.values():
        if len(group) <= _ALIKE:
            yield from ((finding, "") for finding in group)
        else:
            yield group[0], f" (and at {len(group) - 1} more places)"


def _words(finding: Finding) -> str:
    """The finding as one line; the place stands first, and is what is to be looked for."""
    from restpath.cli.wording import in_cli_words

    return in_cli_words(" ".join(str(finding).split()))


# ---- for programs ------------------------------------------------------------------------------------------------


def _as_json(source: str, checked: Checked) -> dict[str, Any]:
    return {
        "source": source,
        "service": checked.name or None,
        "operations": checked.operations,
        "findings": [
            {
                "level": each.level,
                "file": each.file or None,
                "place": each.place,
                "problem": each.problem,
                "advice": each.advice,
            }
            for each in checked.findings
        ],
        "left_out": [{"what": what, "count": count, "first": place} for what, count, place in checked.grouped()],
    }
