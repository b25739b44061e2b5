"""Arguments and options of the commands, with their help."""

from __future__ import annotations

import typer


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"bazaar {version('bazaar-auctions')}")
        raise typer.Exit


VERSION = typer.Option(
    "--version", help="Say which version this is.", callback=_tell_version, is_eager=True
)
SCENARIO = typer.Argument(
    help="A scenario: its name, see `bazaar list`, or the path of its file; by default the main one."
)
SET = typer.Option(
    "--set",
    metavar="NAME=VALUE",
    help="Set a parameter; may be given many times. `bazaar list SCENARIO` names those of a scenario.",
)
PRESET = typer.Option(
    metavar="NAME", help="Start from a named setting of the scenario; what --set says comes on top."
)
SEED = typer.Option(metavar="N", help="Same seed, same records; an integer of at least 0.")
UNTIL = typer.Option(metavar="T", help="Simulated time at which the run ends, above 0.")
BIDS = typer.Option(
    metavar="FILE",
    help="Make the buyers' prior from a file of logged bids, a row for each (CSV and the like, compressed or "
    "not, Excel, Stata, Parquet): the highest bid of each bidder in each auction counts as a value. This "
    "assumes private values and a second-price or ascending format. It is biased: winners are censored at "
    "what they paid, and losers may stop early (too low); who did not bid is not seen (too high).",
)
COLUMNS = typer.Option(
    metavar="KIND=COLUMN,…",
    help="Names of the columns of FILE, or their numbers from 1, such as auctionid=lot,bidder=who,bid=amount,"
    "item=model; what is left out keeps its name.",
)
ITEM = typer.Option(metavar="ITEM", help="Read only bids on this item (column `item`).")
WHERE = typer.Option(
    metavar="COLUMN=VALUE", help="Read only rows that have this in this column; may be given many times."
)
DECIMAL = typer.Option(metavar="SIGN", help="The decimal sign of bids, . or , where the file does not tell.")
FORMAT = typer.Option(
    metavar="FORMAT",
    help="Say that the bids are of second-price or ascending auctions, whatever they look like.",
)
SKIP = typer.Option("--bids-skip-bad", help="Leave out bad rows of FILE and count them.")
RAISE = typer.Option(
    "--raise", help="Let a strategy that fails stop the run and show where, in place of a refused answer."
)
OUT = typer.Option(
    metavar="DIR", help="Folder for the records, new or empty; by default a fresh one in runs."
)
ANSWER_LIMIT = typer.Option(
    metavar="SECONDS",
    help="Refuse answers of strategies that take longer; by default there is no limit. What is refused then "
    "depends on the machine.",
)
STORY = typer.Argument(
    help="Tell the story and the parameters of this one: a name, or the path of a file."
)
PORT = typer.Option(metavar="PORT", help="Port of the page; 0 finds a free one.")
HOST = typer.Option(metavar="HOST", help="Address to listen at; 0.0.0.0 lets other machines in.")
NO_BROWSER = typer.Option("--no-browser", help="Do not open a browser.")
FOLDER = typer.Argument(metavar="DIR", help="Folder of a run.")
AUDITED = typer.Argument(
    metavar="WHAT",
    help="A scenario (name or file): what its sellers sell by. A mechanism: a name such as second_price, or "
    "module:Class or path/file.py:Class, on a small standard instance. `all`: the project's mechanisms.",
)
REPORTING = typer.Option(
    "--scenario", metavar="FILE", help="Report as this scenario does: a name, or the path of its file."
)
MECHANISM = typer.Option("--mechanism", metavar="NAME", help="Only this one; may be given many times.")
NOTION = typer.Option("--notion", metavar="NAME", help="Only this notion; may be given many times.")
TYPES = typer.Option(
    metavar="B",
    min=1,
    help="How many types of each buyer an exact audit takes; by default 3, for a mechanism of numbers 4.",
)
BUYERS = typer.Option(metavar="N", min=1, help="How many buyers take part; by default 2 or more, as needed.")
SAMPLE = typer.Option(
    metavar="PROFILES",
    min=4,
    help="Audit a sample of so many profiles from the scenario's, or the mechanism's, prior, not all types.",
)
DETAILS = typer.Option("--details", help="Tell what each lie gains, and who lies how, after the matrix.")
REPORTS = typer.Option(
    "--reports",
    metavar="LIES",
    help="What counts as a lie: `types`, to answer as another type would; or `types and silence`, the "
    "default.",
)
CSV = typer.Option(metavar="DIR", help="Also write each table as a CSV file into this folder.")
MENU = typer.Argument(
    metavar="FILE",
    help="A .toml file with [[entries]] (probabilities, price) and [[types]] (values or bundles, "
    "probability), or a .csv file with the columns kind (entry or type), one for each item, price and "
    "probability.",
)
MOST = typer.Option(
    "--k",
    metavar="K",
    help="Look at customers who buy up to 1, 2, …, K entries, an integer from 1 to 1000; `inf` for any "
    "number alone. Any number is always looked at too.",
)
SWEPT = typer.Argument(
    metavar="WHAT",
    help="A scenario, its name or the path of its file; or a plan, the path of a .toml file.",
)
GRID = typer.Option(
    "--grid", metavar="NAME=LO:HI:N", help="Sweep a parameter over N values at equal distances; many times."
)
LIST = typer.Option(
    "--list",
    metavar="NAME=A,B,C",
    help="Sweep a parameter over these values; may be given many times. Values with commas: A;B;C.",
)
VERSUS = typer.Option(
    "--vs", metavar="NAME=A,B", help="Compare two values of a parameter, on the same seeds and draws."
)
SEEDS = typer.Option("--seeds", metavar="N", min=1, help="Run every point with the seeds 0 to N - 1.")
MEASURE = typer.Option(
    "--measure", metavar="NAME", help="Plan to look at this figure; may be given many times."
)
RECORDS = typer.Option("--records", help="Keep all records of every run, not only its figures.")
WORKERS = typer.Option(
    "--workers", metavar="W", min=1, help="How many processes; by default one for each CPU."
)
DASK = typer.Option(
    "--dask", metavar="ADDRESS", help="Work on the Dask cluster at this address; `local` starts one here."
)
LIMIT = typer.Option(
    "--limit", metavar="SECONDS", min=0.001, help="Stop a task that takes longer, and count it as failed."
)
SWEEP_OUT = typer.Option("--out", metavar="DIR", help="Folder of the sweep, new or empty; or one to resume.")
RESUME = typer.Option("--resume", help="Run what is missing in DIR, which must be of the same plan.")
COMPARED = typer.Option(
    "--vs", metavar="NAME=A,B", help="Of a sweep: also compare these two values, which was not planned."
)
