using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;

namespace TrafficCtl.Daemon.Tests.Api.Rpc;

/// <summary>Calls of the contract by their descriptors.</summary>
internal static class Calls
{
    /// <summary>The message; of a stream the first one.</summary>
    /// <exception cref="RpcException">It was refused.</exception>
    public static async Task<IMessage> AskAsync(this GrpcChannel channel, MethodDescriptor rpc, IMessage request)
    {
        var method = new Method<IMessage, IMessage>(
            rpc.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary, rpc.Service.FullName, rpc.Name,
            Of(rpc.InputType), Of(rpc.OutputType));
        var invoker = channel.CreateCallInvoker();
        if (!rpc.IsServerStreaming) return await invoker.AsyncUnaryCall(method, null, new CallOptions(), request);
        using var stream = invoker.AsyncServerStreamingCall(method, null, new CallOptions(), request);
        return await stream.ResponseStream.MoveNext(CancellationToken.None)
            ? stream.ResponseStream.Current
            : throw new InvalidOperationException($"{rpc.FullName} ended without a message");
    }

    private static Marshaller<IMessage> Of(MessageDescriptor type) =>
        Marshallers.Create(static message => message.ToByteArray(), bytes => type.Parser.ParseFrom(bytes));
}
