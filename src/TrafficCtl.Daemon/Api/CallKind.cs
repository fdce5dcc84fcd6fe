using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Daemon.Api;

/// <summary>Which places a call takes.</summary>
internal enum CallKind
{
    Ordinary,

    /// <summary>Goes on until somebody ends it.</summary>
    Stream,

    /// <summary>A wish, which may be an abort, or an order, which may stop the line.</summary>
    Wish,

    /// <summary>Asks whether the process lives and is ready.</summary>
    Probe,
}

internal static class CallKinds
{
    private const string Wishes = "/trafficctl.v1.Rollouts/MakeWish", Orders = "/trafficctl.v1.Promotions/MakeOrder",
        Health = "/grpc.health.v1.Health/Check";

    public static CallKind Of(HttpContext context)
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<HttpRoute>()?.Rpc is { } rpc)
            return rpc.Name is "MakeWish" or "MakeOrder" ? CallKind.Wish : rpc.IsServerStreaming ? CallKind.Stream : CallKind.Ordinary;
        if (metadata?.GetMetadata<GrpcMethodMetadata>()?.Method is { } method)
            return method.FullName is Wishes or Orders ? CallKind.Wish
                : method.FullName is Health ? CallKind.Probe
                : method.Type is MethodType.Unary or MethodType.ClientStreaming ? CallKind.Ordinary : CallKind.Stream;
        return context.Request.Path.Value is "/healthz" or "/readyz" ? CallKind.Probe : CallKind.Ordinary;
    }
}
