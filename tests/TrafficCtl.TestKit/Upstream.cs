using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace TrafficCtl.TestKit;

/// <summary>A request as an upstream saw it; header names are compared without case.</summary>
/// <param name="Target">As it stood in the request line, or in <c>:path</c>.</param>
/// <param name="Headers">Values a char a byte.</param>
public sealed record SeenRequest(string Method, string Target, string Protocol, ImmutableDictionary<string, string> Headers)
{
    /// <summary>The header's value; null when it did not come.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>A real server on a free loopback port that records what it is asked and answers as told.</summary>
public sealed class Upstream : IAsyncDisposable
{
    private readonly WebApplication app;

    private Upstream(WebApplication app, Uri address) => (this.app, Address) = (app, address);

    public Uri Address { get; }

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    /// <summary>The newest request.</summary>
    public SeenRequest Last => Seen.Last();

    /// <param name="answer">The script; without one every request is answered 200 with <paramref name="name"/>.</param>
    /// <param name="name">What it says of itself.</param>
    /// <param name="protocols">HTTP/2 alone means with prior knowledge, in the clear.</param>
    /// <param name="port">0 for a free one.</param>
    /// <param name="listen">What else is to be said of the listener, such as its certificate.</param>
    /// <param name="address">The address of this machine; null for 127.0.0.1.</param>
    public static Task<Upstream> StartAsync(
        RequestDelegate? answer = null, string name = "upstream", HttpProtocols protocols = HttpProtocols.Http1, int port = 0,
        Action<ListenOptions>? listen = null, IPAddress? address = null) => StartAsync(
            k => k.Listen(address ?? IPAddress.Loopback, port, l =>
            {
                l.Protocols = protocols;
                listen?.Invoke(l);
            }),
            static bound => bound, answer, name);

    /// <summary>On a Unix socket at this path.</summary>
    public static Task<Upstream> StartOnSocketAsync(
        string path, RequestDelegate? answer = null, string name = "upstream", HttpProtocols protocols = HttpProtocols.Http1) => StartAsync(
            k => k.ListenUnixSocket(path, l => l.Protocols = protocols), _ => new Uri("http+unix://" + path), answer, name);

    private static async Task<Upstream> StartAsync(
        Action<KestrelServerOptions> listen, Func<Uri, Uri> address, RequestDelegate? answer, string name)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
            k.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            k.Limits.MaxRequestBodySize = null;
            listen(k);
        });
        var host = builder.Build();
        Upstream? self = null;
        host.Run(context =>
        {
            self!.Seen.Enqueue(Record(context.Request));
            return answer is null ? context.Response.WriteAsync(name) : answer(context);
        });
        await host.StartAsync();
        var bound = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return self = new Upstream(host, address(new Uri(bound)));
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }

    private static SeenRequest Record(HttpRequest request) => new(
        request.Method, request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, request.Protocol,
        request.Headers.ToImmutableDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase));
}
