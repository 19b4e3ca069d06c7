"""
Removing a service: what was imported goes out of force, and the user's own data files go out of the way.

Takes a service's name; gives a `Removal`, which says what would go and what would stay, and does it when applied.
Nothing is deleted but stored logins, which no command could reach any more: an import is kept for `bring_back`, and the
folder of the user's own files is moved beside, whole:

    ~/.config/restpath/removed.d/shop/2026-11-21T08-00-00Z-3f2a/

Whatever breaks off, each of the two is in its old place or in its new one. What came with the package, what lies in
a directory of RESTPATH_PATH, and what somebody put among the imports by hand, is not restpath's to remove.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path as FilePath

from restpath.edge.bundled import bundled_names
from restpath.edge.catalog import check_name, no_service, own_folders
from restpath.edge.clock import SystemClock
from restpath.edge.directories import config_directory
from restpath.edge.imported import hand_folder, imported_folder, retire, retired, undo
from restpath.edge.locking import insist
from restpath.errors import AuthError, DefinitionError, InvalidValue
from restpath.records import dataclass

__all__ = ["Removal", "bring_back", "plan_removal", "removable_names", "removed_names"]

_FOLDER = "removed.d"  # with a dot, so that no service is looked for in it


@dataclass(frozen=True)
class Removal:
    """
    What a removal does.

    Attributes:
        name: the service's.
        imported: the folder of the import that goes out of force; None where none does.
        files: the folder of the user's own data files, which is moved; None where none is.
        left: what describes the service afterwards, the lowest first: "bundled", or folders; empty where it is gone.
        logins: the keys of the stored logins that are forgotten, as nothing describes the service any more.
    """

    name: str
    imported: FilePath | None
    files: FilePath | None
    left: tuple[str, ...]
    logins: tuple[str, ...] = ()

    def apply(self) -> FilePath | None:
        """
        Do it.

        Returns:
            where the user's own data files are now; None where they were not moved.
        Raises:
            InvalidValue: it cannot be written; nothing was changed.
            Changed: another import is in force by now; nothing was changed.
        """
        moved = _move(self.files, _place_for(self.name)) if self.files is not None else None
        try:
            if self.imported is not None:
                retire(self.name, self.imported)
        except BaseException:
            if moved is not None and self.files is not None:
                with suppress(OSError):
                    os.replace(moved, self.files)
            raise
        return moved

    def forget_logins(self) -> None:
        """Forget the stored logins. Raises AuthError: they cannot be; `plan_removal` finds them again."""
        from restpath.edge.tokens import default_path, open_store

        store = open_store(default_path()) if self.logins else None
        for key in self.logins:
            if store is not None:
                store.save(key, None)


def plan_removal(name: str, *, own: bool = False) -> Removal:
    """
    Say what there is to remove of a service.

    Args:
        own: whether the user's own data files are to go as well.
    Raises:
        InvalidValue: there is nothing that may be removed, or what stays would be no service; it says what to do.
        DefinitionError: there is no such service, or nobody can tell which import is in force.
    """
    check_name(name, known=True)
    imported, by_hand, config = imported_folder(name), hand_folder(name), config_directory() / name
    imported = None if imported == by_hand else imported
    owns = own_folders(name)
    config_of_own = config if config in owns else None
    left = ["bundled"] if name in bundled_names() and by_hand is None else []
    left += [str(folder) for folder in (by_hand, *owns) if folder is not None and not (own and folder == config)]
    going = config_of_own if own else None
    logins = _logins(name) if not left else ()
    if imported is None and going is None and not (logins and _is_removed(name)):
        raise _nothing(name, left, config_of_own)
    if config_of_own is not None and not own and not any(map(_is_whole, left)):
        raise InvalidValue(
            f"what you have corrected of {name}, in {config}, describes nothing by itself. Nothing was changed; "
            f"restpath remove {name} --own takes it away as well, and can bring it back"
        )
    return Removal(name, imported, going, tuple(left), logins)


def _is_whole(left: str) -> bool:
    """Whether what stays may be a service by itself, and not only corrections of one."""
    return left == "bundled" or any(name.startswith("service.") for name in _names_in(FilePath(left)))


def _nothing(name: str, left: list[str], own: FilePath | None) -> Exception:
    """Say why there is nothing to remove."""
    if not left:
        if _is_removed(name):
            own_files = " --own" if _kept(name) else ""
            beside = ", with your own data files" if own_files and retired(name) else ""
            return InvalidValue(
                f"{name} was removed before: restpath remove {name} --undo{own_files} brings it back{beside}"
            )
        return no_service(name)
    if own is not None:
        what = f"what you have of it are your own data files, in {own}"
        return InvalidValue(
            f"{name} was not imported: {what}. restpath remove {name} --own takes them away, and can bring them back"
        )
    if left == ["bundled"]:
        return InvalidValue(f"{name} came with restpath, and cannot be removed; nothing else is known of it")
    folders = ", ".join(folder for folder in left if folder != "bundled")
    return InvalidValue(f"what describes {name} was put there by hand, in {folders}: move or delete that yourself")


def bring_back(name: str, *, own: bool = False) -> tuple[FilePath | None, FilePath | None]:
    """
    Bring back what was removed of a service.

    Args:
        own: whether the user's own data files are to come back as well.
    Returns:
        the folder of the import, and that of the user's own files; None for what has not come back.
    Raises:
        InvalidValue: there is nothing to bring back, or something else is in its place; nothing was changed.
    """
    check_name(name, known=True)
    place = config_directory() / name
    kept = _kept(name) if own else None
    import_kept = retired(name)
    if import_kept is None and kept is None:
        hint = f"; restpath remove {name} --undo --own brings back your own data files" if _kept(name) else ""
        raise InvalidValue(f"nothing that was removed of {name} is kept{hint}")
    if kept is not None:
        with suppress(OSError):
            os.rmdir(place)  # an empty one, which is in nobody's way
        if os.path.lexists(place):
            raise InvalidValue(f"{place} is there again: move it away first. Your files of before are in {kept}")
        _move(kept, place)
    try:
        return (undo(name) if import_kept is not None else None), (place if kept is not None else None)
    except BaseException:
        if kept is not None:
            with suppress(OSError):
                os.replace(place, kept)
        raise


def removable_names() -> list[str]:
    """Name the services of which something can be removed: those imported, or with data files of the user's own."""
    from restpath.edge.catalog import service_names

    return [name for name in service_names() if _may_go(name)]


