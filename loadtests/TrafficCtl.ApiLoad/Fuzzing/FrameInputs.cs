using System.Buffers.Binary;
using System.Text;

namespace TrafficCtl.ApiLoad.Fuzzing;

/// <summary>Bytes of HTTP/2 connections: prefaces, frames in odd orders and with odd lengths, garbage in HPACK.</summary>
internal static class FrameInputs
{
    private const byte Data = 0, Head = 1, Priority = 2, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, Window = 8, Continuation = 9;

    private static readonly byte[] Preface = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    private static readonly string[] Paths =
    [
        "/trafficctl.v1.Rollouts/GetService", "/trafficctl.v1.Rollouts/Watch", "/trafficctl.v1.Rollouts/MakeWish",
        "/grpc.health.v1.Health/Check",
        "/v1/services", "/healthz", "*", "",
    ];

    private static readonly byte[][] Values = [[0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0], [127, 255, 255, 255]];

    /// <summary>The bytes of one connection.</summary>
    public static byte[] Make(Chance chance, string token)
    {
        var bytes = new List<byte>(chance.OneIn(25) ? chance.Spoil(Preface) : Preface);
        if (!chance.OneIn(15)) bytes.AddRange(SettingsFrame(chance));
        var stream = 1;
        for (var frames = 1 + chance.Below(8); frames > 0; frames--)
        {
            bytes.AddRange(Some(chance, token, ref stream));
            if (chance.OneIn(2)) stream += 2;
        }

        return chance.OneIn(4) ? [.. Preface, .. chance.Spoil([.. bytes.Skip(Preface.Length)])] : [.. bytes];
    }

    /// <summary>A call whose answer nobody reads: a connection with one stream.</summary>
    public static byte[] Call(string path, string token, byte[] message)
    {
        byte[] frame = [0, 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        return [.. Preface, .. Frame(Settings, 0, 0, []), .. Frame(Head, 4, 1, Block(path, token)), .. Frame(Data, 1, 1, frame)];
    }

    private static byte[] Some(Chance chance, string token, ref int stream)
    {
        var id = chance.OneIn(8) ? chance.Of(0, 1, 2, 3, 5, 7, int.MaxValue, stream) : stream;
        switch (chance.Below(14))
        {
            case 0:
                return Frame(Data, (byte)chance.Of(0, 1, 8, 9, 255), id, chance.Bytes(chance.Below(80)));
            case 1:
                return Frame(Priority, 0, id, chance.Bytes(chance.OneIn(3) ? chance.Below(9) : 5));
            case 2:
                return Frame(Reset, 0, id, chance.Bytes(chance.OneIn(3) ? chance.Below(9) : 4));
            case 3:
                return chance.OneIn(2) ? SettingsFrame(chance) : Frame(Settings, (byte)chance.Below(2), id, chance.Bytes(chance.Below(20)));
            case 4:
                return Frame(Ping, (byte)chance.Below(2), chance.OneIn(4) ? id : 0, chance.Bytes(chance.OneIn(4) ? chance.Below(12) : 8));
            case 5:
                return Frame(GoAway, 0, 0, chance.Bytes(chance.Below(20)));
            case 6:
                return Frame(Window, 0, chance.OneIn(2) ? 0 : id, chance.OneIn(3) ? [0, 0, 0, 0] : chance.Bytes(4));
            case 7:
                return Frame(Continuation, (byte)chance.Below(8), id, chance.Bytes(chance.Below(60)));
            case 8:
                return Frame((byte)(10 + chance.Below(246)), (byte)chance.Below(256), id, chance.Bytes(chance.Below(60)));
            case 9:
                return Frame(Head, (byte)chance.Of(4, 5, 0, 1, 12, 36, 255), id, chance.Bytes(chance.Below(100)));
            case 10:
                byte[] wrong = Frame((byte)chance.Below(10), (byte)chance.Below(256), id, chance.Bytes(chance.Below(40)));
                BinaryPrimitives.WriteUInt16BigEndian(wrong.AsSpan(1), (ushort)chance.Below(65536));
                return wrong;
            default:
                var block = Block(chance.Of(Paths), token);
                if (chance.OneIn(3)) block = chance.Spoil(block);
                var ends = chance.OneIn(3);
                byte[] call = [.. Frame(Head, (byte)(ends ? 5 : 4), id, block), .. ends ? [] : Frame(Data, 1, id, chance.OneIn(2)
                    ? [0, 0, 0, 0, 6, 10, 4, .. "shop"u8] : chance.Bytes(chance.Below(60)))];
                stream += 2;
                return call;
        }
    }

    private static byte[] SettingsFrame(Chance chance)
    {
        var settings = new List<byte>();
        for (var n = chance.Below(5); n > 0; n--)
        {
            settings.AddRange([0, (byte)(1 + chance.Below(9))]);
            settings.AddRange(chance.OneIn(3) ? chance.Bytes(4) : chance.Of(Values));
        }

        return Frame(Settings, 0, 0, [.. settings]);
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = [0, 0, 0, type, flags, 0, 0, 0, 0, .. payload];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        return frame;
    }

    /// <summary>Headers as literals that are not indexed.</summary>
    private static byte[] Block(string path, string token) =>
    [
        .. Literal(":method", path.StartsWith("/v1", StringComparison.Ordinal) || path == "/healthz" ? "GET" : "POST"),
        .. Literal(":scheme", "http"), .. Literal(":path", path), .. Literal(":authority", "localhost"), .. Literal("te", "trailers"),
        .. Literal("content-type", "application/grpc"), .. Literal("authorization", $"Bearer {token}"),
    ];

    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
