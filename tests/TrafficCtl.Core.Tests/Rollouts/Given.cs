using System.Collections.Immutable;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Tests.Rollouts;

/// <summary>Short words for states and sights.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly Plan Canary = Plans.Default;

    public static RolloutState State(Phase phase, Plan? plan = null, DateTimeOffset? changed = null) =>
        new("shop-default-1", "shop", "default", 1, "v1", "v2", 7, Noon, changed ?? Noon, phase) { Plan = plan ?? Canary };

    /// <summary>The clock was never set since noon: both clocks tell the same.</summary>
    public static Moment At(DateTimeOffset now) => new(now, now - Noon);

    public static Phase.Observing Observing(int step) => new(step, Noon, Noon);

    public static Judgement Judgement(Verdict verdict) =>
        new(verdict, 1, 100, verdict == Verdict.Fail ? "errors" : null,
            [new Finding("errors", verdict, 1, 0.9, 1.1, 1, 4.6, new Sample(1, 1000), new Sample(1, 1000), "errors")],
            $"the judge says {verdict.ToString().ToLowerInvariant()}", null);

    /// <summary>Everything is known and well; the router confirms generation 7.</summary>
    public static Seen Seen(Verdict? verdict = Verdict.Pass, long requests = 1000) => new()
    {
        Judgement = verdict is { } known ? Judgement(known) : null,
        Evidence = new StepEvidence(requests, 100),
        CandidateHealth = new ArmHealth(2, 2, 2, null),
        AppliedGeneration = 7,
        Versions = ["v1", "v2", "v3"],
    };

    public static Wish Wish(WishKind kind, string? version = null, long id = 1, string reason = "") =>
        new(id, new TargetKey("shop", "default"), kind, version, "ann", reason, "test", Noon);

    public static Seen Asking(this Seen seen, params WishKind[] kinds) =>
        seen with { Wishes = [.. kinds.Select((kind, i) => Wish(kind, id: i + 1))] };

    public static ServiceSpec Spec(params string[] versions) => new()
    {
        Service = "shop",
        Target = new EmbeddedTarget
        {
            Listen = new Listener("127.0.0.1", 8080, null),
        },
        Versions = [.. versions.Select(v => v.Split('@') is [var name, var at] ? Version(name, at) : Version(v, "1"))],
        Stable = "v1",
    };

    public static ServiceRecord Born { get; } = new(new TargetKey("shop", "default"), "v1", 0, 0, [], null, default);

    public static Stage Everybody(params int[] percents) => Of(null, percents);

    public static Stage Shadow(int percent) => new(null, []) { Shadow = Weights.OfCandidate(percent * 100) };

    public static Stage Of(string? cohort, params int[] percents) =>
        new(cohort, [.. percents.Select(p => Weights.OfCandidate(p * 100))]);

    private static VersionSpec Version(string name, string port) => new(name, ImmutableArray.Create(new Uri($"http://127.0.0.1:{port}/")));
}
