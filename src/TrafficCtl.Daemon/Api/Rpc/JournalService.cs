using Grpc.Core;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>The service <c>Journal</c> over the handlers of the HTTP API.</summary>
internal sealed class JournalService(RpcCalls calls, AdminHandlers api) : Journal.JournalBase
{
    public override Task<HistoryResponse> History(HistoryRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => api.HistoryAsync(request, caller, context.CancellationToken));

    public override Task<WhyResponse> Why(WhyRequest request, ServerCallContext context) =>
        calls.AnswerAsync(context, request.Service, caller => api.WhyAsync(request, caller, context.CancellationToken));
}
