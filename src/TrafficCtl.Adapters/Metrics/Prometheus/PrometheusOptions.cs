using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Where Prometheus is, and how its samples come.</summary>
/// <param name="Address">With the path that it is served under, such as <c>http://prometheus.monitoring:9090</c>.</param>
public sealed record PrometheusOptions(Uri Address)
{
    private static readonly TimeSpan ToRead = TimeSpan.FromSeconds(5);

    private readonly string? selectorProblem;

    /// <summary>What the meshes call their metrics.</summary>
    internal ImmutableArray<MetricPreset> Presets { get; init; } = PresetList.All;

    /// <summary>The interval that the mesh's metrics are scraped at: the grid of the windows.</summary>
    public TimeSpan Scrape { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How far behind now is asked, so that all samples of that instant are there; null is two scrapes.</summary>
    public TimeSpan? Lag { get; init; }

    /// <summary>How long one query may take, here and on the server.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Series in one answer at most (from Prometheus 2.51 on); what it cuts off comes with a warning, and so counts as no answer.
    /// </summary>
    public int MostSeries { get; init; } = 200_000;

    /// <summary>The largest body of one answer.</summary>
    public long MostBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Matchers that every built-in query gets, such as <c>cluster="prod-eu"</c>, as <see cref="LabelMatchers"/>
    /// reads them; empty for none.
    /// </summary>
    public string Selector
    {
        get;
        init => field = LabelMatchers.TryParse(value, out var matchers, out selectorProblem) ? matchers : value;
    } = "";

    /// <summary>
    /// A file with a bearer token, read for each query, so that a rotated one is used; null for none. Sent over https
    /// or to this machine only.
    /// </summary>
    public string? TokenFile { get; init; }

    /// <summary>
    /// A file with the certificate authorities, in PEM, that alone are trusted; null for the system's. Read again
    /// when it is replaced.
    /// </summary>
    public string? CaFile { get; init; }

    public TimeSpan LagBehind => Lag ?? (2 * Scrape);

    /// <summary>A sample that is older at the instant asked for says nothing of it.</summary>
    public TimeSpan StaleAfter => 3 * Scrape;

    /// <summary>After a change of weights: two scrapes, and what proxies take to follow.</summary>
    public TimeSpan Settle => (2 * Scrape) + TimeSpan.FromSeconds(10);

    /// <summary>How long a reading stands for now: the lag, a grid step, and three scrapes that may fail.</summary>
    public TimeSpan ValidFor => LagBehind + (4 * Scrape);

    /// <summary>What cannot be used of it, and what to write instead; null when all can.</summary>
    public string? Problem() =>
        !Address.IsAbsoluteUri || Address.Scheme is not ("http" or "https") ? $"the address of Prometheus is {Address}: write "
            + "http://HOST:PORT"
        : Address.UserInfo.Length > 0
            ? "the address of Prometheus has a user or a password in it: put a token into a file, and name the file"
        : Address.Query.Length > 0 || Address.Fragment.Length > 0
            ? "the address of Prometheus has a query in it: write http://HOST:PORT/PATH"
        : TokenFile is not null && Address.Scheme != Uri.UriSchemeHttps && !Address.IsLoopback
            ? $"the token for Prometheus would go to {Address.Authority} in the clear: write https://, or an address of this machine"
        : CaFile is not null && Address.Scheme != Uri.UriSchemeHttps
            ? $"certificate authorities for Prometheus say nothing of {Address}: write an address with https://"
        : selectorProblem is not null ? $"the selector for Prometheus is not label matchers: {selectorProblem}"
        : Scrape < TimeSpan.FromSeconds(1) || Scrape > TimeSpan.FromMinutes(1) || Scrape.Ticks % TimeSpan.TicksPerSecond != 0
            ? $"the scrape interval is {DurationText.Of(Scrape)}: write 1 s to 60 s in whole seconds, as Prometheus looks back 5 min only"
        : LagBehind < TimeSpan.Zero || LagBehind > TimeSpan.FromMinutes(5) ? $"the lag is {DurationText.Of(LagBehind)}: write 0 s to 5 min"
        : Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromMinutes(5) ? $"the timeout is {DurationText.Of(Timeout)}: write up to 5 min"
        : MostSeries <= 0 || MostBytes <= 0 ? "the limits of an answer must be above 0"
        : null;

    /// <summary>What cannot be used of the files that it names, as they are now; null when they can.</summary>
    public async Task<string?> FileProblemAsync(CancellationToken stop) =>
        await TryAsync("the token for Prometheus", TokenFile, static (file, late) => new BearerFile(file).ReadAsync(late), stop)
        ?? await TryAsync("the certificate authorities for Prometheus", CaFile, ReadAuthoritiesAsync, stop);

    private static async Task ReadAuthoritiesAsync(string file, CancellationToken stop) =>
        CaBundle.Parse(await new SmallFile(file).ReadAsync(stop));

    private static async Task<string?> TryAsync(
        string what, string? file, Func<string, CancellationToken, Task> read, CancellationToken stop)
    {
        if (file is null) return null;
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(ToRead);
        try
        {
            await read(file, late.Token);
            return null;
        }
        catch (SmallFileException fault)
        {
            return $"{what} cannot be read from {file}: {fault.Message}";
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return $"{what} cannot be read from {file}: nothing came within {DurationText.Of(ToRead)}; is it on a mount that hangs?";
        }
    }
}
