"""Blame: what goes wrong inside somebody's own mechanism is told as such, with the place."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mechanisms.conversation import Mechanism

OURS = Path(__file__).resolve().parents[2]
OWN = tuple(OURS / floor for floor in ("mechanisms", "agents", "sim"))


class MechanismError(ValueError):
    """A mechanism failed in its own code; the message says where, and how."""


@contextmanager
def blamed(mechanism: Mechanism, name: str) -> Iterator[None]:
    """Raise MechanismError for an error from a mechanism's own code, if it is none of this project's.

    Of one of this project's, ValueError and TypeError say themselves what does not fit.
    """
    try:
        yield
    except MechanismError:
        raise
    except Exception as error:
        file = Path(inspect.getfile(type(mechanism))).resolve()
        passed = traceback.extract_tb(error.__traceback__)
        frames = [one for one in passed if Path(one.filename).resolve() == file]
        ours = any(file.is_relative_to(floor) for floor in OWN)
        if not frames or (ours and isinstance(error, (ValueError, TypeError))):
            raise
        told = f"{type(error).__name__}: {error}".rstrip(": ")
        where = f"{file.name}, line {frames[-1].lineno}, in {frames[-1].name}"
        raise MechanismError(f"{name} failed in its own code: {told} ({where})") from error
