"""What mechanisms of each type space do and are worth, in plain Python, one profile at a time.

Written from the rules' sources, not from the code under test: loops and enumeration, no NumPy tricks.
"""

from itertools import product

SILENT = float("-inf")


def procurement(ceiling, rule):
    """Lowest offer, paid her own or the second lowest, at most the ceiling."""

    def play(offers):
        present = [(offer, i) for i, offer in enumerate(offers) if offer != SILENT and offer <= ceiling]
        won, paid = [0.0] * len(offers), [0.0] * len(offers)
        if present:
            lowest, winner = min(present)
            others = [offer for offer, i in present if i != winner]
            price = lowest if rule == "first price" else min([*others, ceiling])
            won[winner], paid[winner] = 1.0, -price
        return won, paid

    return play


def third_price(bids):
    present = sorted(((-bid, i) for i, bid in enumerate(bids) if bid != SILENT))
    won, paid = [0.0] * len(bids), [0.0] * len(bids)
    if present:
        winner = present[0][1]
        won[winner] = 1.0
        paid[winner] = -present[2][0] if len(present) > 2 else 0.0
    return won, paid


def first_price(bids):
    present = [(-bid, i) for i, bid in enumerate(bids) if bid != SILENT]
    won, paid = [0.0] * len(bids), [0.0] * len(bids)
    if present:
        bid, winner = min(present)
        won[winner], paid[winner] = 1.0, -bid
    return won, paid


def _sides(offers, sellers):
    asks = sorted((offer, i) for i, offer in enumerate(offers[:sellers]) if offer != SILENT)
    bids = sorted(((-offer, i + sellers) for i, offer in enumerate(offers[sellers:]) if offer != SILENT))
    return asks, [(-minus, i) for minus, i in bids]


def _trade(offers, asks, bids, count, ask_price, bid_price):
    net, paid = [0.0] * len(offers), [0.0] * len(offers)
    for _, i in asks[:count]:
        net[i], paid[i] = -1.0, -ask_price
    for _, i in bids[:count]:
        net[i], paid[i] = 1.0, bid_price
    return net, paid


def mcafee(sellers):
    def play(offers):
        asks, bids = _sides(offers, sellers)
        q = sum(1 for (a, _), (b, _) in zip(asks, bids, strict=False) if b >= a)
        if q == 0:
            return _trade(offers, asks, bids, 0, 0, 0)
        if len(asks) > q and len(bids) > q:
            price = (asks[q][0] + bids[q][0]) / 2
            if asks[q - 1][0] <= price <= bids[q - 1][0]:
                return _trade(offers, asks, bids, q, price, price)
        return _trade(offers, asks, bids, q - 1, asks[q - 1][0], bids[q - 1][0])

    return play


def k_double(sellers, k):
    def play(offers):
        asks, bids = _sides(offers, sellers)
        q = sum(1 for (a, _), (b, _) in zip(asks, bids, strict=False) if b >= a)
        if q == 0:
            return _trade(offers, asks, bids, 0, 0, 0)
        low = max(price for price, _ in [asks[q - 1], *bids[q : q + 1]])
        high = min(price for price, _ in [bids[q - 1], *asks[q : q + 1]])
        price = k * high + (1 - k) * low
        return _trade(offers, asks, bids, q, price, price)

    return play


def positions(rates, pricing):
    def play(bids):
        n, k = len(bids), len(rates)
        ranked = sorted((-bid, i) for i, bid in enumerate(bids) if bid != SILENT)
        places = sorted(range(k), key=lambda place: (-rates[place], place))
        won, paid = [[0.0] * k for _ in range(n)], [0.0] * n
        for rank, (_, i) in enumerate(ranked[:k]):
            won[i][places[rank]] = 1.0
            if pricing == "gsp":
                below = -ranked[rank + 1][0] if rank + 1 < len(ranked) else 0.0
                paid[i] = rates[places[rank]] * below
            else:  # what the others lose by her presence
                paid[i] = _click_welfare(bids, rates, without=i) - _click_welfare(bids, rates, except_for=i)
        return won, paid

    return play


def _click_welfare(bids, rates, without=None, except_for=None):
    present = sorted(((-bid, i) for i, bid in enumerate(bids) if bid != SILENT and i != without))
    ordered = sorted(rates, reverse=True)
    return sum(-bid * rate for (bid, i), rate in zip(present, ordered, strict=False) if i != except_for)


def worth_of_quantity(value, got):
    return value * got


def worth_of_contract(cost, got):
    return -cost * got


def worth_of_clicks(rates):
    return lambda value, got: value * sum(rate * part for rate, part in zip(rates, got, strict=True))


def best_quantity(values):
    return max(0.0, *values)


def best_contract(ceiling):
    return lambda costs: max(0.0, ceiling - min(costs))


def best_trade(sellers):
    """Try every set of sellers with every set of buyers of the same size."""

    def best(types):
        n, found = len(types), 0.0
        for chosen in product((0, 1), repeat=n):
            sold, bought = sum(chosen[:sellers]), sum(chosen[sellers:])
            if sold == bought:
                gain = sum(t for t, c in zip(types[sellers:], chosen[sellers:], strict=True) if c)
                found = max(found, gain - sum(t for t, c in zip(types, chosen[:sellers], strict=False) if c))
        return found

    return best


def best_clicks(rates):
    """Try every way to give positions to bidders."""

    def best(values):
        options = range(-1, len(rates))
        ways = (w for w in product(options, repeat=len(values)) if _distinct(w))
        return max(sum(v * rates[p] for v, p in zip(values, way, strict=True) if p >= 0) for way in ways)

    return best


def _distinct(way):
    taken = [place for place in way if place >= 0]
    return len(taken) == len(set(taken))
