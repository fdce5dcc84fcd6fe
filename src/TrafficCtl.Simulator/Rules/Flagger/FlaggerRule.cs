using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Simulator.Rules.Flagger;

/// <summary>Flagger's canary analysis; the defaults are the example of its documentation.</summary>
/// <param name="Threshold">Failed checks, never forgotten, at which it goes back.</param>
/// <param name="MinSuccess">Least percentage of requests that succeed.</param>
/// <param name="MaxMilliseconds">Most for the 99th percentile of latency.</param>
internal sealed record FlaggerSettings(
    double IntervalSeconds = 60, int Threshold = 5, int StepWeight = 10, int MaxWeight = 50, double MinSuccess = 99,
    double MaxMilliseconds = 500);

/// <summary>Absolute thresholds at every tick; stable is never looked at.</summary>
internal sealed class FlaggerRule(string name, FlaggerSettings settings) : IRule
{
    public string Name => name;

    public string About =>
        $"Flagger: +{settings.StepWeight} % each {DurationText.OfSeconds(settings.IntervalSeconds)} up to {settings.MaxWeight} %, "
            + $"{settings.Threshold} failed checks; "
        + $"success >= {settings.MinSuccess} %, p99 <= {DurationText.OfSeconds(settings.MaxMilliseconds / 1000.0)}";

    public IRuleRun Begin(RuleSetting setting) => new FlaggerRun(settings);
}
