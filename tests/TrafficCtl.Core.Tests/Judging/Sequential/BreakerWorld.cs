using TrafficCtl.Core.Judging.Sequential;

namespace TrafficCtl.Core.Tests.Judging.Sequential;

/// <summary>Seeded traffic on a candidate and stable that follows the breaker's limit, tick by tick.</summary>
internal sealed record BreakerWorld(double RequestsPerSecond, double Share)
{
    /// <summary>Ticks before 0, in which nothing of what the test is about happens.</summary>
    public int Before { get; init; }

    public int Ticks { get; init; } = 4_000;

    /// <summary>The rates of candidate and stable at a tick; made anew for each run.</summary>
    public required Func<Random, Func<int, (double Candidate, double Stable)>> Rates { get; init; }

    /// <summary>The asked share at a tick, where it is not always <see cref="Share"/>.</summary>
    public Func<int, double>? ShareAt { get; init; }

    /// <summary>An answer takes 0 to so many ticks.</summary>
    public int Slowest { get; init; }

    /// <summary>What fails is tried so often, on the same arm.</summary>
    public int Attempts { get; init; } = 1;

    public static BreakerWorld Dying(double requestsPerSecond, double share, int before) => new(requestsPerSecond, share)
    {
        Before = before,
        Ticks = requestsPerSecond < 1 ? 40_000 : 4_000,
        Rates = _ => tick => tick < 0 ? (0.001, 0.001) : (1, 0.001),
    };

    /// <summary>One rollout.</summary>
    public BreakerRun Run(int seed)
    {
        var chance = new Random(seed);
        var rates = Rates(new Random(seed ^ 0x5bd1e995));
        var breaker = new SafetyBreaker();
        var answers = new (long Requests, long Failures, long StableRequests, long StableFailures)[Slowest + 1];
        long inFlight = 0, failures = 0;
        var (share, confirmations, isAsking) = (Share, 0, false);
        for (var tick = -Before; tick < Ticks; tick++)
        {
            if (ShareAt is not null && ShareAt(tick) is var next && next != share)
            {
                breaker.Resplit();
                share = next;
            }

            var (candidateRate, stableRate) = rates(tick);
            var limited = Math.Min(share, breaker.Limit / 10_000.0);
            for (var n = Poisson(chance, RequestsPerSecond / 4); n > 0; n--)
            {
                var isCandidate = chance.NextDouble() < limited;
                var hasFailed = chance.NextDouble() < (isCandidate ? candidateRate : stableRate);
                for (var attempt = hasFailed ? Attempts : 1; attempt > 0; attempt--)
                {
                    ref var end = ref answers[(tick + Before + chance.Next(Slowest + 1)) % answers.Length];
                    if (isCandidate)
                        (end.Requests, end.Failures, inFlight) = (end.Requests + 1, end.Failures + (hasFailed ? 1 : 0), inFlight + 1);
                    else (end.StableRequests, end.StableFailures) = (end.StableRequests + 1, end.StableFailures + (hasFailed ? 1 : 0));
                }
            }

            ref var now = ref answers[(tick + Before) % answers.Length];
            inFlight -= now.Requests;
            if (tick >= 0) failures += now.Failures;
            var isTripped = breaker.Observe(new BreakerTick(now.Requests, now.Failures, inFlight, now.StableRequests, now.StableFailures));
            now = default;
            if (isTripped) return new BreakerRun((tick + 1) / 4.0, failures, confirmations);
            if (breaker.Limit < 10_000 && !isAsking) confirmations++;
            isAsking = breaker.Limit < 10_000;
        }

        return new BreakerRun(null, failures, confirmations);
    }

    private static int Poisson(Random chance, double mean)
    {
        if (mean > 30)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - chance.NextDouble())) * Math.Cos(2 * Math.PI * chance.NextDouble());
            return Math.Max(0, (int)Math.Round(mean + (Math.Sqrt(mean) * normal)));
        }

        var (count, product, least) = (-1, 1.0, Math.Exp(-mean));
        do
        {
            count++;
            product *= chance.NextDouble();
        }
        while (product > least);
        return count;
    }
}

/// <param name="Seconds">From tick 0 to the trip; null without one.</param>
/// <param name="Failures">The failures of the candidate, from tick 0 on.</param>
/// <param name="Confirmations">How often stable was asked.</param>
internal readonly record struct BreakerRun(double? Seconds, long Failures, int Confirmations);
