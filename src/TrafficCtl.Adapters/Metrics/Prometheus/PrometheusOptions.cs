using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Where Prometheus is, and how its samples come.</summary>
/// <param name="Address">With the path that it is served under, such as <c>http://prometheus.monitoring:9090</c>.</param>
public sealed record PrometheusOptions(Uri Address)
{
    /// <summary>The interval that the mesh's metrics are scraped at: the grid of the windows.</summary>
    public TimeSpan Scrape { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How far behind now is asked, so that all samples of that instant are there; null is two scrapes.</summary>
    public TimeSpan? Lag { get; init; }

    /// <summary>Of one query, here and there.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Series in one answer at most (from Prometheus 2.51 on); what it cuts off comes with a warning, and so counts as no answer.</summary>
    public int MostSeries { get; init; } = 200_000;

    /// <summary>Of one answer's body.</summary>
    public long MostBytes { get; init; } = 64L << 20;

    /// <summary>Matchers that every built-in query gets, such as <c>cluster="prod-eu"</c>; empty for none.</summary>
    public string Selector { get; init; } = "";

    /// <summary>A file with a bearer token, read for each query, so that a rotated one is used; null for none.</summary>
    public string? TokenFile { get; init; }

    public TimeSpan LagBehind => Lag ?? (2 * Scrape);

    /// <summary>A sample that is older at the instant asked for says nothing of it.</summary>
    public TimeSpan StaleAfter => 3 * Scrape;

    /// <summary>After a change of weights: two scrapes, and what proxies take to follow.</summary>
    public TimeSpan Settle => (2 * Scrape) + TimeSpan.FromSeconds(10);

    /// <summary>How long a reading stands for now: the lag, a grid step, and three scrapes that may fail.</summary>
    public TimeSpan ValidFor => LagBehind + (4 * Scrape);

    /// <summary>What cannot be used of it, and what to write instead; null when all can.</summary>
    public string? Problem() =>
        !Address.IsAbsoluteUri || Address.Scheme is not ("http" or "https") ? $"the address of Prometheus is {Address}: write http://HOST:PORT"
        : Scrape < TimeSpan.FromSeconds(1) || Scrape > TimeSpan.FromMinutes(1) || Scrape.Ticks % TimeSpan.TicksPerSecond != 0
            ? $"the scrape interval is {DurationText.Of(Scrape)}: write 1 s to 60 s in whole seconds, as Prometheus looks back 5 min only"
        : LagBehind < TimeSpan.Zero || LagBehind > TimeSpan.FromMinutes(5) ? $"the lag is {DurationText.Of(LagBehind)}: write 0 s to 5 min"
        : Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromMinutes(5) ? $"the timeout is {DurationText.Of(Timeout)}: write up to 5 min"
        : MostSeries <= 0 || MostBytes <= 0 ? "the limits of an answer must be above 0"
        : null;
}
