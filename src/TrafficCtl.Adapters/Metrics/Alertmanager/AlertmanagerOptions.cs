using System.Collections.Immutable;

namespace TrafficCtl.Adapters.Metrics.Alertmanager;

/// <summary>Where Alertmanager is, and which alerts count.</summary>
/// <param name="Address">With the path that it is served under, such as <c>http://alertmanager.monitoring:9093</c>.</param>
public sealed record AlertmanagerOptions(Uri Address)
{
    /// <summary>
    /// Matchers that an alert must pass, as Alertmanager writes them: <c>severity=~"critical|page"</c>. Empty for all alerts.
    /// </summary>
    public ImmutableArray<string> Filters { get; init; } = [];

    /// <summary>Between two questions.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The timeout of one question.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>An answer that is older says nothing of now.</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The largest body of one answer.</summary>
    public long MostBytes { get; init; } = 16L << 20;

    /// <summary>A file with a bearer token, read for each question; null for none.</summary>
    public string? TokenFile { get; init; }
}
