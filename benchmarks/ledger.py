"""How long the ledger takes to load and answer, against plain reading of the same files; and a million made-up rows, against polars.

    python benchmarks/ledger.py [--rows 1000000] [--rounds 5]

Rounds are interleaved and medians are printed with their ratios, because a shared machine is noisy. polars is no dependency of the project:
`pip install polars` if the second part is wanted.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from outlay import ledger

DATA = Path(__file__).resolve().parents[1] / "data"


def load_and_select():
    ledger._cached.cache_clear()
    book = ledger.open()
    return book.quarters("capex")


def bare():
    return [pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(ledger.home().glob("*.csv"))]


def million(folder: Path, rows: int) -> None:
    """Write a ledger whose table of financials has so many made-up quarters: cumulative figures of firms that do not exist."""
    shutil.copytree(DATA, folder)
    firms = rows // (12 * 4)
    names = [f"firm{number}" for number in range(firms)]
    companies = pd.read_csv(folder / "companies.csv", dtype=str, keep_default_na=False)
    made = pd.DataFrame({"company": names, "name": names, "kind": "company", "fiscal_year_end": "12-31"}).reindex(columns=companies.columns, fill_value="")
    pd.concat([companies, made]).to_csv(folder / "companies.csv", index=False)
    years, quarters = np.meshgrid(np.arange(2014, 2026), np.arange(1, 5), indexing="ij")
    years, quarters = years.ravel(), quarters.ravel()
    ends = {1: "03-31", 2: "06-30", 3: "09-30", 4: "12-31"}
    single = np.random.default_rng(1).integers(100, 10_000, size=(firms, 12, 4))
    table = pd.DataFrame({
        "company": np.repeat(names, 48), "metric": "revenue", "period_start": np.tile([f"{year}-01-01" for year in years], firms),
        "period_end": np.tile([f"{year}-{ends[quarter]}" for year, quarter in zip(years, quarters, strict=True)], firms), "relation": "=",
        "value": single.cumsum(axis=2).ravel(), "low": "", "high": "", "unit": "USD m", "stance": "actual", "grade": "filed",
        "source": np.tile([f"made-up-{year}-{quarter}" for year, quarter in zip(years, quarters, strict=True)], firms), "n": 1, "locator": "made up", "note": "",
    })
    table.to_csv(folder / "financials.csv", index=False)
    sources = pd.read_csv(folder / "sources.csv", dtype=str, keep_default_na=False)
    papers = table.drop_duplicates("source")
    made = pd.DataFrame({"source": papers.source, "publisher": "nobody", "kind": "dataset", "title": "made up", "published": papers.period_end,
                         "published_precision": "day", "licence": "public", "tier": "primary"}).reindex(columns=sources.columns, fill_value="")
    pd.concat([sources, made]).to_csv(folder / "sources.csv", index=False)


def rounds(count: int, **ways) -> dict[str, float]:
    """Time each way in turn, `count` times over, and return the medians in CPU seconds and wall seconds."""
    taken = {name: [] for name in ways}
    for _ in range(count):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            way()
            taken[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {name: (statistics.median(cpu for cpu, _ in times), statistics.median(wall for _, wall in times)) for name, times in taken.items()}


def show(title: str, medians: dict, base: str) -> None:
    print(f"\n{title}\n{'':34}{'CPU s':>9}{'wall s':>9}{'CPU ratio':>12}")
    for name, (cpu, wall) in medians.items():
        print(f"{name.replace('_', ' '):34}{cpu:9.3f}{wall:9.3f}{cpu / medians[base][0]:12.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()}, pandas {pd.__version__}, {os.cpu_count()} cores, {platform.machine()}")
    load_and_select()
    facts = len(ledger.tables()["facts"])
    show(f"the ledger itself, {facts:,} facts", rounds(chosen.rounds, read_csv_of_the_same_files=bare, load_check_and_select=load_and_select), "read_csv_of_the_same_files")
    try:
        import polars
    except ImportError:
        print("\npolars is not installed: the second part is left out (pip install polars)")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "data"
        million(folder, chosen.rows)
        os.environ["OUTLAY_DATA"] = str(folder)
        held = {}

        def load():
            ledger._cached.cache_clear()
            held["book"] = ledger.open()

        def select():
            held["frame"] = held["book"].quarters("revenue")

        medians = rounds(max(1, chosen.rounds // 2), polars_reads_it=lambda: polars.read_csv(folder / "financials.csv"),
                         pandas_reads_it=lambda: pd.read_csv(folder / "financials.csv"), load_and_check=load, select_and_make_quarters=select)
        show(f"{len(held['frame']):,} made-up quarters", medians, "polars_reads_it")
        expected = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))["resources"]
        print(f"\n{len(expected)} tables, peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")


if __name__ == "__main__":
    main()
