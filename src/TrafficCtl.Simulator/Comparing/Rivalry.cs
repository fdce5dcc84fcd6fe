using System.Collections.Immutable;

namespace TrafficCtl.Simulator.Comparing;

/// <summary>One rule in one regression beside the best of the others that is no readier to go back falsely.</summary>
/// <param name="Own">The rule's cell; variants that are named after it are no rivals.</param>
/// <param name="Best">
/// The best of the others whose false rollbacks in the scenario's null are at most the rule's own or the promised 1 %; null when none is.
/// </param>
public sealed record Rivalry(Cell Own, Cell? Best)
{
    private const double Promised = 0.01;

    /// <summary>Bad responses served, the rule's over the other's; null when there is no other or it serves none.</summary>
    public double? Ratio => Best is { BadResponses: > 0 } best ? Own.BadResponses / best.BadResponses : null;

    /// <summary>The rivals of every regression whose null was played at the same rate.</summary>
    public static ImmutableArray<Rivalry> Of(string rule, ImmutableArray<Cell> cells)
    {
        var falsely = cells.Where(c => c.Scenario.IsNull).ToDictionary(
            c => (c.Scenario.Name, c.RequestsPerSecond, c.Rule), c => c.RolledBack.Value);
        var made = ImmutableArray.CreateBuilder<Rivalry>();
        foreach (var own in cells)
        {
            if (own.Rule != rule || own.Scenario.IsNull || !falsely.TryGetValue(NullOf(own, rule), out var ownFalsely)) continue;
            var others = cells.Where(c => c.Scenario.Name == own.Scenario.Name && c.RequestsPerSecond == own.RequestsPerSecond && !c.Rule
                .StartsWith(rule, StringComparison.Ordinal)
                && falsely[NullOf(c, c.Rule)] <= Math.Max(ownFalsely, Promised));
            made.Add(new Rivalry(own, others.MinBy(c => c.BadResponses)));
        }

        return made.ToImmutable();
    }

    private static (string, double, string) NullOf(Cell cell, string rule) => (cell.Scenario.NullName, cell.RequestsPerSecond, rule);
}
