"""Presets: named settings of each scenario, with a sentence that says what they show, for its page.

Each scenario's `PRESETS` are those of its name here. What is not set keeps its default.
"""

from __future__ import annotations

from sim.runs.scenario import Preset

AS_WRITTEN = "as the story tells"

TOWN_MARKET = (
    Preset(AS_WRITTEN, "Six sellers, 300 people: compare the revenue of an auction and the share of visits."),
    Preset("nobody comes back", "Losers do not return, so that values are a fair sample of the prior.",
           {"comeback": 0}),
    Preset("two formats", "Second price and first price alone, as in the theorem on equivalent revenue.",
           {"sellers": 2, "comeback": 0}),
    Preset("a crowd", "A thousand people: what do more bidders an auction do to revenue?",
           {"buyers": 1000}),
    Preset("slow messages", "Messages travel for as long as a question stays open: bids come too late.",
           {"latency": 0.2}),
)
COFFEE_SHOP = (
    Preset(AS_WRITTEN, "People who count the cost of coming back: what each menu earns, and the queue."),
    Preset("coming back costs nothing", "People buy the best they can, however often they must queue.",
           {"strategy": "exact"}),
    Preset("people who learn", "Regulars find out what pays: does revenue go where theory puts it?",
           {"strategy": "learning"}),
    Preset("a busy shop", "Three times as many customers: look at the queue.", {"rate": 3}),
)
NEIGHBOURS = (
    Preset(AS_WRITTEN, "Honest people who know their neighbours: do more ties, or finer ones, bring more?"),
    Preset("a common factor", "Values move together, so that neighbours' values tell much of the star's.",
           {"prior": "common factor"}),
    Preset("four liars", "Four people of each room report 70% of their values: what does it bring them?",
           {"liars": 4}),
    Preset("lazy beliefs", "Four people always report the uniform belief: compare what they are paid for it.",
           {"lazy": 4}),
)
LEARN_FIRST_PRICE = (
    Preset(AS_WRITTEN, "Regret matching and Hedge: learned bids beside the equilibrium."),
    Preset("from payoffs alone", "EXP3 sees its own payoff and no other: how much longer does it need?",
           {"strategy": "exp3"}),
    Preset("all pay", "One more room, in which losers pay too: where do bids of low values go?",
           {"mechanism": "all_pay"}),
)
LEARN_TO_TELL = (
    Preset(AS_WRITTEN, "Four rooms that learn to answer: how often the truth is told, over time."),
    Preset("rarer sale at random", "The lottery that makes truth strictly best is rarer: is it learned?",
           {"delta": 0.05}),
    Preset("more values", "Six values in place of four: more answers to try.",
           {"value_bound": 6}),
)
LIARS_MARKET = (
    Preset(AS_WRITTEN, "Truthful buyers, shaders, snipers and a ring: who gains by it, at which seller?"),
    Preset("bold shaders", "Shaders bid half of their values.", {"share": 0.5}),
    Preset("newcomers who learn", "Two buyers at each seller learn by Hedge what to bid.",
           {"newcomers": 2, "strategy": "hedge"}),
    Preset("slow messages", "Messages take a fifth of a window: does waiting for the last moment still pay?",
           {"latency": 0.02}),
)
SELL_THE_ROOM = (
    Preset(AS_WRITTEN, "Rooms of growing size: how the share of the optimum grows with n."),
    Preset("few values", "Values are whole numbers below 6.", {"value_bound": 6}),
    Preset("dear knowledge", "𝕄 may pay more for what people know of each other.", {"epsilon": 0.5}),
)
RISK_AVERSE_BIDDERS = (
    Preset(AS_WRITTEN, "Who fears risk bids more in first price: the gap between the two revenues."),
    Preset("neutral", "The CRRA bidders fear nothing: their two revenues should agree.", {"crra": 0}),
    Preset("much fear", "CRRA 0.9: how near do bids come to values?", {"crra": 0.9}),
    Preset("ten bidders", "More competition: compare the gap with that of three bidders.",
           {"bidders": 10}),
)
AMBIGUOUS_BIDDERS = (
    Preset(AS_WRITTEN, "Everybody pays half of her bid: what an attitude to ambiguity does to a bid."),
    Preset("all of the bid", "Losers pay their whole bids.", {"share": 1}),
    Preset("little of it", "Everybody pays a tenth of her bid.", {"share": 0.1}),
)
CAUTIOUS_SELLER = (
    Preset(AS_WRITTEN, "A cautious seller of three units: what does she give up on average to be surer?"),
    Preset("no caution", "Caution 0: utility is revenue.", {"caution": 0}),
    Preset("strangers who arrive", "Buyers come one by one, and each is offered a price once.",
           {"come": "arriving"}),
    Preset("nobody is late", "No answer misses the deadline.", {"late": 0}),
)
INSURANCE = (
    Preset(AS_WRITTEN, "Two insurers learn whether to take part: who stays in at which premium?"),
    Preset("much fear", "The cautious insurer fears much more.", {"fear": 8}),
    Preset("no discount", "The second learner's premium is the fair one.", {"discount": 0}),
)
ONE_PASS = (
    Preset(AS_WRITTEN, "A seller who fears risk, and buyers who do: her utility beside the best there is."),
    Preset("a seller without fear", "She is neutral; the buyers still fear risk.", {"seller_fear": 0}),
    Preset("buyers without fear", "They are neutral; she still fears risk.", {"buyer_fear": 0}),
)
ONE_MORE_BIDDER = (
    Preset(AS_WRITTEN, "One bidder more against the best reserve: which earns more in the worst case?"),
    Preset("five bidders", "Five before one more comes: what is one more worth now?", {"bidders": 5}),
    Preset("low values", "The least mean is a quarter.", {"mean": 0.25}),
)
RANDOM_RESERVE_EMERGES = (
    Preset(AS_WRITTEN, "Seller and nature learn against each other: which reserves does she end with?"),
    Preset("three bidders", "One bidder more in each auction.", {"bidders": 3}),
    Preset("high values", "The least mean of each value is 0.7.", {"mean": 0.7}),
)
REGRET_AUCTION = (
    Preset(AS_WRITTEN, "Markets of 2, 5 and 10 bidders: how large the regret may become, and where."),
    Preset("two bidders", "The smallest market alone.", {"bidders": "2"}),
    Preset("a finer grid", "Nature learns on a grid of 24 steps.", {"steps": 24}),
)
REGRET_PRICING = (
    Preset(AS_WRITTEN, "A seller learns prices that keep her regret small, against nature, who learns too."),
    Preset("a coarse grid", "Four steps: how far from the best does play end?", {"steps": 4}),
    Preset("longer play", "A hundred rounds before each sale.", {"rounds": 100}),
)
HIGHEST_BIDDER_LOTTERY = (
    Preset(AS_WRITTEN, "The highest bidder's lottery against nature: what is guaranteed, what is earned?"),
    Preset("five bidders", "More bidders in each auction.", {"bidders": 5}),
    Preset("low values", "The mean of each value is a quarter.", {"mean": 0.25}),
)
FEW_TICKETS = (
    Preset(AS_WRITTEN, "Menus for people who come twice at most: the gap to bundling, family by family."),
    Preset("one visit", "Menus for people who come once.", {"visits": 1}),
    Preset("small menus", "Menus of at most 50 sets: quick.", {"sets": 50}),
)
LOTTERY_TICKETS = (
    Preset(AS_WRITTEN, "What the best menu earns when people may come 1, 2, … 20 times."),
    Preset("up to five visits", "A few days only, and then any number.", {"most": 5, "until": 6}),
    Preset("a rough bound", "Bounds may be a thousandth off: quicker.", {"gap": 1e-3}),
)
SECOND_VISIT = (
    Preset(AS_WRITTEN, "The menu for one visit rises without end; with two visits it falls."),
    Preset("few circles", "Three doublings: seen in a moment.", {"doublings": 3, "until": 4}),
    Preset("more circles", "Eight doublings: how far does it rise?", {"doublings": 8, "until": 9}),
)
TABLE_ONE = (
    Preset(AS_WRITTEN, "Three buyers with three values each, one unit: each row and column of the table."),
    Preset("two buyers", "The smallest markets, which are quick.", {"buyers": 2, "values": 2}),
    Preset("alike", "All buyers are alike, as in Appendix C.", {"alike": True}),
)
UNIT_DEMAND = (
    Preset(AS_WRITTEN, "Two buyers, two items: what the posted prices earn of the best there is."),
    Preset("one buyer", "One buyer and two items.", {"buyers": 1}),
    Preset("no fear", "The seller is neutral.", {"fear": 0}),
)
