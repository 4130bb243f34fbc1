"""Prices thirty options by simulation, on all CPUs, and checks every price against the exact formula.

The option pays the geometric average of a share price over twelve month ends, above a strike. Its exact price is
known (Kemna and Vorst, "A pricing method for options based on average asset values", Journal of Banking and Finance
14, 1990, in its discrete form), so the sweep can show that simulation and formula agree: about 95 % of the 95 %
intervals must hold the exact price. Each task draws from its own stream, so the result does not depend on how many
CPUs worked on it. Writes outputs/prices.csv and outputs/summary.json.
"""

import argparse
import csv
import json
import math
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist

CPUS = max(1, int(os.environ.get("QIANHANG_CPUS", "1")))
os.environ.setdefault("OMP_NUM_THREADS", "1")  # One process per CPU; threads below that would only fight.

try:
    import numpy as np
except ImportError:
    sys.exit("This job needs numpy, which is not installed where it runs.")

OUTPUTS = Path("outputs")
SPOT, RATE, YEARS, FIXINGS = 100.0, 0.025, 1.0, 12
STRIKES = (80.0, 90.0, 100.0, 110.0, 120.0)
VOLATILITIES = (0.10, 0.15, 0.20, 0.25, 0.30, 0.40)
BATCHES = 20
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Task:
    number: int
    strike: float
    volatility: float
    paths: int
    seed: int


@dataclass(frozen=True)
class Price:
    number: int
    strike: float
    volatility: float
    exact: float
    estimate: float
    low: float
    high: float
    paths: int
    seconds: float

    @property
    def agrees(self) -> bool:
        return self.low <= self.exact <= self.high


def exact_price(strike: float, volatility: float) -> float:
    """The logarithm of the geometric average is normal: its mean and variance give the price in closed form."""
    step, n = YEARS / FIXINGS, FIXINGS
    mean = math.log(SPOT) + (RATE - volatility**2 / 2) * step * (n + 1) / 2
    deviation = math.sqrt(volatility**2 * step * (n + 1) * (2 * n + 1) / (6 * n))
    d2 = (mean - math.log(strike)) / deviation
    normal = NormalDist().cdf
    forward = math.exp(mean + deviation**2 / 2)
    return math.exp(-RATE * YEARS) * (forward * normal(d2 + deviation) - strike * normal(d2))


def simulate(task: Task) -> Price:
    """Antithetic pairs in batches; the interval comes from the pairs, which are independent of each other."""
    started = time.monotonic()
    draws = np.random.default_rng(np.random.SeedSequence(task.seed, spawn_key=(task.number,)))
    step = YEARS / FIXINGS
    drift = (RATE - task.volatility**2 / 2) * step
    discount = math.exp(-RATE * YEARS)
    total = squares = 0.0
    pairs = 0
    for _ in range(BATCHES):
        shocks = draws.standard_normal((task.paths // (2 * BATCHES), FIXINGS)) * (task.volatility * math.sqrt(step))
        payoffs = [
            np.maximum(np.exp(np.log(SPOT) + np.cumsum(drift + sign * shocks, axis=1).mean(axis=1)) - task.strike, 0)
            for sign in (1, -1)
        ]
        values = discount * (payoffs[0] + payoffs[1]) / 2
        total += float(values.sum())
        squares += float((values**2).sum())
        pairs += len(values)
    mean = total / pairs
    error = math.sqrt(max(0.0, squares / pairs - mean**2) / pairs)
    return Price(
        number=task.number,
        strike=task.strike,
        volatility=task.volatility,
        exact=exact_price(task.strike, task.volatility),
        estimate=mean,
        low=mean - Z95 * error,
        high=mean + Z95 * error,
        paths=2 * pairs,
        seconds=time.monotonic() - started,
    )


def show_convergence(seed: int) -> None:
    """One option with ever more paths: the interval halves when the paths are four times as many."""
    print("convergence, strike 100, volatility 20 %", flush=True)
    for paths in (1_000, 4_000, 16_000, 64_000, 256_000):
        price = simulate(Task(10_000 + paths, 100.0, 0.20, paths, seed))
        half = (price.high - price.low) / 2
        print(f"  {paths:>8,} paths  {price.estimate:8.4f} ± {half:.4f}   exact {price.exact:.4f}", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--paths", type=int, default=2_000_000, help="simulated paths for each option")
    arguments.add_argument("--seed", type=int, default=19900101)
    options = arguments.parse_args()
    if options.paths < 2 * BATCHES:
        arguments.error(f"--paths must be at least {2 * BATCHES}")

    tasks = [
        Task(number, strike, volatility, options.paths, options.seed)
        for number, (volatility, strike) in enumerate((v, s) for v in VOLATILITIES for s in STRIKES)
    ]
    show_convergence(options.seed)
    print(f"\n{len(tasks)} options, {options.paths:,} paths each, {CPUS} process(es)", flush=True)
    started = time.monotonic()
    prices: list[Price] = []
    with ProcessPoolExecutor(CPUS) as pool:
        for done in as_completed([pool.submit(simulate, task) for task in tasks]):
            price = done.result()
            prices.append(price)
            print(
                f"[{len(prices):2}/{len(tasks)}] strike {price.strike:5.0f}  volatility {price.volatility:.0%}  "
                f"{price.estimate:8.4f} in [{price.low:.4f}, {price.high:.4f}]  exact {price.exact:8.4f}  "
                f"{'agrees' if price.agrees else 'outside'}",
                flush=True,
            )
    seconds = time.monotonic() - started
    prices.sort(key=lambda price: price.number)
    agreeing = sum(price.agrees for price in prices)
    worst = max(abs(price.estimate - price.exact) for price in prices)

    OUTPUTS.mkdir(exist_ok=True)
    with (OUTPUTS / "prices.csv").open("w", newline="") as file:
        rows = csv.DictWriter(file, [*asdict(prices[0]), "agrees"])
        rows.writeheader()
        rows.writerows({**asdict(price), "agrees": price.agrees} for price in prices)
    summary = {
        "options": len(prices),
        "paths_each": prices[0].paths,
        "agreeing": agreeing,
        "largest_difference": worst,
        "processes": CPUS,
        "seconds": round(seconds, 3),
        "seed": options.seed,
    }
    (OUTPUTS / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    rate = len(prices) * prices[0].paths / seconds
    print(f"\n{agreeing} of {len(prices)} 95 % intervals hold the exact price; largest difference {worst:.4f}")
    print(f"{rate:,.0f} paths a second; prices and summary are in {OUTPUTS}/")
    # With thirty true 95 % intervals, fewer than 23 hits happens once in 50,000 sweeps: then something is wrong.
    if agreeing < 23:
        sys.exit("Simulation and formula disagree.")


if __name__ == "__main__":
    main()
