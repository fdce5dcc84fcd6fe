using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>
/// A Prometheus that answers the queries of the preset for Istio out of a model: every service has steady traffic, split as it was told
/// last, and nothing fails but what was told to.
/// </summary>
/// <remarks>
/// Each asker has a path of its own, so that queries are counted by asker and by the instant asked for, which is a round.
/// </remarks>
internal sealed partial class ShopMetrics : IAsyncDisposable
{
    /// <summary>Requests a second of one service.</summary>
    private const double Rate = 1000;

    private const string CanarySuffix = "-canary";

    private static readonly (string Le, double Share)[] Latency = [("10", 0.3), ("50", 0.8), ("100", 0.95), ("+Inf", 1)];

    private readonly ConcurrentDictionary<string, Flow> flows = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, double> failing = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (string Service, bool IsCanary, string Workload)> named = new(StringComparer.Ordinal);
    private readonly TimeProvider clock;
    private readonly DateTimeOffset began;
    private Upstream? server;

    private ShopMetrics(TimeProvider clock) => (this.clock, began) = (clock, clock.GetUtcNow());

    /// <summary>The namespace of the services.</summary>
    public string Namespace { get; init; } = ShopService.Namespace;

    /// <summary>Queries of a round: who asked for which instant.</summary>
    public ConcurrentDictionary<(string Who, string Instant), int> Rounds { get; } = new();

    /// <param name="clock">The clock of the traffic; null for the machine's.</param>
    /// <param name="space">The namespace of the services.</param>
    public static async Task<ShopMetrics> StartAsync(TimeProvider? clock = null, string space = ShopService.Namespace)
    {
        var metrics = new ShopMetrics(clock ?? TimeProvider.System) { Namespace = space };
        metrics.server = await Upstream.StartAsync(metrics.AnswerAsync);
        return metrics;
    }

    /// <summary>Where this one asks.</summary>
    public Uri AddressFor(string who) => new(server!.Address, $"/{who}");

    /// <summary>A service in managed mode: its slots are Services that the controller names.</summary>
    public void Managed(string service)
    {
        named[$"{service}-stable"] = (service, false, $"{service}-stable");
        named[$"{service}-candidate"] = (service, true, service);
    }

    /// <summary>From now on so much of a service's traffic goes to its canary, and copies of so much of the rest of it.</summary>
    public void Split(string service, double share, double copies = 0) =>
        flows.GetOrAdd(service, static (_, at) => new Flow(at), began).Turn(clock.GetUtcNow(), share, copies);

    /// <summary>So much of what a service's canary answers is a 503.</summary>
    public void Fail(string service, double ratio) => failing[service + CanarySuffix] = ratio;

    public ValueTask DisposeAsync() => server!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        var (query, instant) = (form["query"].ToString(), form["time"].ToString());
        Rounds.AddOrUpdate((context.Request.Path.Value!.Split('/')[1], instant), 1, static (_, n) => n + 1);
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(Answer(query, decimal.Parse(instant, CultureInfo.InvariantCulture)));
    }

    private string Answer(string query, decimal instant)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds((long)(instant * 1000));
        var isLatency = query.Contains("_bucket", StringComparison.Ordinal);
        var text = new StringBuilder("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[");
        text.Append(
            CultureInfo.InvariantCulture,
            $"{{\"metric\":{{\"job\":\"istio\",\"instance\":\"mesh\",\"trafficctl\":\"scraped\"}},\"value\":[{instant},\"{instant}\"]}}");
        foreach (var name in Names().Match(query).Groups["names"].Value.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var (service, isCanary, workload) = named.TryGetValue(name, out var known) ? known
                : name.EndsWith(CanarySuffix, StringComparison.Ordinal) ? (name[..^CanarySuffix.Length], true, name) : (name, false, name);
            var (stable, canary) = flows.GetOrAdd(service, static (_, from) => new Flow(from), began).At(at);
            var count = Math.Floor(isCanary ? canary : stable);
            if (!isLatency)
            {
                var failed = Math.Floor(count * failing.GetValueOrDefault(name));
                Series(text, name, workload, "\"response_code\":\"200\",\"response_flags\":\"-\"", instant, count - failed);
                if (failing.ContainsKey(name))
                    Series(text, name, workload, "\"response_code\":\"503\",\"response_flags\":\"-\"", instant, failed);
            }
            else
                foreach (var (le, share) in Latency) Series(text, name, workload, $"\"le\":\"{le}\"", instant, Math.Floor(count * share));
        }

        return text.Append("]}}").ToString();
    }

    private void Series(StringBuilder to, string service, string workload, string labels, decimal instant, double value) => to.Append(
        CultureInfo.InvariantCulture,
        $",{{\"metric\":{{\"job\":\"istio\",\"instance\":\"mesh\",\"destination_service_namespace\":\"{Namespace}\",\"destination_service_name\":\"{service}\",")
        .Append(
            CultureInfo.InvariantCulture, $"\"destination_workload\":\"{workload}\",{labels}}},\"value\":[{instant},\"{value}\"]}}");

    [GeneratedRegex("destination_service_name=~\"(?<names>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Names();

    /// <summary>Requests of both arms at any time since the beginning.</summary>
    private sealed class Flow(DateTimeOffset began)
    {
        private readonly List<(DateTimeOffset From, double Share, double Copies, double Stable, double Canary)> parts =
            [(began, 0, 0, 0, 0)];

        public void Turn(DateTimeOffset at, double share, double copies)
        {
            lock (parts)
            {
                var (stable, canary) = At(at);
                parts.Add((at, share, copies, stable, canary));
            }
        }

        public (double Stable, double Canary) At(DateTimeOffset at)
        {
            lock (parts)
            {
                var (from, share, copies, stable, canary) = parts.FindLast(p => p.From <= at) is { From.Ticks: > 0 } found
                    ? found
                    : parts[0];
                var requests = Rate * Math.Max(0, (at - from).TotalSeconds);
                return (stable + (requests * (1 - share)), canary + (requests * (share + copies)));
            }
        }
    }
}
