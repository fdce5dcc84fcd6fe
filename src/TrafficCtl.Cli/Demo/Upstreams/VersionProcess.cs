using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Cli.Demo.Upstreams;

/// <summary>
/// The hidden command <c>demo-version VERSION PORT ERRORS whole|broken</c>: a version of the shop, which a runtime starts and ends.
/// </summary>
/// <remarks>
/// Of its answers the share ERRORS is an error. A broken one has no cart: <c>/cart</c> is always an error, which only a test of it finds.
/// </remarks>
internal static class VersionProcess
{
    public const string Name = "demo-version";
    public const string Whole = "whole", Broken = "broken";

    private const double MedianMilliseconds = 20, Sigma = 0.2;

    private static readonly byte[] Body = "hello\n"u8.ToArray();

    public static async Task<int> RunAsync(string[] arguments, TimeProvider clock)
    {
        var (version, port) = (arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture));
        var errors = double.Parse(arguments[2], CultureInfo.InvariantCulture);
        var faults = new UpstreamFaults((ulong)port, MedianMilliseconds, Sigma, errors);
        var number = 0L;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.RunAsync();
        return 0;

        async Task AnswerAsync(HttpContext context)
        {
            context.Response.Headers[UpstreamProcess.ServedBy] = version;
            if (context.Request.Path == "/cart")
            {
                if (arguments[3] == Broken) context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            }
            else if (context.Request.Path != "/healthz")
            {
                var answer = faults.Draw(Interlocked.Increment(ref number), clock.GetUtcNow());
                context.Response.Headers[UpstreamProcess.Drawn] = answer.Delay.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
                await Task.Delay(answer.Delay, clock, context.RequestAborted);
                if (answer.IsError)
                {
                    context.Response.Headers[UpstreamProcess.Bad] = "1";
                    context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                }
            }

            context.Response.ContentLength = Body.Length;
            await context.Response.Body.WriteAsync(Body);
        }
    }
}
