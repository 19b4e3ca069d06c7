"""`restpath check`: faults, doubts and notes, the exit status, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Ran

Command = Callable[..., Ran]


def change(file: Path, **words: Any) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **words}), encoding="utf-8")


def test_a_good_service_is_told_in_one_line(command: Command, shop_files: Path) -> None:
    ran = command("check", str(shop_files))
    assert ran.status == 0
    assert ran.out.startswith(f"{shop_files}: 1 doubt, shop, 20 operations\n")
    change(shop_files / "service.json", credentials={"token": {}})
    ran = command("check", "shop", "mixcloud")
    assert (ran.status, ran.out) == (
        0,
        "shop: good, shop, 20 operations\nmixcloud: good, mixcloud, 38 operations\n",
    )


def test_doubts_alone_are_no_failure_unless_that_is_asked_for(command: Command, shop_files: Path) -> None:
    ran = command("check", "shop")
    assert ran.status == 0
    assert f"\n  doubt  {shop_files / 'service.json'}#/credentials/username: nothing uses" in ran.out
    assert command("check", "shop", "--strict").status == 2


def test_faults_are_exit_status_2_and_all_told(command: Command, shop_files: Path) -> None:
    change(shop_files / "defaults.json", **{"/x": {"POST": {}}, "/orders": {"PUT": {}}})
    ran = command("check", "shop")
    assert ran.status == 2
    assert ran.out.startswith("shop: 2 faults\n")
    assert ran.out.count(f"  fault  {shop_files / 'defaults.json'}#/") == 2


def test_notes_are_counted_and_shown_when_asked_for(command: Command, shop_files: Path) -> None:
    change(shop_files / "resources.json", **{"/_search": "GET"})
    ran = command("check", "shop")
    assert "1 note" in ran.out.splitlines()[0]
    assert "(--notes shows the notes)" in ran.out
    assert "_search" not in ran.out
    assert "  note  " in command("check", "shop", "--notes").out


def test_what_is_doubted_at_many_places_is_printed_once_and_in_json_each(command: Command, shop_files: Path) -> None:
    body = {"methods": {"POST": {"body": {"schema": {"pattern": "^(a+)+$"}}}}}
    change(shop_files / "resources.json", **{f"/r{number}": body for number in range(6)})
    assert "(and at 5 more places)\n" in command("check", "shop").out
    (report,) = json.loads(command("check", "shop", "--output", "json").out)
    assert (report["source"], report["service"], report["operations"]) == ("shop", "shop", 26)
    assert [each["place"] for each in report["findings"] if "no bound" in each["problem"]] == [
        f"/~1r{number}/methods/POST/body/schema/pattern" for number in range(6)
    ]
    assert set(report["findings"][0]) == {"level", "file", "place", "problem", "advice"}


def test_a_description_is_checked_with_what_is_left_out(command: Command, tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "servers": [{"url": "https://a.example"}],
        "paths": {"/a": {"get": {"responses": {}, "callbacks": {"c": {"{$url}": {}}}}}},
    }
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    ran = command("check", str(file))
    assert ran.status == 0
    assert ran.err.startswith(f"{file}: left out: calls that the service makes (at /paths/~1a/get/callbacks")
    assert json.loads(command("check", str(file), "-o", "json").out)[0]["left_out"][0]["count"] == 1


def test_what_is_no_source_is_told_and_the_others_are_checked(command: Command, shop_files: Path) -> None:
    ran = command("check", "nowhere", "./nothing", "mixcloud")
    assert ran.status == 2
    assert ran.out == "mixcloud: good, mixcloud, 38 operations\n"
    assert ran.err.count("restpath: ") == 2


def test_what_a_description_calls_its_parts_steers_no_terminal(
    command: Command, tmp_path: Path, shop_files: Path
) -> None:
    file = tmp_path / "odd.json"
    called = {"get": {"responses": {}, "callbacks": {"c": {}}}}
    description = {"openapi": "3.0.0", "info": {"title": "Odd", "version": "1"}, "paths": {"/a\x1b[2J\x9b": called}}
    file.write_text(json.dumps(description), encoding="utf-8")
    for words in ([], ["--verbose"]):
        ran = command("check", str(file), *words)
        assert "/paths/~1a\\x1b[2J\\x9b/get/callbacks" in ran.err
        assert ran.err.replace("\n", "").isprintable()
