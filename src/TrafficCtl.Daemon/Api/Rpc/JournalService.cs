using Grpc.Core;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>The service <c>Journal</c> over the handlers of the HTTP API.</summary>
internal sealed class JournalService(CallGate gate, AdminHandlers api) : Journal.JournalBase
{
    public override async Task<HistoryResponse> History(HistoryRequest request, ServerCallContext context) =>
        Presence.Settle(RpcRefusals.Unwrap(await gate.AskAsync(() => api.HistoryAsync(request, context.CancellationToken))));

    public override async Task<WhyResponse> Why(WhyRequest request, ServerCallContext context) =>
        Presence.Settle(RpcRefusals.Unwrap(await gate.AskAsync(() => api.WhyAsync(request, context.CancellationToken))));
}
