"""Where a run's records go: a folder that was named, or a new one for each run."""

from __future__ import annotations

import time
from pathlib import Path

from sim.records.errors import OutputError
from sim.records.manifest import NAME


def prepare_directory(path: str | Path) -> Path:
    """Return the folder, made if it is not there, and claimed: it holds nothing but an empty manifest.

    Of several runs that want the same folder at the same time, one gets it. Raises OutputError, which says
    what to do, if the path is empty or not UTF-8, or the folder is a file, is not empty or cannot be written.
    """
    if not str(path):
        raise OutputError("output folder is empty text; name a folder that is new or empty")
    if not _is_utf8(str(path)):
        raise OutputError(f"output folder {str(path)!r} is not UTF-8; name a folder in UTF-8")
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"output folder {folder} is a file; name a folder that is new or empty")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise _not_empty(folder)
        with (folder / NAME).open("x"):
            pass
    except FileExistsError:
        if folder.is_dir():
            raise _not_empty(folder) from None
        raise OutputError(f"output folder {folder} is a link that leads nowhere; name another") from None
    except OSError as error:
        raise _cannot_be_written(folder, error) from None
    return folder


def fresh_directory(scenario: str, seed: int, base: str | Path = "runs") -> Path:
    """Return a new folder `base/scenario-seed-time`, made here and by nobody else.

    Two runs that start in the same second get different folders. Raises OutputError if `base` is a file
    or cannot be written.
    """
    stem = f"{scenario}-seed{seed}-{time.strftime('%Y%m%d-%H%M%S')}"
    try:
        Path(base).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_be_written(Path(base), error) from None
    folder = Path(base) / stem
    number = 1
    while True:
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
            folder = Path(base) / f"{stem}-{number}"
            continue
        except OSError as error:
            raise _cannot_be_written(folder, error) from None
        return folder


def _is_utf8(text: str) -> bool:
    """Whether text can be stored: names of files that are no text come with surrogates in place of bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _not_empty(folder: Path) -> OutputError:
    return OutputError(f"output folder {folder} is not empty; name a folder that is new or empty, "
                       "or remove what is in it")


def _cannot_be_written(folder: Path, error: OSError) -> OutputError:
    return OutputError(f"output folder {folder} cannot be written ({error.strerror or error}); "
                       "name a folder in which you may write")
