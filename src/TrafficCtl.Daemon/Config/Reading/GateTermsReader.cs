using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Reading;

/// <summary>What stands beside any gate: whose it is, why, and what happens when it does not open in time.</summary>
internal static class GateTermsReader
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1), Most = TimeSpan.FromDays(365);

    public static readonly ImmutableArray<Key> Keys =
    [
        new(
            "owner", Scalars.Text("a name", 128) with { Example = "\"#dba\"" },
            "Who can open the gate, or knows who can; shown while it holds.", Absent: "nobody is named"),
        new("reason", Scalars.Text("a sentence", 256) with { Example = "\"the schema is migrated by hand\"" },
            "Why the gate is there; shown while it holds.", Absent: "none"),
        new("deadline", Durations.Between(Least, Most) with { Example = "24h" },
            "How long the gate may hold a rollout, from when it began to.", Absent: "as long as it takes"),
        new("then", Outcomes with { Example = "pause" },
            "What happens at the deadline, and when the gate cannot be asked at all: the rollout pauses, fails (and goes back), or passes "
            + "the gate.", "pause"),
    ];

    private static ScalarShape Outcomes =>
        Scalars.Choice(("pause", GateOutcome.Pause), ("fail", GateOutcome.Fail), ("pass", GateOutcome.Pass));

    /// <param name="need">One item of <c>needs</c>.</param>
    public static GateTerms Read(Value.Section need)
    {
        var deadline = need.Find("deadline") is Value.Leaf { Content: TimeSpan limit } ? limit : (TimeSpan?)null;
        return new GateTerms(
            need.Get<string?>("owner", null), need.Get<string?>("reason", null), deadline, need.Get("then", GateOutcome.Pause));
    }

    /// <summary>Reports terms that could not work as they are written.</summary>
    public static void Check(Value.Section need, Gate gate, Report report)
    {
        if (gate.Deadline is null && gate.NeedsDeadline)
            report.Add(
                need.Node, $"{need.Path}.deadline", $"is missing: {gate.Name} may stay closed for ever",
                "add `deadline: 24h`, and `then: pause`, `fail` or `pass` for what happens then");
        else if (gate.Deadline is null && !gate.MayError && need.Find("then") is { } then)
            report.Add(then.Node, then.Path, "says what happens at a deadline, and there is none", "add `deadline: 24h`, or remove then");
    }
}
