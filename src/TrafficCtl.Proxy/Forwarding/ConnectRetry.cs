using Microsoft.AspNetCore.Http;
using TrafficCtl.Proxy.Messages;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>One more attempt, on another endpoint of the same version, for a request whose connection could not be opened.</summary>
/// <remarks>
/// Only if nothing of the request was written to any connection: no upstream can have acted on it, and its body is unread. The retry runs
/// inside the first attempt, before that has ended, so that a request without a fault has no overhead and the attempt's deadline covers
/// both. The first attempt then ends with its own fault, which counts against its endpoint. The request is counted once, with the result
/// of the second attempt.
/// </remarks>
internal static class ConnectRetry
{
    /// <summary>The first attempt has just failed to connect, and there is another endpoint to try.</summary>
    public static bool IsDue(HttpContext http, Exchange exchange) =>
        exchange is { Unreachable: null, Address.IsSent: false, Target: { } target }
        && http.Features.Get<IForwarderErrorFeature>() is { } fault && IsOfConnecting(fault)
        && exchange.Endpoint is { } failed
        && target.Cluster.DestinationsState is var known
        && (known.AvailableDestinations.Count > 0 ? known.AvailableDestinations : known.AllDestinations).Any(d => d != failed);

    public static async ValueTask<bool> RunAsync(HttpContext http, Exchange exchange)
    {
        var fault = http.Features.Get<IForwarderErrorFeature>();
        var dispatcher = exchange.Target!.Dispatcher;
        exchange.BeginAgain();
        http.Features.Set<IForwarderErrorFeature>(null);
        http.Response.StatusCode = StatusCodes.Status200OK;
        try
        {
            await dispatcher.SendAsync(exchange);
        }
        finally
        {
            exchange.EndAgain(http.Features.Get<IForwarderErrorFeature>());
            if (exchange.Endpoint is { } second) dispatcher.Report(http, exchange.Target, second);
            http.Features.Set(fault);
        }

        return false;
    }

    /// <summary>The endpoints for the second attempt.</summary>
    public static IReadOnlyList<DestinationState> OthersThan(DestinationState failed, IReadOnlyList<DestinationState> endpoints) =>
        [.. endpoints.Where(e => e != failed)];

    private static bool IsOfConnecting(IForwarderErrorFeature fault) => fault switch
    {
        { Error: ForwarderError.RequestTimedOut, Exception: { } late } => Ending.IsConnectTimeout(late),
        {
            Error: ForwarderError.Request,
            Exception: HttpRequestException
            {
                HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError
            }
        } => true,
        _ => false,
    };
}
