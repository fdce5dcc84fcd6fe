using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Configuration;

// Usage: TrafficCtl.BareYarp PORT UPSTREAM plain|inline
if (args is not [var port, var upstream, "plain" or "inline"])
{
    await Console.Error.WriteLineAsync("usage: TrafficCtl.BareYarp PORT UPSTREAM plain|inline");
    return 2;
}

var isInline = args[2] == "inline";
if (isInline) Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore();
builder.Services.AddRoutingCore();
builder.Services.Configure<SocketTransportOptions>(o => o.UnsafePreferInlineScheduling = isInline);
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.AddServerHeader = false;
    kestrel.Limits.MaxResponseBufferSize = 256 * 1024;
    kestrel.Listen(
        IPAddress.Loopback, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture),
        listen => listen.Protocols = HttpProtocols.Http1);
});
builder.Services.AddReverseProxy().LoadFromMemory(
    [new RouteConfig { RouteId = "all", ClusterId = "upstream", Match = new RouteMatch { Path = "/{**any}" } }],
    [new ClusterConfig
    {
        ClusterId = "upstream",
        Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal) { ["one"] = new() { Address = upstream } },
    }]);

var app = builder.Build();
app.MapReverseProxy();
await app.RunAsync();
return 0;
