using System.Collections.Immutable;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>The keys of an environment over those of its service: one section that reads like a service of its own.</summary>
/// <remarks>Each value keeps the place that it was written at, so problems of it are reported there, and once.</remarks>
internal static class EnvironmentKeys
{
    /// <summary>What one side says whole: a certificate of one place does not go with a key of another.</summary>
    private static readonly ImmutableArray<string> Whole = ["tls", "versions"];

    /// <param name="service">The keys of the pipeline.</param>
    /// <param name="environment">The environment's name, where it is written.</param>
    /// <param name="own">The environment's keys.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="listen">Where its requests come in; null where that is not right.</param>
    public static Value.Section Of(
        Value.Section service, Node.Scalar environment, Value.Section own, string target, Value? listen)
    {
        var fields = own.Fields.ToBuilder();
        foreach (var key in EnvironmentSchema.Root.Keys.Select(static k => k.Name))
            if (service.Fields.GetValueOrDefault(key) is { } above)
                fields[key] = fields.TryGetValue(key, out var below) && !Whole.Contains(key) ? Over(above, below) : below ?? above;
        if (service.Fields.GetValueOrDefault("service") is { } name) fields["service"] = name;
        fields["environment"] = new Value.Leaf(environment, own.Path, environment.Text);
        fields["target"] = new Value.Leaf(listen?.Node ?? environment, listen?.Path ?? own.Path, target);
        fields.Remove("listen");
        if (listen is not null) fields["listen"] = listen;
        // A certificate of the service is for those environments that take https.
        if (listen is Value.Leaf { Content: ListenAddress { IsTls: false } } && !own.Fields.ContainsKey("tls")) fields.Remove("tls");
        return new Value.Section(own.Node, own.Path, fields.ToImmutable());
    }

    /// <summary>Of maps, each key that <paramref name="below"/> writes is its; of anything else the whole is.</summary>
    private static Value Over(Value above, Value below) => (above, below) switch
    {
        (Value.Section first, Value.Section second) => new Value.Section(
            Joined(first.Node, second.Node), second.Path,
            first.Fields.SetItems(second.Fields.Select(field => KeyValuePair.Create(
                field.Key, first.Fields.TryGetValue(field.Key, out var same) ? Over(same, field.Value) : field.Value)))),
        (Value.Named first, Value.Named second) => new Value.Named(
            second.Node, second.Path, [.. first.All.Where(f => second.All.All(s => s.Name != f.Name)), .. second.All]),
        _ => below,
    };

    /// <summary>The entries of both, at the place of the second.</summary>
    private static Node Joined(Node first, Node second) => (first, second) is (Node.Map one, Node.Map other)
        ? new Node.Map(
            other.Line, other.Column,
            [.. one.Entries.Where(e => other.Entries.All(o => o.Key.Text != e.Key.Text)), .. other.Entries])
        : second;
}
