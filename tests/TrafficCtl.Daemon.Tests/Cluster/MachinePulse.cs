using System.Collections.Concurrent;
using TrafficCtl.Kubernetes;
using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Cluster;

/// <summary>How late this machine is with what a candidate for a Lease does again and again: a short wait and a call.</summary>
internal sealed class MachinePulse : IAsyncDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(50);

    // The machine itself is measured.
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly ConcurrentQueue<(DateTimeOffset From, DateTimeOffset To, TimeSpan Late)> beats = new();
    private readonly CancellationTokenSource ending = new();
    private readonly HttpClient client = new();
    private readonly Uri asked;
    private readonly Task beating;

    public MachinePulse(FakeKube kube, KubeName of)
    {
        asked = new Uri(kube.Address, $"/apis/{of.Kind.ApiVersion}/namespaces/{of.Namespace}/{of.Kind.Plural}/{of.Name}");
        beating = Task.Run(BeatAsync);
    }

    /// <summary>How late it was until then is known.</summary>
    public bool Knows(DateTimeOffset at) => beats.Any(b => b.From >= at);

    /// <summary>The worst that touched this time.</summary>
    public TimeSpan WorstBetween(DateTimeOffset from, DateTimeOffset to) =>
        beats.Where(b => b.To >= from && b.From <= to).Select(b => b.Late).DefaultIfEmpty(TimeSpan.Zero).Max();

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await beating;
        client.Dispose();
        ending.Dispose();
    }

    private async Task BeatAsync()
    {
        try
        {
            while (true)
            {
                var (from, since) = (DateTimeOffset.UtcNow, Clock.GetTimestamp());
#pragma warning disable RS0030 // How late this machine is with a short wait is what is measured.
                await Task.Delay(Wait, ending.Token);
#pragma warning restore RS0030
                using var answer = await client.GetAsync(asked, ending.Token);
                beats.Enqueue((from, DateTimeOffset.UtcNow, Clock.GetElapsedTime(since) - Wait));
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The test is over.
        }
    }
}
