using System.Collections.Immutable;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Schema;

namespace TrafficCtl.Daemon.Config.Pipelines;

/// <summary>What holds for the gates of an environment beyond the rules of every gate.</summary>
internal static class EnvironmentGates
{
    /// <summary>The gates of <c>verify</c> in the file's order, each once.</summary>
    /// <param name="own">The environment's keys.</param>
    /// <param name="abilities">What its targets can do.</param>
    /// <param name="report">Takes the problems.</param>
    public static ImmutableArray<Gate> ReadVerify(Value.Section own, Abilities abilities, Report report)
    {
        var gates = ImmutableArray.CreateBuilder<Gate>();
        foreach (var item in Sections(own, "verify"))
        {
            var gate = VerifyReader.Place(VerifyReader.Read(item), item, abilities, report) with { Terms = GateTermsReader.Read(item) };
            if (abilities.LackOf(Ability.Verification) is { } lack) report.Add(item.Node, item.Path, lack.Why, lack.Remedy);
            GateTermsReader.Check(item, gate, report);
            if (gates.Any(g => g.Key == gate.Key))
                report.Add(item.Node, item.Path, "the same verification stands there before", "remove one");
            gates.Add(gate);
        }

        return gates.ToImmutable();
    }

    /// <summary>Reports soaks elsewhere than before the environment, and outcomes that nothing leads to.</summary>
    /// <param name="name">The environment's name.</param>
    /// <param name="own">Its keys.</param>
    /// <param name="order">Which environment comes after which.</param>
    /// <param name="report">Takes the problems.</param>
    public static void Check(string name, Value.Section own, EnvironmentOrder order, Report report)
    {
        foreach (var need in Sections(own, "needs"))
            if (need.Find("soak.in") is Value.Leaf { Content: string soaked } leaf && WhyNotSoaked(soaked, name, order) is var (why, hint))
                report.Add(leaf.Node, leaf.Path, why, hint);

        // Elsewhere an error ends a verification; here it is asked again, and only a deadline ends that.
        foreach (var verify in Sections(own, "needs").Where(static n => n.Find("verify") is not null).Concat(Sections(own, "verify")))
            if (verify.Find("then") is { } then && verify.Find("deadline") is null)
                report.Add(
                    then.Node, then.Path, "says what happens at a deadline, and there is none", "add `deadline: 24h`, or remove then");
    }

    private static (string Why, string Hint)? WhyNotSoaked(string soaked, string name, EnvironmentOrder order) =>
        !order.Names.Contains(soaked) ? ($"there is no environment {soaked}", order.Meant(soaked))
        : order.IsCircular || order.IsBefore(soaked, name) ? null
        : ($"{soaked} does not come before {name}, so a version need not run there before it is asked for here",
            soaked == name
                ? "name an environment before it"
                : $"write `after: [{string.Join(", ", order.After(name).Append(soaked))}]` in {name}, or name one before it");

    private static IEnumerable<Value.Section> Sections(Value.Section own, string key) =>
        own.Find(key) is Value.Items items ? items.All.OfType<Value.Section>() : [];
}
