using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Simulator.Chances;

namespace TrafficCtl.Simulator.Services;

/// <summary>
/// Spreads what an arm answered in an interval over the routes: a clump of failures is on one route, each request is another user's.
/// </summary>
internal sealed class Paths(Routes routes, double clump, Chance chance)
{
    private static readonly int[] Coarse =
    [
        .. Enumerable.Range(0, LatencyMixture.Layout.Count).Select(static b => PathBuckets.IndexOf(LatencyMixture.Layout.UpperSeconds(b))),
    ];

    private readonly double[] shares = [.. routes.Shares, Math.Max(0, 1 - routes.Shares.Sum())];
    private readonly long[] parts = new long[routes.Shares.Length + 1];

    public PathGroups Groups { get; } = PathGroups.Of(
        1, Enumerable.Range(0, routes.Shares.Length).Select(i => $"/{(char)('a' + (i / 26))}{(char)('a' + (i % 26))}"));

    /// <param name="counts">The counts of the arm; failures are added where the candidate breaks a route.</param>
    /// <param name="breaks">It is the candidate.</param>
    public void Spread(Counts counts, bool breaks)
    {
        var paths = counts.ByPath(Groups.Count);
        var (requests, failures) = (counts.Weighed, counts.CappedFailures);
        Split(requests);
        for (var g = 0; g < parts.Length; g++)
            (paths[g, PathCount.Requests], paths[g, PathCount.ClientRequests]) = (parts[g], parts[g]);
        while (failures > 0)
        {
            var (group, size) = (Draw(), Math.Min(failures, clump > 1 ? chance.Clumps(1, clump) : 1));
            Fail(paths, group, size);
            failures -= size;
        }

        // Routes have coarse buckets: what is of one is split at once.
        Span<long> times = stackalloc long[PathBuckets.Count];
        times.Clear();
        for (var bucket = 0; bucket < counts.Latency.Length; bucket++) times[Coarse[bucket]] += counts.Latency[bucket];
        for (var bucket = 0; bucket < times.Length; bucket++)
        {
            if (times[bucket] <= 0) continue;
            Split(times[bucket]);
            for (var g = 0; g < parts.Length; g++) paths.Times(g)[bucket] += parts[g];
        }

        if (breaks) Break(counts, paths);
    }

    private void Break(Counts counts, PathCounts paths)
    {
        for (var g = Groups.Rest - routes.Failing; g < Groups.Rest; g++)
        {
            var more = paths[g, PathCount.Requests] - paths[g, PathCount.Failures];
            Fail(paths, g, more);
            counts.ByOutcome[(int)Outcome.Success] -= more;
            counts.ByOutcome[(int)Outcome.ServerError] += more;
            counts.CappedFailures += more;
        }
    }

    private static void Fail(PathCounts paths, int group, long failures)
    {
        if (failures <= 0) return;
        paths[group, PathCount.Failures] += failures;
        // A clump may be larger than what fell to the route.
        var requests = Math.Max(paths[group, PathCount.Requests], paths[group, PathCount.Failures]);
        (paths[group, PathCount.Requests], paths[group, PathCount.FailingUsers]) = (requests, -1);
    }

    private int Draw()
    {
        var at = chance.Uniform();
        for (var g = 0; g < shares.Length; g++)
            if ((at -= shares[g]) < 0) return g;
        return 0;
    }

    /// <summary>Multinomial, of so many.</summary>
    private void Split(long whole)
    {
        Array.Clear(parts);
        if (whole < shares.Length / 2)
        {
            for (; whole > 0; whole--) parts[Draw()]++;
            return;
        }

        var left = 1.0;
        for (var g = 0; g < shares.Length && whole > 0; g++)
        {
            parts[g] = left > shares[g] ? chance.Binomial(whole, shares[g] / left) : whole;
            whole -= parts[g];
            left -= shares[g];
        }
    }
}
