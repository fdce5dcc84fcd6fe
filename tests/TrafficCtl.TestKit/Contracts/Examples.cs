using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using Xunit;

namespace TrafficCtl.TestKit.Contracts;

/// <summary>Records that a store keeps.</summary>
internal static class Examples
{
    public static readonly TargetKey Shop = new("shop", "prod");

    public static readonly DateTimeOffset At = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    public static Commit Birth(TargetKey? key = null) => new(
        -1, new ServiceRecord(key ?? Shop, "v1", 0, 0, [], null, default), null, [Fact("born", "birth", key)], []);

    /// <summary>Rollout 1 in its first step.</summary>
    public static Commit Start(long expected, long generation, TargetKey? key = null, byte[]? evidence = null) => Active(
        State(1, generation, new Phase.Observing(0, At, At), key), expected, evidence, key);

    public static Commit Active(RolloutState state, long expected, byte[]? evidence = null, TargetKey? key = null) => new(
        expected,
        new ServiceRecord(key ?? Shop, "v1", state.Number, state.Generation, [new TriedVersion("v2", "ab")], state, evidence
            ?? Array.Empty<byte>(), "v3"),
        state, [Fact("decided", "advance", key, state.Id)], []);

    public static Commit End(RolloutState state, long expected) => new(
        expected, new ServiceRecord(Shop, "v2", state.Number, state.Generation, [new TriedVersion("v2", "ab")], null, default),
        state, [Fact("decided", "good", null, state.Id)], []);

    public static RolloutState State(int number, long generation, Phase phase, TargetKey? key = null)
    {
        var of = key ?? Shop;
        if (phase is Phase.Observing observing)
            phase = observing with { From = new TimeSpan(0, 0, 1, 2, 345), UnsureFrom = TimeSpan.FromMinutes(90) };
        return new(
            RolloutState.IdOf(of, number), of.Service, of.Environment, number, "v1", "v2", generation, At, At.AddSeconds(generation), phase,
            of.Target)
        {
            Plan = new Plan { Steps = [new Step("beta", Weights.OfCandidate(500), TimeSpan.FromSeconds(5), MinimumEvidence.Default)] },
            ChangedAfter = TimeSpan.FromMinutes(90),
        };
    }

    public static Fact Fact(string kind, string what, TargetKey? key = null, string? rollout = null, string text = "because 5 % > 0.1 %") =>
        new(0, At, key ?? Shop, rollout, kind, what, text, """{"generation":1}""");

    public static Wish Wish(WishKind kind = WishKind.Pause, string? version = null) =>
        new(0, new TargetKey("shop", "prod"), kind, version, "ann", "lunch; \"really\"", "127.0.0.1", At);

    public static void Same(ServiceRecord expected, ServiceRecord? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Evidence.ToArray(), actual.Evidence.ToArray());
        Assert.Equal(expected.Learnt.ToArray(), actual.Learnt.ToArray());
        Assert.Equal(expected.Tried.AsEnumerable(), actual.Tried.AsEnumerable());
        Assert.Equal(
            expected with { Evidence = default, Learnt = default, Tried = [] },
            actual with { Evidence = default, Learnt = default, Tried = [] });
    }
}
