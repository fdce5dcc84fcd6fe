using System.Collections.Immutable;
using TrafficCtl.Control.Files;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Config.Yaml;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>Every value in force of a good draft with its origin, by walking the schema beside what was written.</summary>
internal static class Effective
{
    public static Delivered Of(Draft draft)
    {
        var spec = draft.Spec ?? throw new InvalidOperationException("a draft with problems is not effective");
        var values = ImmutableArray.CreateBuilder<EffectiveValue>();
        Walk(DeliverySchema.Root, draft.Root, "", draft.Report.File, values);
        if (spec.Plan.Strategy != Strategy.Canary) values.RemoveAll(v => v.Path is "rollout" or "holdback");
        values.AddRange(PlanOf(draft, spec.Plan, ""));
        return new Delivered(spec, values.ToImmutable(), Warnings(draft, spec));
    }

    /// <summary>The steps of a plan, each with where it was written.</summary>
    /// <param name="path">Of what the plan is of; empty for the document.</param>
    public static IEnumerable<EffectiveValue> PlanOf(Draft draft, Plan plan, string path) => plan.Steps.Select((step, i) =>
        new EffectiveValue(
            YamlTree.Join(path, $"plan[{i}]"), Text(step), OriginOf(Source(draft.Root, step), draft.Report.File)));

    /// <summary>Where a step was written; an inserted holdback is the holdback's doing. A cohort has each weight once.</summary>
    private static Value? Source(Value.Section root, Step step)
    {
        if (root.Find("rollout") is Value.Items stages)
        {
            foreach (var stage in stages.All.OfType<Value.Section>().Where(s => s.Get<string?>("cohort", null) == step.Cohort))
            {
                if (stage.Find("weights") is not Value.Items weights)
                {
                    if (step.Weights == Weights.AllCandidate) return stage;
                }
                else if (weights.All.OfType<Value.Leaf>().FirstOrDefault(leaf => (Weights)leaf.Content == step.Weights) is { } written)
                {
                    return written;
                }
            }
        }

        return step.IsHoldback ? root.Find("holdback") : null;
    }

    private static string Text(Step step)
    {
        var users = step.AtLeast.Users > 0 ? $", {step.AtLeast.Users} users" : "";
        return $"{step.Weights} of {step.Cohort ?? "everybody"} for {Durations.Text(step.Dwell)}, {step.AtLeast.Requests} "
            + $"requests{users}{(step.IsHoldback ? " (holdback)" : "")}";
    }

    /// <summary>What was written under the keys of a shape, and the defaults of the rest.</summary>
    public static void Walk(
        SectionShape shape, Value.Section? given, string path, string file, ImmutableArray<EffectiveValue>.Builder values,
        bool inherits = false)
    {
        foreach (var key in shape.Keys)
        {
            var at = YamlTree.Join(path, key.Name);
            var value = given?.Fields.GetValueOrDefault(key.Name);
            if (value is not null) Add(key.Shape, value, at, file, values, key.Inherits);
            else if (key.Inherits || inherits) continue;
            else if (key.Shape is SectionShape section && !HasRequired(section)) Walk(section, null, at, file, values);
            else if ((key.Default ?? key.Absent) is { } text) values.Add(new EffectiveValue(at, text, Origin.Default));
        }

        if (shape.Others is not { } others || given is null) return;
        foreach (var (name, _) in ((Node.Map)given.Node).Entries)
            if (shape.IsOther(name.Text) && given.Fields.GetValueOrDefault(name.Text) is { } value)
                Add(others.Item, value, YamlTree.Join(path, name.Text), file, values);
    }

    private static void Add(
        Shape shape, Value value, string path, string file, ImmutableArray<EffectiveValue>.Builder values, bool inherits = false)
    {
        switch (value)
        {
            case Value.Section section:
                Walk((SectionShape)shape, section, path, file, values, inherits);
                break;
            case Value.Named named:
                foreach (var (name, _, item) in named.All) Add(((MapShape)shape).Item, item!, YamlTree.Join(path, name), file, values);
                break;
            case Value.Items { All: var items } when ((ListShape)shape).Item is SectionShape inner:
                for (var i = 0; i < items.Length; i++) Add(inner, items[i], $"{path}[{i}]", file, values);
                break;
            default:
                values.Add(new EffectiveValue(path, Text(value), OriginOf(value, file)));
                break;
        }
    }

    /// <summary>Nothing of it holds while it is not written: it has no meaning without a key that somebody must write.</summary>
    private static bool HasRequired(SectionShape section) => section.Keys.Any(k => k.IsRequired) || !section.ExactlyOne.IsEmpty;

    private static string Text(Value value) => value switch
    {
        Value.Items items => $"[{string.Join(", ", items.All.Select(Text))}]",
        { Node: Node.Scalar scalar } => scalar.Text,
        _ => value.Node.Kind,
    };

    private static Origin OriginOf(Value? value, string file) => value is null ? Origin.Default : new Origin(file, value.Node.Line);

    /// <summary>What is right and perhaps not meant.</summary>
    public static ImmutableArray<Problem> Warnings(Draft draft, ServiceSpec spec)
    {
        var warnings = new Report(draft.Report.File);
        if (draft.Root.Find("rollout") is Value.Items steps)
        {
            foreach (var step in steps.All.OfType<Value.Section>())
                if (step.Find("weights") is Value.Items weights)
                    foreach (var leaf in weights.All.OfType<Value.Leaf>())
                        if (((Weights)leaf.Content).Candidate % 100 != 0)
                            warnings.Add(
                                leaf.Node, leaf.Path, "is not a whole percent: routers that match x-tc-bucket take whole percents only");
        }

        WarnOfKey(draft, "tls.key", spec.Embedded.Listen.Tls, warnings);
        WarnOfKey(draft, "upstream.tls.key", spec.Embedded.Proxy.UpstreamTls.Certificate, warnings);
        var isSecure = spec.Versions.Any(v => v.Endpoints.Any(e => e.Scheme == Uri.UriSchemeHttps));
        if (!isSecure && draft.Root.Find("upstream.tls") is { } upstream)
            warnings.Add(
                upstream.Node, upstream.Path, "no endpoint is https, so it says nothing", "write https:// in versions, or remove it");
        if (!spec.Embedded.Proxy.UpstreamTls.IsVerified && draft.Root.Find("upstream.tls.verify") is { } verify)
            warnings.Add(
                verify.Node, verify.Path,
                "no certificate of an endpoint is verified: whoever is on the way can read and change all requests and answers",
                "name the endpoints' authority in ca, and the name in their certificate in sni");
        if (spec.Embedded.Proxy.HasAffinity && spec.Identity.IsEmpty && draft.Root.Find("affinity") is { } affinity)
            warnings.Add(
                affinity.Node, affinity.Path, "no user has an identity, so none keeps to an endpoint", "add identity: [header:x-user-id]");
        return [.. warnings.All];
    }

    private static void WarnOfKey(Draft draft, string path, TlsFiles? files, Report warnings)
    {
        if (files is null || draft.Root.Find(path) is not { } key || FileStatus.Of(files.Key) is not { IsOpenToOthers: true } found) return;
        var mode = Convert.ToString((int)found.Mode, 8).PadLeft(4, '0');
        warnings.Add(
            key.Node, key.Path, $"every user of this machine may read or write the private key (mode {mode})",
            $"chmod 600 {files.Key}, and have a new one made if others were there");
    }
}
