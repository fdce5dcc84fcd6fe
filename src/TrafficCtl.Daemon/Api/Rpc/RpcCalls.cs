using Google.Protobuf;
using Grpc.Core;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>Asks the handlers for a caller of gRPC; what they refuse is thrown as a status.</summary>
internal sealed class RpcCalls(Callers callers, CallGate gate)
{
    public async Task<T> AskAsync<T>(ServerCallContext context, Func<Caller, Task<Answer<T>>> handler)
        where T : class
    {
        var caller = RpcRefusals.Unwrap(callers.Of(context.GetHttpContext(), context.Method));
        return RpcRefusals.Unwrap(await gate.AskAsync(() => handler(caller)));
    }

    /// <summary>As <see cref="AskAsync"/>, ready to be sent.</summary>
    public async Task<T> AnswerAsync<T>(ServerCallContext context, Func<Caller, Task<Answer<T>>> handler)
        where T : class, IMessage => Presence.Settle(await AskAsync(context, handler));
}
