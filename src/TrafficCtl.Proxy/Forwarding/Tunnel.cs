using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Core.Routing;
using TrafficCtl.Proxy.Messages;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>The moment a request becomes a tunnel (WebSocket and the like): it is registered, and its bytes are counted.</summary>
/// <remarks>Belongs to one request, unlike the exchange: it may be asked from other threads while its request ends.</remarks>
internal sealed class Tunnel(
    Exchange exchange, Tunnels all, IHttpRequestLifetimeFeature lifetime, IHttpUpgradeFeature? upgrade,
    IHttpExtendedConnectFeature? connect)
    : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private readonly Lock gate = new();
    private readonly ServiceBinding binding = exchange.Binding!;
    private readonly RoutePlan plan = exchange.Plan!;
    private readonly Arm arm = exchange.Arm;
    private bool isOver;
    private long bytesIn, bytesOut;

    public long BytesIn => Interlocked.Read(ref bytesIn);

    public long BytesOut => Interlocked.Read(ref bytesOut);

    public bool IsUpgradableRequest => upgrade is { IsUpgradableRequest: true };

    public bool IsExtendedConnect => connect is { IsExtendedConnect: true };

    public string? Protocol => connect?.Protocol;

    /// <summary>What it is left when nothing leads to it any more.</summary>
    public TimeSpan DrainMax => plan.Serving.Settings.DrainMax;

    /// <summary>Its service is gone, or it goes to a candidate that has no exposure.</summary>
    public bool IsStranded
    {
        get
        {
            if (binding.IsRemoved) return true;
            if (arm != Arm.Candidate) return false;
            var current = binding.Runtime.Current;
            if (current.StableVersion == plan.Candidate?.Version) return false;
            return current.CandidateVersion != plan.Candidate?.Version || current.Effective.Highest.Candidate == 0;
        }
    }

    /// <summary>Cuts the connection, unless the tunnel is over: then the connection may be another request's.</summary>
    public void Cut()
    {
        lock (gate)
        {
            if (!isOver) lifetime.Abort();
        }
    }

    /// <summary>The request has ended.</summary>
    public void End()
    {
        lock (gate) isOver = true;
        all.Remove(this);
    }

    public async Task<Stream> UpgradeAsync() => Open(await upgrade!.UpgradeAsync());

    public async ValueTask<Stream> AcceptAsync() => Open(await connect!.AcceptAsync());

    private CountedDuplex Open(Stream stream)
    {
        exchange.BecameTunnel();
        all.Add(this);
        return new CountedDuplex(this, stream);
    }

    private sealed class CountedDuplex(Tunnel tunnel, Stream inner) : PassingStream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Interlocked.Add(ref tunnel.bytesIn, read);
            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Add(ref tunnel.bytesOut, buffer.Length);
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }

        public override async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            await base.DisposeAsync();
        }
    }
}
