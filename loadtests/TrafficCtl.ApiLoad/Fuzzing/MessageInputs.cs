using System.Buffers.Binary;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using TrafficCtl.V1;

namespace TrafficCtl.ApiLoad.Fuzzing;

/// <summary>
/// Calls of gRPC: every method of the contract, of health and of reflection, with odd fields, broken messages and broken frames.
/// </summary>
internal static class MessageInputs
{
    private static readonly MethodDescriptor[] Contract = [.. RolloutsReflection.Descriptor.Services.SelectMany(static s => s.Methods)];

    private static readonly string[] Others =
    [
        "grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch", "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "trafficctl.v1.Rollouts/Nothing", "no.Service/Method",
    ];

    private static readonly string[] Kinds = ["publish", "pause", "resume", "promote", "promote-full", "abort", "retry"];

    private static readonly (string Name, string[] Values)[] Headers =
    [
        ("grpc-timeout", ["1n", "1S", "0m", "99999999H", "-1S", "x", ""]), ("grpc-encoding", ["gzip", "identity", "deflate", "x"]),
        ("grpc-accept-encoding", ["gzip", "x,,y"]), ("x-bin", ["AA==", "???"]), ("grpc-status", ["13"]),
        ("origin", ["http://evil.example"]),
        ("content-encoding", ["gzip"]), ("user-agent", ["x"]), ("grpc-previous-rpc-attempts", ["1", "x"]),
    ];

    /// <summary>A request; its answer may be a stream.</summary>
    public static HttpRequestMessage Make(Chance chance, Uri admin, string token)
    {
        var rpc = chance.OneIn(6) ? null : chance.Of(Contract);
        var path = rpc is null ? chance.Of(Others) : $"{rpc.Service.FullName}/{rpc.Name}";
        var message = rpc is null ? chance.Bytes(chance.Below(40)) : Message(chance, rpc.InputType).ToByteArray();
        if (chance.OneIn(3)) message = chance.Spoil(message);
        if (chance.OneIn(300)) message = chance.Bytes(70_000);
        var frames = Frame(message, isCompressed: chance.OneIn(40));
        if (chance.OneIn(10)) frames = [.. frames, .. Frame(chance.OneIn(2) ? message : [], isCompressed: false)];
        if (chance.OneIn(10)) frames = chance.Spoil(frames);
        if (chance.OneIn(50)) frames = [];
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(admin, path))
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frames),
        };
        request.Content.Headers.TryAddWithoutValidation(
            "content-type",
            chance.OneIn(25) ? chance.Of("application/grpc-web", "application/json", "application/grpcx", "application/grpc+json")
                : chance.Of("application/grpc", "application/grpc+proto"));
        if (!chance.OneIn(10)) request.Headers.TE.Add(new("trailers"));
        if (!chance.OneIn(8)) request.Headers.TryAddWithoutValidation("authorization", $"Bearer {token}");
        for (var more = chance.OneIn(3) ? 1 + chance.Below(3) : 0; more > 0; more--)
        {
            var (name, values) = chance.Of(Headers);
            var value = chance.Of(values);
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        if (chance.OneIn(40)) request.Headers.Host = chance.Of("evil.example", "localhost", "127.0.0.1:1", "[::1]");
        return request;
    }

    private static byte[] Frame(byte[] message, bool isCompressed)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = isCompressed ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static IMessage Message(Chance chance, MessageDescriptor type)
    {
        var message = type.Parser.ParseFrom([]);
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (field.Name == "service" && !chance.OneIn(5)) field.Accessor.SetValue(message, "shop");
            else if (field.Name == "kind" && !chance.OneIn(5)) field.Accessor.SetValue(message, chance.Of(Kinds));
            else if (field.Name == "version" && !chance.OneIn(3)) field.Accessor.SetValue(message, chance.OneIn(2) ? "" : "v2");
            else if (chance.OneIn(3)) Set(chance, message, field);
        }

        return message;
    }

    private static void Set(Chance chance, IMessage message, FieldDescriptor field)
    {
        object? value = field.FieldType switch
        {
            FieldType.String => chance.Text(),
            FieldType.Int32 => chance.Of(0, 1, -1, 100, 1000, int.MaxValue, int.MinValue),
            FieldType.Int64 => chance.Of(0L, 1L, -1L, int.MaxValue, long.MaxValue, long.MinValue),
            _ => null,
        };
        // A text with half a character cannot be written as UTF-8: the bytes are spoiled later instead.
        if (value is string text) value = string.Concat(text.Where(static c => !char.IsSurrogate(c)));
        if (value is not null) field.Accessor.SetValue(message, value);
    }
}
