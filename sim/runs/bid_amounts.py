"""Amounts of money as people write them: decimal points or commas, thousands, signs of currencies."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sim.runs.bid_files import BidsError

LARGEST_BID = 1e15
ALLOWED = f"a number from 0 to {LARGEST_BID:g}"

_SIGN = r"[$€£¥₹₽₩₺₴₪₫฿₦₱₡₲₵₸¢]"
_BEFORE = rf"(?P<before>(?:[A-Z]{{2,4}}|Rs\.?|kr\.?|Fr\.?)?\s*{_SIGN}?)"
_AFTER = rf"(?P<after>(?:{_SIGN}|[A-Z]{{3}}|kr\.?|zł|Kč|Ft|Fr\.?)?)"
_AMOUNT = re.compile(
    rf"(?P<minus>[-−]?)\+?{_BEFORE}\s*(?P<minus2>[-−]?)"
    rf"(?P<number>(?:\d[\d.,'’\s]*|[.,]\d+)(?:[eE][-+]?\d+)?)(?:[,.][-–])?\s*{_AFTER}"
)
_LONGEST = 100    # characters; what is longer is no amount
_OTHER = {".": ",", ",": "."}


@dataclass(frozen=True)
class Amount:
    """One amount: its number, NaN if there is none, and what is wrong with it, if anything is."""

    number: float
    fault: str = ""


def read_amounts(texts: Iterable[str], decimal: str | None, continental: bool) -> dict[str, Amount]:
    """Return each different text that is not empty with the amount that it means.

    decimal
        "." or ","; None finds out from all the texts together.
    continental
        Whether 1.234 and 1,234 may mean either, as in a file with semicolons: if all texts are like that, it
        must be said. Elsewhere a point is a decimal point, and a comma before three digits parts thousands.

    Raises BidsError if the texts do not agree on one decimal sign or one currency.
    """
    parsed = {text: _AMOUNT.fullmatch(text) if len(text) <= _LONGEST else None
              for text in dict.fromkeys(texts) if text}
    matches = {text: match for text, match in parsed.items() if match is not None}
    _one_currency(matches)
    mark = decimal or decimal_of([match["number"].strip() for match in matches.values()], continental)
    return {text: _amount(text, match, mark) for text, match in parsed.items()}


def _amount(text: str, match: re.Match[str] | None, mark: str) -> Amount:
    number = _literal(text) if match is None else _number(match["number"].strip(), mark)
    if number is None:
        return Amount(math.nan, "text as the bid")
    if math.isnan(number):
        return Amount(number, "NaN as the bid")
    if number < 0 or (match is not None and (match["minus"] or match["minus2"]) and number > 0):
        return Amount(-abs(number), "a negative bid")
    return Amount(number, "an absurd bid" if number > LARGEST_BID else "")


def _literal(text: str) -> float | None:
    """Infinity and NaN as Python writes them; None for other words."""
    try:
        return float(text.replace("_", "?"))    # 1_000 is a number in Python, not in a file of bids
    except ValueError:
        return None


def _number(text: str, mark: str) -> float | None:
    """The number that a text means, None if its groups are no thousands.

    >>> _number("1.234,5", ","), _number("1,234.5", "."), _number("1,2,3", ".")
    (1234.5, 1234.5, None)
    """
    whole, point, part = text.partition(mark)
    gap = rf"[{re.escape(_OTHER[mark])}'’\s]"
    if re.search(gap, whole) and not re.fullmatch(rf"\d{{1,3}}(?:{gap}\d{{2,3}})*{gap}\d{{3}}", whole):
        return None
    try:
        return float(re.sub(gap, "", whole) + point.replace(",", ".") + part)
    except ValueError:
        return None


def decimal_of(numbers: Iterable[str], continental: bool) -> str:
    """The decimal sign that numbers use, "." where none of them tells.

    >>> decimal_of(["1.234,50", "7"], False), decimal_of(["1,234", "12.5"], False)
    (',', '.')
    """
    votes: dict[str, str] = {}
    open_to_both: dict[str, str] = {}
    for number in numbers:
        mark = _mark_of(number)
        if mark == "?":
            open_to_both.setdefault(next(sign for sign in number if sign in ".,"), number)
        elif mark:
            votes.setdefault(mark, number)
    if len(votes) == 2:
        raise BidsError(f"bids have decimal points ({votes['.']}) and decimal commas ({votes[',']}); "
                        "say which by --bids-decimal . or , and leave out others by --bids-skip-bad")
    if votes:
        return next(iter(votes))
    if continental and open_to_both:
        example = next(iter(open_to_both.values()))
        raise BidsError(f"bids such as {example} may mean thousands or decimals, and no bid tells which; "
                        "say it by --bids-decimal . or ,")
    return "."


def _mark_of(number: str) -> str:
    """The decimal sign of one number; "?" if it may be either, an empty text if it has none."""
    signs = [sign for sign in number if sign in ".,"]
    if not signs:
        return ""
    if len(set(signs)) == 2:
        return signs[-1]
    if len(signs) > 1:
        return _OTHER[signs[0]]
    whole, part = re.split("[.,]", number)
    thousands = re.fullmatch(r"[1-9]\d{0,2}", whole) and re.fullmatch(r"\d{3}", part)
    return "?" if thousands else signs[0]


def _one_currency(matches: dict[str, re.Match[str]]) -> None:
    """Raise BidsError if there are several currencies."""
    found = Counter(
        sign for match in matches.values() if (sign := (match["before"] + match["after"]).strip(" ."))
    )
    if len(found) > 1:
        listed = ", ".join(f"{sign} ({count} different amounts)" for sign, count in found.most_common(5))
        raise BidsError(f"bids are in several currencies: {listed}; keep one by --bids-where COLUMN=VALUE")
