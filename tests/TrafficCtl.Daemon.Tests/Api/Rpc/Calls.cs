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
        var type = rpc.IsClientStreaming ? MethodType.DuplexStreaming
            : rpc.IsServerStreaming ? MethodType.ServerStreaming
            : MethodType.Unary;
        var method = new Method<IMessage, IMessage>(
            type, rpc.Service.FullName, rpc.Name,
            Of(rpc.InputType), Of(rpc.OutputType));
        var invoker = channel.CreateCallInvoker();
        if (!rpc.IsServerStreaming) return await invoker.AsyncUnaryCall(method, null, new CallOptions(), request);
        if (rpc.IsClientStreaming)
        {
            using var both = invoker.AsyncDuplexStreamingCall(method, null, new CallOptions());
            await both.RequestStream.WriteAsync(request);
            await both.RequestStream.CompleteAsync();
            return await FirstAsync(rpc, both.ResponseStream);
        }

        using var stream = invoker.AsyncServerStreamingCall(method, null, new CallOptions(), request);
        return await FirstAsync(rpc, stream.ResponseStream);
    }

    private static async Task<IMessage> FirstAsync(MethodDescriptor rpc, IAsyncStreamReader<IMessage> messages) =>
        await messages.MoveNext(CancellationToken.None)
            ? messages.Current
            : throw new InvalidOperationException($"{rpc.FullName} ended without a message");

    private static Marshaller<IMessage> Of(MessageDescriptor type) =>
        Marshallers.Create(static message => message.ToByteArray(), bytes => type.Parser.ParseFrom(bytes));
}
