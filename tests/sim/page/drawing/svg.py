"""SVG read back: what is drawn where, for tests of pictures."""

import re
from types import SimpleNamespace
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawing):
    """The whole picture as a tree; a ParseError if it is not well formed."""
    return ElementTree.fromstring(drawing.standalone())


def of_class(tree, tag, *classes):
    """Elements of a tag that have all of these classes."""
    found = tree.iter(SVG + tag)
    return [each for each in found if set(classes) <= set(each.get("class", "").split())]


def corners(path):
    """The places that a path of absolute pieces names, shape (n, 2) as a list."""
    return [(float(a), float(b)) for a, b in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d"))]


def texts(tree):
    """Each line of text, its words and the box that it takes up, rather too large than too small."""
    from sim.page.drawing.names import SMALL, TYPE, width_of

    found = []
    for each in tree.iter(SVG + "text"):
        if each.get("transform"):
            continue
        said, x, y = each.text or "", float(each.get("x")), float(each.get("y"))
        size = SMALL if "small" in each.get("class", "") else TYPE
        wide, classes = width_of(said, size), each.get("class", "").split()
        left = x - wide if "right" in classes else x - wide / 2 if "middle" in classes else x
        found.append(SimpleNamespace(words=said, classes=classes, x0=left, x1=left + wide,
                                     y0=y - 0.75 * size, y1=y + 0.2 * size, element=each))
    return found


def overlap(one, other):
    """Whether two boxes share more than two pixels each way."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > 2 and high > 2
