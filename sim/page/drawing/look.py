"""Look: the colours and type of pictures, as one stylesheet for the page and one for files.

Marks name what they show by a class: `s0` to `s6` for sellers (lines and dots; Okabe and Ito 2008), `b0` to
`b4` for strategies of buyers, `q0` to `q8` and `d0` to `d8` for amounts from little to much and from loss to
gain. The stylesheet gives each class its colour, light or dark.
"""

from __future__ import annotations

from typing import NamedTuple

from sim.page.drawing.names import SMALL, TYPE

SELLERS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6B3E00")
"""A seller's colour is the same in every picture; from the eighth seller on they come round again."""
SELLERS_IN_THE_DARK = ("#3A8FD9", "#E8702A", "#17B890", "#E28CC0", "#F5C400", "#8FD3FF", "#B58A55")
NAMES = ("#0072B2", "#B34A00", "#007A59", "#A8437F", "#8A5F00", "#1B74AB", "#6B3E00")
"""The same hues for text: each at least 4.5 to 1 against the paper."""
NAMES_IN_THE_DARK = ("#5BA8E5", "#F08A4B", "#2CC79F", "#E59AC6", "#F2C14E", "#8FD3FF", "#C9A06C")
BUYERS = ("#8C8C8C", "#000000", "#8C510A", "#C9A24B", "#5E4FA2")
"""Strategies of buyers: shades that cannot be taken for sellers, and each with a shape of its own."""
BUYERS_IN_THE_DARK = ("#9A9A9A", "#FFFFFF", "#C98A4B", "#F0DDA0", "#7F6BE0")
SEQUENCE = (
    "#DCE9F6", "#C3DAEE", "#A3C8E4", "#7DB1D8", "#5A99CB", "#3C80BB", "#2467A6", "#124E8B", "#08306B",
)
SEQUENCE_IN_THE_DARK = tuple(reversed(SEQUENCE))
FROM_LOSS = (
    "#B2182B", "#D6604D", "#F0A27F", "#F8D3BF", "#E6E6E6", "#C5DCEB", "#88BDDA", "#4393C3", "#2166AC",
)
FROM_LOSS_IN_THE_DARK = (
    "#FF6B6B", "#E2594F", "#B5483F", "#7F3B36", "#5A5A5A", "#345A78", "#3B7CAB", "#56A3DB", "#86C8FF",
)
INK, FAINT, GRID, PAPER = "#222222", "#5F5F5F", "#E4E4E4", "#FFFFFF"
INK_IN_THE_DARK, FAINT_IN_THE_DARK, GRID_IN_THE_DARK, PAPER_IN_THE_DARK = (
    "#EDEDED", "#B8B8B8", "#3A3A3A", "#1E1E1E",
)
SHADES = len(SEQUENCE)
"""How many classes amounts fall into."""

_DASHES = (None, "2 2", "7 2.5 1.5 2.5")
_SHAPES = ("dot", "triangle", "diamond")


class Look(NamedTuple):
    """The class that gives a mark its colour, its dashes, and the shape of its dots."""

    class_: str
    dashes: str | None = None
    shape: str = "dot"


INKED, PALE = Look("ink"), Look("faint")
THEORY = Look("ink", "5 3")
"""Of lines that come from theory, not from the run."""


def look_of_seller(number: int) -> Look:
    """The look of seller `number`; no two of the first 21 are alike."""
    turn = number // len(SELLERS) % len(_DASHES)
    return Look(f"s{number % len(SELLERS)}", _DASHES[turn], _SHAPES[turn])


def look_of_strategy(number: int) -> Look:
    """The look of the buyers who play the strategy with this index."""
    turn = number % len(BUYERS)
    return Look(f"b{turn}", None, ("dot", "triangle", "diamond", "square", "wedge")[turn])


def _palette(dark: bool) -> dict[str, str]:
    """Names of colours to colours."""
    each = {
        "s": SELLERS_IN_THE_DARK if dark else SELLERS,
        "n": NAMES_IN_THE_DARK if dark else NAMES,
        "b": BUYERS_IN_THE_DARK if dark else BUYERS,
        "q": SEQUENCE_IN_THE_DARK if dark else SEQUENCE,
        "d": FROM_LOSS_IN_THE_DARK if dark else FROM_LOSS,
    }
    named = {f"{letter}{k}": colour for letter, colours in each.items() for k, colour in enumerate(colours)}
    plain = (INK_IN_THE_DARK, FAINT_IN_THE_DARK, GRID_IN_THE_DARK, PAPER_IN_THE_DARK)
    bright = (INK, FAINT, GRID, PAPER)
    return named | dict(zip(("ink", "faint", "grid", "paper"), plain if dark else bright, strict=True))


_PLACES = ".drawing, .board"
"""Where the colours are known: in pictures, and on the page around them."""
_RULES = """
.drawing { background: var(--paper); }
.drawing text { font: TYPEpx Roboto, Arial, "Liberation Sans", Helvetica, sans-serif; fill: var(--ink);
  font-variant-numeric: tabular-nums; }
.drawing text.small { font-size: SMALLpx; }
.drawing text.quiet { fill: var(--faint); }
.drawing text.right { text-anchor: end; }
.drawing text.middle { text-anchor: middle; }
.drawing text.halo { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
.drawing .paper { fill: var(--paper); }
.drawing .grid { stroke: var(--grid); fill: none; }
.drawing .axis { stroke: var(--faint); fill: none; }
.drawing .line { stroke: currentColor; fill: none; stroke-width: 2; stroke-linejoin: round; }
.drawing .thin { stroke: currentColor; fill: none; stroke-width: .8; }
.drawing .spot { stroke: currentColor; fill: none; stroke-linecap: round; stroke-width: 4.5; opacity: .75; }
.drawing .full { opacity: 1; }
.drawing .shape { fill: currentColor; opacity: .8; }
.drawing .solid { fill: currentColor; }
.drawing .area { fill: currentColor; opacity: .22; }
.drawing .ink { color: var(--ink); }
.drawing .faint { color: var(--faint); }
.drawing .tie { stroke: var(--faint); fill: none; stroke-width: .6; }
""".replace("TYPE", f"{TYPE:g}").replace("SMALL", f"{SMALL:g}")


def _coloured() -> str:
    """Rules that give each class its colour."""
    classes = [name for name in _palette(False) if name[-1].isdigit()]
    rules = [f".drawing .{name} {{ color: var(--{name}); }}" for name in classes]
    texts = [f".drawing text.s{k} {{ fill: var(--n{k}); }}" for k in range(len(NAMES))]
    return "\n".join([*rules, *texts])


def _variables(where: str, dark: bool) -> str:
    told = " ".join(f"--{name}: {colour};" for name, colour in _palette(dark).items())
    return f"{where} {{ {told} }}"


def stylesheet() -> str:
    """For the page: light, dark where the page is dark, and always light on paper."""
    light, dark = _variables(_PLACES, False), _variables(f".theme--dark :is({_PLACES})", True)
    printed = _variables(f".theme--dark :is({_PLACES}), {_PLACES}", False)
    return f"{light}\n{dark}\n@media print {{ {printed} }}\n{_RULES}{_coloured()}\n"


def stylesheet_of_files() -> str:
    """For pictures that stand alone: light, each colour in full, because few programs know variables."""
    rules = _RULES + _coloured()
    for name, colour in _palette(False).items():
        rules = rules.replace(f"var(--{name})", colour)
    return rules
