#!/usr/bin/env python3
"""Mann-Whitney, Hodges-Lehmann and quantiles of seeded random samples by R and SciPy, as JSON on stdout.

usage: ranks.py [SEED]      needs Rscript, numpy, scipy; see README.md
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import scipy
from scipy import stats

PROBS = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 1]

# name, n, m, kind, exact, corrected, alternative, confidence
PLAN = [
    ("small", 2, 3, "normal", True, True, "two.sided", 0.95),
    ("small wide", 4, 4, "normal", True, True, "two.sided", 0.99),
    ("single", 1, 9, "normal", True, True, "two.sided", 0.9),
    ("exact", 8, 7, "normal", True, True, "two.sided", 0.95),
    ("exact shifted", 12, 15, "shifted", True, True, "two.sided", 0.98),
    ("exact greater", 10, 11, "shifted", True, True, "greater", 0.95),
    ("exact less", 10, 11, "shifted", True, True, "less", 0.95),
    ("exact less than half sure", 9, 13, "normal", True, True, "greater", 0.3),
    ("exact lognormal", 20, 14, "lognormal", True, True, "two.sided", 0.95),
    ("exact far apart", 18, 18, "apart", True, True, "two.sided", 0.95),
    ("exact largest", 49, 49, "normal", True, True, "two.sided", 0.95),
    ("just not exact", 50, 12, "normal", True, True, "two.sided", 0.95),
    ("ties under 50", 16, 18, "ties", True, True, "two.sided", 0.95),
    ("many ties", 40, 35, "few", True, True, "two.sided", 0.98),
    ("ties greater", 30, 25, "ties", True, True, "greater", 0.95),
    ("ties less", 30, 25, "ties", True, True, "less", 0.95),
    ("ties uncorrected", 30, 25, "ties", True, False, "two.sided", 0.95),
    ("normal curve on few", 5, 6, "normal", False, True, "two.sided", 0.98),
    ("normal curve cannot reach", 3, 3, "normal", False, True, "two.sided", 0.99),
    ("uncorrected on few", 9, 8, "normal", False, False, "two.sided", 0.95),
    ("uncorrected less", 9, 8, "shifted", False, False, "less", 0.9),
    ("an hour of minutes", 60, 60, "normal", True, True, "two.sided", 0.98),
    ("an hour of milliseconds", 60, 60, "tiny", True, True, "two.sided", 0.98),
    ("an hour of bytes", 60, 60, "huge", True, True, "two.sided", 0.98),
    ("an hour shifted", 60, 60, "shifted", True, True, "two.sided", 0.98),
    ("an hour of error rates", 60, 60, "zeros", True, True, "two.sided", 0.98),
    ("unequal", 120, 70, "lognormal", True, True, "two.sided", 0.95),
    ("unequal shifted", 70, 120, "shifted", True, True, "greater", 0.99),
    ("far apart", 60, 70, "apart", True, True, "two.sided", 0.95),
    ("large", 150, 150, "ties", True, True, "two.sided", 0.95),
]


def draw(kind, n, m, rng):
    x, y = rng.normal(size=n), rng.normal(size=m)
    if kind == "shifted":
        x += 0.8
    elif kind == "apart":
        x += 20
    elif kind == "lognormal":
        x, y = np.exp(x), np.exp(y)
    elif kind == "ties":
        x, y = np.round(x * 2) / 2, np.round(y * 2 + 0.5) / 2
    elif kind == "few":
        x, y = np.round(x), np.round(y)
    elif kind == "tiny":
        x, y = 0.0333 + x * 1e-6, 0.0333 + y * 1e-6
    elif kind == "huge":
        x, y = 4e9 + x * 1e8, 4.05e9 + y * 1e8
    elif kind == "zeros":
        x, y = np.where(x > 0.5, x / 1000, 0), np.where(y > 0.5, y / 1000, 0)
    digits = 10 if kind == "tiny" else 6
    return [[float(f"{v:.{digits}g}") for v in a] for a in (x, y)]


def by_r(cases):
    """One line a case to R, one line of numbers back."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as f:
        for c in cases:
            f.write(" ".join([c["alternative"], str(c["confidence"]), str(int(c["exact"])), str(int(c["corrected"])),
                              ",".join(map(repr, c["x"])), ",".join(map(repr, c["y"]))]) + "\n")
        f.flush()
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ranks.R")
        out = subprocess.run(["Rscript", "--vanilla", script, f.name, ",".join(map(str, PROBS))],
                             check=True, capture_output=True, text=True).stdout.splitlines()
    version, lines = out[0], out[1:]
    assert len(lines) == len(cases), out
    for c, line in zip(cases, lines):
        v = [float(s) for s in line.split()]
        low, high = (None if np.isinf(b) else b for b in v[3:5])
        c["r"] = {"isExact": bool(v[5]), "u": v[0], "p": v[1], "shift": v[2], "low": low, "high": high, "quantiles": v[6:]}
    return version


def by_scipy(cases):
    for c in cases:
        x, y = np.array(c["x"]), np.array(c["y"])
        # SciPy counts interleavings slowly: R does that for the larger ones.
        is_slow = c["r"]["isExact"] and len(x) * len(y) > 400
        found = None if is_slow else stats.mannwhitneyu(
            x, y, use_continuity=c["corrected"], alternative=c["alternative"].replace(".", "-"),
            method="exact" if c["r"]["isExact"] else "asymptotic")
        c["scipy"] = {"u": found and float(found.statistic), "p": found and float(found.pvalue),
                      "shift": float(np.median(np.subtract.outer(x, y))), "quantiles": np.quantile(x, PROBS).tolist()}


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    rng = np.random.default_rng(seed)
    cases = []
    for name, n, m, kind, exact, corrected, alternative, confidence in PLAN:
        x, y = draw(kind, n, m, rng)
        cases.append({"name": name, "alternative": alternative, "confidence": confidence, "exact": exact,
                      "corrected": corrected, "x": x, "y": y})
    version = by_r(cases)
    by_scipy(cases)
    head = json.dumps({"seed": seed, "r": version, "scipy": scipy.__version__, "numpy": np.__version__, "probs": PROBS})
    print(head[:-1] + ', "cases": [')
    print(",\n".join(json.dumps(c) for c in cases))
    print("]}")


main()
