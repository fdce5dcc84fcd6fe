using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>Every gate that a file can name, a row each.</summary>
/// <remarks>The reader, the JSON Schema, hints, <c>explain</c> and the table in docs/gates.md are made of the rows.</remarks>
internal static class GateCatalog
{
    public static readonly ImmutableArray<GateRow> All =
    [
        GateRow.OfEach<QuietSource>(
            new Key(
                "quiet", new ListShape("signals", Scalars.Choice(("alerts", QuietSource.Alerts)), 1, 4) { Example = "[alerts]" },
                "What must be quiet for a step to begin: alerts of the service, as Alertmanager tells them."),
            static source => new QuietGate(source)),
    ];

    /// <summary>Gates of the design that are not in this version.</summary>
    private static readonly ImmutableArray<string> NotYet = ["soak", "resource", "approve", "after", "test", "http", "run", "tell"];

    /// <summary>The shape of one item of <c>needs</c>.</summary>
    public static SectionShape Shape(ImmutableArray<GateRow> rows) => new(
        "a need", [.. rows.Select(static r => r.Key)], [.. NotYet.Where(name => rows.All(r => r.Key.Name != name))],
        [.. rows.Select(static r => r.Key.Name)])
    {
        Main = rows[0].Key.Name,
        Example = $"{{ {rows[0].Key.Name}: {rows[0].Example} }}",
        File = static () => DeliverySchema.Root,
    };

    /// <summary>The gates of <c>needs</c> in the file's order, each once; those that the target cannot answer go into the report.</summary>
    /// <param name="rows">Those that the shape was made of.</param>
    /// <param name="root">The section that may hold the key.</param>
    /// <param name="abilities">What the target can do.</param>
    /// <param name="report">Takes a problem for each gate that would never open.</param>
    public static ImmutableArray<Gate> Read(ImmutableArray<GateRow> rows, Value.Section root, Abilities abilities, Report report)
    {
        if (root.Find("needs") is not Value.Items needs) return [];
        var gates = ImmutableArray.CreateBuilder<Gate>();
        foreach (var need in needs.All.OfType<Value.Section>())
        {
            foreach (var row in rows)
            {
                if (need.Find(row.Key.Name) is not { } value) continue;
                foreach (var gate in row.Read(value))
                {
                    if (gate.Ability is { } ability && abilities.LackOf(ability) is { } lack)
                        report.Add(value.Node, value.Path, lack.Why, lack.Remedy);
                    if (!gates.Contains(gate)) gates.Add(gate);
                }
            }
        }

        return gates.ToImmutable();
    }
}
