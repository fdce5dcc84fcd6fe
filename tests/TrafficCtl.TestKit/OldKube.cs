using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace TrafficCtl.TestKit;

/// <summary>
/// In front of an API server before 1.21, which has EndpointSlices as <c>v1beta1</c> alone: they are <c>v1</c> here, which differ in
/// nothing that is looked at. Everything else passes as it is.
/// </summary>
internal sealed class OldKube : IAsyncDisposable
{
    private const string Old = "discovery.k8s.io/v1beta1", New = "discovery.k8s.io/v1";

    private readonly Uri server;
    private readonly HttpMessageInvoker http;
    private readonly string token;
    private readonly WebApplication app;

    private OldKube(Uri server, string token, X509Certificate2 root)
    {
        (this.server, this.token) = (server, token);
        http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { root },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        });
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.Run(RelayAsync);
    }

    public Uri Address { get; private set; } = new("http://unset");

    public static async Task<OldKube> StartAsync(Uri server, string token, X509Certificate2 root)
    {
        var front = new OldKube(server, token, root);
        await front.app.StartAsync();
        front.Address = new Uri(front.app.Services
            .GetRequiredService<IServer>().Features
            .GetRequiredFeature<IServerAddressesFeature>().Addresses
            .Single());
        return front;
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task RelayAsync(HttpContext context)
    {
        var (asked, stop) = (context.Request, context.RequestAborted);
        var target = (asked.Path.Value + asked.QueryString.Value).Replace(New, Old, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new HttpMethod(asked.Method), new Uri(server, target));
        request.Headers.Authorization = new("Bearer", token);
        foreach (var name in (string[])["Accept", "User-Agent"])
            request.Headers.TryAddWithoutValidation(name, (string?)asked.Headers[name]);
        if (asked.ContentType is { } type)
        {
            using var reader = new StreamReader(asked.Body);
            var body = await reader.ReadToEndAsync(stop);
            request.Content = new StringContent(body.Replace($"\"{New}\"", $"\"{Old}\"", StringComparison.Ordinal), Encoding.UTF8);
            request.Content.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        try
        {
            using var answer = await http.SendAsync(request, stop);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            await context.Response.StartAsync(stop);
            // A watch is a line an event, and everything else is a line.
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(stop));
            while (await lines.ReadLineAsync(stop) is { } line)
            {
                await context.Response.WriteAsync(Translate(line) + "\n", stop);
                await context.Response.Body.FlushAsync(stop);
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
        {
            // The server or the client went away, which the other one is to see.
            context.Abort();
        }
    }

    /// <summary>The group's own list of versions says the new one too.</summary>
    private static string Translate(string line) => line
        .Replace(Old, New, StringComparison.Ordinal)
        .Replace(
            "\"version\":\"v1beta1\"}],\"preferredVersion\":{\"groupVersion\":\"discovery.k8s.io/v1\"",
            "\"version\":\"v1\"}],\"preferredVersion\":{\"groupVersion\":\"discovery.k8s.io/v1\"", StringComparison.Ordinal);
}
