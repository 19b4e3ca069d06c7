"""Taking over what was learnt: the files of a new service are there all at once, or none of them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import restpath
from restpath.edge import taking
from restpath.edge.directories import config_directory
from restpath.edge.drafts import add_to_draft, read_draft
from restpath.errors import InvalidValue

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    add_to_draft("shop", "https://shop.example", {"/things": {"methods": {"GET": {}}}})


def test_a_process_that_is_killed_between_two_files_leaves_neither_and_the_next_goes_on() -> None:
    program = (
        "import os\nfrom restpath.edge import taking\nstore = taking.store_json\n"
        "def once(*given):\n    store(*given)\n    os._exit(9)\n"
        "taking.store_json = once\ntaking.take_over('shop')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert os.listdir(config_directory()) == [".shop.part"]
    assert list(read_draft("shop").resources) == ["/things"]
    taken = taking.take_over("shop")
    assert [os.path.relpath(file, config_directory()) for file in taken.files] == [
        os.path.join("shop", "service.json"), os.path.join("shop", "resources.json"),
    ]  # fmt: skip
    assert all(os.path.isfile(file) for file in taken.files)
    assert os.listdir(config_directory()) == ["shop"]
    assert [text for text, _ in restpath.read("shop").templates()] == ["/things"]
    assert read_draft("shop").resources == {}


def test_a_full_disk_leaves_no_file_of_a_new_service(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(taking.os, "replace", full)
    with pytest.raises(InvalidValue, match="No space left"):
        taking.take_over("shop")
    assert os.listdir(config_directory()) == []
