using System.Collections.Immutable;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Api;

/// <summary>A service in the middle of its third rollout: v1 to v2, 40 s into step 2 of 3.</summary>
internal static class Example
{
    public const string Rollout = "checkout-default-3";

    public static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>How long the rollout has run: in two of the five minutes since it began no process was in control.</summary>
    public static readonly TimeSpan Elapsed = TimeSpan.FromMinutes(3);

    public static readonly TargetKey Key = new("checkout", "default");

    public static readonly Plan Plan = new()
    {
        Steps =
        [
            new Step(null, Weights.OfCandidate(500), TimeSpan.FromSeconds(60), new MinimumEvidence(200, 0)),
            new Step(null, Weights.OfCandidate(2500), TimeSpan.FromSeconds(60), new MinimumEvidence(1200, 0)),
            new Step(null, Plan.HoldbackWeights, TimeSpan.FromMinutes(60), MinimumEvidence.Default, IsHoldback: true),
        ],
    };

    public static readonly Phase Observing = Phase.Observing.Begin(1, new Moment(Now.AddSeconds(-40), Elapsed - TimeSpan.FromSeconds(40)));

    public static ServiceSpec Spec(string service = "checkout") => new()
    {
        Service = service,
        Target = new EmbeddedTarget
        {
            Listen = new Listener("127.0.0.1", 8080, null),
        },
        Versions = [
            new VersionSpec("v1", [new Uri("http://127.0.0.1:5001")]),
            new VersionSpec("v2", [new Uri("http://127.0.0.1:5002"), new Uri("http://127.0.0.1:5003")])
        ],
        Stable = "v1",
        Plan = Plan,
    };

    public static RolloutState State(Phase phase) =>
        new(Rollout, "checkout", "default", 3, "v1", "v2", 17, Now.AddMinutes(-5), Now.AddSeconds(-40), phase)
        {
            Plan = Plan,
            ChangedAfter = Elapsed - TimeSpan.FromSeconds(40),
        };

    public static Judgement Judgement(Verdict verdict = Verdict.Unsure) => new(
        verdict, 3.25, 100, null,
        [new Finding(
            "errors", verdict, 1.1, double.NaN, 2.5, 1.5, 3, new Sample(4, 4000), new Sample(2, 1000), "errors 0.20 % against 0.10 %")],
        "errors: evidence 1.5 of 3.0", TimeSpan.FromSeconds(90));

    public static ServiceView Active(Phase? phase = null)
    {
        var state = State(phase ?? Observing);
        var route = new ServiceRoute(Keys.Of("checkout"), 17, "v1", "v2", Rollout, Exposure.Of(Weights.OfCandidate(2500)));
        var health = new ArmHealth(2, 1, 2, null);
        return new ServiceView(
            Spec(),
            new ServiceRecord(Key, "v1", 3, 17, [], state, default),
            state,
            new Seen { Judgement = Judgement(), Evidence = new StepEvidence(900, 10), CandidateHealth = health },
            new Decision(state, "hold", "1.5 of 3.0 of the evidence is there", []),
            new RouterStatus(route, Exposure.Of(Weights.OfCandidate(2500)), new ArmHealth(1, 1, 1, null), health, null),
            new ArmRates(75, 0.001, 0.005, 0.012, 3, 4000, 4),
            new ArmRates(25, 0.002, 0.0051, 0.0125, 1, 1000, 2),
            ["the file's reload was refused"],
            Now)
        {
            SampledAt = Now,
            Elapsed = Elapsed,
            Timestamp = Now.UtcTicks,
        };
    }

    /// <summary>The record cannot be read, and the router goes on as an earlier process was told.</summary>
    public static ServiceView Unread() => Active() with
    {
        Record = null,
        Newest = null,
        Seen = null,
        LastDecision = null,
        RecordTrouble = "The store's record of checkout@default cannot be read.",
        Warnings = [],
    };

    public static ServiceView Quiet(string service) => new(
        Spec(service), null, null, null, null, null, default, default, [], Now);

    public static Fact Fact(
        long seq, string what, string text, Phase? phase = null, string? rollout = Rollout, string kind = "decided") => new(
        seq, Now.AddMinutes(-10).AddSeconds(seq), Key, rollout, kind, what, text,
        RolloutJson.Write(new FactData
        {
            Phase = phase,
            Version = "v2",
            Stable = "v1",
            Exposure = phase is null ? null : Exposures.For(Plan, phase),
        }));

    public static ImmutableArray<Fact> Facts =>
    [
        Fact(4, "observe", "the router serves 25 % since 11:59:20", Observing),
        Fact(3, "advance", "Step 1 held for 60 s with 2,000 requests and passed", new Phase.Shifting(1)),
        Fact(2, "start", "v2 is newer than v1", new Phase.Waiting("a first good probe of v2")),
        Fact(1, "publish", "v2 was published", rollout: null, kind: "published"),
    ];
}
