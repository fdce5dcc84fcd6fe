using TrafficCtl.Proxy.Upstreams;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>Whether a version's endpoints speak HTTP/2 without TLS, and accept extended CONNECT over it; no key says so.</summary>
/// <remarks>
/// Where they do not, a client that asks for gRPC or a tunnel asks for what the version never offered: that is no failure of the
/// version. Where stable does and the candidate does not, it is a failure of the candidate. The endpoints are probed when the first
/// request needs to know, and that request waits for the result: once it is sent, a server that speaks only HTTP/1.1 looks like one
/// that is broken.
/// </remarks>
internal sealed class Http2Support(ClusterState cluster, UpstreamConnector connector, TimeProvider clock)
{
    /// <summary>How long a result other than yes is kept: an endpoint may be replaced behind its address.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    /// <summary>Endpoints that are probed at most.</summary>
    private const int MostAsked = 4;

    private readonly Lock gate = new();
    private bool isSpoken, isAbsent, takesTunnels;
    private long? askedAt;
    private Task asking = Task.CompletedTask;

    /// <summary>One of them speaks it.</summary>
    public bool IsSpoken => Volatile.Read(ref isSpoken);

    /// <summary>The last probe found endpoints that do not speak it, and none that does.</summary>
    public bool IsAbsent => Volatile.Read(ref isAbsent) && !IsSpoken;

    /// <summary>One of them has accepted an extended CONNECT over it.</summary>
    public bool TakesTunnels => Volatile.Read(ref takesTunnels);

    /// <summary>Probes them, unless the result is known; concurrent callers wait for the same probe.</summary>
    public Task AskAsync()
    {
        if (IsSpoken) return Task.CompletedTask;
        lock (gate)
        {
            if (askedAt is { } at && (!asking.IsCompleted || clock.GetElapsedTime(at) < Remembered)) return asking;
            askedAt = clock.GetTimestamp();
            return asking = AskAllAsync();
        }
    }

    public void TookTunnel() => Volatile.Write(ref takesTunnels, true);

    /// <summary>The upstream speaks HTTP/2 and does not take tunnels over it.</summary>
    public static bool IsTunnelRefusal(Exception? fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is AggregateException many) cause = many.InnerExceptions.FirstOrDefault(e => e is HttpRequestException) ?? many;
            if (cause is HttpRequestException { HttpRequestError: HttpRequestError.ExtendedConnectNotSupported }) return true;
        }

        return false;
    }

    private async Task AskAllAsync()
    {
        var (spoken, absent) = (false, false);
        foreach (var destination in cluster.DestinationsState.AllDestinations.Take(MostAsked))
        {
            var endpoint = new Uri(destination.Model.Config.Address);
            // Over TLS the two sides agree on a protocol.
            var answer = endpoint.Scheme == Uri.UriSchemeHttp ? await Http2Probe.IsSpokenAsync(endpoint, connector, clock) : true;
            (spoken, absent) = (spoken || answer == true, absent || answer == false);
        }

        Volatile.Write(ref isAbsent, absent);
        if (spoken) Volatile.Write(ref isSpoken, true);
    }
}
