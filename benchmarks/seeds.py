"""The demo city's day over many seeds: what is kept, what is open, what is broken, and how long it takes.

    python benchmarks/seeds.py --seeds 1-20 [--orders FILE] [--workers 1] [--keep DIR]

Prints one JSON object: a row for each seed, and over all of them the share of kept promises among those that
were promised at 92.5 to 97.5 % (Wilson, 95 %), the greatest share of orders in open cases, and whatever an
invariant found broken. Each day is a process of its own, so that time and memory are those of the command.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from doorstep.views.intervals import share_of

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Run the seeds and print what came of them."""
    options = _options()
    first, _, last = options.seeds.partition("-")
    rows = []
    for seed in range(int(first), int(last or first) + 1):
        rows.append(_day(seed, options))
        print(json.dumps(rows[-1]), file=sys.stderr)
    kept = sum(row["kept_95"] for row in rows)
    due = sum(row["due_95"] for row in rows)
    over_all = {
        "seeds": len(rows),
        "kept_of_95_windows": _interval(kept, due),
        "kept_of_all": _interval(sum(r["kept"] for r in rows), sum(r["due"] for r in rows)),
        "open_share_max": max(row["open_share"] for row in rows),
        "broken": [sentence for row in rows for sentence in row["broken"]],
        "invariants": sorted({number for row in rows for number in row["subjects"]}, key=int),
        "wall_s_median": sorted(row["wall_s"] for row in rows)[len(rows) // 2],
        "wall_s_max": max(row["wall_s"] for row in rows),
        "rss_mb_max": max(row["rss_mb"] for row in rows),
        "cores": os.cpu_count(),
    }
    print(json.dumps({"days": rows, "all": over_all}, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", default="1-20")
    parser.add_argument("--orders", default=str(ROOT / "examples/neubrandenburg/orders.csv"))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, help="keep each day's folder under this one")
    return parser.parse_args()


def _day(seed: int, options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out = (options.keep or Path(folder)) / f"seed-{seed}"
        words = [sys.executable, "-m", "doorstep", "day", "--orders", options.orders, "--json"]
        words += ["--seed", str(seed), "--workers", str(options.workers), "--out", str(out)]
        began = time.perf_counter()
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        wall_s = time.perf_counter() - began
        open_orders = _in_open_cases(out / "log.ndjson") if done.returncode in (0, 1) else 0
    if done.returncode not in (0, 1):
        raise SystemExit(f"seed {seed} ended with {done.returncode}:\n{done.stderr}")
    report = json.loads(done.stdout)
    promises, window = report["promises"], report["promises"]["reliability"]["windows_95"]
    return {
        "seed": seed,
        "log_hash": report["log_hash"],
        "orders": report["orders"],
        "delivered": report["delivered"],
        "due": promises["due"],
        "kept": promises["kept"],
        "refused": promises["refused"],
        "due_95": window["kept"]["cases"],
        "kept_95": window["kept"]["count"],
        "open_share": round(open_orders / report["orders"], 4),
        "broken": report["invariants"]["broken"],
        "subjects": {number: seen["subjects"] for number, seen in report["invariants"]["each"].items()},
        "wall_s": round(wall_s, 1),
        # The greatest of all children so far: the day's process and its workers, each by itself.
        "rss_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }


def _in_open_cases(log: Path) -> int:
    """The orders that a case was about which nobody had closed at the day's end; several cases, one order."""
    about: dict[str, str] = {}
    order_of: dict[str, str] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        data = json.loads(line)["data"]
        match data["type"]:
            case "delivery.created":
                order_of[data["delivery"]] = data["order"]
            case "case.opened":
                subject = data["subject"]
                about[data["case"]] = subject["order"] or order_of.get(subject["delivery"], "")
            case "case.closed":
                del about[data["case"]]
            case _:
                pass
    return len({order for order in about.values() if order})


def _interval(kept: int, due: int) -> dict[str, Any]:
    found = share_of(kept, due)
    return {
        "kept": kept,
        "due": due,
        "share_ppm": found.share_ppm,
        "low_ppm": found.low_ppm,
        "high_ppm": found.high_ppm,
    }


if __name__ == "__main__":
    main()
