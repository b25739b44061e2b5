"""Report: what `bazaar run` says at the end of a run, as HTML: its tables and pictures, of the run so far.

For runs that are computations, and no market, it is the page. The scenario's own `report` reads the tables;
its pictures are drawn into a folder that is removed at once.
"""

from __future__ import annotations

import base64
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.page.show import Show

WIDTH = 100
"""Columns of a table."""
_TELLS_OF_FILES = ("Picture:", "Pictures:", "Plot:", "Plots:")


class Tables(dict[str, Any]):
    """Tables of a run by name, and the folder into which its pictures may be drawn."""

    def __init__(self, tables: dict[str, Any], directory: Path) -> None:
        super().__init__(tables)
        self.directory = directory


def report_html(show: Show) -> str:
    """The report of a show's scenario on what was recorded so far, in HTML."""
    from sim.runs.report import summary

    report = getattr(show.entry.load(), "report", summary)
    if not any(len(show.records[name]) for name in show.records.manifest.tables):
        return "<p class='quiet'>Nothing was computed yet: press ▶ or Step.</p>"
    manifest = json.loads(json.dumps(asdict(show.records.manifest), default=str))
    with tempfile.TemporaryDirectory(prefix="bazaar-page-") as folder:
        lines = report(Tables(show.records.frames(), Path(folder)), manifest)
        return "".join([*map(line_html, lines), *picture_tags(Path(folder))])


def line_html(line: Any) -> str:
    """A line of text as a paragraph, anything else as `rich` prints it; nothing for where files are."""
    if isinstance(line, str):
        return "" if line.startswith(_TELLS_OF_FILES) else f"<p>{escape(line.strip())}</p>"
    from rich.console import Console

    screen = Console(width=WIDTH, file=io.StringIO(), record=True, highlight=False, markup=False, emoji=False)
    screen.print(line)
    return screen.export_html(inline_styles=True, code_format="<pre class='printed'>{code}</pre>")


def picture_tags(folder: Path) -> Iterator[str]:
    """The pictures of a folder."""
    for path in sorted(folder.glob("*.png")):
        code = base64.b64encode(path.read_bytes()).decode()
        name = escape(path.stem.replace("_", " "), quote=True)
        yield f"<img class='plot' alt='{name}' src='data:image/png;base64,{code}'>"
