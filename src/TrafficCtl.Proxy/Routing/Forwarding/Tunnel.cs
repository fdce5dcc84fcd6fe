using Microsoft.AspNetCore.Http.Features;

namespace TrafficCtl.Proxy.Routing.Forwarding;

/// <summary>The moment a request becomes a tunnel (WebSocket and the like): it is registered, and its bytes are counted.</summary>
internal sealed class Tunnel(Exchange exchange, Tunnels all, IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect)
    : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private long bytesIn, bytesOut;

    public long BytesIn => Interlocked.Read(ref bytesIn);

    public long BytesOut => Interlocked.Read(ref bytesOut);

    public bool IsUpgradableRequest => upgrade is { IsUpgradableRequest: true };

    public bool IsExtendedConnect => connect is { IsExtendedConnect: true };

    public string? Protocol => connect?.Protocol;

    public async Task<Stream> UpgradeAsync() => Open(await upgrade!.UpgradeAsync());

    public async ValueTask<Stream> AcceptAsync() => Open(await connect!.AcceptAsync());

    private CountedDuplex Open(Stream stream)
    {
        exchange.BecameTunnel();
        all.Add(exchange);
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
