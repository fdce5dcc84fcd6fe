using System.Buffers;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Judging.State;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using Xunit;

namespace TrafficCtl.Core.Tests.Judging.State;

public class SavingTests
{
    private static readonly Version Good = new(Errors: 0.002);
    private static readonly Analysis Everything = Analysis.Default with
    {
        Users = new UserTolerance(),
        Metrics = [new MetricTolerance("cpu", Direction.Lower, 0.1), new MetricTolerance(
            "orders", Direction.Both, 0.02, Consequence.Rollback, 5)],
    };

    [Fact]
    public void A_restored_judge_continues_bit_for_bit()
    {
        var (one, other) = (new Simulation(1, 400, 5), new Simulation(1, 400, 5));
        var uninterrupted = new Judge(Analysis.Default, one.Past(Good, 300));
        var interrupted = new Judge(Analysis.Default, other.Past(Good, 300));
        for (var i = 0; i < 200; i++)
        {
            var weights = Weights.OfCandidate(i switch { < 60 => 500, < 100 => 2500, _ => 5000 });
            var (tick, same) = (one.Next(Good, Good, weights), other.Next(Good, Good, weights));
            Observe(uninterrupted, tick, i);
            interrupted = Judge.Restore(Save(interrupted), Analysis.Default)!;
            Observe(interrupted, same, i);
            Assert.Equal(Save(uninterrupted), Save(interrupted));
        }

        var (expected, found) = (uninterrupted.Decide(Weights.AllCandidate), interrupted.Decide(Weights.AllCandidate));
        Assert.Equal(expected.Reason, found.Reason);
        Assert.Equal(expected.Evidence, found.Evidence);
        Assert.Equal(expected.Findings.Select(f => f.Text), found.Findings.Select(f => f.Text));

        static void Observe(Judge judge, in Tick tick, int i)
        {
            if (i < 180) judge.Observe(tick);
            else judge.ObserveHistorical(tick);
        }
    }

    [Fact]
    public void A_failure_survives_saving()
    {
        var traffic = new Simulation(2, 1500, 5);
        var judge = new Judge(Analysis.Default, traffic.Past(Good, 300));
        for (var i = 0; i < 10; i++) judge.Observe(traffic.Next(Good, Good with { Errors = 0.2 }, Weights.OfCandidate(500)));
        var restored = Judge.Restore(Save(judge), Analysis.Default)!;
        Assert.Equal(Verdict.Fail, restored.Decide(Weights.AllCandidate).Verdict);
        Assert.Equal(judge.Decide(Weights.AllCandidate).Blame, restored.Decide(Weights.AllCandidate).Blame);
    }

    [Theory]
    [InlineData(1_000, 1)]
    [InlineData(100_000, 1)]
    [InlineData(1_000, 5)]
    [InlineData(1_000_000_000, 5)]
    public void The_state_stays_within_its_budget_with_every_signal_in_the_worst_case(long perBucket, int seconds)
    {
        var analysis = Everything with { Tick = TimeSpan.FromSeconds(seconds) };
        var judge = new Judge(analysis, new Baseline());
        var counts = new Counts { CappedFailures = perBucket / 3 };
        counts.ByOutcome[0] = perBucket * LatencyBuckets.Count;
        for (var i = 0; i < counts.Latency.Length; i++) counts.Latency[i] = perBucket + i;
        counts.ByOutcome[(int)Outcome.ClientError] = perBucket;
        (counts.TellsClientErrors, counts.CappedClientErrors) = (true, perBucket / 7);
        for (var i = 0; i < ClientStatuses.Count; i++) counts.Statuses()[i] = perBucket / ClientStatuses.Count;
        for (var i = 0; i < SizeBuckets.Count; i++) counts.Measure()[i] = perBucket + i;
        var part = new Counts { CappedFailures = counts.CappedFailures / 4 };
        part.ByOutcome[0] = counts.ByOutcome[0] / 4;
        for (var i = 0; i < part.Latency.Length; i++) part.Latency[i] = counts.Latency[i] / 4;
        var tick = new Tick(seconds, counts, counts, Weights.OfCandidate(5000), default, default)
        {
            Placebos = [part, part, part, part],
            StableFlow = new UserFlow(perBucket, perBucket / 10),
            CandidateFlow = new UserFlow(perBucket, perBucket / 10),
            Metrics = [new MetricPair(1.1, 1.2), new MetricPair(1.1, 1.2)],
        };
        for (var i = 0; i < 4000; i++) judge.Observe(tick);
        var saved = Save(judge);
        Assert.InRange(saved.Length, 1000, 16 * 1024);
        Assert.Equal(saved, Save(Judge.Restore(saved, analysis)!));
    }

