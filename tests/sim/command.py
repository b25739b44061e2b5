"""The command line as tests call it: in this process, or as a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scenarios.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--set", "buyers=30", "--set", "rate=0.3", "--until", "8")


@pytest.fixture
def bazaar(capsys, monkeypatch, tmp_path):
    """Call the command in an empty folder: exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, command=main):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            command(list(arguments))
        return SimpleNamespace(code=end.value.code or 0, **capsys.readouterr()._asdict())

    return call


def start(*command, folder, **environment):
    """Start Python with a command, in a folder from which only the project's root can be imported."""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"} | environment
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env=variables,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def finish(process, wait=60):
    """Wait for a process, so many seconds at most: exit code, output and errors."""
    out, err = process.communicate(timeout=wait)
    return SimpleNamespace(code=process.returncode, out=out, err=err)


def run(*command, folder, wait=60, **environment):
    """Start and wait."""
    return finish(start(*command, folder=folder, **environment), wait)
