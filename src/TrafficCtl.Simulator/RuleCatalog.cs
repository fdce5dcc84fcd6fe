using System.Collections.Immutable;
using TrafficCtl.Simulator.Rules;
using TrafficCtl.Simulator.Rules.Argo;
using TrafficCtl.Simulator.Rules.Flagger;
using TrafficCtl.Simulator.Rules.Kayenta;
using TrafficCtl.Simulator.Rules.Naive;

namespace TrafficCtl.Simulator;

/// <summary>Every rule that can be compared, in the order of the tables.</summary>
public static class RuleCatalog
{
    public static readonly ImmutableArray<IRule> All =
    [
        OurRule.Default,
        OurRule.Plain,
        new FlaggerRule("flagger", new FlaggerSettings()),
        new FlaggerRule("flagger-10", new FlaggerSettings(Threshold: 10)),
        new ArgoRule(),
        new KayentaRule(),
        new NaiveRule(),
    ];

    /// <summary>Null when no rule has that name.</summary>
    public static IRule? Find(string name)
    {
        foreach (var rule in All)
            if (string.Equals(rule.Name, name, StringComparison.Ordinal)) return rule;
        return null;
    }
}
