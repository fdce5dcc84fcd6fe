using System.Text.Json;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>
/// Errors, latency and client errors by route on random traces, against what <c>tests/reference/routes.py</c> says of the same ones.
/// </summary>
public class RouteReferenceTests
{
    private const int Ticks = 60;

    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web);

    [Fact]
    public void The_evidence_of_routes_agrees_on_200_random_traces()
    {
        var json = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Reference", "routes.json"));
        var reference = JsonSerializer.Deserialize<Reference>(json, Names)!;
        Assert.Equal(200, reference.Traces.Length);
        foreach (var trace in reference.Traces) Check(trace);
        Assert.InRange(reference.Traces.Count(t => t.Looks[^1][0] > 10), 20, 180);
        Assert.InRange(reference.Traces.Count(t => t.Looks[^1][1] > 10), 20, 180);
        Assert.InRange(reference.Traces.Count(t => t.Looks[^1][2] > 10), 20, 180);
    }

    private static void Check(Trace trace)
    {
        var dice = new Dice(trace.Seed);
        var groups = PathGroups.Of(1, Enumerable.Range(0, 1 + dice.Next(6)).Select(i => $"/{(char)('a' + i)}"));
        Manner? bad = dice.Next(5) switch
        {
            0 => null,
            1 => new Manner(300, 10, 0, 9),
            2 => new Manner(30, 10, 0, 30),
            3 => new Manner(5, 10, 4, 20),
            _ => new Manner(5, 200, 1, 20),
        };
        var judge = new Judge(Analysis.Default, new Baseline(), groups);
        var signals = judge.Evidence.Signals.OfType<PathSignal>().ToArray();
        for (var tick = 0; tick < Ticks; tick++)
        {
            var (stable, candidate) = (Draw(dice, groups, null), Draw(dice, groups, bad));
            judge.Observe(new Tick(5, stable, candidate, Weights.OfCandidate(1000), default, default) { Paths = groups });
            if (tick % 20 != 19) continue;
            var look = trace.Looks[tick / 20];
            for (var i = 0; i < look.Length; i++)
                EngineReference.Agree(look[i], signals[i].HarmLogE, $"trace {trace.Seed}, tick {tick}, {signals[i].Name}");
        }
    }

    private static Counts Draw(Dice dice, PathGroups groups, Manner? bad)
    {
        var counts = new Counts { TellsClientErrors = true };
        var paths = counts.ByPath(groups.Count);
        for (var g = 0; g < groups.Count; g++)
        {
            var manner = g == 0 && bad is { } given ? given : new Manner(5, 10, 0, 12);
            var n = dice.Next(manner.Most);
            for (var i = 0; i < n; i++)
            {
                paths[g, PathCount.Requests]++;
                paths[g, PathCount.ClientRequests]++;
                if (dice.Next(1000) >= manner.Failing)
                {
                    var isRefused = dice.Next(1000) < manner.Refusing;
                    counts.ByOutcome[(int)(isRefused ? Outcome.ClientError : Outcome.Success)]++;
                    if (isRefused)
                    {
                        counts.CappedClientErrors++;
                        paths[g, PathCount.ClientErrors]++;
                        paths[g, PathCount.ClientErrorUsers] = 7;
                    }

                    paths.Times(g)[12 + dice.Next(6) + manner.Slower]++;
                    continue;
                }

                counts.ByOutcome[(int)Outcome.ServerError]++;
                counts.CappedFailures++;
                paths[g, PathCount.Failures]++;
                paths[g, PathCount.FailingUsers] = 7;
            }
        }

        return counts;
    }

    /// <param name="Failing">Permille.</param>
    /// <param name="Refusing">Permille of the others.</param>
    /// <param name="Slower">Buckets.</param>
    /// <param name="Most">Requests of a tick, exclusive.</param>
    private readonly record struct Manner(int Failing, int Refusing, int Slower, int Most);

    private sealed record Trace(ulong Seed, double[][] Looks);

    private sealed record Reference(Trace[] Traces);

    private sealed class Dice(ulong seed)
    {
        private ulong state = seed;

        public int Next(int below)
        {
            state = unchecked((state * 6364136223846793005) + 1442695040888963407);
            return (int)((state >> 33) % (ulong)below);
        }
    }
}
