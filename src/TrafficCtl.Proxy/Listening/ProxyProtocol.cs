using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace TrafficCtl.Proxy.Listening;

/// <summary>The PROXY protocol, versions 1 and 2 (haproxy.org, proxy-protocol.txt): who the client of a load balancer is.</summary>
internal static class ProxyProtocol
{
    private const int LongestV1 = 107, HeadV2 = 16, LongestV2 = HeadV2 + 4096;

    private static ReadOnlySpan<byte> SignatureV1 => "PROXY "u8;

    private static ReadOnlySpan<byte> SignatureV2 => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>What the first bytes of a connection are.</summary>
    /// <param name="Length">The length of the header, in bytes; 0 while more are needed, -1 where there is none.</param>
    /// <param name="Client">Null where the header names none: a health check of the load balancer's own.</param>
    internal readonly record struct Header(int Length, IPEndPoint? Client)
    {
        public static readonly Header More = new(0, null), None = new(-1, null);
    }

    /// <summary>Reads the header first. A connection without one, or from an address that is not trusted, is closed.</summary>
    /// <param name="trusts">Whether this peer may say who its client is.</param>
    /// <param name="patience">From accepting the connection to the end of the header.</param>
    public static ConnectionDelegate Wrap(ConnectionDelegate next, Func<IPAddress?, bool> trusts, TimeSpan patience) => async connection =>
    {
        if (!trusts((connection.RemoteEndPoint as IPEndPoint)?.Address))
        {
            connection.Abort(new ConnectionAbortedException("Not a trusted proxy."));
            return;
        }

        if (await ReadAsync(connection, patience) is not { Length: > 0 } header)
        {
            connection.Abort(new ConnectionAbortedException("No PROXY protocol header."));
            return;
        }

        if (header.Client is { } client) connection.RemoteEndPoint = client;
        await next(connection);
    };

    /// <summary>Looks at bytes that may be incomplete.</summary>
    public static Header Parse(ReadOnlySequence<byte> buffer)
    {
        Span<byte> head = stackalloc byte[LongestV1];
        var length = (int)Math.Min(buffer.Length, head.Length);
        buffer.Slice(0, length).CopyTo(head);
        head = head[..length];
        if (Matches(head, SignatureV2)) return length < HeadV2 ? Header.More : ParseV2(buffer, head);
        return Matches(head, SignatureV1) ? ParseV1(head) : Header.None;
    }

    private static bool Matches(ReadOnlySpan<byte> head, ReadOnlySpan<byte> signature)
    {
        var common = Math.Min(head.Length, signature.Length);
        return head[..common].SequenceEqual(signature[..common]);
    }

    private static Header ParseV1(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("\r\n"u8);
        if (end < 0) return head.Length < LongestV1 ? Header.More : Header.None;
        var words = Encoding.ASCII.GetString(head[..end]).Split(' ');
        if (words is ["PROXY", "UNKNOWN", ..]) return new Header(end + 2, null);
        return words is ["PROXY", "TCP4" or "TCP6", var source, _, var port, _]
            && IPAddress.TryParse(source, out var address)
            && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new Header(end + 2, new IPEndPoint(address, number))
            : Header.None;
    }

    private static Header ParseV2(ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> head)
    {
        var (version, family) = (head[12], head[13]);
        var length = HeadV2 + BinaryPrimitives.ReadUInt16BigEndian(head[14..]);
        if (version is not (0x20 or 0x21) || length > LongestV2) return Header.None;
        if (buffer.Length < length) return Header.More;
        if (version == 0x20) return new Header(length, null);
        Span<byte> addresses = stackalloc byte[36];
        var known = Math.Min(addresses.Length, length - HeadV2);
        buffer.Slice(HeadV2, known).CopyTo(addresses);
        return (family, known) switch
        {
            (0x11, >= 12) => new Header(length, EndPointOf(addresses[..4], addresses[8..])),
            (0x21, >= 36) => new Header(length, EndPointOf(addresses[..16], addresses[32..])),
            (0x11 or 0x21, _) => Header.None,
            _ => new Header(length, null),
        };
    }

    private static IPEndPoint EndPointOf(ReadOnlySpan<byte> address, ReadOnlySpan<byte> port) =>
        new(new IPAddress(address), BinaryPrimitives.ReadUInt16BigEndian(port));

    private static async ValueTask<Header> ReadAsync(ConnectionContext connection, TimeSpan within)
    {
        var input = connection.Transport.Input;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        patience.CancelAfter(within);
        using var wake = patience.Token.UnsafeRegister(static pipe => ((System.IO.Pipelines.PipeReader)pipe!).CancelPendingRead(), input);
        while (true)
        {
            var read = await input.ReadAsync();
            var header = read.IsCanceled ? Header.None : Parse(read.Buffer);
            if (header.Length > 0)
            {
                input.AdvanceTo(read.Buffer.GetPosition(header.Length));
                return header;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (header == Header.None || read.IsCompleted) return Header.None;
        }
    }
}
