using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Google.Rpc;
using Grpc.Core;
using TrafficCtl.Cli.Asking;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Api;

namespace TrafficCtl.Cli.Invocation;

/// <summary>What a person is told of a call that failed: what, where, and what to do.</summary>
internal static class AdminFailures
{
    private const string NotADaemon = "not a trafficctl daemon's answer", Check = "check --admin";

    public static Failure TooLate(TimeSpan patience, AdminEndpoint endpoint) => new(
        $"the daemon did not answer within {PrintedUnits.Span(patience)}", endpoint.Shown, "see its log; it may be stopped or overloaded");

    /// <param name="fault">As the call ended.</param>
    /// <param name="endpoint">What was asked.</param>
    /// <param name="transport">Reaches it: something that speaks no HTTP/2 is asked what it is.</param>
    /// <param name="clock">Measures how long it may take to say so.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<Failure> OfAsync(
        RpcException fault, AdminEndpoint endpoint, AdminTransport transport, TimeProvider clock, CancellationToken stop)
    {
        if (fault.Status.DebugException is not { } cause) return OfStatus(fault, endpoint.Shown);
        var (heard, why) = (transport.Heard, cause.GetBaseException().Message);
        if (OfTransport(cause, endpoint, heard) is { } failure) return failure;
        var isOther = heard == Greeting.Other
            || cause is HttpRequestException { HttpRequestError: HttpRequestError.VersionNegotiationError };
        if (!isOther && heard == Greeting.Http2) return BrokeOff(endpoint.Shown, why);
        var other = await HttpProbe.AskAsync(transport, endpoint.Uri, clock, stop);
        if (other is not null || isOther) return Of(other, endpoint.Shown);
        // A server with TLS that is asked in the clear closes the connection without a word.
        return endpoint.IsSecure || endpoint.Socket is not null
            ? BrokeOff(endpoint.Shown, why)
            : BrokeOff(endpoint.Shown, $"{why.TrimEnd('.')}; a daemon with TLS is asked by https://");
    }

    /// <summary>The daemon has answered, and why not: the title is that of the HTTP API's problem.</summary>
    private static Failure OfStatus(RpcException refused, string address)
    {
        var (detail, info) = (refused.Status.Detail, refused.Trailers.GetRpcStatus(ignoreParseError: true)?.GetDetail<ErrorInfo>());
        var isNotThere = refused.StatusCode is StatusCode.NotFound or StatusCode.Unimplemented;
        if (info is { Reason.Length: > 0 })
            return new Failure(TitleOf(info.Reason), address, detail) { IsNotThere = isNotThere };
        return refused.StatusCode switch
        {
            StatusCode.Unimplemented => new Failure(
                "the daemon does not know this call", address,
                $"it is another program, or of another version than this one: {Check}, or restart it with this version")
            {
                IsNotThere = isNotThere,
            },
            StatusCode.Unauthenticated => new Failure("unauthenticated", address, detail),
            StatusCode.PermissionDenied => new Failure("refused", address, detail),
            StatusCode.Unavailable or StatusCode.Cancelled => BrokeOff(address, detail),
            _ => new Failure($"the daemon answered {refused.StatusCode}", address, detail.Length > 0 ? detail : "see its log")
            {
                IsNotThere = isNotThere,
            },
        };
    }

    /// <summary>Null where there was a connection, and what is at its other end may speak another protocol.</summary>
    private static Failure? OfTransport(Exception cause, AdminEndpoint endpoint, Greeting heard)
    {
        for (var at = cause; at is not null; at = at.InnerException)
        {
            switch (at)
            {
                case ForeignAnswerException foreign:
                    return Of((foreign.Status, IsDaemon: false), endpoint.Shown);
                case AuthenticationException:
                    return new Failure("TLS failed", endpoint.Shown, $"{at.Message.TrimEnd('.')}: name the authority of the daemon's "
                        + "certificate with --ca, ask by a name that is in it, or by http:// where there is no TLS");
                case SocketException { SocketErrorCode: SocketError.AccessDenied } when endpoint.Socket is not null:
                    return new Failure(
                        "permission denied", endpoint.Shown, "only the daemon's own user and root can open its socket: become that user, "
                        + "or ask by its address with a token");
            }
        }

        return heard == Greeting.NotConnected ? NobodyThere(endpoint) : null;
    }

    /// <summary>What something is that answers otherwise than by gRPC.</summary>
    private static Failure Of((HttpStatusCode Status, bool IsDaemon)? other, string address) => other switch
    {
        { IsDaemon: true } => new Failure(
            "the daemon is older than this program", address, "it does not speak gRPC yet: restart it with this version"),
        { Status: not HttpStatusCode.OK } => new Failure($"HTTP {(int)other.Value.Status}", address, $"this is {NotADaemon}: {Check}"),
        _ => new Failure(NotADaemon, address, Check),
    };

    private static Failure NobodyThere(AdminEndpoint endpoint) => new(
        "no daemon answers", endpoint.Shown, $"start one with \"{Product.Name} run -f delivery.yaml\", forward the port of "
            + $"a controller on Kubernetes (kubectl port-forward POD {AdminAddress.Default.Port}), or name another with --admin URL");

    private static Failure BrokeOff(string address, string why) =>
        new("the daemon broke off", address, $"ask again, or see its log ({why})") { IsBroken = true };

    private static string TitleOf(string reason) => reason.Replace('_', ' ').ToLowerInvariant();
}
