"""The catalog: which files make a service, in which order, and when they are checked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import restpath
from restpath import DefinitionError, InvalidValue
from restpath.definition.model import Definition
from restpath.edge import defining, lookup
from restpath.edge.catalog import service_names
from restpath.edge.directories import cache_directory, config_directory, data_directory
from restpath.edge.lookup import read_service
from restpath.edge.source import check_source, read_source

PACKAGE = Path(restpath.__file__).parent
Writer = Callable[..., Path]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and nothing remembered."""
    for name in ("config", "data", "cache"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / name))
    monkeypatch.setattr(defining, "_found_good", {})
    return tmp_path


def write(folder: Path, **documents: Any) -> Path:
    """Write documents into a folder as JSON files."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, document in documents.items():
        (folder / f"{kind}.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def methods(definition: Definition, template: str) -> list[str]:
    return [operation.method for operation in definition.operations if operation.template == template]


def checks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how many layers are checked from now on."""
    from restpath.definition import check

    counted: list[int] = []
    real = check.check_layers

    def count(layers: Any, *more: Any) -> None:
        counted.append(len(layers))
        real(layers, *more)

    monkeypatch.setattr(check, "check_layers", count)
    return counted


# ---- layers ------------------------------------------------------------------------------------------------------


def test_bundled_service_is_read_once() -> None:
    """Where there are no other layers, everybody gets the same definition."""
    assert read_service("max") is read_service("max") is read_source("max")
    assert read_service("max").files[0].startswith("restpath/resources/max/")


def test_layers_lie_in_their_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundled, the user's configuration directory, each directory of RESTPATH_PATH, the program: the later wins."""
    for name in ("one", "two"):
        write(home / name / "max", service={"title": name})
    write(config_directory() / "max", service={"title": "config"}, resources={"/own": "GET"})
    assert read_service("max").service.title == "config"
    assert methods(read_service("max"), "/own") == ["GET"]
    assert methods(read_service("max"), "/people")
    monkeypatch.setenv(
        "RESTPATH_PATH", os.pathsep.join([str(home / "one"), "", str(home / "absent"), str(home / "two")])
    )
    assert read_service("max").service.title == "two"
    assert read_source("max", {"service": {"title": "program"}}).service.title == "program"
    assert [Path(file).parts[-3:-1] for file in read_service("max").files[-4:]] == [
        ("config", "restpath", "max")[1:],
        ("config", "restpath", "max")[1:],
        ("one", "max"),
        ("two", "max"),
    ]


def test_imported_service_replaces_the_bundled_one_whole(home: Path) -> None:
    """Nothing of the bundled files is left beside an imported service; the user's own layers lie over it."""
    write(data_directory() / "max", service={"title": "Imported"}, resources={"/new": "GET"})
    definition = read_service("max")
    assert [operation.template for operation in definition.operations] == ["/new"]
    assert definition.service.schemes == {}
    write(config_directory() / "max", resources={"/new": "POST"})
    assert methods(read_service("max"), "/new") == ["GET", "POST"]


def test_user_can_add_correct_and_remove(home: Path) -> None:
    """A layer adds a method by its name alone, and takes away what is wrong, with its default."""
    assert read_service("max").method("/contexts", "POST").defaults()
    folder = config_directory() / "max"
    write(folder, resources={"/people": "PATCH", "/contexts": {"methods": {"POST": None}}, "/activities": None})
    definition = read_service("max")
    assert methods(definition, "/people")[-1] == "PATCH"
    assert "POST" not in methods(definition, "/contexts")
    assert methods(definition, "/activities") == []
    assert definition.source_of("/people", "PATCH") == str(folder / "resources.json")
    assert definition.source_of("/people", "GET") == "restpath/resources/max/resources.json"


def test_layer_whose_default_has_lost_its_route_is_told_of_it(home: Path) -> None:
    """A default above the layer that removes its route is an error of the file that says it."""
    folder = write(config_directory() / "max", resources={"/contexts": None}, defaults={"/contexts": {"POST": {}}})
    with pytest.raises(DefinitionError, match="no resource '/contexts'") as caught:
        read_service("max")
    assert caught.value.file == str(folder / "defaults.json")


