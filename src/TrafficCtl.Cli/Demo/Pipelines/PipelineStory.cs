using System.Collections.Immutable;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Demo.Pipelines;

/// <summary>Four versions: a first one, one that fails its test, one that fails its users, and one that goes all the way.</summary>
internal static class PipelineStory
{
    public const double ErrorShare = 0.3;

    private const string Test = "test", Staging = "staging", Prod = "prod";

    /// <param name="scene">Does what the acts say.</param>
    public static ImmutableArray<StoryAct> Of(IPipelineScene scene) =>
    [
        new(
            "first", "v1 is released: the first version goes to test and staging, and prod asks for an approval",
            stop => scene.ReleaseAsync("v1", errors: 0, isBroken: false, stop),
            static p => IsAsked(p, "v1") ? null : Furthest(p, "v1")),
        new(
            "begin", "a person approves v1: prod begins with it",
            stop => scene.ApproveAsync("v1", Prod, stop),
            static p => p.IsDone("v1", Prod) ? null : p.WordsOf("v1", Prod)),
        new(
            "verification", "v2 is released, and its cart is broken: the test of it fails, and it goes no further",
            async stop =>
            {
                await scene.SendLoadAsync(stop);
                await scene.ReleaseAsync("v2", errors: 0, isBroken: true, stop);
            },
            static p => p.IsRefused("v2", Test) && p.ServedAt(Test) == "v1" ? null : p.WordsOf("v2", Test)),
        new(
            "canary", "v3 is released: its test passes, and real users of staging get errors; what staging refused is closed to prod",
            stop => scene.ReleaseAsync("v3", ErrorShare, isBroken: false, stop),
            static p => p.IsRefused("v3", Staging) && p.ServedAt(Staging) == "v1" ? null : Furthest(p, "v3")),
        new(
            "fixed", "v4 is released: it is good in staging, and prod asks for an approval",
            stop => scene.ReleaseAsync("v4", errors: 0, isBroken: false, stop),
            static p => IsAsked(p, "v4") ? null : Furthest(p, "v4")),
        new(
            "approval", "prod/us is cut off, and a person approves v4: it goes to prod/eu",
            async stop =>
            {
                scene.CutOff(Prod, "us", isCutOff: true);
                await scene.ApproveAsync("v4", Prod, stop);
            },
            static p => p.ServedAt(Prod, "eu") == "v4" && p.PhaseOf("v4", Prod) == "good" ? null : p.WordsOf("v4", Prod)),
        new(
            "return", "prod/us is back: it gets what prod runs today",
            stop =>
            {
                scene.CutOff(Prod, "us", isCutOff: false);
                return Task.CompletedTask;
            },
            static p => p.IsDone("v4", Prod) ? null : $"prod/us serves {p.ServedAt(Prod, "us")}"),
    ];

    /// <summary>What must never be seen; null where nothing is wrong.</summary>
    /// <param name="approved">The versions that a person has approved.</param>
    public static string? FindWrong(PipelineStatus pipeline, IReadOnlyCollection<string> approved)
    {
        foreach (var (version, environment) in (ReadOnlySpan<(string, string)>)[("v2", Staging), ("v2", Prod), ("v3", Prod)])
            if (pipeline.HasEntered(version, environment)) return $"{version} reached {environment}";
        foreach (var version in (ReadOnlySpan<string>)["v1", "v4"])
            if (!approved.Contains(version) && pipeline.HasEntered(version, Prod)) return $"{version} reached prod before it was approved";
        return null;
    }

    private static bool IsAsked(PipelineStatus pipeline, string version) =>
        pipeline.In(Prod).Blocks.Any(b => b.Version == version && b.Kind == "gate");

    private static string Furthest(PipelineStatus pipeline, string version)
    {
        foreach (var environment in (ReadOnlySpan<string>)[Prod, Staging])
            if (pipeline.PhaseOf(version, environment).Length > 0) return pipeline.WordsOf(version, environment);
        return pipeline.WordsOf(version, Test);
    }
}
