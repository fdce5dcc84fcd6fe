using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Cli.Tests;

/// <summary>Something on a real loopback port that answers every request alike, and no gRPC.</summary>
internal sealed class OtherServer : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtherServer(WebApplication app) => this.app = app;

    public string Address => app.Urls.Single();

    /// <summary>The credentials that were shown, of each request.</summary>
    public List<string?> Authorizations { get; } = [];

    /// <param name="protocols">What it speaks in the clear.</param>
    /// <param name="answer">Writes each answer.</param>
    public static async Task<OtherServer> StartAsync(HttpProtocols protocols, Func<HttpResponse, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        var server = new OtherServer(builder.Build());
        server.app.Run(context =>
        {
            server.Authorizations.Add(context.Request.Headers.Authorization);
            return answer(context.Response);
        });
        await server.app.StartAsync();
        return server;
    }

    public static Task<OtherServer> StartAsync(HttpProtocols protocols, int status, string mediaType, string body) =>
        StartAsync(protocols, async response =>
        {
            (response.StatusCode, response.ContentType) = (status, mediaType);
            await response.Body.WriteAsync(Encoding.UTF8.GetBytes(body));
        });

    /// <summary>A daemon of before gRPC: HTTP/1.1, and the headers of its admin API.</summary>
    public static Task<OtherServer> OldDaemonAsync() => StartAsync(HttpProtocols.Http1, static async response =>
    {
        response.ContentType = "application/json";
        (response.Headers.CacheControl, response.Headers.XContentTypeOptions) = ("no-store", "nosniff");
        await response.Body.WriteAsync("{\"services\":[]}"u8.ToArray());
    });

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
