using TrafficCtl.Daemon;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Daemon.Limits;

namespace TrafficCtl.ApiLoad.Serving;

/// <summary>
/// A daemon that answers its driver on standard input: <c>memory</c> with its resident and live bytes; the end of input ends it.
/// </summary>
/// <remarks>Rates are off, so that every input reaches what is behind them; all other limits are as they are.</remarks>
internal static class ServedDaemon
{
    public const string File = "shop.yaml";

    private const double Unlimited = 1e6;

    public static async Task<int> RunAsync(string folder)
    {
        var options = new DaemonOptions
        {
            Files = [Path.Combine(folder, File)],
            DataDirectory = Path.Combine(folder, "data"),
            Admin = new Uri("http://127.0.0.1:0"),
            AdminLimits = new AdminLimits
            {
                CallsPerSecond = Unlimited,
                CallBurst = (int)Unlimited,
                WishesPerSecond = Unlimited,
                WishBurst = (int)Unlimited,
                AbortsPerSecond = Unlimited,
                AbortBurst = (int)Unlimited,
            },
        };
        await using var host = await DaemonHost.StartAsync(options, CancellationToken.None);
        Console.WriteLine(host.Admin);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            if (line != "memory") continue;
            var live = GC.GetTotalMemory(forceFullCollection: true);
            Console.WriteLine($"{Environment.WorkingSet} {live}");
        }

        await host.StopAsync(CancellationToken.None);
        return 0;
    }
}
