using Grpc.Core;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Daemon.Limits;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>What a client writes in a stream: so many messages, none of them long in coming.</summary>
internal sealed class LimitedStream<T>(IAsyncStreamReader<T> stream, AdminLimits limits, LimitCounts counts, string who)
    : IAsyncStreamReader<T>
{
    private int read;

    public T Current => stream.Current;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        // In real time: a client is real, whatever the clock of the process says.
        using var silence = new CancellationTokenSource(limits.StreamSilence, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            if (!await stream.MoveNext(either.Token)) return false;
        }
        catch (Exception) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Refused($"no message came for {DurationText.Of(limits.StreamSilence)}");
        }
        catch (Exception broken) when (broken is RpcException { StatusCode: StatusCode.Internal } or InvalidDataException or IOException)
        {
            // To the server of gRPC broken framing, and a client that goes, are faults inside.
            throw RpcRefusals.Of(Refusal.BadRequest("the stream does not go on with a frame of gRPC"));
        }

        return ++read <= limits.StreamMessages
            ? true
            : throw Refused($"a stream has at most {limits.StreamMessages} messages: open another one");
    }

    private RpcException Refused(string why)
    {
        counts.Count(LimitKind.Stream, who);
        return RpcRefusals.Of(new Refusal(RefusalKind.TooOften, "too many requests", why));
    }
}