def test_program_lays_folders_and_mappings_over_any_source(home: Path) -> None:
    """What may be read may be laid over: folders, mappings, definitions, any number of them."""
    folder = write(home / "over", resources={"/b": "GET"}, defaults={"/b": {"GET": {}}})
    base = read_source({"service": {"service": "x"}, "resources": {"/a": "GET"}})
    definition = read_source(base, folder, str(folder), {"resources": {"/a": None}}, read_source(base, folder))
    assert [operation.template for operation in definition.operations] == ["/b", "/a"]
    assert (definition.name, definition.files[0]) == ("x", str(folder / "resources.json"))
    assert [operation.template for operation in base.operations] == ["/a"]


@pytest.mark.parametrize("layer", [{"resources": {"/people": "FETCH"}}, {"defaults": {"/nothing": {"GET": {}}}}])
def test_layer_of_the_program_is_checked(layer: dict[str, Any]) -> None:
    """Also over a bundled service, what the program passes is held to the format and to what is below it."""
    with pytest.raises(DefinitionError) as caught:
        read_source("max", layer)
    assert caught.value.file is None
    assert caught.value.pointer


def test_service_in_a_layer_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in any layer is a service; its name is the folder's."""
    write(home / "mine" / "shop", service={"base_url": "https://shop.example.com"}, resources={"/a": "GET"})
    monkeypatch.setenv("RESTPATH_PATH", str(home / "mine"))
    write(config_directory() / "my-notes", service={}, resources={})
    write(data_directory() / "imported", service={}, resources={})
    write(config_directory() / "no-service")
    write(config_directory() / "Not_a_Name", service={})
    assert read_service("shop").name == "shop"
    assert service_names() == sorted({"max", "shop", "my-notes", "imported"} | set(service_names()))
    assert {"no-service", "Not_a_Name"} & set(service_names()) == set()


def test_service_that_says_another_name_is_an_error(home: Path) -> None:
    """A copied folder does not borrow the other service's name, and so its credentials."""
    folder = write(config_directory() / "mine", service={"service": "max"}, resources={})
    with pytest.raises(DefinitionError, match="this is the service 'max', and it was asked for as 'mine'") as caught:
        read_service("mine")
    assert (caught.value.file, caught.value.pointer) == (str(folder / "service.json"), "/service")
    assert read_source(folder).name == "max"


