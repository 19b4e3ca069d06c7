"""Records are what dataclasses of the standard library are, before and after their methods are compiled."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading
from collections.abc import ItemsView
from typing import Any, ClassVar

import pytest

from restpath import records

TIMES = (1, 20)  # once, and often enough to be compiled


def made(module: Any) -> tuple[type, type, type]:
    """The same three classes by either module."""

    @module.dataclass(frozen=True)
    class Point:
        kinds: ClassVar[int] = 3
        x: int
        y: int = 2
        names: list[str] = module.field(default_factory=list, repr=False)
        hidden: str = module.field(default="h", compare=False)

        @property
        def both(self) -> int:
            return self.x + self.y

    @module.dataclass(frozen=True)
    class Deeper(Point):
        z: int = 0

        def __post_init__(self) -> None:
            if self.z < 0:
                raise ValueError("below zero")

    @module.dataclass
    class Open:
        value: Any = None

    return Point, Deeper, Open


@pytest.fixture(params=TIMES)
def classes(request: pytest.FixtureRequest) -> Any:
    mine, standard = made(records), made(dataclasses)
    for kind in (*mine, *standard):
        for _ in range(request.param):
            kind(1)
    return mine, standard


CALLS: list[tuple[int, tuple[Any, ...], dict[str, Any]]] = [
    (0, (1,), {}), (0, (1, 3), {}), (0, (), {"x": 1, "hidden": "other"}), (0, (1,), {"names": ["a"]}),
    (0, (), {}), (0, (1,), {"x": 1}), (0, (1,), {"w": 1}), (0, (1, 2, [], "h", 5), {}),
    (1, (1, 2, []), {"z": 5}), (1, (1,), {"z": -1}), (2, (), {}), (2, ([1],), {}),
]  # fmt: skip


@pytest.mark.parametrize(("index", "args", "values"), CALLS)
def test_instances_are_the_same(classes: Any, index: int, args: Any, values: Any) -> None:
    found = []
    for kinds in classes:
        try:
            one = kinds[index](*args, **values)
        except (TypeError, ValueError) as error:
            found.append((type(error), str(error).rpartition(".")[2]))
        else:
            found.append((vars(one), repr(one).replace("records", "dataclasses"), one == kinds[index](*args, **values)))
    assert found[0] == found[1]


def test_they_are_equal_and_hashed_by_what_is_compared(classes: Any) -> None:
    for point, deeper, _ in classes:
        assert point(1, 2, (), "a") == point(1, 2, (), "b") != point(1, 3, ())
        assert hash(point(1, 2, (), "a")) == hash(point(1, 2, (), "b"))
        assert point(1) != deeper(1)
        with pytest.raises(TypeError):
            hash(point(1))  # its list


def test_a_frozen_one_cannot_be_changed(classes: Any) -> None:
    for point, _, plain in classes:
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
            point(1).x = 2
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
            del point(1).x
        one = plain(1)
        one.value = 2
        assert one == plain(2)
        with pytest.raises(TypeError):
            hash(one)


def test_the_functions_of_both_modules_take_them(classes: Any) -> None:
    for point, deeper, _ in classes:
        for module in (dataclasses, records) if point is classes[0][0] else (dataclasses,):
            assert module.replace(deeper(1, 2), z=7) == deeper(1, 2, z=7)
            assert [each.name for each in module.fields(deeper)] == ["x", "y", "names", "hidden", "z"]
        assert dataclasses.is_dataclass(point)
        assert dataclasses.asdict(point(1)) == {"x": 1, "y": 2, "names": [], "hidden": "h"}
        assert point.__match_args__ == ("x", "y", "names", "hidden")


@records.dataclass(frozen=True)
class Kept:
    """One that a pickle can find again."""

    a: int
    b: int = 1


def test_they_are_copied_and_pickled() -> None:
    assert copy.copy(Kept(1)) == copy.deepcopy(Kept(1)) == pickle.loads(pickle.dumps(Kept(1))) == Kept(1)


def test_two_threads_that_make_the_first_ones_at_once_find_the_same_fields() -> None:
    class Meanwhile(dict[str, Any]):
        """Annotations that another thread goes through, to its end, while one does."""

        def items(self) -> ItemsView[str, Any]:
            Shared.__annotations__ = dict(self)
            other = threading.Thread(target=Shared, args=(1,))
            other.start()
            other.join()
            return super().items()

    @records.dataclass(frozen=True)
    class Shared:
        a: int
        names: list[str] = records.field(default_factory=list, repr=False)
        hidden: str = records.field(default="h", compare=False)

    Shared.__annotations__ = Meanwhile(Shared.__annotations__)
    assert vars(Shared(1)) == {"a": 1, "names": [], "hidden": "h"}
    assert (Shared(1), repr(Shared(1))) == (Shared(1, hidden="x"), f"{Shared.__qualname__}(a=1, hidden='h')")


def test_a_pattern_is_compiled_when_it_is_used() -> None:
    from restpath.regex import pattern

    word = pattern(r"[a-z]+")
    assert "fullmatch" not in vars(word)
    assert [bool(word.fullmatch("abc")), bool(word.fullmatch("1")), word.sub("x", "a1")] == [True, False, "x1"]
    assert "fullmatch" in vars(word)
    assert not hasattr(word, "__len__")
    assert word.pattern == "[a-z]+"


def test_a_field_may_be_called_as_one_pleases() -> None:
    """What `__init__` is written out as has no word of its own in a field's way."""

    @records.dataclass(frozen=True)
    class Words:
        own: int
        said: int
        value: int = 3

    for number in range(TIMES[-1]):
        assert Words(number, said=2) == Words(number, 2, 3)
        assert vars(Words(number, 2)) == {"own": number, "said": 2, "value": 3}
