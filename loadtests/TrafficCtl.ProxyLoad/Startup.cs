using System.Diagnostics;
using System.Globalization;

namespace TrafficCtl.ProxyLoad;

/// <summary>Time from start to ready of the published program, and what it holds when idle.</summary>
internal static class Startup
{
    private const double ReadyBudgetMilliseconds = 1_000;
    private const double IdleBudgetMiB = 120;

    public static async Task<int> RunAsync(LoadOptions options, TextWriter output, CancellationToken stop)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var (v1, v2) = (Ports.Free(), Ports.Free());
        var upstream = Child.Start(
            options, "upstream", "nginx", "-p", options.Work, "-c", Settings.Write(options, "upstream.conf", Settings.Upstream(v1, v2)));
        try
        {
            await Ports.AnswersAsync(client, Address(v1), upstream, TimeSpan.FromSeconds(10), stop);
            var ready = new List<double>();
            var idle = new List<double>();
            for (var round = 0; round < options.Pairs; round++)
            {
                var (milliseconds, resident) = await OnceAsync(options, client, v1, v2, round, stop);
                ready.Add(milliseconds);
                idle.Add(resident);
            }

            var (time, memory) = (Spread.Of(ready), Spread.Of(idle));
            var times = string.Create(CultureInfo.InvariantCulture, $"ready after {time.Min:0} / {time.Median:0} / {time.Max:0} ms (min / "
                + $"median / max of {time.Count}), budget {ReadyBudgetMilliseconds:0}");
            var sizes = string.Create(CultureInfo.InvariantCulture, $"idle at {memory.Min:0.0} / {memory.Median:0.0} / {memory.Max:0.0} "
                + $"MiB resident, {options.Seconds} s after ready, budget {IdleBudgetMiB:0}");
            output.WriteLine(times);
            output.WriteLine(sizes);
            return time.Median <= ReadyBudgetMilliseconds && memory.Median <= IdleBudgetMiB ? 0 : 1;
        }
        finally
        {
            await upstream.EndAsync();
            upstream.Dispose();
        }
    }

    private static async Task<(double Milliseconds, double MiB)> OnceAsync(
        LoadOptions options, HttpClient client, int v1, int v2, int round, CancellationToken stop)
    {
        var (header, cookie, admin) = (Ports.Free(), Ports.Free(), Ports.Free());
        var file = Settings.Write(options, "delivery-startup.yaml", Settings.Delivery(header, cookie, v1, v2));
        var from = Stopwatch.GetTimestamp();
        var child = Child.Start(
            options, "trafficctl", options.Program, "run", "-f", file, "--data-dir",
            Path.Combine(options.Work, string.Create(CultureInfo.InvariantCulture, $"data-{round}")), "--admin",
            Address(admin).AbsoluteUri);
        try
        {
            await Ports.AnswersAsync(client, new Uri(Address(admin), "/readyz"), child, TimeSpan.FromSeconds(30), stop);
            var milliseconds = Stopwatch.GetElapsedTime(from).TotalMilliseconds;
            await Task.Delay(TimeSpan.FromSeconds(options.Seconds), stop);
            return (milliseconds, child.ResidentBytes() / 1048576.0);
        }
        finally
        {
            await child.EndAsync();
            child.Dispose();
        }
    }

    private static Uri Address(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
}
