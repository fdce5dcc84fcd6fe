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
        new(
            new Key(
                "window", new ListShape("windows", Calendars.Window, 1, 16),
                "The hours of the week in which a step may begin: days, times and a time zone; any of them is enough."),
            static value => [new WindowGate(((Value.Items)value).All<TimeWindow>())]),
        new(
            new Key(
                "freeze", new ListShape("dates", Calendars.Freeze, 1, 64),
                "Dates on which no step begins, the last one included, by the clocks of a time zone (UTC where none is written)."),
            static value => [FreezeOf(value, "UTC")]),
        new(
            new Key(
                "approve", Approve,
                "Who must approve, and how many, before the first step begins; once open it stays open for the rollout."),
            static value => [ApproveOf((Value.Section)value)]),
        new(
            new Key(
                "verify", VerifyReader.Shape,
                "A program or an address that is asked once whether the version is good; a pass stays for the rollout, a failure ends it."),
            static value => [VerifyReader.Read((Value.Section)value)]),
        new(
            new Key(
                "soak", Soak, "How long, without a break, and under how many requests the version must have run in another environment."),
            static value => [SoakOf((Value.Section)value)]),
    ];

    private static SectionShape Soak => new(
        "a soak",
        [
            new("in", Scalars.Named("an environment", Names.Label) with { Example = "staging" }, "The environment.", IsRequired: true),
            new(
                "for", Durations.Between(TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)) with { Example = "4h" },
                "The least time without a break.", IsRequired: true),
            new("requests", Scalars.Count(0, 1_000_000_000_000), "The fewest requests in that time.", "0"),
        ],
        [], [])
    { Example = "{ in: staging, for: 4h, requests: 5000 }", File = static () => DeliverySchema.Root };

    private static SectionShape Approve => new(
        "an approval",
        [
            new("by", Approvers with { Example = "approver" }, "A role (approver or admin), or a group of tokens (token create --group).",
                IsRequired: true),
            new("count", Scalars.Count(1, 16), "How many different people.", "1"),
            new(
                "not", Scalars.Choice(("author", true)) with { Example = "author" },
                "Whoever published or retried the version does not count.", Absent: "everybody counts"),
            new(
                "expires", Durations.Between(TimeSpan.FromSeconds(1), TimeSpan.FromDays(365)) with { Example = "24h" },
                "How long an approval counts while others are missing; also the gate's deadline where none is written.",
                Absent: "as long as the gate waits"),
        ],
        [], [])
    { Main = "by", Example = "{ by: approver, count: 2, not: author, expires: 24h }", File = static () => DeliverySchema.Root };

    private static ScalarShape Approvers
    {
        get
        {
            var label = Scalars.Named("a role or a group", Names.Label);
            return label with
            {
                Parse = text => text is "viewer" or "operator"
                    ? Meaning.Wrong($"{text} is a role that may not approve", "write approver, admin, or a group of tokens")
                    : label.Parse(text),
            };
        }
    }

    /// <summary>Gates of the design that are not in this version.</summary>
    private static readonly ImmutableArray<string> NotYet = ["soak", "resource", "approve", "after", "test", "http", "run", "tell"];

    /// <summary>The shape of one item of <c>needs</c>.</summary>
    public static SectionShape Shape(ImmutableArray<GateRow> rows) => new(
        "a need", [.. rows.Select(static r => r.Key), .. GateTermsReader.Keys],
        [.. NotYet.Where(name => rows.All(r => r.Key.Name != name))],
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
        var gates = ImmutableArray.CreateBuilder<Gate>();
        if (root.Find("needs") is Value.Items needs)
        {
            foreach (var need in needs.All.OfType<Value.Section>())
                foreach (var row in rows)
                    if (need.Find(row.Key.Name) is { } value)
                        foreach (var gate in row.Read(value)) Add(gates, gate, need, value);
        }

        if (root.Find("when") is Value.Section when)
        {
            foreach (var gate in WhenReader.Read(when))
                if (gates.All(g => g.Key != gate.Key)) gates.Add(gate);
        }

        WhenReader.CheckTogether(root, gates, report);
        return gates.ToImmutable();

        void Add(ImmutableArray<Gate>.Builder into, Gate written, Value.Section need, Value value)
        {
            var gate = VerifyReader.Place(written, value, abilities, report) with { Terms = GateTermsReader.Read(need) };
            if (gate.Ability is { } ability && abilities.LackOf(ability) is { } lack)
                report.Add(value.Node, value.Path, lack.Why, lack.Remedy);
            GateTermsReader.Check(need, gate, report);
            if (into.Contains(gate)) return;
            if (into.Any(g => g.Key == gate.Key))
                report.Add(value.Node, value.Path, "the same gate stands there before, on other terms", "remove one");
            into.Add(gate);
        }
    }

    private static FreezeGate FreezeOf(Value value, string zone) =>
        new([.. ((Value.Items)value).All<Calendars.Frozen>().Select(f => f.In(zone))]);

    private static ApproveGate ApproveOf(Value.Section approve) => new(
        approve.Get("by", ""), (int)approve.Get("count", 1L), approve.Get("not", false),
        approve.Find("expires") is Value.Leaf { Content: TimeSpan expires } ? expires : null);

    private static SoakGate SoakOf(Value.Section soak) =>
        new(soak.Get("in", ""), soak.Get("for", TimeSpan.Zero), soak.Get("requests", 0L));
}
