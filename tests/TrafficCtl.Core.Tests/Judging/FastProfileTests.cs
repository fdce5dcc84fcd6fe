using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Routing;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging;

/// <summary>
/// The demo's fast profile in virtual time: ticks of 1 s, 1,500 requests/s, dwell 5 s, 15 s of stable-only past, α unchanged.
/// </summary>
public class FastProfileTests(ITestOutputHelper output)
{
    private static readonly int[] Steps = [500, 1000, 2500, 5000, 9500];

    private static readonly Analysis Fast = Analysis.Default with
    {
        Tick = TimeSpan.FromSeconds(1),
        ErrorWarmUp = TimeSpan.FromSeconds(10),
        LatencyWarmUp = TimeSpan.FromSeconds(20),
    };

    private static readonly Version Good = new();

    private sealed record Run(int Reached, int? HoldbackAt, int? FailedAt, string? Blame);

    [Fact]
    public void A_good_version_reaches_the_holdback_within_a_minute()
    {
        var runs = Enumerable.Range(1, 20).Select(seed => Roll(seed, _ => Good, 120, holdback: 0)).ToArray();
        Assert.All(runs, r => Assert.Null(r.FailedAt));
        var times = runs.Select(r => r.HoldbackAt ?? int.MaxValue).Order().ToArray();
        output.WriteLine($"95 % after {string.Join(' ', times)} s");
        Assert.InRange(times[times.Length / 2], 25, 52);
        Assert.InRange(times[18], 25, 60);
    }

    [Fact]
    public void Errors_of_five_percent_go_back_from_the_first_step_within_seconds()
    {
        var runs = Enumerable.Range(1, 20).Select(seed => Roll(seed, _ => Good with { Errors = 0.05 }, 60, holdback: 0)).ToArray();
        var blamed = string.Join(' ', runs.Select(r => r.Blame).Distinct());
        output.WriteLine($"failed after {string.Join(' ', runs.Select(r => r.FailedAt).Order())} s by {blamed}");
        Assert.All(runs, r => Assert.InRange(r.FailedAt ?? int.MaxValue, 3, 15));
        Assert.All(runs, r => Assert.Equal(500, r.Reached));
    }

    [Fact]
    public void A_version_slower_by_half_goes_back_before_it_spreads()
    {
        var runs = Enumerable.Range(1, 20).Select(seed => Roll(seed, _ => Good with { MedianSeconds = 0.12 }, 60, holdback: 0)).ToArray();
        output.WriteLine($"failed after {string.Join(' ', runs.Select(r => r.FailedAt).Order())} s");
        Assert.All(runs, r => Assert.InRange(r.FailedAt ?? int.MaxValue, 21, 40));
        Assert.All(runs, r => Assert.StartsWith("latency", r.Blame, StringComparison.Ordinal));
        Assert.All(runs, r => Assert.Equal(500, r.Reached));
    }

    [Fact]
    public void A_leak_that_begins_in_the_holdback_goes_back_before_it_ends()
    {
        var runs = Enumerable.Range(1, 10).Select(seed => Roll(seed, Leaking, 200, holdback: 60)).ToArray();
        output.WriteLine($"failed {string.Join(' ', runs.Select(r => r.FailedAt - r.HoldbackAt).Order())} s into the holdback");
        Assert.All(runs, r => Assert.InRange((r.FailedAt - r.HoldbackAt) ?? int.MaxValue, 6, 59));
    }

    private static Version Leaking(int holdbackSeconds) =>
        Good with { MedianSeconds = Good.MedianSeconds * (1 + (0.03 * Math.Max(0, holdbackSeconds - 5))) };

    /// <param name="candidate">The candidate by the seconds of holdback so far.</param>
    private static Run Roll(int seed, Func<int, Version> candidate, int horizon, int holdback)
    {
        var traffic = new Simulation(seed, 1500, 1);
        var judge = new Judge(Fast, traffic.Past(Good, 15));
        var (step, since, heldAt) = (0, 0, (int?)null);
        for (var t = 1; t <= horizon; t++)
        {
            var into = heldAt is { } at ? t - at : 0;
            judge.Observe(traffic.Next(Good, candidate(into), Weights.OfCandidate(Steps[step])));
            var next = step + 1 < Steps.Length ? Weights.OfCandidate(Steps[step + 1]) : Weights.AllCandidate;
            var judgement = judge.Decide(next);
            if (judgement.Verdict == Verdict.Fail) return new Run(Steps[step], heldAt, t, judgement.Blame);
            if (into > 0 && into >= holdback) break;
            if (heldAt is not null || judgement.Verdict != Verdict.Pass || t - since < 5) continue;
            (step, since) = (step + 1, t);
            if (step == Steps.Length - 1) heldAt = t;
            if (heldAt is not null && holdback == 0) break;
        }

        return new Run(Steps[step], heldAt, null, null);
    }
}
