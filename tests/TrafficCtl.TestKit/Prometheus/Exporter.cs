using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.TestKit;

/// <summary>A process that shows counters to Prometheus, and may begin anew.</summary>
public sealed class Exporter : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<string, double> series = new(StringComparer.Ordinal);
    private Upstream? server;

    private Exporter()
    {
    }

    public Uri Address => server!.Address;

    /// <summary>Scrapes so far.</summary>
    public int Scrapes { get; private set; }

    /// <summary>Runs after each scrape, before anybody else sees the counters: what it adds is in the next one.</summary>
    public Action<Exporter> AfterScrape { get; set; } = _ => { };

    public static async Task<Exporter> StartAsync()
    {
        var exporter = new Exporter();
        exporter.server = await Upstream.StartAsync(context => context.Response.WriteAsync(exporter.Show()));
        return exporter;
    }

    /// <param name="name">A series as the text format writes it: <c>name{label="value"}</c>.</param>
    /// <param name="by">To its value; it begins at 0.</param>
    public void Add(string name, double by)
    {
        lock (gate) series[name] = series.GetValueOrDefault(name) + by;
    }

    public void Set(string name, double value)
    {
        lock (gate) series[name] = value;
    }

    /// <summary>The process died and came back: no series is left.</summary>
    public void Restart()
    {
        lock (gate) series.Clear();
    }

    public ValueTask DisposeAsync() => server!.DisposeAsync();

    private string Show()
    {
        lock (gate)
        {
            var text = new StringBuilder();
            foreach (var (name, value) in series)
                text.Append(name).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
            Scrapes++;
            AfterScrape(this);
            return text.ToString();
        }
    }
}
