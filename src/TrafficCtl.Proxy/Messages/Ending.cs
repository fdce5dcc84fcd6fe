using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Signals;
using Yarp.ReverseProxy.Forwarder;

namespace TrafficCtl.Proxy.Messages;

/// <summary>All that tells how a dispatched request ended.</summary>
/// <param name="Error">What the forwarder reports; <see cref="ForwarderError.None"/> without a fault.</param>
/// <param name="Fault">The fault behind it.</param>
/// <param name="Status">The status that the client was sent.</param>
/// <param name="GrpcStatus">-1 when none was sent.</param>
/// <param name="IsGrpc">The upstream answered gRPC.</param>
/// <param name="IsUpgraded">The connection became a tunnel.</param>
/// <param name="ClientLeft">The client went away, or reset its stream.</param>
/// <param name="TimedOut">No response headers within the attempt's time.</param>
/// <param name="IsAnswered">The upstream's response headers went to the client.</param>
/// <param name="IsCut">The forwarder cut the client off in the middle of the answer.</param>
/// <param name="ClientSilent">The client owed a part of its body when the exchange was given up.</param>
internal readonly record struct Ending(
    ForwarderError Error, Exception? Fault, int Status, int GrpcStatus, bool IsGrpc, bool IsUpgraded, bool ClientLeft, bool TimedOut,
    bool IsAnswered, bool IsCut, bool ClientSilent = false)
{
    public Outcome Classify() => this switch
    {
        { TimedOut: true } => Outcome.Deadline,
        { Error: ForwarderError.None } => OfAnswer(),
        { IsUpgraded: true } => OfTunnel(),
        // An upstream may answer without reading the request to its end; what is given up then is nobody's fault.
        { IsAnswered: true, IsCut: false, ClientLeft: false, IsOfRequestBody: true } when !IsTooLarge(Fault) => OfAnswer(),
        { Error: ForwarderError.RequestBodyClient } when IsTooLarge(Fault) => Outcome.Refused,
        // The forwarder cuts the client's connection after this one, which would look like a client that left.
        { Error: ForwarderError.ResponseBodyDestination } when Fault is not OperationCanceledException => Outcome.Reset,
        { ClientLeft: true } => Outcome.ClientAbort,
        _ when IsGivenUp(Error, Fault, Status) => OfSending(Fault),
        // Neither has the upstream had its time, nor had it all that it was to answer.
        {
            ClientSilent: true,
            Error: ForwarderError.RequestTimedOut or ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled
            or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyDestination
        } when !IsConnectTimeout(Fault) => Outcome.ClientAbort,
        _ => Error switch
        {
            ForwarderError.Request => OfSending(Fault),
            // Our own deadline and a client that left are told apart above: what is left is YARP's idle time or the connect time.
            ForwarderError.RequestTimedOut => IsConnectTimeout(Fault) ? Outcome.ConnectFailure : Outcome.Deadline,
            ForwarderError.RequestBodyClient or ForwarderError.ResponseBodyClient => Outcome.ClientAbort,
            ForwarderError.RequestBodyDestination => OfSending(Fault),
            // Reading was given up after the idle time.
            ForwarderError.ResponseBodyDestination
                or ForwarderError.RequestCanceled
                or ForwarderError.RequestBodyCanceled
                or ForwarderError.ResponseBodyCanceled =>
                Outcome.Deadline,
            ForwarderError.NoAvailableDestinations => Outcome.ConnectFailure,
            ForwarderError.ResponseHeaders => Outcome.InvalidResponse,
            _ => Outcome.InvalidResponse,
        },
    };

    /// <summary>The HTTP status that a client error is counted by.</summary>
    public int ClientStatus => Status >= 400 ? Status : ClientStatuses.OfGrpc(GrpcStatus);

    /// <summary>
    /// The client's body was read no further because the upstream had failed, which the forwarder takes for the client's fault. With
    /// <see cref="StatusCodes.Status408RequestTimeout"/> the client had sent nothing for the idle time, which is.
    /// </summary>
    public static bool IsGivenUp(ForwarderError error, Exception? fault, int status) =>
        error == ForwarderError.RequestBodyClient && status != StatusCodes.Status408RequestTimeout
        && fault is AggregateException { InnerExceptions: [OperationCanceledException, ..] };

    /// <summary>After an answer the forwarder reports these when the answer itself is complete, or else cuts the client off.</summary>
    private bool IsOfRequestBody =>
        Error is ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled or ForwarderError.RequestBodyDestination;

    private Outcome OfAnswer() => Status switch
    {
        >= 500 => Outcome.ServerError,
        >= 400 => Outcome.ClientError,
        // An answer without a status is UNKNOWN to every gRPC client.
        _ when IsGrpc && !ClientLeft && (GrpcStatus < 0 || Grpc.IsFailure(GrpcStatus)) => Outcome.GrpcFailure,
        _ when IsGrpc && !ClientLeft && ClientStatuses.OfGrpc(GrpcStatus) != 0 => Outcome.ClientError,
        _ => Outcome.Success,
    };

    private Outcome OfTunnel() => Error switch
    {
        ForwarderError.UpgradeRequestDestination or ForwarderError.UpgradeResponseDestination when !ClientLeft => Outcome.Reset,
        _ => Outcome.Success,
    };

    private static Outcome OfSending(Exception? fault)
    {
        for (var cause = fault; cause is not null; cause = cause.InnerException)
        {
            if (cause is AggregateException many && many.InnerExceptions.FirstOrDefault(e => e is HttpRequestException) is { } sending)
                cause = sending;
            if (cause is not HttpRequestException request) continue;
            switch (request.HttpRequestError)
            {
                case HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
                    or HttpRequestError.VersionNegotiationError or HttpRequestError.ExtendedConnectNotSupported:
                    return Outcome.ConnectFailure;
                case HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.ConfigurationLimitExceeded:
                    return Outcome.InvalidResponse;
            }
        }

        return Outcome.Reset;
    }

    /// <summary>How the client library says that no connection was there within the connect timeout.</summary>
    public static bool IsConnectTimeout(Exception? fault) => fault is OperationCanceledException { InnerException: TimeoutException };

    private static bool IsTooLarge(Exception? fault)
    {
        if (fault is AggregateException many) return many.InnerExceptions.Any(IsTooLarge);
        return fault is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge };
    }
}
