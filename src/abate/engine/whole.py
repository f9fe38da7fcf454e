"""Output that is written whole or not at all, by one at a time: beside its place, and moved in when it is finished."""

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from abate.records.problems import AbateError

OURS = "abate"
"""In the names of folders that stand beside an output while it is written."""


def check_place(out: Path, marker: str, what: str) -> None:
    """Refuse to write over a folder that is not of the kind to be written.

    Parameters
    ----------
    out
        The folder to be written.
    marker
        The file that every folder of its kind has.
    what
        The kind, such as ``report``.

    Raises
    ------
    AbateError
        If the place is a file, or a folder that holds something else.
    """
    if not out.exists() or (out.is_dir() and ((out / marker).is_file() or not any(out.iterdir()))):
        return
    raise AbateError(
        f"{out.name}: this exists and is not a {what}. Expected a new folder, an empty one, or an earlier {what} "
        "(it is replaced). Choose another --out."
    )


@contextmanager
def reserved(out: Path) -> Iterator[Path]:
    """Keep a place for one process, and give it a folder beside it for work that is removed at the end.

    What a process that was killed left there is cleared away; where it was killed between taking the earlier folder
    away and putting the new one in, the earlier one comes back.

    Parameters
    ----------
    out
        The folder, or file, to be written.

    Raises
    ------
    AbateError
        If another process is writing there.
    """
    from filelock import FileLock, Timeout

    out.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out.parent / f".{out.name}.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise AbateError(
            f"{out.name}: another process is writing this folder. Expected one at a time. Wait until it is done, or "
            "choose another --out."
        ) from error
    try:
        beside = f".{glob.escape(out.name)}.{OURS}"
        for earlier in out.parent.glob(f"{beside}-old.*/earlier"):
            if not out.exists():
                earlier.rename(out)
        for left in out.parent.glob(f"{beside}-*"):
            shutil.rmtree(left, ignore_errors=True)
        work = _beside(out, "work")
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
    finally:
        lock.release()


def _beside(out: Path, kind: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f".{out.name}.{OURS}-{kind}.", dir=out.parent))


@contextmanager
def whole_folder(out: Path, marker: str, what: str) -> Iterator[Path]:
    """Give a folder to write in, which takes its place once everything in it stands.

    Parameters are those of :func:`check_place`. An earlier folder there goes only once the new one is whole; after
    an error it is as it was, and nothing of the new one is left.

    Raises
    ------
    AbateError
        If the place may not be written over.
    """
    check_place(out, marker, what)
    out.parent.mkdir(parents=True, exist_ok=True)
    work = _beside(out, "new")
    try:
        yield work
        _umask_permissions(work)
        _move_in(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file beside its place and move it in, so that it is never half there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", newline="", delete=False
    ) as stream:
        place = Path(stream.name)
        try:
            stream.write(text)
            stream.close()
            _umask_permissions(place, 0o666)
            place.replace(path)
        except BaseException:
            place.unlink(missing_ok=True)
            raise


def _umask_permissions(work: Path, mode: int = 0o777) -> None:
    """Give a folder or file the permissions of an ordinary new one; a temporary one is closed to others."""
    mask = os.umask(0)
    os.umask(mask)
    work.chmod(mode & ~mask)


def _move_in(work: Path, out: Path) -> None:
    """Put the finished folder in its place; an earlier one goes only once the new one stands."""
    if not out.exists():
        work.rename(out)
        return
    old = _beside(out, "old")
    out.rename(old / "earlier")
    try:
        work.rename(out)
    except BaseException:
        (old / "earlier").rename(out)
        old.rmdir()
        raise
    shutil.rmtree(old, ignore_errors=True)
