using Grpc.Core;
using Grpc.Core.Interceptors;
using TrafficCtl.Daemon.Limits;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>
/// <see cref="AdminGuard"/> before every gRPC call, those of reflection and health too; and the limits of streams that clients write to.
/// </summary>
internal sealed class RpcGuard(AdminLimits limits, LimitCounts counts) : Interceptor
{
    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return UnlessGoneAsync(continuation(request, responseStream, context), context);
    }

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return UnlessGoneAsync(continuation(Limited(requestStream, context), responseStream, context), context);
    }

    /// <summary>What a stream fails with after its deadline, or when its caller goes, is no fault inside, and none for the log.</summary>
    private static async Task UnlessGoneAsync(Task answering, ServerCallContext context)
    {
        try
        {
            await answering;
        }
        catch (Exception fault) when (fault is not RpcException && context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the call has ended"));
        }
    }

    private LimitedStream<T> Limited<T>(IAsyncStreamReader<T> stream, ServerCallContext context) =>
        new(stream, limits, counts, CallerKeys.Of(context.GetHttpContext().Connection.RemoteIpAddress));

    private static void Check(ServerCallContext context)
    {
        context.GetHttpContext().Features.Get<AdminCall>()?.Read();
        if (AdminGuard.CheckSource(context.GetHttpContext().Request) is { } refusal) throw RpcRefusals.Of(refusal);
    }
}
