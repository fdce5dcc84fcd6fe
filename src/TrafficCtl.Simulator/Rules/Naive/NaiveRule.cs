namespace TrafficCtl.Simulator.Rules.Naive;

/// <summary>What teams write themselves: the textbook test of two proportions, looked at every minute.</summary>
internal sealed class NaiveRule : IRule
{
    public string Name => "naive-z";

    public string About =>
        "one-sided 5 % z-tests each minute of all so far: errors, requests slower than stable's p50 and p99; +10 % each minute up to 50 %";

    /// <summary>Slower means above the bucket that holds stable's quantile of the past; without a past latency is not tested.</summary>
    public IRuleRun Begin(RuleSetting setting) => new NaiveRun(
        setting.Past.Layout,
        [.. new[] { 0.5, 0.99 }.Select(setting.Past.Quantile).Where(double.IsFinite).Select(setting.Past.Layout.IndexOf)]);
}
