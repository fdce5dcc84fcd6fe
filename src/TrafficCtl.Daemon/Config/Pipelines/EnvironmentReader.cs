using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>One environment of a pipeline to its targets and its place in the promotion.</summary>
/// <param name="service">The keys of the pipeline.</param>
/// <param name="order">Which environment comes after which.</param>
/// <param name="directory">That the names of files are relative to.</param>
/// <param name="abilities">What a target of a pipeline can do.</param>
/// <param name="runtimes">Reads what starts the versions.</param>
/// <param name="report">Takes the problems.</param>
internal sealed class EnvironmentReader(
    Value.Section service, EnvironmentOrder order, string directory, Abilities abilities, RuntimeReader runtimes, Report report)
{
    /// <param name="name">The environment's name, where it is written.</param>
    /// <param name="own">Its keys.</param>
    public EnvironmentDraft Read(Node.Scalar name, Value.Section own)
    {
        ImmutableArray<TargetDraft> targets = [.. PlacesOf(own).Select(place => ReadTarget(name, own, place.Target, place.Listen))];
        var verify = EnvironmentGates.ReadVerify(own, abilities, report);
        EnvironmentGates.Check(name.Text, own, order, report);
        CheckTolerance(own, targets.Length);
        var spec = targets[0].Draft.Spec is { } first && report.IsClean ? SpecOf(name.Text, own, targets, first, verify) : null;
        return new EnvironmentDraft(name.Text, own, targets, spec);
    }

    /// <summary>Its targets; one without a place where none is right, so that the other keys are read all the same.</summary>
    private static IEnumerable<(string Target, Value? Listen)> PlacesOf(Value.Section own)
    {
        if (own.Find("listen") is { } listen) return [(TargetKey.DefaultTarget, listen)];
        return own.Find("targets.listen") is Value.Named { All: { IsEmpty: false } named }
            ? named.Select(static n => (n.Name, n.Value))
            : [(TargetKey.DefaultTarget, null)];
    }

    private TargetDraft ReadTarget(Node.Scalar name, Value.Section own, string target, Value? listen)
    {
        var keys = EnvironmentKeys.Of(service, name, own, target, listen);
        var reader = new SpecReader(keys, directory, abilities, report, order.IsPassage(name.Text) ? own : null);
        ImmutableArray<VersionSpec> versions = keys.Find("runtime") is Value.Section ? [] : reader.ReadVersions();
        var template = reader.ReadTemplate();
        var proxy = (template?.Target as EmbeddedTarget)?.Proxy ?? new ProxySettings();
        if (keys.Find("health") is null && RuntimeReader.ProbeOf(keys) is { } probe) proxy = proxy with { Health = probe };
        var runtime = runtimes.Read(keys, own, versions, proxy.Health);
        var draft = new Draft(keys, report, null) { IsOfPipeline = true };
        if (template is null || runtime is null || !report.IsClean) return new TargetDraft(draft, null);
        template = template with { Target = (EmbeddedTarget)template.Target with { Proxy = proxy } };
        return new TargetDraft(
            draft with { Spec = template with { Versions = versions } },
            new PipelineTarget(template with { Needs = [PromotionGate.Instance] }, runtime)
            {
                Drift = own.Get("drift", DriftMode.Correct),
            });
    }

    private void CheckTolerance(Value.Section own, int targets)
    {
        if (own.Find("targets.tolerate") is Value.Leaf { Content: long tolerate } leaf && tolerate >= targets)
            report.Add(
                leaf.Node, leaf.Path, $"{tolerate} of {targets} targets may be away: a version would be good that ran nowhere",
                $"write {targets - 1} at most");
    }

    private EnvironmentSpec SpecOf(
        string name, Value.Section own, ImmutableArray<TargetDraft> targets, ServiceSpec first, ImmutableArray<Gate> verify)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        return new EnvironmentSpec(name)
        {
            After = order.After(name),
            Needs = EntryGate.Of(first.Needs, ids),
            Verify = EntryGate.Of(verify, ids),
            Mode = own.Get("mode", PromotionMode.Auto),
            Watch = first.Plan.Watch,
            Ramp = first.Plan.Steps.Aggregate(TimeSpan.Zero, static (sum, step) => sum + step.Dwell),
            Targets = [.. targets.Select(static t => t.Draft.Root.Get("target", TargetKey.DefaultTarget))],
            Tolerate = own.Find("targets.tolerate") is Value.Leaf { Content: long tolerate } ? (int)tolerate : null,
        };
    }
}
