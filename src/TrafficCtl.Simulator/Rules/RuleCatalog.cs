using System.Collections.Immutable;

namespace TrafficCtl.Simulator.Rules;

/// <summary>Every rule that can be compared, in the order of the tables.</summary>
public static class RuleCatalog
{
    public static readonly ImmutableArray<IRule> All =
    [
        OurRule.Default,
    ];

    /// <summary>Null when no rule has that name.</summary>
    public static IRule? Find(string name)
    {
        foreach (var rule in All)
            if (string.Equals(rule.Name, name, StringComparison.Ordinal)) return rule;
        return null;
    }
}
