using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace TrafficCtl.Proxy.Listening;

/// <summary>Lets HTTP/1.1 and HTTP/2 with prior knowledge share a cleartext port, by looking at a connection's first bytes.</summary>
/// <remarks>
/// Kestrel takes the protocol of a connection from the ALPN feature of TLS; a connection that opens with the HTTP/2 preface
/// is given that feature. This rests on Kestrel's way of choosing and not on a promise of it: a test holds it.
/// </remarks>
public static class PrefaceSniffer
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <param name="next">Kestrel's HTTP, for both protocols.</param>
    /// <param name="patience">How long a connection may be silent before its protocol is known; then it is closed.</param>
    public static ConnectionDelegate Wrap(ConnectionDelegate next, TimeSpan patience) => async connection =>
    {
        if (await IsHttp2Async(connection, patience))
        {
            var feature = new PriorKnowledge();
            connection.Features.Set<ITlsConnectionFeature>(feature);
            connection.Features.Set<ITlsApplicationProtocolFeature>(feature);
        }

        await next(connection);
    };

    /// <summary>Looks, consumes nothing. A connection that is silent or going away is left to the server, which ends it.</summary>
    private static async ValueTask<bool> IsHttp2Async(ConnectionContext connection, TimeSpan within)
    {
        var input = connection.Transport.Input;
        if (input.TryRead(out var early))
        {
            var verdict = Judge(early.Buffer, early.IsCompleted);
            input.AdvanceTo(early.Buffer.Start, verdict is null ? early.Buffer.End : early.Buffer.Start);
            if (verdict is { } known) return known;
        }

        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, closing);
        patience.CancelAfter(within);
        using var wake = patience.Token.UnsafeRegister(static pipe => ((System.IO.Pipelines.PipeReader)pipe!).CancelPendingRead(), input);
        while (true)
        {
            var read = await input.ReadAsync();
            var verdict = read.IsCanceled ? false : Judge(read.Buffer, read.IsCompleted);
            input.AdvanceTo(read.Buffer.Start, verdict is null ? read.Buffer.End : read.Buffer.Start);
            if (read.IsCanceled && !closing.IsCancellationRequested)
                connection.Abort(new ConnectionAbortedException("No request in time."));
            if (verdict is { } known) return known;
        }
    }

    /// <summary>Null while more bytes are needed to tell.</summary>
    private static bool? Judge(ReadOnlySequence<byte> buffer, bool isCompleted)
    {
        var length = (int)Math.Min(buffer.Length, Preface.Length);
        Span<byte> head = stackalloc byte[Preface.Length];
        buffer.Slice(0, length).CopyTo(head);
        if (!Preface.StartsWith(head[..length])) return false;
        if (length == Preface.Length) return true;
        return isCompleted ? false : null;
    }

    private sealed class PriorKnowledge : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        private static readonly byte[] Http2 = "h2"u8.ToArray();

        public X509Certificate2? ClientCertificate { get; set; }

        public ReadOnlyMemory<byte> ApplicationProtocol => Http2;

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult<X509Certificate2?>(null);
    }
}
