"""Blocks of code in a page of Markdown: Python runs in one namespace, files are written, commands run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the name of the file that it is, if it is one."""

    language: str
    file: str
    text: str

    @property
    def commands(self):
        """The lines of a console that call `bazaar`."""
        lines = self.text.splitlines() if self.language == "console" else []
        return [line[2:] for line in lines if line.startswith("$ bazaar")]


def blocks_of(path):
    """All fenced blocks of a page, in order."""
    found = _BLOCK.findall(path.read_text(encoding="utf-8"))
    return [Block(language, file, text) for language, file, text in found]


def bazaar(command, folder):
    """Run a command in a folder that stands for the clone."""
    return subprocess.run(
        [sys.executable, "-m", "scenarios", *shlex.split(command)[1:]],
        cwd=folder,
        env={"PATH": "", "HOME": str(folder), "COLUMNS": "100", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def clone_in(folder):
    """Put what the commands find in a clone into a folder."""
    for name in ("scenarios", "sim", "agents", "mechanisms"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def play_page(path, folder):
    """Write the page's files, run its commands and its Python, all in the folder; return its names."""
    names = {"__name__": f"page_{path.stem.replace('-', '_')}"}
    for block in blocks_of(path):
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, str(path), "exec"), names)
        for command in block.commands:
            done = bazaar(command, folder)
            assert done.returncode == 0, f"{command}\n{done.stderr}"
    return names


def file_in(path, name):
    """The text of the page's file of this name."""
    (text,) = [block.text for block in blocks_of(path) if block.file == name]
    return text
