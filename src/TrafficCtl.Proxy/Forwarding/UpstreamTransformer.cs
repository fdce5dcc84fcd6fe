using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using TrafficCtl.Proxy.Messages;
using Yarp.ReverseProxy.Forwarder;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>What changes between client and upstream: forwarded-for headers, our own headers, HTTP/2 for gRPC in the clear.</summary>
internal sealed class UpstreamTransformer : HttpTransformer
{
    private const string OwnPrefix = "x-tc-";

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var exchange = httpContext.Features.GetRequiredFeature<Exchange>();
        var copied = base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        exchange.Address = UpstreamUri.Of(
            destinationPrefix, httpContext.Features.Get<IHttpRequestFeature>()!.RawTarget, exchange.RequestBody);
        proxyRequest.RequestUri = exchange.Address;
        if (!copied.IsCompletedSuccessfully) return AdaptAfterAsync(copied, exchange, proxyRequest, destinationPrefix);
        Adapt(exchange, proxyRequest, destinationPrefix);
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var exchange = httpContext.Features.Get<Exchange>();
        if (proxyResponse is null && exchange is not null && ConnectRetry.IsDue(httpContext, exchange))
            return ConnectRetry.RunAsync(httpContext, exchange);
        var copied = base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is not null) NominatedHeaders.Remove(httpContext.Response.Headers, proxyResponse);
        if (exchange?.ResponseArrived(proxyResponse) == true) return SendNowAsync(copied, httpContext.Response, cancellationToken);
        return exchange is { IsRefused: true } ? RefuseAsync(copied, httpContext.Response) : copied;
    }

    public override ValueTask TransformResponseTrailersAsync(
        HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        httpContext.Features.Get<Exchange>()?.AnswerEnded();
        return base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
    }

    /// <summary>Nothing of the version's answer reaches the client.</summary>
    private static async ValueTask<bool> RefuseAsync(ValueTask<bool> copied, HttpResponse response)
    {
        await copied;
        response.Headers.Clear();
        return false;
    }

    private static async ValueTask<bool> SendNowAsync(ValueTask<bool> copied, HttpResponse response, CancellationToken cancellationToken)
    {
        var goesOn = await copied;
        await response.Body.FlushAsync(cancellationToken);
        return goesOn;
    }

    private static async ValueTask AdaptAfterAsync(ValueTask copied, Exchange exchange, HttpRequestMessage proxied, string address)
    {
        await copied;
        Adapt(exchange, proxied, address);
    }

    private static void Adapt(Exchange exchange, HttpRequestMessage proxied, string address)
    {
        var (request, headers, plan) = (exchange.Http.Request, proxied.Headers, exchange.Plan!);
        var isTrusted = plan.Claims.Trusts(exchange.Http.Connection.RemoteIpAddress);
        if (!plan.Serving.Settings.KeepsHost) headers.Host = exchange.Target!.Hosts?.GetValueOrDefault(address);
        StripForged(headers, exchange, isTrusted);
        if (request.Headers.Connection is { Count: > 0 } connection)
        {
            foreach (var name in NominatedHeaders.Of(connection))
                if (!HasOwnPrefix(name)) headers.Remove(name);
        }

        ClientClaims.Write(request, headers, isTrusted, exchange.IsTls);

        // Over TLS the two agree on a protocol.
        if (proxied.VersionPolicy == HttpVersionPolicy.RequestVersionOrLower && Grpc.NeedsHttp2(request) && proxied.Version.Major == 2
            && proxied.RequestUri?.Scheme == Uri.UriSchemeHttp)
            proxied.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
    }

    /// <summary>
    /// Removes what a client may not say: <c>x-tc-*</c> that is not ours (the two of ours were set over the client's before), and who it
    /// is forwarded for.
    /// </summary>
    private static void StripForged(HttpRequestHeaders headers, Exchange exchange, bool isTrusted)
    {
        List<string>? forged = null;
        foreach (var header in headers.NonValidated)
        {
            var name = header.Key;
            if ((HasOwnPrefix(name) && !exchange.Sets(name)) || (ClientClaims.IsClaim(name) && !ClientClaims.Stays(name, isTrusted)))
                (forged ??= []).Add(name);
        }

        if (forged is null) return;
        foreach (var name in forged) headers.Remove(name);
    }

    /// <summary>CGI and its kin read <c>x_tc_arm</c> as <c>x-tc-arm</c>.</summary>
    private static bool HasOwnPrefix(string name) =>
        name.Length >= OwnPrefix.Length && (name[0] | 0x20) == 'x' && name[1] is '-' or '_' && name[4] is '-' or '_'
        && (name[2] | 0x20) == 't' && (name[3] | 0x20) == 'c';
}
