"""Look: colours told apart by all eyes, text that can be read in light and dark, files that need no page."""

import re

import numpy as np
import pytest

from sim.page.drawing import look

PAPERS = {"light": look.PAPER, "dark": look.PAPER_IN_THE_DARK}
PALETTES = {
    "light": (look.SELLERS, look.NAMES, look.BUYERS, look.SEQUENCE, look.FROM_LOSS, look.INK, look.FAINT),
    "dark": (look.SELLERS_IN_THE_DARK, look.NAMES_IN_THE_DARK, look.BUYERS_IN_THE_DARK,
             look.SEQUENCE_IN_THE_DARK, look.FROM_LOSS_IN_THE_DARK, look.INK_IN_THE_DARK,
             look.FAINT_IN_THE_DARK),
}
SEEN_BY = {
    "all cones": np.eye(3),
    "no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                     [-0.003882, -0.048116, 1.051998]],
    "no green cones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                       [-0.011820, 0.042940, 0.968881]],
    "no blue cones": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                      [0.004733, 0.691367, 0.303900]],
}
"""How linear RGB looks to them (Machado, Oliveira and Fernandes 2009, table 1, severity 1)."""


def linear_rgb(colour):
    """Linear parts of sRGB (IEC 61966-2-1)."""
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Of two colours, from 1 to 21 (WCAG 2.2)."""
    dim, bright = sorted(0.05 + float(linear_rgb(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other))
    return bright / dim


def cielab(linear):
    """CIE L*a*b* of linear sRGB, with the white point D65."""
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(matrix @ np.clip(linear, 0.003, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("matrix", SEEN_BY.values(), ids=SEEN_BY)
@pytest.mark.parametrize("mode", PALETTES)
def test_sellers_and_strategies_can_be_told_apart_with_any_eyes(mode, matrix):
    """A difference of 2.3 is just noticeable (Mahy, Van Eycken and Oosterlinck 1994)."""
    sellers, _, buyers, *_ = PALETTES[mode]
    for colours in (sellers, buyers):
        seen = [cielab(np.array(matrix) @ linear_rgb(colour)) for colour in colours]
        assert min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]) > 6 * 2.3


@pytest.mark.parametrize("mode", PALETTES)
def test_words_can_be_read(mode):
    _, names, _, _, _, ink, faint = PALETTES[mode]
    assert min(contrast(colour, PAPERS[mode]) for colour in (*names, ink, faint)) >= 4.5


@pytest.mark.parametrize("mode", PALETTES)
def test_amounts_get_darker_step_by_step_or_lighter_in_the_dark(mode):
    shades = PALETTES[mode][3]
    against = [contrast(colour, PAPERS[mode]) for colour in shades]
    assert against == sorted(against)
    assert len(PALETTES[mode][4]) == len(shades) == look.SHADES


def test_sellers_of_one_colour_differ_in_dashes_and_shape():
    looks = [look.look_of_seller(number) for number in range(21)]
    assert len({(each.class_, each.dashes) for each in looks}) == 21
    assert len({(each.class_, each.shape) for each in looks}) == 21
    assert look.look_of_seller(21) == looks[0]


def test_a_file_needs_no_variables_and_the_page_defines_those_it_uses():
    assert "var(" not in look.stylesheet_of_files()
    used = set(re.findall(r"var\(--([\w-]+)\)", look.stylesheet()))
    for where in (r"\.drawing, \.board \{([^}]*)\}", r"\.theme--dark :is[^{]*\{([^}]*)\}"):
        defined = set(re.findall(r"--([\w-]+):", re.search(where, look.stylesheet())[1]))
        assert used <= defined


def test_paper_is_white_in_the_dark_too():
    printed = look.stylesheet().split("@media print")[1].split("}")[0]
    assert f"--paper: {look.PAPER};" in printed
    assert f"--ink: {look.INK};" in printed
