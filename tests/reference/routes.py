#!/usr/bin/env python3
"""Random traces of a service with routes, and what the reference says of them by route, as JSON on stdout.

usage: routes.py FOLDER [SEED]      FOLDER holds the reference engine, canary_stats.py; needs numpy

A trace is its seed: the counts of each tick come from the same generator here and in the test, so that only results are written.
What is by route (the mean of e-values, phi of a route's own minute, the boundary of its latency) is written here anew.
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
TRACES, TICKS, SECONDS, ALPHA = 200, 60, 5.0, 0.01
BUCKETS, SHIFT = 36, 2
# Shares in the family: errors .4, guard .2, latency .4, and with routes .15 and .1 more.
V_ERRORS, V_LATENCY, V_CLIENTS = 0.15 / 1.25, 0.1 / 1.25, 0.1
# What the family's share is at least where signals that not every source tells come on top of it.
LEAST = 1 / 1.15
WARM_ERRORS, WARM_LATENCY = 30, 60


class Dice:
    """A linear congruential generator of 64 bits (Knuth's constants), of which the upper 31 are used."""

    def __init__(self, seed):
        self.state = seed

    def next(self, below):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % below


def draw(dice, groups, bad):
    """One tick of an arm: (requests, failures, latency, client errors) of each group; `bad` is the failing and refusing permille, the slower buckets, and n's bound."""
    arm = []
    for g in range(groups):
        failing, refusing, slower, most = bad if g == 0 and bad else (5, 10, 0, 12)
        n = dice.next(most)
        x, refused, times = 0, 0, [0] * BUCKETS
        for _ in range(n):
            if dice.next(1000) < failing:
                x += 1
                continue
            refused += dice.next(1000) < refusing
            times[12 + dice.next(6) + slower] += 1
        arm.append((n, x, times, refused))
    return arm


class Process:
    def __init__(self, kind, weight, groups, tau, rho=1.0, delta=0.0):
        cap = (1 / (ALPHA * weight / groups * LEAST)) ** (1 / 3)
        rate = kind == "rate"
        self.e = engine.PairE(1, kind, engine.HARM_M if rate else engine.HARM_ODDS, rho, delta, gmax=cap)
        self.prior = (0.5, 500) if rate else (0.5, 50)
        self.rate = engine.RateEst([0], [0], SECONDS, a=self.prior[0], b=self.prior[1])
        self.tau, self.minute, self.log = tau, np.zeros(3), 0.0

    def step(self, n_c, x_c, n_b, x_b, incident, floor, share):
        theta = float(self.rate.value()[0])
        self.minute = self.minute * math.exp(-SECONDS / 60) + np.array([n_c, n_b, x_b], float)
        m_c, m_b, m_x = self.minute
        surge = max(incident, (m_x + 3) / (m_b + 3 / theta) / (2 * theta))
        phi = max(floor, surge * (1 + self.tau**2 * m_c * m_b / max(m_c + m_b, 1) * theta * (1 - theta)))
        if n_c > 0 and n_b > 0:
            self.log = float(self.e.step([n_c], [x_c], [n_b], [x_b], [theta], [phi], share)[0])
        else:
            self.e.w = (1 - share) * self.e.w + share * self.e.pi
        self.rate.update(x_b, n_b)


class Times:
    def __init__(self):
        self.counts, self.boundary, self.share, self.since = [0] * BUCKETS, -1, 0.0, 0.0

    def above(self, bucket):
        return sum(self.counts[bucket + 1:])

    def draw(self, rate):
        self.since += SECONDS
        total = sum(self.counts)
        if total < 50 or (self.boundary >= 0 and (self.since < 60 or self.share / 2 <= rate <= self.share * 2)):
            return False
        self.since = 0.0
        best, nearest = -1, math.inf
        for bucket in range(BUCKETS - 2 - SHIFT, -1, -1):
            if self.above(bucket) > 0:
                off = abs(math.log(self.above(bucket) / total / 0.3))
                if off < nearest:
                    best, nearest = bucket, off
        if best < 0 or best == self.boundary:
            return False
        self.boundary, self.share = best, self.above(best) / total
        return True


def mean(logs):
    most = max(logs)
    return most + math.log(sum(math.exp(v - most) for v in logs)) - math.log(len(logs))


def trace(seed):
    dice = Dice(seed)
    groups = 2 + dice.next(6)  # the rest included
    bad = [None, (300, 10, 0, 9), (30, 10, 0, 30), (5, 10, 4, 20), (5, 200, 1, 20)][dice.next(5)]
    errors = [Process("rate", V_ERRORS, groups, 0.2, 2.0, 0.001) for _ in range(groups)]
    clients = [Process("rate", V_CLIENTS, groups, 0.2, 2.0, 0.01) for _ in range(groups)]
    slow = [Process("prop", V_LATENCY, groups, 0.1) for _ in range(groups)]
    times = [Times() for _ in range(groups)]
    spread, whole = engine.Dispersion(1, SECONDS, 0.2, 0.05), engine.RateEst([0], [0], SECONDS, a=0.5, b=500)
    last, users, refused = [], [0] * groups, [0] * groups
    elapsed, looks = 0.0, []
    for tick in range(TICKS):
        stable, candidate = draw(dice, groups, None), draw(dice, groups, bad)
        n_b, x_b = (sum(g[i] for g in stable) for i in (0, 1))
        n_c, x_c = (sum(g[i] for g in candidate) for i in (0, 1))
        if elapsed > 0 or n_c > 0:
            elapsed += SECONDS
        if elapsed == 0:
            whole.update(x_b, n_b)
            for g in range(groups):
                errors[g].rate.update(stable[g][1], stable[g][0])
                clients[g].rate.update(stable[g][3], stable[g][0])
            absorb(times, stable)
            continue
        theta = float(whole.value()[0])
        phi = float(spread.step(*[np.array([float(v)]) for v in (n_c, x_c, n_b, x_b)], np.array([0.1]), np.array([theta]))[0][0])
        last = (last + [(n_b, x_b)])[-12:]
        incident = max(1.0, (sum(x for _, x in last) + 3) / (sum(n for n, _ in last) + 3 / theta) / (2 * theta))
        whole.update(x_b, n_b)
        share = min(0.25, SECONDS / (elapsed + 120))
        for g in range(groups):
            (m_c, y_c, h_c, r_c), (m_b, y_b, h_b, r_b) = candidate[g], stable[g]
            users[g] |= 7 if y_c > 0 else 0
            refused[g] |= 7 if r_c > 0 else 0
            clients[g].step(m_c, r_c, m_b, r_b, 1.0, 1.0, share)
            if elapsed > WARM_ERRORS:
                errors[g].step(m_c, y_c, m_b, y_b, 1.0, phi, share)
            else:
                errors[g].rate.update(y_b, m_b)
            if elapsed > WARM_LATENCY:
                if times[g].draw(float(slow[g].rate.value()[0])):
                    above, total = times[g].above(times[g].boundary), sum(times[g].counts)
                    slow[g].rate = engine.RateEst([above], [total], SECONDS, a=0.5, b=50)
                u = times[g].boundary
                if u >= 0:
                    slow[g].step(sum(h_c), sum(h_c[u + 1 + SHIFT:]), sum(h_b), sum(h_b[u + 1:]), incident, 1.0, share)
        absorb(times, stable)
        if tick % 20 == 19:
            counted = [p.log if users[g] else min(0.0, p.log) for g, p in enumerate(errors)]
            told = [p.log if refused[g] else min(0.0, p.log) for g, p in enumerate(clients)]
            looks.append([mean(counted), mean([p.log for p in slow]), mean(told)])
    return {"seed": seed, "looks": looks}


def absorb(times, stable):
    for past, group in zip(times, stable):
        past.counts = [a + b for a, b in zip(past.counts, group[2])]


def main():
    np.seterr(all="ignore")
    rows = [trace(SEED * 1000 + i) for i in range(TRACES)]
    text = lambda value: json.dumps(value, separators=(",", ":"))
    print('{"seed":%d,\n"numpy":%s,\n"traces":[\n%s]}' % (SEED, text(np.__version__), ",\n".join(map(text, rows))))


if __name__ == "__main__":
    main()
