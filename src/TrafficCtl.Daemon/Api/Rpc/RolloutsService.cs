using Grpc.Core;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>The service <c>Rollouts</c> over the handlers of the HTTP API.</summary>
internal sealed class RolloutsService(
    CallGate gate, AdminHandlers api, RolloutHandlers rollouts, WatchHandlers watch) : Rollouts.RolloutsBase
{
    public override async Task<ListServicesResponse> ListServices(ListServicesRequest request, ServerCallContext context)
    {
        var stop = context.CancellationToken;
        var services = RpcRefusals.Unwrap(await gate.AskAsync(() => Task.FromResult(api.List(request, stop))));
        var response = new ListServicesResponse();
        await foreach (var status in services.WithCancellation(stop)) response.Services.Add(Presence.Settle(status));
        return response;
    }

    public override async Task<ServiceStatus> GetService(GetServiceRequest request, ServerCallContext context) =>
        Presence.Settle(RpcRefusals.Unwrap(await gate.AskAsync(() => api.GetAsync(request, context.CancellationToken))));

    public override async Task<ListRolloutsResponse> ListRollouts(ListRolloutsRequest request, ServerCallContext context) =>
        Presence.Settle(RpcRefusals.Unwrap(await gate.AskAsync(() => rollouts.ListAsync(request, context.CancellationToken))));

    /// <remarks>A wish that is recorded stays recorded when its caller goes: who asked again would ask twice.</remarks>
    public override async Task<MakeWishResponse> MakeWish(MakeWishRequest request, ServerCallContext context) =>
        Presence.Settle(
            RpcRefusals.Unwrap(await gate.AskAsync(() => api.MakeWishAsync(request, CallerOf(context), context.CancellationToken))));

    public override async Task Watch(WatchRequest request, IServerStreamWriter<ServiceStatus> responseStream, ServerCallContext context)
    {
        using var watching = RpcRefusals.Unwrap(await gate.AskAsync(() => Task.FromResult(watch.Open(request))));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, watching.Stopping);
        try
        {
            await foreach (var status in watching.StreamAsync(stop.Token))
                await responseStream.WriteAsync(Presence.Settle(status), stop.Token);
        }
        catch (OperationCanceledException) when (watching.Stopping.IsCancellationRequested
            && !context.CancellationToken.IsCancellationRequested)
        {
            // The process stops: the stream ends as one that is over.
        }
    }

    private static Caller CallerOf(ServerCallContext context) => HttpRequests.CallerOf(context.GetHttpContext());
}
