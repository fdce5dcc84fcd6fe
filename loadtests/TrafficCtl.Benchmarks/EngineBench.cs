using BenchmarkDotNet.Attributes;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Benchmarks;

/// <summary>One step of the engine: the usual one that stays, and one that advances.</summary>
[ShortRunJob, MemoryDiagnoser]
public class EngineBench
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly Moment Now = new(Noon, TimeSpan.FromMinutes(10));

    private readonly RolloutState state = new(
        "checkout-default-1", "checkout", "default", 1, "v1", "v2", 7, Noon.AddMinutes(-10), Noon.AddMinutes(-5),
        Phase.Observing.Begin(1, new Moment(Noon.AddMinutes(-5), TimeSpan.FromMinutes(5))))
    {
        Plan = Plans.Default,
    };

    private Seen unsure = new();
    private Seen sure = new();

    [GlobalSetup]
    public void Look()
    {
        var judgement = new Judge(Analysis.Default, new Baseline()).Decide(Weights.OfCandidate(2_500));
        unsure = new Seen
        {
            Judgement = judgement,
            Evidence = new StepEvidence(10_000, 1_000),
            CandidateHealth = new ArmHealth(2, 2, 2, null),
            AppliedGeneration = 7,
            Versions = ["v1", "v2"],
        };
        sure = unsure with { Judgement = judgement with { Verdict = Verdict.Pass } };
        if (RolloutEngine.Decide(state, sure, Now).Next.Phase is not Phase.Shifting)
            throw new InvalidOperationException("the passing step does not advance: the benchmark measures something else");
    }

    [Benchmark]
    public Decision Stay() => RolloutEngine.Decide(state, unsure, Now);

    [Benchmark]
    public Decision Advance() => RolloutEngine.Decide(state, sure, Now);
}