    [Fact]
    public void Other_tolerances_and_damaged_bytes_are_refused()
    {
        var judge = new Judge(Analysis.Default, new Simulation(3, 100, 5).Past(Good, 60));
        var saved = Save(judge);
        Assert.NotNull(Judge.Restore(saved, Analysis.Default));
        Assert.Null(Judge.Restore(saved, Analysis.Default with { Errors = new ErrorTolerance(0.002) }));
        Assert.Null(Judge.Restore(saved, Analysis.Default with { Latency = new LatencyTolerance(0.95) }));
        Assert.Null(Judge.Restore([], Analysis.Default));
        for (var cut = 0; cut < saved.Length; cut += 37) Assert.Null(Judge.Restore(saved.AsSpan(0, cut), Analysis.Default));
        for (var at = 0; at < saved.Length; at += 41)
        {
            var damaged = saved.ToArray();
            damaged[at] ^= 0x10;
            Assert.Null(Judge.Restore(damaged, Analysis.Default));
        }
    }

    [Fact]
    public void A_baseline_survives_saving_and_refuses_damage()
    {
        var past = new Simulation(4, 400, 5).Past(Good, 3000);
        var saved = Save(past);
        var restored = Baseline.Restore(saved)!;
        Assert.Equal(
            (past.Seconds, past.Requests, past.Failures, past.Clump),
            (restored.Seconds, restored.Requests, restored.Failures, restored.Clump));
        Assert.Equal(saved, Save(restored));
        saved[^1] ^= 1;
        Assert.Null(Baseline.Restore(saved));
        Assert.Null(Baseline.Restore([1, 2, 3]));
    }

    [Fact]
    public void A_baseline_remembers_at_most_an_hour()
    {
        var past = new Simulation(5, 10, 5).Past(Good, 20_000);
        Assert.InRange(past.Seconds, 1800, 3600);
        Assert.InRange(past.Requests, 18_000 * 0.9, 36_000 * 1.1);
    }

    [Fact]
    public void Later_windows_of_stable_do_not_change_a_judge_that_began()
    {
        var traffic = new Simulation(6, 100, 5);
        var past = traffic.Past(Good, 600);
        var judge = new Judge(Analysis.Default, past);
        var saved = Save(judge);
        past.Absorb(5, traffic.Stable(Good), default);
        Assert.Equal(saved, Save(judge));
    }

    [Fact]
    public void Any_histogram_survives_its_sparse_form()
    {
        var chance = new Chance(7);
        foreach (var density in new[] { 0, 0.01, 0.5, 0.99, 1 })
        {
            var counts = Enumerable.Range(0, 300).Select(_ => chance.Uniform() < density ? 1 + chance.Poisson(200) : 0).ToArray();
            var buffer = new ArrayBufferWriter<byte>();
            new StateWriter(buffer).Sparse(counts);
            var reader = new StateReader(buffer.WrittenSpan) { Layout = Judge.LayoutWithClients };
            var found = new int[counts.Length];
            reader.Sparse(found);
            Assert.True(reader.IsComplete);
            Assert.Equal(counts, found);
        }
    }

    private static byte[] Save(Judge judge)
    {
        var buffer = new ArrayBufferWriter<byte>();
        judge.Save(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Save(Baseline past)
    {
        var buffer = new ArrayBufferWriter<byte>();
        past.Save(buffer);
        return buffer.WrittenSpan.ToArray();
    }
}
