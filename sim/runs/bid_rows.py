"""Rows of a file of bids on their way to bids: which are whole, chosen, and of a format that tells values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sim.bounded import in_short
from sim.runs.bid_amounts import ALLOWED, Amount, read_amounts
from sim.runs.bid_checks import WHY_NOT, Bids, format_column, kind_of, refusal
from sim.runs.bid_columns import Header
from sim.runs.bid_files import BidsError, RawTable

Line = tuple[int, list[str]]


@dataclass(frozen=True)
class RowReader:
    """The rows of a table on their way to bids; what is left out is counted by reason."""

    table: RawTable
    header: Header
    places: Mapping[str, int]
    left_out: Counter[str]

    def whole(self, rows: list[list[str]], lines: list[int], skip_bad: bool) -> list[Line]:
        """The rows with as many fields as the header; empty ones beyond are cut off."""
        width = len(self.header.names)
        kept = []
        for line, fields in zip(lines, rows, strict=True):
            if len(fields) != width and (len(fields) < width or any(fields[width:])):
                said = f"{len(fields)} fields ({','.join(fields)[:60]!r}); the header has {width}"
                self._bad(line, "a wrong number of fields", said, skip_bad)
            else:
                kept.append((line, fields[:width]))
        return kept

    def _bad(self, line: int, reason: str, fault: str, skip_bad: bool) -> None:
        """Count a bad row, or raise."""
        if not skip_bad:
            raise BidsError(f"{self.table.file}, line {line}: {fault}; --bids-skip-bad leaves out such rows")
        self.left_out[reason] += 1

    def only(self, rows: list[Line], place: int, text: str, reason: str) -> list[Line]:
        """The rows that have this text in this column; BidsError, with what there is, if none has."""
        kept = [row for row in rows if row[1][place] == text.strip()]
        if rows and not kept:
            there = Counter(fields[place] for _, fields in rows).most_common(5)
            listed = ", ".join(f"{word or 'nothing'} ({count:,})" for word, count in there)
            raise BidsError(f"{self.table.file} has no row with {text!r} in {self.header.names[place]}; "
                            f"there are {listed}")
        self._count(reason, len(rows) - len(kept))
        return kept

    def of_usable_format(self, rows: list[Line]) -> list[Line]:
        """The rows of formats that tell values, if a column says of which format each is."""
        place = format_column(self.header, [fields for _, fields in rows])
        if place is None:
            return rows
        kinds = {word: kind_of(word) for word in dict.fromkeys(fields[place] for _, fields in rows)}
        kept = [row for row in rows if kinds[row[1][place]] not in WHY_NOT]
        if rows and not kept:
            raise refusal(self.table, next(iter(kinds.values())),
                          f"{self.header.names[place]} is {', '.join(kinds)}")
        for word, kind in kinds.items():
            if kind in WHY_NOT:
                self._count(f"{self.header.names[place]} {word}, where {WHY_NOT[kind]}",
                            sum(fields[place] == word for _, fields in rows))
        told = [word for word, kind in kinds.items() if kind not in WHY_NOT]
        if len(told) > 1:
            self.table.notes.append(f"bids of several formats are pooled ({', '.join(told)}); choose one by "
                                    f"--bids-where '{self.header.names[place]}={told[0]}'")
        return kept

    def _count(self, reason: str, rows: int) -> None:
        if rows:
            self.left_out[reason] += rows

    def bids(self, rows: list[Line], decimal: str | None, skip_bad: bool) -> Bids:
        """The bids above 0 of those who have a name, in auctions that have one."""
        column = self.places["bid"]
        amounts = read_amounts((fields[column] for _, fields in rows), decimal, self.table.separator == ";")
        found = Bids(self.header, [], [], [], [])
        for line, fields in rows:
            amount = self._amount(line, fields, amounts, skip_bad)
            if amount > 0:
                found.rows.append(fields)
                found.auctions.append(fields[self.places["auction"]])
                found.bidders.append(fields[self.places["bidder"]])
                found.amounts.append(amount)
        return found

    def _amount(self, line: int, fields: list[str], amounts: Mapping[str, Amount], skip_bad: bool) -> float:
        """The bid of a row; 0, and counted, if it is left out."""
        for kind in ("auction", "bidder", "bid"):
            if not fields[self.places[kind]]:
                self.left_out[f"no {kind}"] += 1
                return 0.0
        column = self.places["bid"]
        text = fields[column]
        amount = amounts[text]
        if amount.fault:
            shown = in_short(text, 60)
            said = f"{self.header.names[column]} is {shown!r}, {amount.fault}; it must be {ALLOWED}"
            self._bad(line, amount.fault, said, skip_bad)
            return 0.0
        if amount.number == 0:
            self.left_out["a bid of zero"] += 1
        return amount.number
