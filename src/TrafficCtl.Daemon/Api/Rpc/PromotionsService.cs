using Grpc.Core;
using TrafficCtl.Daemon.Api.Promotions;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>The service <c>Promotions</c> over the handlers of the HTTP API.</summary>
internal sealed class PromotionsService(RpcCalls calls, PipelineHandlers pipelines, OrderHandlers orders) : V1.Promotions.PromotionsBase
{
    public override Task<ListPipelinesResponse> ListPipelines(ListPipelinesRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, "", caller => pipelines.ListAsync(request, caller, context.CancellationToken));

    public override Task<PipelineStatus> GetPipeline(GetPipelineRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => pipelines.GetAsync(request, caller, context.CancellationToken));

    public override Task<WhenResponse> When(WhenRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => pipelines.WhenAsync(request, caller, context.CancellationToken));

    /// <remarks>What is recorded stays recorded when its caller goes: the same order again changes nothing.</remarks>
    public override Task<MakeOrderResponse> MakeOrder(MakeOrderRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => orders.MakeAsync(request, caller, context.CancellationToken));
}
