using Google.Protobuf;
using Grpc.Core;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>Asks the handlers for a caller of gRPC; what they refuse is thrown as a status.</summary>
internal sealed class RpcCalls(Callers callers, CallGate gate)
{
    /// <param name="context">The context of the call.</param>
    /// <param name="service">The service that it names; empty where it names none.</param>
    /// <param name="handler">Answers.</param>
    public async Task<T> AskAsync<T>(ServerCallContext context, string service, Func<Caller, Task<Answer<T>>> handler)
        where T : class
    {
        var caller = RpcRefusals.Unwrap(
            await callers.OfAsync(context.GetHttpContext(), context.Method, service, context.CancellationToken));
        return RpcRefusals.Unwrap(await gate.AskAsync(() => handler(caller)));
    }

    /// <summary>As <see cref="AskAsync"/>, ready to be sent.</summary>
    public async Task<T> AnswerAsync<T>(ServerCallContext context, string service, Func<Caller, Task<Answer<T>>> handler)
        where T : class, IMessage => Presence.Settle(await AskAsync(context, service, handler));
}
