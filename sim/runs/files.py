"""Files of one's own: a scenario or a mechanism in a file anywhere, imported as the module of its name.

The file's folder goes to the end of the search path, so that the file can import its neighbours, and none of
them can stand in for a module that Bazaar or its libraries use. A name that would mean two things is refused.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.bounded import NotReadableError, content_of, in_short

LARGEST_FILE = 2**24
"""Bytes of a file of Python that are read at most."""


class FileError(ValueError):
    """A file cannot be used; the message says why, and what to do."""

    def __init__(self, fault: str) -> None:
        super().__init__(in_short(fault))


def names_file(text: str) -> bool:
    """Whether a text names a Python file rather than one of Bazaar's own things.

    >>> names_file("my_scenario.py"), names_file("markets/mine"), names_file("town_market")
    (True, True, False)
    """
    return text.endswith(".py") or "/" in text or "\\" in text


def checked_file(text: str) -> Path:
    """The file of this path; FileError unless it is there, and has the name of a module and its ending."""
    path = Path(text).expanduser()
    if path.suffix != ".py":
        raise FileError(f"{text} must be a Python file, with the ending .py")
    if not path.is_file():
        raise FileError(f"there is no file {text}")
    if not path.stem.isidentifier():
        raise FileError(f"{text} must have a name that Python can import: letters, digits and _ before .py")
    return path.resolve()


def read_tree(path: Path) -> ast.Module:
    """The file's syntax tree; FileError, with the line, if it is no Python."""
    try:
        return ast.parse(content_of(path, LARGEST_FILE).decode("utf-8-sig"))
    except NotReadableError as error:
        raise FileError(f"{path} {error}") from None
    except SyntaxError as error:
        raise FileError(f"{path}, line {error.lineno}: {error.msg}") from None
    except UnicodeDecodeError:
        raise FileError(f"{path}: it is not UTF-8") from None
    except (RecursionError, MemoryError, ValueError) as error:    # nested too deeply; null bytes
        raise FileError(f"{path} cannot be read as Python ({type(error).__name__})") from None


def import_file(path: Path) -> ModuleType:
    """The module in this file, which can import its neighbours.

    Raises FileError if its name, or that of a neighbour that it imports, is also another module's, and if it
    cannot be imported, with the line.
    """
    known = sys.modules.get(path.stem)
    if known is not None and _stands_in(getattr(known, "__file__", None), path):
        return known
    tree = read_tree(path)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    for name, file in [(path.stem, path), *_imported_neighbours(tree, path.parent)]:
        _refuse_other(name, file)
    return _executed(path)


def _executed(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise FileError(f"{path} cannot be imported")
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[path.stem]
        if not isinstance(error, Exception | SystemExit | GeneratorExit):
            raise
        raise FileError(f"{path}{_line_of(error, path)}: {type(error).__name__}: {error}") from error
    return module


def _line_of(error: BaseException, path: Path) -> str:
    """The last line of the file that was at work, in words."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""


def _imported_neighbours(tree: ast.Module, folder: Path) -> Iterator[tuple[str, Path]]:
    """Modules and packages of the folder that are imported by name."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.partition(".")[0])
    for name in sorted(names):
        for file in (folder / f"{name}.py", folder / name / "__init__.py"):
            if file.is_file():
                yield name, file


def _refuse_other(name: str, file: Path) -> None:
    """FileError if an import of the name would bring another module than the one in the file."""
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # a module that runs as a program has no spec
        spec = None
    loaded = getattr(sys.modules.get(name), "__file__", None)
    place = loaded or (spec.origin if spec is not None else None)
    if not _stands_in(place, file):
        raise FileError(f"{file} has the name of another module, {name} ({place}); rename the file")


def _stands_in(place: str | None, file: Path) -> bool:
    return place is not None and Path(place).resolve() == file.resolve()


def load_named(text: str) -> Any:
    """What a text such as `module:Name` or `path/file.py:Name` names.

    Modules are looked for in the working folder too. Raises FileError if there is no such module, file or
    name.

    >>> load_named("math:pi")
    3.141592653589793
    """
    place, _, name = text.rpartition(":")
    if not place or not name.isidentifier():
        raise FileError(f"{text!r} must be module:Name or path/file.py:Name")
    module = import_file(checked_file(place)) if names_file(place) else _import_module(place)
    if not hasattr(module, name):
        raise FileError(f"there is no {name} in {place}")
    return getattr(module, name)


def _import_module(name: str) -> ModuleType:
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise FileError(f"{name} cannot be imported: {error}") from None
