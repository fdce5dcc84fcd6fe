#!/usr/bin/env python3
"""Seeded random sequences and what the reference engine says of them, as JSON on stdout.

usage: engine.py FOLDER [SEED]      FOLDER holds the reference engine: canary_stats.py and gauge.py; needs numpy
"""
import json
import sys

import numpy as np

if len(sys.argv) < 2:
    sys.exit(__doc__)
sys.path.insert(0, sys.argv[1])
import canary_stats as engine  # noqa: E402
import gauge  # noqa: E402

SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
BETS = {"harm": engine.HARM_M, "nonInferiority": engine.NI_M, "harmOdds": engine.HARM_ODDS, "nonInferiorityOdds": engine.NI_ODDS}

# name, bets, rho, delta, cap of a tick (None: none), requests a tick, stable's rate, the candidate's, phi varies
PAIRS = [
    ("harm", "harm", 1.1, 2e-4, None, 500, 0.004, 0.004, False),
    ("harm of a bad version", "harm", 1.1, 2e-4, None, 2500, 0.002, 0.006, True),
    ("harm capped", "harm", 1.1, 2e-4, (1 / 0.004) ** (1 / 3), 2500, 0.01, 0.05, True),
    ("harm without a margin", "harm", 1.0, 0.0, None, 80, 0.1, 0.12, False),
    ("guard", "harm", 3.0, 0.01, (1 / 0.002) ** (1 / 3), 500, 0.02, 0.15, True),
    ("users", "harm", 1.1, 5e-4, None, 40, 0.03, 0.04, False),
    ("non-inferiority", "nonInferiority", 1.1, 1e-3, None, 2500, 0.003, 0.003, True),
    ("non-inferiority capped", "nonInferiority", 1.4, 4e-3, 20 ** 0.25, 25_000, 0.003, 0.002, False),
    ("non-inferiority of billions", "nonInferiority", 1.1, 1e-3, None, 5_000_000_000, 0.01, 0.0103, True),
    ("slow half", "harmOdds", 1, 0, None, 500, 0.5, 0.56, True),
    ("slow hundredth, capped", "harmOdds", 1, 0, (1 / 0.0016) ** (1 / 3), 5000, 0.01, 0.02, True),
    ("slow hundredth of few", "harmOdds", 1, 0, None, 25, 0.01, 0.05, False),
    ("no slower half", "nonInferiorityOdds", 1, 0, 20 ** 0.25, 2500, 0.5, 0.44, True),
    ("no slower hundredth", "nonInferiorityOdds", 1, 0, None, 5000, 0.01, 0.007, False),
]


def exact(values):
    return [v.item() if isinstance(v, np.generic) else v for v in values]


def draw(rng, n, weight, p_stable, p_candidate):
    """One tick: now and then an arm is silent, or both are."""
    n = int(rng.poisson(n)) if n < 10**6 else n
    kind = rng.random()
    n_c = 0 if kind < 0.03 else int(rng.binomial(n, weight))
    n_b = 0 if 0.02 < kind < 0.05 else n - int(n * weight)
    return n_c, int(rng.binomial(n_c, p_candidate)), n_b, int(rng.binomial(n_b, p_stable))


def pair(rng, plan):
    name, bets, rho, delta, cap, n, p_b, p_c, varies = plan
    process = engine.PairE(1, "prop" if "Odds" in bets else "rate", BETS[bets], rho, delta, gmax=cap or np.inf)
    seconds, ticks, elapsed = float(rng.choice([1, 5, 30])), [], 0.0
    for k in range(60):
        elapsed += seconds
        counts = draw(rng, n, 0.1 if k < 25 else 0.5, p_b, p_c)
        rate = round(float(np.clip(p_b * np.exp(0.2 * rng.normal()), 1e-6, 0.98)), 6)
        phi = round(1 + 4 * rng.random() ** 2, 4) if varies else 1.0
        share = engine.share_rate(seconds, elapsed)
        log = process.step(*[[v] for v in counts], [rate], [phi], share)[0]
        ticks.append(exact([*counts, rate, phi, share, log]))
    return {"name": name, "bets": bets, "rho": rho, "delta": delta, "cap": cap, "ticks": ticks, "weights": exact(process.w[0])}


