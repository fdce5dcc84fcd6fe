using Grpc.Core;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>The service <c>Rollouts</c> over the handlers of the HTTP API.</summary>
internal sealed class RolloutsService(
    RpcCalls calls, AdminHandlers api, RolloutHandlers rollouts, WatchHandlers watch, PublicationHandlers publications)
    : Rollouts.RolloutsBase
{
    public override async Task<ListServicesResponse> ListServices(ListServicesRequest request, ServerCallContext context)
    {
        var stop = context.CancellationToken;
        var services = await calls.AskAsync(context, "", caller => Task.FromResult(api.List(request, caller, stop)));
        var response = new ListServicesResponse();
        await foreach (var status in services.WithCancellation(stop)) response.Services.Add(Presence.Settle(status));
        return response;
    }

    public override Task<ServiceStatus> GetService(GetServiceRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => api.GetAsync(request, caller, context.CancellationToken));

    public override Task<ListRolloutsResponse> ListRollouts(ListRolloutsRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => rollouts.ListAsync(request, caller, context.CancellationToken));

    /// <remarks>A wish that is recorded stays recorded when its caller goes: who sends it again does so under its key.</remarks>
    public override Task<MakeWishResponse> MakeWish(MakeWishRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => api.MakeWishAsync(request, caller, context.CancellationToken));

    public override Task<PublishResponse> Publish(PublishRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => publications.PublishAsync(request, caller, context.CancellationToken));

    public override Task<ListPublicationsResponse> ListPublications(ListPublicationsRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => publications.ListAsync(request, caller, context.CancellationToken));

    public override async Task Watch(WatchRequest request, IServerStreamWriter<ServiceStatus> responseStream, ServerCallContext context)
    {
        var watching = await calls.AskAsync(context, request.Service, caller => Task.FromResult(watch.Open(request, caller)));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, watching.Stopping);
        try
        {
            await foreach (var status in watching.StreamAsync(context.GetHttpContext().Abort, stop.Token))
                await responseStream.WriteAsync(Presence.Settle(status), stop.Token);
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            // The process stops: the stream ends as one that is over.
        }
    }
}