def _may_go(name: str) -> bool:
    with suppress(DefinitionError):
        folder = imported_folder(name)
        return config_directory() / name in own_folders(name) or (folder is not None and folder != hand_folder(name))
    return True  # what is wrong with it is told whoever tries


def _is_removed(name: str) -> bool:
    return retired(name) is not None or _kept(name) is not None


def removed_names() -> list[str]:
    """Name the services of which something can be brought back."""
    from restpath.edge.catalog import is_name
    from restpath.edge.directories import data_directory

    found = {*_names_in(config_directory() / _FOLDER), *_names_in(data_directory())}
    return sorted(name for name in found if is_name(name) and _is_removed(name))


def _names_in(folder: FilePath) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


# ---- the user's own files ----------------------------------------------------------------------------------------


def _place_for(name: str) -> FilePath:
    stamp = SystemClock().now().strftime("%Y-%m-%dT%H-%M-%SZ")
    return config_directory() / _FOLDER / name / f"{stamp}-{os.urandom(4).hex()}"


def _kept(name: str) -> FilePath | None:
    """The folder of own files that was moved last."""
    folder = config_directory() / _FOLDER / name
    names = sorted(_names_in(folder))
    return folder / names[-1] if names else None


def _move(folder: FilePath, place: FilePath) -> FilePath:
    """Move a folder, or a link to one, within the user's own directory. Raises InvalidValue: it is where it was."""
    from restpath.edge.storing import make_folder
    from restpath.edge.whole import sync_folder

    make_folder(place.parent)
    try:
        insist(lambda: os.replace(folder, place))
    except OSError as error:
        raise InvalidValue(
            f"cannot move {folder} to {place}: {error.strerror or error}. Nothing was changed"
        ) from error
    sync_folder(place.parent)
    sync_folder(folder.parent)
    return place


# ---- logins ------------------------------------------------------------------------------------------------------


def _logins(name: str) -> tuple[str, ...]:
    """The keys of the stored logins of a service; none where their file cannot be read, which others tell."""
    from restpath.edge.tokenfiles import read_tokens
    from restpath.edge.tokens import default_path

    try:
        keys = read_tokens(str(default_path()), SystemClock())
    except AuthError:
        return ()
    return tuple(sorted(key for key in keys if key.partition(" ")[0].partition(":")[0] == name))
