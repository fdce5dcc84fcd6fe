using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Runtimes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Adapters.Tests.Runtimes;

/// <summary>A daemon that ensures, drains and stops two slots at random, until it is killed.</summary>
/// <remarks>
/// It runs before the test program has begun: other threads must not run code of this program, so the settings are found by a method of
/// the base library.
/// </remarks>
internal static class HostRole
{
    public static void Run(string root)
    {
        var random = new Random(int.Parse(File.ReadAllText(Path.Combine(root, "seed")), CultureInfo.InvariantCulture));
        var settings = new Dictionary<TargetKey, ProcessSettings> { [ProcessHost.Shop] = ProcessHost.Defaults(root) };
        Console.WriteLine("ready");
        var runtime = ProcessRuntime.OpenAsync(
            ProcessHost.HomeIn(root), settings.GetValueOrDefault, TimeProvider.System, NullLogger.Instance, default)
            .GetAwaiter().GetResult();
        _ = runtime.RunAsync(default);
        while (true)
        {
            var slot = random.Next(2) == 0 ? "a" : "b";
            var version = random.Next(2) == 0 ? "v1" : "v2";
            var bundle = new RunnableBundle($"id-of-{version}", version, Path.Combine(root, "releases", version, "app"));
            switch (random.Next(6))
            {
                case 0:
                    runtime.StopAsync(ProcessHost.Shop, slot, default).AsTask().GetAwaiter().GetResult();
                    break;
                case 1:
                    runtime.DrainAsync(ProcessHost.Shop, slot, default).AsTask().GetAwaiter().GetResult();
                    break;
                default:
                    runtime.EnsureAsync(ProcessHost.Shop, slot, bundle, default).AsTask().GetAwaiter().GetResult();
                    break;
            }
        }
    }
}
