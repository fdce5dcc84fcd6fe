using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Runtimes;

namespace TrafficCtl.Control.Tests.Promoting;

/// <summary>Pipelines of the tests.</summary>
internal static class Specs
{
    public static readonly TimeSpan Watch = TimeSpan.FromSeconds(2);

    public static readonly EnvironmentSpec Test = new("test") { Watch = Watch };
    public static readonly EnvironmentSpec Staging = new("staging") { Watch = Watch, After = ["test"] };
    public static readonly EnvironmentSpec Prod = new("prod") { Watch = Watch, After = ["staging"] };

    private static readonly RuntimeSpec Runtime = new RuntimeSpec.Process(new ProcessSettings
    {
        Command = CommandTemplate.Parse("{artifact} --port {port}").Command!,
        ArtifactFolder = "/releases",
    });

    /// <summary>test → staging → prod: all at once in test, canaries behind it.</summary>
    public static PipelineSpec Three(
        Func<EnvironmentSpec, EnvironmentSpec>? change = null, DriftMode drift = DriftMode.Correct) =>
        Of([Test, Staging, Prod], change, drift);

    public static PipelineSpec Of(
        ImmutableArray<EnvironmentSpec> environments, Func<EnvironmentSpec, EnvironmentSpec>? change = null,
        DriftMode drift = DriftMode.Correct)
    {
        var (spec, problems) = PromotionSpec.Create(
            PipelineWorld.Service, environments.Select(change ?? (static e => e)));
        if (spec is null) throw new InvalidOperationException(string.Join("; ", problems));
        return new(spec, [.. spec.Environments.SelectMany(e => e.Targets.Select(t => TargetOf(e, t, drift)))])
        {
            Artifact = new ArtifactPattern("/releases", "checkout"),
        };
    }

    private static PipelineTarget TargetOf(EnvironmentSpec environment, string target, DriftMode drift)
    {
        var template = World.Spec() with
        {
            Service = PipelineWorld.Service,
            Environment = environment.Name,
            TargetName = target,
            Versions = [],
            Stable = "",
        };
        if (environment.After.IsEmpty)
            template = template with { Plan = Plans.AtOnce(Strategy.AllAtOnce, Watch, default(MinimumEvidence)) };
        return new(template, Runtime) { Drift = drift };
    }
}
