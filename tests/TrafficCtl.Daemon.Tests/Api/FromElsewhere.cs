using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace TrafficCtl.Daemon.Tests.Api;

/// <summary>Every request looks as if it came from another machine.</summary>
internal sealed class FromElsewhere : IStartupFilter
{
    public static readonly IPAddress Address = IPAddress.Parse("192.0.2.7");

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(static (context, rest) =>
        {
            context.Connection.RemoteIpAddress = Address;
            return rest(context);
        });
        next(app);
    };
}
