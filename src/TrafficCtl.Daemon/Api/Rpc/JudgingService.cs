using Grpc.Core;
using TrafficCtl.Daemon.Api.Windows;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>The service <c>Judging</c> over the handlers of the HTTP API.</summary>
internal sealed class JudgingService(RpcCalls calls, WindowHandlers windows) : Judging.JudgingBase
{
    public override async Task Judge(
        IAsyncStreamReader<JudgeRequest> requestStream, IServerStreamWriter<JudgedTrace> responseStream, ServerCallContext context)
    {
        var stop = context.CancellationToken;
        var verdicts = await calls.AskAsync(context, "", async _ =>
        {
            var isAny = await requestStream.MoveNext(stop);
            var (question, refusal) = WindowRequests.QuestionOf(isAny ? requestStream.Current.Options : null);
            return question is null
                ? refusal!
                : await windows.JudgeAsync(
                    question, (feed, until) => isAny ? WindowRequests.SendAsync(requestStream, feed, until) : Task.CompletedTask, stop);
        });
        foreach (var trace in verdicts.Traces) await responseStream.WriteAsync(Presence.Settle(trace), stop);
    }
}
