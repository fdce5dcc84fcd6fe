#!/usr/bin/env python3
"""200 random traces of client errors and response sizes, and what the reference engine makes of them, as JSON on stdout.

usage: clients.py FOLDER [SEED]      FOLDER holds the reference engine: canary_stats.py; needs numpy

The ticks themselves are not in the fixture: both sides draw them from the same splitmix64, in whole numbers.
"""
import json
import math
import sys

import numpy as np

if len(sys.argv) < 2:
    sys.exit(__doc__)
sys.path.insert(0, sys.argv[1])
import canary_stats as engine  # noqa: E402

SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
TRACES, TICKS, SECONDS = 200, 60, 5.0
BUCKETS, SHIFT, SMALL, LEAST = 64, 2, 17, 20
ALPHA, FAMILY = 0.01, 1.15
CAP = lambda weight: (1 / (ALPHA * weight / FAMILY)) ** (1 / 3)
MASK = (1 << 64) - 1


class Draws:
    """splitmix64 (Steele, Lea, Flood 2014)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, most):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (z ^ (z >> 31)) % most


class Floored(engine.Dispersion):
    """With a least phi, as of clumps of users, which an incident multiplies like the rest."""

    floor = 1.0

    def _phi(self, s3, pslow):
        incident = np.maximum(1.0, (s3[:, 2] + 3.0) / (s3[:, 1] + 3.0 / pslow) / (2 * pslow))
        return np.maximum(super()._phi(s3, pslow), incident * self.floor)


def tick(draw, plan):
    """Requests and capped client errors of both arms, sizes of both arms."""
    n, per_mille, worse, middle, shift = plan
    out = []
    for arm in (0, 1):
        requests = 0 if draw.below(40) == 0 else draw.below(n) + 1
        rate = per_mille if arm == 0 else worse
        events = min(requests, sum(draw.below(1000) < rate for _ in range(min(requests, 200))))
        sizes = [0] * BUCKETS
        for _ in range(draw.below(60)):
            sizes[min(63, max(0, middle + (shift if arm else 0) + draw.below(7) - 3))] += 1
        out.append((requests, events, sizes))
    return out


def shape(counts, total, sizes, factor):
    for i in range(BUCKETS):
        count = np.float32(float(counts[i]) * factor + sizes[i])
        counts[i] = np.float32(0) if count < 0.001 else count
    return sum(float(c) for c in counts)


def share_up_to(counts, total, bucket):
    return min(0.98, max(1e-6, (sum(float(c) for c in counts[: bucket + 1]) + 0.5) / (total + 50)))


def median(counts, total):
    below = 0.0
    for i in range(BUCKETS):
        below += float(counts[i])
        if below >= total / 2:
            return i
    return BUCKETS - 1


def log_sum(terms):
    most = max(terms)
    return most + math.log(sum(math.exp(t - most) for t in terms))


def trace(number):
    draw = Draws((SEED * 1000003 + number) & MASK)
    plan = (draw.below(400) + 20, draw.below(120), 0, draw.below(40) + 8, draw.below(9) - 4)
    plan = (plan[0], plan[1], draw.below(400), plan[3], plan[4])
    rate = lambda rho, delta, weight: engine.PairE(1, "rate", engine.HARM_M, rho, delta, gmax=CAP(weight))
    size = lambda: engine.PairE(1, "prop", engine.HARM_ODDS, 1.0, 0.0, gmax=CAP(0.1))
    harm, guard, smaller, larger = rate(1.10, 0.002, 0.25), rate(3.0, 0.10, 0.05), size(), size()
    dispersion, estimate = Floored(1, SECONDS, 0.2, 0.05), engine.RateEst([0.0], [0.0], SECONDS)
    stable, total, factor = [np.float32(0)] * BUCKETS, 0.0, 0.5 ** (SECONDS / 600)
    elapsed, looks = 0.0, []
    for k in range(TICKS):
        clump = 1 + draw.below(3) if number % 2 else 1
        (n_b, x_b, s_b), (n_c, x_c, s_c) = tick(draw, plan)
        weight = 0.1 if k < 25 else 0.5
        if elapsed == 0 and n_c == 0:
            estimate.update(x_b, n_b)
            total = shape(stable, total, s_b, factor)
            continue
        elapsed += SECONDS
        theta, share = estimate.value(), engine.share_rate(SECONDS, elapsed)
        one = lambda v: np.array([float(v)])
        dispersion.floor = float(clump)
        phi, _ = dispersion.step(one(n_c), one(x_c), one(n_b), one(x_b), np.array([weight]), theta)
        for process in (harm, guard):
            process.step([n_c], [x_c], [n_b], [x_b], theta, phi, share)
        estimate.update(x_b, n_b)
        if sum(s_c) > 0 and sum(s_b) > 0 and total >= LEAST:
            middle = median(stable, total)
            if middle > 0:
                most = middle - 1
                smaller.step([sum(s_c)], [sum(s_c[: max(0, most - SHIFT) + 1])], [sum(s_b)], [sum(s_b[: most + 1])],
                             [share_up_to(stable, total, most)], [2.0], share)
            least = max(middle + 1, SMALL)
            theta = min(0.98, max(1e-6, 1 - share_up_to(stable, total, least - 1)))
            larger.step([sum(s_c)], [sum(s_c[least + SHIFT:])], [sum(s_b)], [sum(s_b[least:])], [theta], [2.0], share)
        total = shape(stable, total, s_b, factor)
        if k % 10 == 9:
            sizes = log_sum([smaller.logE[0], larger.logE[0]]) - math.log(2)
            looks.append([k, float(harm.logE[0]), float(guard.logE[0]), float(sizes)])
    return looks


def main():
    np.seterr(all="ignore")
    rows = ",\n".join(json.dumps(trace(i), separators=(",", ":")) for i in range(TRACES))
    print(f'{{"seed":{SEED},"ticks":{TICKS},"numpy":"{np.__version__}","traces":[\n{rows}]}}')


if __name__ == "__main__":
    main()
