using System.Collections.Immutable;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>Which environment comes after which: as <c>after</c> says, else after the one above it.</summary>
internal sealed class EnvironmentOrder
{
    private readonly ImmutableArray<EnvironmentSpec> declared;

    private EnvironmentOrder(ImmutableArray<EnvironmentSpec> declared) => this.declared = declared;

    /// <summary>In the file's order.</summary>
    public IEnumerable<string> Names => declared.Select(static e => e.Name);

    /// <summary>Some come after each other in a circle; that is in the report.</summary>
    public bool IsCircular { get; private init; }

    public static EnvironmentOrder Read(ImmutableArray<NamedValue> environments, Report report)
    {
        ImmutableArray<string> names = [.. environments.Select(static e => e.Name)];
        var specs = environments.Select((e, i) => new EnvironmentSpec(e.Name)
        {
            After = AfterOf(e) is { } after ? Known(after, names, report) : i == 0 ? [] : [names[i - 1]],
        }).ToImmutableArray();
        var circle = EnvironmentGraph.Circle(specs);
        if (!circle.IsEmpty) Complain(circle, environments, report);
        return new EnvironmentOrder(specs) { IsCircular = !circle.IsEmpty };
    }

    /// <summary>The environments in which a version is to be good before it enters that one.</summary>
    public ImmutableArray<string> After(string name) => declared.First(e => e.Name == name).After;

    /// <summary>Others come after it.</summary>
    public bool IsPassage(string name) => declared.Any(e => e.After.Contains(name));

    /// <summary>A version is good there before it enters, directly or by way of others.</summary>
    public bool IsBefore(string name, string of)
    {
        var before = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<string>([of]);
        while (waiting.TryDequeue(out var at))
            foreach (var next in After(at))
                if (before.Add(next)) waiting.Enqueue(next);
        return before.Contains(name);
    }

    /// <summary>What is meant by a name that no environment has.</summary>
    public string Meant(string name) => Suggest.DidYouMean(name, Names) ?? $"known: {string.Join(", ", Names)}";

    private static Value.Items? AfterOf(NamedValue environment) =>
        environment.Value is Value.Section section && section.Find("after") is Value.Items after ? after : null;

    private static ImmutableArray<string> Known(Value.Items after, ImmutableArray<string> names, Report report)
    {
        var known = ImmutableArray.CreateBuilder<string>();
        foreach (var leaf in after.All.OfType<Value.Leaf>())
        {
            var name = (string)leaf.Content;
            if (!names.Contains(name))
                report.Add(
                    leaf.Node, leaf.Path, $"there is no environment {name}",
                    Suggest.DidYouMean(name, names) ?? $"known: {string.Join(", ", names)}");
            else if (known.Contains(name)) report.Add(leaf.Node, leaf.Path, $"names {name} twice", "remove one");
            else known.Add(name);
        }

        return known.ToImmutable();
    }

    private static void Complain(ImmutableArray<string> circle, ImmutableArray<NamedValue> environments, Report report)
    {
        // Those that name none come after the one above, so one of a circle names some.
        var after = environments.Where(e => circle.Contains(e.Name)).Select(AfterOf).OfType<Value.Items>().First();
        report.Add(
            after.Node, after.Path, $"the environments come after each other in a circle: {string.Join(" after ", circle)}",
            "remove one of these; an environment that says nothing comes after the one above it, and `after: []` after none");
    }
}
