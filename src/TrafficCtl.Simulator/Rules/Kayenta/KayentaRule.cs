using System.Collections.Immutable;

namespace TrafficCtl.Simulator.Rules.Kayenta;

/// <summary>Kayenta: an hour at one weight, a value a minute from each arm, one judgement at the end.</summary>
internal sealed class KayentaRule : IRule
{
    public const int Weight = 10;

    public const int Minutes = 60;

    public const double PassScore = 95;

    public static readonly KayentaMetric Errors = new("error rate", "errors");

    public static readonly KayentaMetric Median = new("latency p50", "latency");

    public static readonly KayentaMetric Tail = new("latency p99", "latency");

    public static readonly ImmutableDictionary<string, double> GroupWeights =
        ImmutableDictionary<string, double>.Empty.Add("errors", 50).Add("latency", 50);

    public string Name => "kayenta";

    public string About =>
        "Kayenta: 60 min at 10 % against the other 90 %, Mann-Whitney of minute values; errors weigh 50, p50 and p99 50, pass from 95";

    public IRuleRun Begin(RuleSetting setting) => new KayentaRun();
}