def dispersion(rng, name, tau0, tau_min, seconds, n, p, noise, weights=(0.05, 0.1, 0.25, 0.5, 0.5, 0.95)):
    process, ticks, deviation = engine.Dispersion(1, seconds, tau0, tau_min), [], 0.0
    for k in range(300):
        weight = weights[k * len(weights) // 300]
        deviation = 0.9 * deviation + noise * rng.normal()
        incident = 8 if k % 97 in (40, 41, 42) else 1
        counts = draw(rng, n, weight, min(0.9, p * incident), min(0.9, p * incident * np.exp(deviation)))
        rate = round(float(p * np.exp(0.1 * rng.normal())), 6)
        found = process.step(*[np.array([float(v)]) for v in counts], np.array([weight]), np.array([rate]))
        ticks.append(exact([*counts, weight, rate, found[0][0], found[1][0]]))
    after = exact([process.S[0], process.nu[0], process.S3[0], process.nu3[0]])
    return {"name": name, "tau0": tau0, "tauMin": tau_min, "seconds": seconds, "ticks": ticks, "after": after}


def rate(rng, a, b, x0, n0, seconds, n, p):
    process, ticks = engine.RateEst([x0], [n0], seconds, a=a, b=b), []
    for k in range(120):
        count = int(rng.poisson(n)) if k % 11 else 0
        x = int(rng.binomial(count, p if k < 60 else min(1, 20 * p)))
        process.update(x, count)
        ticks.append(exact([x, count, process.value()[0]]))
    return {"a": a, "b": b, "events": x0, "requests": n0, "seconds": seconds, "ticks": ticks}


def ratio(rng, n, p_b, p_c):
    process, ticks, looks = engine.RatioCS(), [], []
    for k in range(40):
        counts = draw(rng, n, 0.1 if k < 20 else 0.5, p_b, p_c)
        phi = round(1 + 2 * rng.random(), 4)
        process.step(*counts, phi)
        ticks.append([*counts, phi])
        if k % 8 == 7:
            looks.append(exact([k + 1, *process.interval(0.05), *process.interval(0.01)]))
    return {"ticks": ticks, "looks": looks}


def gauges(rng, tolerance, side, cap, mean, noise, correlation):
    process, blocks, deviation = gauge.GaugeE(1, tolerance, side, gmax=cap or np.inf), [], 0.0
    for k in range(120):
        deviation = correlation * deviation + noise * rng.normal()
        y = round(float(np.log(mean) + deviation + (3 if k in (50, 51) else 0)), 6)
        blocks.append(exact([y, process.step(np.array([y]), 60.0 * (k + 1))[0]]))
    return {"tolerance": tolerance, "side": side, "cap": cap, "blocks": blocks,
            "correlation": (process.c1 / process.c0)[0].item(), "scale": process.s[0].item()}


def growth(rng):
    p_b = float(rng.choice([0.0005, 0.004, 0.03, 0.2]))
    p_c, rho, delta = p_b * float(rng.uniform(0.4, 3)), float(rng.uniform(1, 1.5)), float(rng.choice([0, 2e-4, 1e-3]))
    w, rps, alpha = float(rng.uniform(0.05, 0.95)), float(rng.choice([5, 50, 500])), float(rng.choice([0.004, 0.05]))
    by_rate, by_share = engine.growth_rate(p_c, p_b, rho, delta, w, rps), engine.growth_prop(p_c, p_b, w, rps)
    return exact([p_c, p_b, rho, delta, w, rps, alpha, by_rate, engine.eta(by_rate, alpha), by_share, engine.eta(by_share, alpha)])


def main():
    rng = np.random.default_rng(SEED)
    np.seterr(all="ignore")
    out = {
        "seed": SEED,
        "numpy": np.__version__,
        "pairs": [pair(rng, p) for p in PAIRS],
        "dispersions": [
            dispersion(rng, "errors", 0.2, 0.05, 5.0, 500, 0.02, 0.05),
            dispersion(rng, "errors of few", 0.2, 0.05, 5.0, 25, 0.01, 0.0),
            dispersion(rng, "errors that drift", 0.2, 0.05, 30.0, 15_000, 0.005, 0.3),
            dispersion(rng, "latency", 0.1, 0.03, 5.0, 2500, 0.1, 0.1, (0.1, 0.5)),
            dispersion(rng, "latency each second", 0.1, 0.03, 1.0, 500, 0.5, 0.05, (0.5,)),
        ],
        "rates": [
            rate(rng, 0.5, 500, 0, 0, 5.0, 500, 0.002),
            rate(rng, 0.5, 50, 300, 30_000, 1.0, 100, 0.01),
            rate(rng, 0.5, 50, 0, 0, 30.0, 20, 0.5),
        ],
        "ratios": [ratio(rng, 200, 0.01, 0.02), ratio(rng, 2000, 0.02, 0.02), ratio(rng, 20_000, 0.1, 0.05), ratio(rng, 50, 0.004, 0.03)],
        "gauges": [
            gauges(rng, 1.1, 1, 100 ** (1 / 3), 1.3, 0.04, 0.5),
            gauges(rng, 1.1, 1, None, 1.1, 0.04, 0.9),
            gauges(rng, 1.15, -1, 20 ** 0.25, 1.0, 0.04, 0.0),
            gauges(rng, 1.15, -1, None, 1.4, 0.2, 0.5),
        ],
        "growths": [growth(rng) for _ in range(20)],
    }
    rows = lambda value: json.dumps(value, separators=(",", ":"))
    # One sequence a line.
    print("{" + ",\n".join(
        f'"{key}":' + ("[\n" + ",\n".join(map(rows, value)) + "]" if isinstance(value, list) else rows(value))
        for key, value in out.items()) + "}")


if __name__ == "__main__":
    main()
