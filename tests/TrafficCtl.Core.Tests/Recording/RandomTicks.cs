using TrafficCtl.Core.Recording;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;

namespace TrafficCtl.Core.Tests.Recording;

/// <summary>Ticks of every shape that can be, from a seed: also those that no traffic makes.</summary>
internal static class RandomTicks
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static List<RecordedTick> Of(int seed, LatencyLayout layout)
    {
        var chance = new Random(seed);
        var ticks = new List<RecordedTick>();
        var at = Start;
        for (var i = chance.Next(1, 12); i > 0; i--)
        {
            var seconds = chance.Next(4) switch { 0 => 5, 1 => chance.Next(1, 100_000_000) / 1e7, 2 => chance.NextDouble() * 7, _ => 0.1 };
            at += chance.Next(8) == 0
                ? TimeSpan.FromSeconds(-chance.Next(3600))
                : TimeSpan.FromTicks((long)(seconds * 1e7) + chance.Next(2));
            ticks.Add(new RecordedTick(
                at, chance.Next(3) == 0 ? chance.Next(1000) : ticks.Count, (Comparison)chance.Next(1, 5),
                chance.Next(3) == 0 ? "beta ☂" : null,
                chance.NextInt64(5), TickOf(chance, seconds, layout), chance.Next(4) == 0 ? BeginningOf(chance) : null));
        }

        return ticks;
    }

    private static Tick TickOf(Random chance, double seconds, LatencyLayout layout)
    {
        var tick = BareTickOf(chance, seconds, layout);
        if (chance.Next(2) == 0) return tick;
        var groups = PathGroups.Of(2, Enumerable.Range(0, chance.Next(4)).Select(i => $"/päth-{i}/{(char)('a' + chance.Next(3))}"));
        foreach (var counts in (Counts[])[tick.Stable, tick.Candidate])
        {
            if (chance.Next(5) == 0) continue;
            var paths = counts.ByPath(groups.Count);
            for (var left = chance.Next(30); left > 0; left--)
                paths.Room[chance.Next(paths.Room.Length)] = chance.Next(9) == 0 ? chance.NextInt64() : chance.Next(1, 200);
        }

        return tick with { Paths = groups };
    }

    private static Tick BareTickOf(Random chance, double seconds, LatencyLayout layout) => new(
        seconds, SizedOf(chance, layout), SizedOf(chance, layout), Weights.OfCandidate(chance.Next(3) == 0 ? chance.Next(10_001) : 500),
        UsersOf(chance), UsersOf(chance))
    {
        StableFlow = chance.Next(2) == 0 ? default : new UserFlow(chance.Next(100), chance.Next(3)),
        CandidateFlow = chance.Next(2) == 0 ? default : new UserFlow(chance.NextInt64(), 0),
        Metrics = chance.Next(3) == 0
            ? null
            : [.. Enumerable.Range(0, chance.Next(4)).Select(_ => new MetricPair(NumberOf(chance), NumberOf(chance)))],
        IsSplitGuessed = chance.Next(2) > 0,
        AssignsRequests = chance.Next(2) > 0,
        IsUncapped = chance.Next(2) > 0,
        TopClient = chance.Next(2) > 0 ? default : new TopUser(7, chance.Next(100), chance.Next(9), chance.Next(1000), chance.Next(50), 1),
        Top = chance.Next(2) > 0
            ? default
            : new TopUser((uint)chance.NextInt64(), chance.Next(100), chance.Next(9), chance.Next(1000), chance.NextInt64(), 0),
        Placebos = chance.Next(3) > 0
            ? null
            : [.. Enumerable.Range(0, chance.Next(Tick.MostPlacebos + 1)).Select(_ => CountsOf(chance, layout))],
    };

    private static double NumberOf(Random chance) => chance.Next(5) switch
    {
        0 => double.NaN,
        1 => 0.25,
        2 => double.NegativeInfinity,
        3 => chance.NextDouble(),
        _ => -0.0,
    };

    private static UserCounts UsersOf(Random chance) => chance.Next(3) == 0
        ? default
        : new UserCounts(
            chance.Next(1000), chance.Next(9), chance.Next(9), chance.Next(5), chance.Next(2), chance.NextInt64(), chance.Next(2) == 0)
        {
            ClientErrors = chance.Next(9),
            SquaredClientErrors = chance.Next(20),
            ClientFailing = chance.Next(4),
        };

    private static Counts CountsOf(Random chance, LatencyLayout layout)
    {
        var counts = new Counts(layout);
        for (var i = 0; i < counts.ByOutcome.Length; i++)
            if (chance.Next(3) == 0) counts.ByOutcome[i] = chance.Next(20) == 0 ? -chance.Next(5) : chance.Next(1000);
        for (var left = chance.Next(60); left > 0; left--)
            counts.Latency[chance.Next(layout.Count)] = chance.Next(9) == 0 ? chance.NextInt64() : chance.Next(1, 200);
        counts.CappedFailures = chance.Next(2) == 0 ? counts.Failures : chance.Next(50);
        if (chance.Next(3) == 0) counts.Excess = chance.Next(60) - 2;
        if (chance.Next(2) == 0)
        {
            counts.TellsClientErrors = chance.Next(4) > 0;
            (counts.CappedClientErrors, counts.ClientErrorExcess) = (chance.Next(50) - 2, chance.Next(50) - 2);
            for (var left = chance.Next(5); left > 0; left--) counts.Statuses()[chance.Next(ClientStatuses.Count)] = chance.Next(300);
        }

        if (chance.Next(3) > 0) return counts;
        for (var left = chance.Next(20); left > 0; left--)
            counts.Abandon()[chance.Next(layout.Count)] = chance.Next(9) == 0 ? chance.NextInt64() : chance.Next(1, 200);
        (counts.Late, counts.CappedLate) = (chance.Next(50), chance.Next(50) - 2);
        return counts;
    }

    private static Counts SizedOf(Random chance, LatencyLayout layout)
    {
        var counts = CountsOf(chance, layout);
        if (chance.Next(2) == 0) return counts;
        for (var left = chance.Next(9); left > 0; left--) counts.Measure()[chance.Next(SizeBuckets.Count)] = chance.Next(1, 900);
        return counts;
    }

    private static Beginning BeginningOf(Random chance)
    {
        var (analysis, baseline) = (new byte[chance.Next(300)], new byte[chance.Next(2000)]);
        chance.NextBytes(analysis);
        chance.NextBytes(baseline);
        return new Beginning((BeginCause)chance.Next(5), analysis, baseline);
    }
}