def test_a_folder_without_data_files_does_not_stand_before_a_service(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that only happens to be called as a service is none of its sources; one with data files is."""
    monkeypatch.chdir(home)
    (home / "max" / "src").mkdir(parents=True)
    (home / "nothing").mkdir()
    assert read_source("max") is read_service("max")
    with pytest.raises(DefinitionError, match="nothing"):
        read_source("nothing")
    write(home / "max", service={"title": "mine"}, resources={})
    assert read_source("max").service.title == "mine"


@pytest.mark.parametrize(
    ("folder", "name"), [("shop", "shop"), ("My Shop!", "my-shop"), ("Größe", "gr-e"), ("été", "t")]
)
def test_folder_gives_the_name_that_its_file_does_not_say(home: Path, folder: str, name: str) -> None:
    """A folder's name is made a service's name, as variables of the environment are named by it."""
    assert read_source(write(home / folder, service={}, resources={})).name == name


# ---- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../x", "/etc", "", ".", "..", "é", "Max", "max/", "a b", "a\0b", "-a", "a" * 65, "max\n"]
)
def test_what_is_no_name_is_an_invalid_value(name: str) -> None:
    """A name is a few plain letters: nothing else is looked for anywhere."""
    with pytest.raises(InvalidValue, match="is no name of a service"):
        read_service(name)
    with pytest.raises(InvalidValue):
        restpath.connect(name, "https://a.example")


def test_capitals_are_pointed_out() -> None:
    """The name in small letters is suggested where there is such a service."""
    with pytest.raises(InvalidValue, match="did you mean 'max'"):
        read_service("MAX")


@pytest.mark.parametrize("read", [read_service, read_source, restpath.connect])
def test_unknown_name_suggests_the_nearest(read: Callable[[str], object]) -> None:
    """A name that no layer knows names what there is, and where to put a service of one's own."""
    with pytest.raises(DefinitionError, match="there is no service 'maxx'; did you mean 'max'") as caught:
        read("maxx")
    assert str(config_directory() / "maxx") in str(caught.value)
    assert "max" in str(caught.value.expected)


@pytest.mark.parametrize("source", [None, 5, b"max", "", ["max"], "a\0b"])
def test_what_is_no_source_is_an_invalid_value(source: Any) -> None:
    """Only folders, mappings, names and definitions can be read."""
    with pytest.raises(InvalidValue):
        read_source(source)


def test_folder_that_is_none_is_an_error(home: Path) -> None:
    """A folder that is not there, a file in its place, and a folder without data files say what they are."""
    file = write(home / "x", service={}) / "service.json"
    with pytest.raises(InvalidValue, match="is a file: give the folder"):
        read_source(file)
    with pytest.raises(InvalidValue, match="there is no folder"):
        read_source(home / "absent")
    with pytest.raises(DefinitionError, match="no data files in this folder") as caught:
        read_source(write(home / "empty"))
    assert (caught.value.file, caught.value.expected) == (str(home / "empty"), "service.json and resources.json")
    with pytest.raises(DefinitionError, match="cannot be read"):
        read_source("x/" + "a" * 5000)


# ---- what cannot be read -----------------------------------------------------------------------------------------


def test_folder_that_may_not_be_read_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that is there and cannot be read is told of, not left out."""
    folder = write(config_directory() / "max", service={})
    real = os.scandir

    def refuse(place: Any) -> Any:
        if Path(place) == folder:
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DefinitionError, match="it cannot be read: Permission denied") as caught:
        read_service("max")
    assert (caught.value.file, caught.value.expected) == (str(folder), "a folder that you may read")
    assert "max" in service_names()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs a user whom modes bind")
def test_home_of_somebody_else_is_passed_by(home: Path) -> None:
    """A program that runs without a home of its own still finds the bundled services."""
    config_directory().mkdir(parents=True)
    (home / "config").chmod(0)
    try:
        assert read_service("max")
        assert "max" in service_names()
    finally:
        (home / "config").chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_circle_of_links_is_passed_by_or_told_of(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that leads to itself holds no services; a folder that does cannot be read."""
    (home / "circle").symlink_to("circle")
    monkeypatch.setenv("RESTPATH_PATH", str(home / "circle"))
    assert read_service("max")
    assert "max" in service_names()
    with pytest.raises(DefinitionError, match="cannot be read"):
        read_source(home / "circle")


def test_no_home_at_all_is_no_error(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Where the system knows no home, nothing is looked for or written in the working directory."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(home)
    assert read_service("max")
    assert read_source({"service": {}, "resources": {"/a": "GET"}})
    assert all(place().is_absolute() for place in (config_directory, data_directory, cache_directory))
    assert list(home.iterdir()) == []


# ---- remembering -------------------------------------------------------------------------------------------------


def test_file_found_good_is_not_checked_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same content is checked once, also by another process; the smallest change is checked."""
    folder = write(home / "a", service={}, resources={"/a": "GET"})
    counted = checks(monkeypatch)
    read_source(folder)
    assert counted == [1]
    read_source(folder)
    monkeypatch.setattr(defining, "_found_good", {})  # as if in another process
    read_source(folder)
    read_source(write(home / "b", service={}, resources={"/a": "GET"}))  # the same content from elsewhere
    assert counted == [1]
    write(folder, resources={"/a": "GET POST"})
    read_source(folder)
    assert counted == [1, 1]


def test_file_found_good_needs_no_checker(home: Path) -> None:
    """A second process reads a good file without jsonschema; a changed one it does check."""
    folder = write(home / "a", service={}, resources={"/a": "GET"})
    program = (
        "import sys; from restpath.edge.source import read_source; read_source(sys.argv[1]);"
        "print('jsonschema' in sys.modules)"
    )

    def run() -> str:
        command = [sys.executable, "-c", program, str(folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent).stdout.strip()

    assert [run(), run()] == ["True", "False"]
    write(folder, resources={"/a": "GET POST"})
    assert [run(), run()] == ["True", "False"]


def test_wrong_file_is_not_remembered(home: Path) -> None:
    """A wrong file is an error each time it is read."""
    folder = write(home / "a", service={}, resources={"/a": "FETCH"})
    for _ in range(2):
        with pytest.raises(DefinitionError):
            read_source(folder)
    assert not cache_directory().exists()


def test_layer_is_good_only_over_what_it_was_checked_over(home: Path) -> None:
    """What depends on the layers below is checked anew when they are others."""
    layer = {"defaults": {"/a": {"POST": {"x": 1}}}}
    read_source({"service": {}, "resources": {"/a": "POST"}}, layer)
    with pytest.raises(DefinitionError, match="does not accept POST"):
        read_source({"service": {}, "resources": {"/a": "GET"}}, layer)


def test_cache_that_cannot_be_written_is_harmless(home: Path) -> None:
    """A file in the place of the cache directory only means that files are checked each time."""
    (home / "cache").write_text("in the way", encoding="utf-8")
    folder = write(home / "a", service={}, resources={"/a": "GET"})
    assert read_source(folder) == read_source(folder)
    assert (home / "cache").read_text(encoding="utf-8") == "in the way"


def test_bundled_data_write_nothing_and_are_not_checked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only bundled files are read, no checker runs, and the home stays as it was."""
    monkeypatch.setattr(lookup, "_bundled", {})
    counted = checks(monkeypatch)
    restpath.connect("max", "https://a.example")
    assert counted == []
    assert list(home.iterdir()) == []


def test_check_source_checks_all_of_it_each_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`restpath check` takes nothing on trust: neither the package's own files nor what was found good before."""
    counted = checks(monkeypatch)
    write(config_directory() / "max", service={"title": "Own"})
    assert check_source("max").service.title == "Own"
    assert counted == [1, 2]
    assert check_source("max") == check_source("max")
    assert counted == [1, 2, 2, 2]


# ---- where the package is ----------------------------------------------------------------------------------------


def test_package_in_a_zip_knows_its_services(tmp_path: Path) -> None:
    """From a zip on `sys.path` the services are listed, read, and laid over like from a folder."""
    archive = tmp_path / "restpath.zip"
    resources = Path(restpath.__file__).parents[1] / "resources"
    with zipfile.ZipFile(archive, "w") as pack:
        for top, prefix in ((PACKAGE, "restpath"), (resources, "restpath/resources")):
            for file in sorted(top.rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts and file.suffix in (".py", ".json", ".typed"):
                    pack.write(file, f"{prefix}/{file.relative_to(top).as_posix()}")
    program = (
        f"import sys; sys.path.insert(0, {str(archive)!r}); import restpath; assert '.zip' in restpath.__file__\n"
        "from restpath.edge.catalog import service_names\nfrom restpath.edge.source import read_source\n"
        "definition = read_source('max', {'resources': {'/people': 'PATCH'}})\n"
        "print(service_names(), definition.source_of('/people', 'GET'), definition.source_of('/people', 'PATCH') == '')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert done.stderr == ""
    assert done.stdout.strip() == f"{service_names()} restpath/resources/max/resources.json True"


def test_a_null_document_is_refused_even_where_the_same_without_it_was_found_good() -> None:
    documents = {"service": {"format": 1}, "resources": {"format": 1, "/null": "GET"}}
    restpath.read(documents)
    with pytest.raises(DefinitionError, match="this is null"):
        restpath.read({**documents, "defaults": None})
