using System.Collections.Immutable;
using System.Net.Sockets;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>
/// For a start whose files lack the version that served last: it serves on where it was, as long as somebody answers there.
/// </summary>
/// <remarks>
/// Where nobody does, the file's <c>stable</c> is all there is, and better than nothing: it is said that no rollout has shown it to be
/// good.
/// </remarks>
internal static class LastKnownVersions
{
    /// <summary>On a machine that has just started, the version may come up a moment after the proxy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The specifications of files to start with.</summary>
    /// <param name="specs">As they are in the files.</param>
    /// <param name="router">Has the routes that an earlier process left.</param>
    /// <param name="beside">Other targets whose routes are kept.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<ImmutableArray<ServiceSpec>> RetainAsync(
        ImmutableArray<ServiceSpec> specs, EmbeddedRouter router, ImmutableArray<ServiceSpec> beside, CancellationToken stop)
    {
        router.Adopt([.. specs, .. beside]);
        return [.. await Task.WhenAll(specs.Select(async spec =>
        {
            var retained = router.Retain(spec);
            return retained == spec || await AnswersAsync(retained.Versions[0], stop) ? retained : spec;
        }))];
    }

    /// <summary>Targets of pipelines with the version that served last, where it served; those that never did are left out.</summary>
    /// <param name="templates">Without versions.</param>
    /// <param name="router">Has the routes that an earlier process left.</param>
    public static ImmutableArray<ServiceSpec> Left(ImmutableArray<ServiceSpec> templates, EmbeddedRouter router) =>
    [
        .. from template in templates
           let retained = router.Retain(template)
           where !retained.Versions.IsEmpty
           select retained with { Stable = retained.Versions[0].Version },
    ];

    private static async Task<bool> AnswersAsync(VersionSpec version, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        var asking = version.Endpoints.Select(e => ConnectsAsync(e, limit.Token)).ToList();
        while (asking.Count > 0)
        {
            var first = await Task.WhenAny(asking);
            asking.Remove(first);
            if (!await first) continue;
            await limit.CancelAsync();
            await Task.WhenAll(asking);
            return true;
        }

        stop.ThrowIfCancellationRequested();
        return false;
    }

    private static async Task ConnectAsync(Uri endpoint, CancellationToken stop)
    {
        if (UnixAddress.PathOf(endpoint) is { } path)
        {
            using var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await local.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
            return;
        }

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint.IdnHost, endpoint.Port, stop);
    }

    /// <summary>Until a connection is made, or the time is over.</summary>
    private static async Task<bool> ConnectsAsync(Uri endpoint, CancellationToken limit)
    {
        while (!limit.IsCancellationRequested)
        {
            try
            {
                await ConnectAsync(endpoint, limit);
                return true;
            }
            catch (SocketException)
            {
                // A real version comes up in real time.
                await Task.Delay(Pause, TimeProvider.System, limit)
                    .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        return false;
    }
}
