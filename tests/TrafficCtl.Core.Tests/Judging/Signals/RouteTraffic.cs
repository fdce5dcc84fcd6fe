using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>How one version behaves on one route.</summary>
/// <param name="Errors">The share of requests that fail.</param>
/// <param name="Slower">Latency times this.</param>
/// <param name="Refused">The share of requests that are answered with 4xx.</param>
internal sealed record RouteManner(double Errors = 0.001, double Slower = 1, double Refused = 0);

/// <summary>Seeded ticks of a service with routes: each request is of another user, and of one route.</summary>
/// <param name="seed">What seeds all that happens by chance.</param>
/// <param name="rps">The requests a second of both arms together.</param>
/// <param name="shares">The shares of the routes, the rest last; they sum to one.</param>
internal sealed class RouteTraffic(int seed, double rps, params double[] shares)
{
    public const double Seconds = 5;

    private static readonly RouteManner Usual = new();

    private readonly Chance chance = new(seed);
    private readonly Counts stable = new(), candidate = new();

    public PathGroups Groups { get; } =
        PathGroups.Of(2, Enumerable.Range(0, shares.Length - 1).Select(i => $"/{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}"));

    /// <summary>Which bits users set on the candidate; all users are different unless a test says otherwise.</summary>
    public Func<long> User { get; set; } = () => -1;

    /// <summary>Client errors are told from successes.</summary>
    public bool TellsClientErrors { get; init; }

    /// <summary>Fifty routes of 2 % but for the first one, and nothing else.</summary>
    public static double[] Fifty(double first) => [first, .. Enumerable.Repeat((1 - first) / 49, 49), 0];

    public Baseline Past()
    {
        var past = new Baseline();
        for (var i = 0; i < 60; i++) past.Absorb(Seconds, Next(Weights.AllStable, default).Stable, default);
        return past;
    }

    /// <param name="weights">The split.</param>
    /// <param name="broken">How the candidate behaves on the first route; everything else is as usual.</param>
    public Tick Next(Weights weights, RouteManner? broken)
    {
        Fill(stable, rps * Seconds * weights.Stable / Weights.Total, null);
        Fill(candidate, rps * Seconds * weights.Fraction, broken);
        return new Tick(Seconds, stable, candidate, weights, default, default) { Paths = Groups };
    }

    private static void Refuse(Counts counts, int group, long requests, long refused)
    {
        counts.TellsClientErrors = true;
        counts.ByOutcome[(int)Outcome.Success] -= refused;
        counts.ByOutcome[(int)Outcome.ClientError] += refused;
        counts.CappedClientErrors += refused;
        var paths = counts.Paths!;
        (paths[group, PathCount.ClientRequests], paths[group, PathCount.ClientErrors]) = (requests, refused);
        if (refused > 0) paths[group, PathCount.ClientErrorUsers] = -1;
    }

    private void Fill(Counts counts, double mean, RouteManner? broken)
    {
        counts.Clear();
        var paths = counts.ByPath(Groups.Count);
        for (var g = 0; g < shares.Length; g++)
        {
            var manner = g == 0 && broken is not null ? broken : Usual;
            var n = chance.Poisson(mean * shares[g]);
            var failures = chance.Binomial(n, manner.Errors);
            if (TellsClientErrors) Refuse(counts, g, n, chance.Binomial(n - failures, manner.Refused));
            counts.ByOutcome[(int)Outcome.Success] += n - failures;
            counts.ByOutcome[(int)Outcome.ServerError] += failures;
            counts.CappedFailures += failures;
            (paths[g, PathCount.Requests], paths[g, PathCount.Failures]) = (n, failures);
            if (failures > 0) paths[g, PathCount.FailingUsers] |= User();
            for (var i = 0; i < n - failures; i++)
            {
                var fine = LatencyBuckets.IndexOf(0.08 * manner.Slower * Math.Exp(0.6 * chance.Normal()));
                counts.Latency[fine]++;
                paths.Times(g)[PathBuckets.OfFine(fine)]++;
            }
        }
    }
}
