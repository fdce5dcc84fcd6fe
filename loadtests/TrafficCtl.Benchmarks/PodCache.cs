using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Caching;
using TrafficCtl.Kubernetes.Client;

namespace TrafficCtl.Benchmarks;

/// <summary>
/// 10,000 pods in the cache of the cluster, then 3,000 changes: CPU and live heap of this process. Budget: list ≤ 2.5 s of CPU, ≤ 120 MiB.
/// </summary>
internal static class PodCache
{
    private static readonly KubeKind Pods = new("", "v1", "pods", "Pod");

    public static async Task RunAsync(int pods = 10_000, int changes = 3_000)
    {
        var port = FreePort();
        using var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["pod-server", Text(port), Text(pods)]))!;
        try
        {
            var address = new Uri($"http://127.0.0.1:{port}");
            using var http = new HttpClient { BaseAddress = address };
            await ReadyAsync(http, server);
            var (heap, cpu) = (Heap(), Cpu());
            using var client = new KubeClient(new KubeAccess { Server = address, From = "bench" }, TimeProvider.System);
            await using var cache = new KubeCache(client, TimeProvider.System, NullLogger<KubeCache>.Instance, seed: 1);
            var seen = 0;
            var all = new TaskCompletionSource();
            cache.Changed += _ =>
            {
                if (Interlocked.Increment(ref seen) == changes + 1) all.SetResult();
            };
            cache.Watch(Pods);
            await cache.SyncedAsync(default);
            Say($"{cache.All(Pods).Length} pods listed", heap, cpu);

            cpu = Cpu();
            using var told = await http.PostAsync(new Uri($"/change/{changes}", UriKind.Relative), null);
            await all.Task;
            Say($"{changes} changes watched", heap, cpu);

            cpu = Cpu();
            var ready = cache.All(Pods).Count(pod => Text(pod, "status", "phase") == "Running"
                && Text(pod, "metadata", "labels", "version") == "v1");
            Say($"label and phase of each read ({ready} found)", heap, cpu);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    private static string? Text(JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var key in path) node = node?[key];
        return node?.GetValue<string>();
    }

    private static void Say(string what, long heap, TimeSpan cpu)
    {
        var spent = (Cpu() - cpu).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {spent:F2} s of CPU, {(Heap() - heap) / 1048576.0:F0} MiB alive, {Environment.WorkingSet >> 20} MiB resident"));
    }

    private static long Heap()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static TimeSpan Cpu() => Environment.CpuUsage.TotalTime;

    private static async Task ReadyAsync(HttpClient http, Process server)
    {
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("/", UriKind.Relative));
                return;
            }
            catch (HttpRequestException) when (!server.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
