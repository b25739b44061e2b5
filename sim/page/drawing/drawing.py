"""Drawing: a picture as SVG text, with the data that it shows; in two layers on the page, or in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.page.drawing.elements import element, tip
from sim.page.drawing.look import stylesheet_of_files

_SVG = "http://www.w3.org/2000/svg"


@dataclass(frozen=True)
class Drawing:
    """A picture.

    Attributes
    ----------
    title
        What it is, in a few words; for those who cannot see it too.
    told
        What it shows just now, in a sentence, for the same reason; may be empty.
    still
        SVG of what lies below and seldom changes: scales, names, a network. The page sends it only if it has
        changed.
    moving
        SVG of what lies above.
    width, height
        Pixels of its own; the page shows it at any size.
    data
        Columns of equal length, by name: what is drawn, for who wants to draw it anew.
    """

    title: str
    still: str
    moving: str
    width: float = 460
    height: float = 310
    told: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def layer(self, content: str, seen: bool) -> str:
        """One layer as an SVG element; the one that is `seen` carries the words, the other is hidden from
        readers of screens."""
        box = f"0 0 {self.width:g} {self.height:g}"
        spoken = {"role": "img", "aria_label": self._words()} if seen else {"aria_hidden": "true"}
        return element("svg", content or " ", xmlns=_SVG, class_="drawing", viewBox=box, **spoken)

    def _words(self) -> str:
        return f"{self.title}. {self.told}" if self.told else self.title

    def standalone(self) -> str:
        """The picture as an SVG file, with its own style on white paper."""
        sheet = element("rect", class_="paper", width=self.width, height=self.height)
        parts = tip(self.title), element("style", stylesheet_of_files()), sheet, self.still, self.moving
        box, size = f"0 0 {self.width:g} {self.height:g}", {"width": self.width, "height": self.height}
        return element("svg", "".join(parts), xmlns=_SVG, class_="drawing", viewBox=box, role="img", **size)

    def csv(self) -> str:
        """The data as comma-separated values, a line for the names of the columns."""
        import pandas

        return str(pandas.DataFrame(dict(self.data)).to_csv(index=False))
