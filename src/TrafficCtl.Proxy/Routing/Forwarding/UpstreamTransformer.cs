using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms.Builder;

namespace TrafficCtl.Proxy.Routing.Forwarding;

/// <summary>What changes between client and upstream: forwarded-for headers, our own headers, HTTP/2 for gRPC in the clear.</summary>
internal sealed class UpstreamTransformer : HttpTransformer, ITransformBuilder
{
    private const string OwnPrefix = "x-tc-", ForwardedPrefix = "X-Forwarded-", Forwarded = "Forwarded";
    private const string ForwardedFor = "X-Forwarded-For", ForwardedHost = "X-Forwarded-Host", ForwardedProto = "X-Forwarded-Proto";

    public override ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        var copied = base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = UpstreamUri.Of(destinationPrefix, httpContext.Features.Get<IHttpRequestFeature>()!.RawTarget);
        if (!copied.IsCompletedSuccessfully) return AdaptAfterAsync(copied, httpContext, proxyRequest);
        Adapt(httpContext.Request, proxyRequest);
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var copied = base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        return httpContext.Features.Get<Exchange>()?.ResponseArrived(proxyResponse) == true ? SendNowAsync(copied, httpContext.Response, cancellationToken) : copied;
    }

    public IReadOnlyList<Exception> ValidateRoute(RouteConfig route) => [];

    public IReadOnlyList<Exception> ValidateCluster(ClusterConfig cluster) => [];

    HttpTransformer ITransformBuilder.Build(RouteConfig route, ClusterConfig? cluster) => this;

    HttpTransformer ITransformBuilder.Create(Action<TransformBuilderContext> action) => this;

    private static async ValueTask<bool> SendNowAsync(ValueTask<bool> copied, HttpResponse response, CancellationToken cancellationToken)
    {
        var goesOn = await copied;
        await response.Body.FlushAsync(cancellationToken);
        return goesOn;
    }

    private static async ValueTask AdaptAfterAsync(ValueTask copied, HttpContext httpContext, HttpRequestMessage proxyRequest)
    {
        await copied;
        Adapt(httpContext.Request, proxyRequest);
    }

    private static void Adapt(HttpRequest request, HttpRequestMessage proxied)
    {
        var headers = proxied.Headers;
        headers.Host = null;
        StripForged(headers, request.HttpContext.Features.Get<Exchange>());
        // Set, not appended: what a client says of itself is not known to be true.
        if (request.HttpContext.Connection.RemoteIpAddress is { } address) headers.TryAddWithoutValidation(ForwardedFor, address.ToString());
        if (request.Host.HasValue) headers.TryAddWithoutValidation(ForwardedHost, request.Host.Value);
        headers.TryAddWithoutValidation(ForwardedProto, request.Scheme);

        if (proxied.VersionPolicy == HttpVersionPolicy.RequestVersionOrLower && Grpc.IsGrpc(request.ContentType)
            && HttpProtocol.IsHttp2(request.Protocol) && proxied.Version.Major == 2)
            proxied.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
    }

    /// <summary>Removes what a client may not say: <c>x-tc-*</c> that is not ours (the two of ours were set over the client's before), and who it is forwarded for.</summary>
    private static void StripForged(System.Net.Http.Headers.HttpRequestHeaders headers, Exchange? exchange)
    {
        List<string>? forged = null;
        foreach (var header in headers.NonValidated)
        {
            if (IsOurs(header.Key) && exchange?.Sets(header.Key) != true) (forged ??= []).Add(header.Key);
        }

        if (forged is null) return;
        foreach (var name in forged) headers.Remove(name);
    }

    private static bool IsOurs(string name) => name.Length == 0 ? false : (name[0] | 0x20) switch
    {
        'x' => name.StartsWith(ForwardedPrefix, StringComparison.OrdinalIgnoreCase) || HasOwnPrefix(name),
        'f' => name.Equals(Forwarded, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>CGI and its kin read <c>x_tc_arm</c> as <c>x-tc-arm</c>.</summary>
    private static bool HasOwnPrefix(string name) =>
        name.Length >= OwnPrefix.Length && name[1] is '-' or '_' && name[4] is '-' or '_'
        && (name[2] | 0x20) == 't' && (name[3] | 0x20) == 'c';
}
