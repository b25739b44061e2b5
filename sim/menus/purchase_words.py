"""A purchase from a menu in words, for the audit and for `bazaar menu check`."""

from __future__ import annotations

from mechanisms.menus import Policy, Purchase


def bought(purchase: Purchase) -> str:
    """What was bought and paid.

    >>> bought(Purchase((0, 0, 2), utility=1.5, payment=3.0, endless=(), bound=1.5))
    '2 × entry 0 and entry 2 (pays 3)'
    """
    if isinstance(purchase.entries, Policy):
        return f"one entry after the other, looking (pays {purchase.payment:.6g} on average)"
    if not purchase.entries:
        return "nothing"
    counts = {e: purchase.entries.count(e) for e in dict.fromkeys(purchase.entries)}
    parts = [
        f"entry {e} without end" if e in purchase.endless else f"entry {e}" if c == 1 else f"{c} × entry {e}"
        for e, c in counts.items()
    ]
    return f"{' and '.join(parts)} (pays {purchase.payment:.6g})"
