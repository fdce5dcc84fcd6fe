using System.Buffers;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Signals;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.Signals;

/// <summary>A version that answers 404 to everything has no failures, and is quick.</summary>
public class ClientErrorTests
{
    private static readonly Version Good = new(Errors: 0.001);
    private static readonly Weights Twentieth = Weights.OfCandidate(500), Half = Weights.OfCandidate(5000);

    [Theory]
    [InlineData(404)]
    [InlineData(401)]
    public void A_version_that_refuses_everything_is_back_within_a_minute_at_50_requests_a_second_and_its_status_is_named(int status)
    {
        var judge = Run(new Refusing(50, 0.02, 1, status), Twentieth, 12);
        var judgement = judge.Decide(Weights.OfCandidate(1000));

        Assert.Equal((Verdict.Fail, "client guard"), (judgement.Verdict, judgement.Blame));
        Assert.Contains($"mostly {status}", judgement.Reason, StringComparison.Ordinal);
        var fine = judgement.Findings.Single(f => f.Signal == "client errors");
        Assert.Contains("worse than the tolerance", fine.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tenth_of_429_is_held_and_named_and_neither_passes_nor_rolls_back()
    {
        var (traffic, judge) = (new Refusing(500, 0.02, 0.10, 429), Begin(Analysis.Default));
        var held = 0;
        for (var i = 0; i < 360; i++)
        {
            judge.Observe(traffic.Next(Half));
            var verdict = judge.VerdictFor(Weights.AllCandidate);
            Assert.Equal(Verdict.Unsure, verdict);
            var now = judge.Decide(Weights.AllCandidate).Reason;
            if (now.StartsWith("advisory signal worse: client errors", StringComparison.Ordinal)) held++;
        }

        var reason = judge.Decide(Weights.AllCandidate).Reason;
        Assert.True(held >= 340, $"held {held} times, last: {reason}");
        Assert.Contains("mostly 429", reason, StringComparison.Ordinal);
        Assert.Contains("it holds, it does not roll back", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void It_rolls_back_when_the_file_says_so_and_an_equal_version_must_then_be_shown_to_be_equal()
    {
        var critical = Analysis.Default with { ClientErrors = new ClientErrorTolerance(0.01, Consequence.Rollback) };
        var worse = Run(new Refusing(500, 0.02, 0.06, 403), Half, 360, critical).Decide(Weights.AllCandidate);
        Assert.Equal((Verdict.Fail, "client errors"), (worse.Verdict, worse.Blame));

        var equal = Run(new Refusing(500, 0.02, 0.02, 404), Half, 360, critical).Decide(Weights.AllCandidate);
        Assert.Equal(Verdict.Pass, equal.Verdict);
        Assert.Contains("client errors", equal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nobody_tells_them_nothing_is_said_and_nothing_waits_for_them()
    {
        var critical = Analysis.Default with { ClientErrors = new ClientErrorTolerance(0.01, Consequence.Rollback) };
        var judge = Run(new Refusing(500, 0.02, 0.02, 404) { Tells = false }, Half, 120, critical);
        var judgement = judge.Decide(Weights.AllCandidate);
        Assert.Equal(Verdict.Pass, judgement.Verdict);
        Assert.DoesNotContain(judgement.Findings, f => f.Signal.StartsWith("client", StringComparison.Ordinal));
    }

    [Fact]
    public void Where_nobody_tells_them_the_evidence_of_all_others_is_averaged_as_before()
    {
        var evidence = Run(new Refusing(500, 0, 0, 404) { Tells = false }, Half, 50).Evidence;
        var expected = Weighting.LogSum([.. evidence.Critical.Where(i => evidence.Signals[i].IsTold).Select(Of)]);
        Assert.Equal(expected, evidence.LogE(historical: false, evidence.Critical), 12);

        var told = Run(new Refusing(500, 0, 0, 404), Half, 50).Evidence;
        Assert.Equal(1.05, told.Critical.Sum(i => told.Signals[i].Weight), 9);
        Assert.Equal(
            Weighting.LogSum([.. told.Critical.Select(i => Evidence.Term(told.Signals[i], false))]) - Math.Log(1.05),
            told.LogE(historical: false, told.Critical), 12);

        double Of(int i) => Evidence.Term(evidence.Signals[i], historical: false);
    }

    [Fact]
    public void Scanners_who_keep_their_version_and_get_404_all_day_are_no_harm()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var (traffic, judge) = (new Refusing(50, 0.01, 0.01, 404, seed) { ScannerOnCandidate = 10 }, Begin(Analysis.Default));
            for (var i = 0; i < 720; i++) judge.Observe(traffic.Next(Twentieth));
            var evidence = judge.Evidence;
            Assert.Null(evidence.Failure);
            Assert.True(evidence.LogE(historical: false, evidence.Advisory) < Obstacles.LogAdvisory, $"seed {seed}");
        }
    }

    [Fact]
    public void Users_whose_client_errors_were_counted_three_times_each_are_still_fewer_than_three()
    {
        var traffic = new Refusing(50, 0.01, 1, 404);
        var judge = Begin(Analysis.Default);
        for (var i = 0; i < 12; i++)
        {
            var tick = traffic.Next(Twentieth);
            var two = new UserCounts(2, 0, 0, 0, 0, Known: 2, false) { ClientFailing = 2, ClientErrors = 6 };
            judge.Observe(tick with { CandidateUsers = two });
        }

        Assert.Null(judge.Evidence.Failure);
        Assert.Contains("only 2 of the candidate's users fail", judge.Decide(Weights.AllCandidate).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void At_all_of_the_traffic_five_minutes_of_404_go_back_to_stable_which_is_held_in_its_past()
    {
        var (traffic, judge) = (new Refusing(50, 0.02, 0.02, 404), Begin(Analysis.Default));
        for (var i = 0; i < 120; i++) judge.Observe(traffic.Next(Half));
        var broken = new Refusing(50, 0.02, 1, 404);
        for (var i = 0; i < 30; i++) judge.ObserveHistorical(broken.Next(Weights.AllCandidate));
        Assert.Null(judge.Evidence.Failure);
        for (var i = 0; i < 60; i++) judge.ObserveHistorical(broken.Next(Weights.AllCandidate));
        var judgement = judge.Decide(Weights.AllCandidate);
        Assert.Equal((Verdict.Fail, "client guard (historical)"), (judgement.Verdict, judgement.Blame));
    }

    [Fact]
    public void Evidence_that_was_saved_in_the_middle_goes_on_to_the_same_result()
    {
        var (traffic, judge) = (new Refusing(50, 0.02, 0.08, 404) { Sizes = 4096 }, Begin(Analysis.Default));
        for (var i = 0; i < 40; i++) judge.Observe(traffic.Next(Half));
        var saved = new ArrayBufferWriter<byte>();
        judge.Save(saved);
        var restored = Judge.Restore(saved.WrittenSpan, Analysis.Default)!;
        for (var i = 0; i < 40; i++)
        {
            var tick = traffic.Next(Half);
            judge.Observe(tick);
            restored.Observe(tick);
        }

        var (one, other) = (judge.Decide(Weights.AllCandidate), restored.Decide(Weights.AllCandidate));
        Assert.Equal(one.Findings.AsEnumerable(), other.Findings);
        Assert.Equal(one.Reason, other.Reason);
    }

    [Fact]
    public void Bodies_of_half_the_size_or_none_hold_and_of_nearly_the_same_size_do_not()
    {
        foreach (var (median, holds) in new[] { (0L, true), (1400, true), (12_000, true), (3500, false), (5000, false) })
        {
            var traffic = new Refusing(50, 0.02, 0.02, 404) { Sizes = 4096, CandidateSizes = median };
            var judge = Run(traffic, Half, 120);
            var judgement = judge.Decide(Weights.AllCandidate);
            Assert.Equal(holds, judgement.Reason.StartsWith("advisory signal worse: response size", StringComparison.Ordinal));
            Assert.Null(judge.Evidence.Failure);
        }
    }

    [Fact]
    public void A_file_that_expects_other_sizes_allows_them()
    {
        var wide = Analysis.Default with { ResponseSize = new SizeTolerance(10) };
        foreach (var (median, holds) in new[] { (1000L, false), (30_000, false), (100, true), (0, true) })
        {
            var traffic = new Refusing(50, 0.02, 0.02, 404) { Sizes = 4096, CandidateSizes = median };
            var reason = Run(traffic, Half, 120, wide).Decide(Weights.AllCandidate).Reason;
            Assert.Equal(holds, reason.StartsWith("advisory signal worse: response size", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Where_sizes_are_unknown_answers_in_a_quarter_of_the_time_hold_and_in_half_of_it_do_not()
    {
        foreach (var (faster, holds) in new[] { (0.25, true), (0.5, false) })
        {
            var (simulation, judge) = (new Simulation(4, 100, 5), Begin(Analysis.Default));
            for (var i = 0; i < 80; i++) judge.Observe(simulation.Next(Good, Good with { MedianSeconds = 0.08 * faster }, Half));
            var reason = judge.Decide(Weights.AllCandidate).Reason;
            Assert.Equal(holds, reason.Contains("look whether they are empty", StringComparison.Ordinal));
        }
    }

    private static Judge Begin(Analysis analysis) => new(analysis, new Simulation(9, 200, 5).Past(Good, 600));

    private static Judge Run(Refusing traffic, Weights weights, int ticks, Analysis? analysis = null)
    {
        var judge = Begin(analysis ?? Analysis.Default);
        for (var i = 0; i < ticks; i++) judge.Observe(traffic.Next(weights));
        return judge;
    }

    /// <summary>The simulation with answers 4xx, sizes, and scanners of two requests a second.</summary>
    private sealed class Refusing(double rps, double stable, double candidate, int status, int seed = 1)
    {
        private readonly Simulation simulation = new(seed, rps, 5);
        private readonly Chance chance = new(seed + 1000);
        private int ticks;

        public bool Tells { get; init; } = true;

        /// <summary>Users on the candidate whom it answers 404, each of whom counts three times in ten minutes.</summary>
        public int ScannerOnCandidate { get; init; }

        /// <summary>Bytes of every body of stable; 0 for not measured.</summary>
        public long Sizes { get; init; }

        public long CandidateSizes { get; init; } = 4096;

        public Tick Next(Weights weights)
        {
            var tick = simulation.Next(Good, Good, weights);
            Refuse(tick.Stable, stable, 404, Sizes);
            Refuse(tick.Candidate, candidate, status, CandidateSizes);
            if (ScannerOnCandidate == 0)
            {
                return tick with
                {
                    StableUsers = Of(tick.Stable, tick.StableUsers),
                    CandidateUsers = Of(tick.Candidate, tick.CandidateUsers),
                };
            }

            var (requests, counted) = (ScannerOnCandidate * 10, ticks++ % 120 == 0 ? ScannerOnCandidate * 3 : 0);
            var counts = tick.Candidate;
            counts.ByOutcome[(int)Outcome.ClientError] += requests;
            counts.CappedClientErrors += counted;
            counts.ClientErrorExcess += requests - counted;
            counts.Latency[LatencyBuckets.IndexOf(0.08)] += requests;
            var users = new UserCounts(ScannerOnCandidate, 0, 0, 0, 0, ScannerOnCandidate, false)
            {
                ClientErrors = 3 * ScannerOnCandidate,
                SquaredClientErrors = 9 * ScannerOnCandidate,
                ClientFailing = ScannerOnCandidate,
            };
            return tick with { CandidateUsers = users };
        }

        private static UserCounts Of(Counts counts, UserCounts users) => users with
        {
            ClientErrors = counts.CappedClientErrors,
            SquaredClientErrors = counts.CappedClientErrors,
            ClientFailing = counts.CappedClientErrors,
        };

        private void Refuse(Counts counts, double share, int code, long size)
        {
            counts.TellsClientErrors = Tells;
            var refused = chance.Binomial((int)counts.ByOutcome[(int)Outcome.Success], share);
            counts.ByOutcome[(int)Outcome.Success] -= refused;
            counts.ByOutcome[(int)Outcome.ClientError] = counts.CappedClientErrors = refused;
            if (Tells && refused > 0) counts.Statuses()[ClientStatuses.IndexOf(code)] = refused;
            if (Sizes > 0) counts.Measure()[SizeBuckets.IndexOf(size)] = counts.ByOutcome[(int)Outcome.Success];
        }
    }
}
