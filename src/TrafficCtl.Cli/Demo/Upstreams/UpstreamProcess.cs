using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.Cli.Demo.Upstreams;

/// <summary>
/// The hidden command <c>demo-upstream</c>: one version of the demonstrated service, told on stdin, gone when that closes.
/// </summary>
/// <remarks>
/// It prints <c>listening PORT</c>. Orders, a line each: <c>leak PER-SECOND</c> and <c>incident SECONDS</c>, both from now on.
/// Each answer says who gave it in <see cref="ServedBy"/>, how long it was meant to take in <see cref="Drawn"/> (milliseconds), and
/// in <see cref="Bad"/> that it carries the fault.
/// </remarks>
internal static class UpstreamProcess
{
    public const string Name = "demo-upstream";
    public const string ServedBy = "x-demo-version";
    public const string Bad = "x-demo-bad";
    public const string Drawn = "x-demo-ms";

    private static readonly byte[] Body = "hello\n"u8.ToArray();

    public static async Task<int> RunAsync(string[] arguments, TimeProvider clock, TextReader orders, TextWriter output)
    {
        var version = arguments[0];
        var service = new Service(version, UpstreamFaults.FromArguments(arguments.AsSpan(1)), clock);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        await using var app = builder.Build();
        app.Run(service.AnswerAsync);
        await app.StartAsync();
        await output.WriteLineAsync($"listening {new Uri(app.Urls.First()).Port}");
        await output.FlushAsync();
        while (await orders.ReadLineAsync() is { } order) service.Obey(order);
        return 0;
    }

    private sealed class Service(string version, UpstreamFaults faults, TimeProvider clock)
    {
        private sealed record Trouble(UpstreamFaults.Leak? Leak, DateTimeOffset? IncidentUntil);

        private volatile Trouble trouble = new(null, null);
        private long number;

        public void Obey(string order)
        {
            var words = order.Split(' ');
            var value = words.Length > 1 ? double.Parse(words[1], CultureInfo.InvariantCulture) : 0;
            trouble = words[0] switch
            {
                "leak" => trouble with { Leak = new UpstreamFaults.Leak(clock.GetUtcNow(), value) },
                "incident" => trouble with { IncidentUntil = clock.GetUtcNow().AddSeconds(value) },
                _ => trouble,
            };
        }

        public async Task AnswerAsync(HttpContext context)
        {
            context.Response.Headers[ServedBy] = version;
            if (context.Request.Path != "/healthz")
            {
                var now = trouble;
                var answer = faults.Draw(Interlocked.Increment(ref number), clock.GetUtcNow(), now.Leak, now.IncidentUntil);
                context.Response.Headers[Drawn] = answer.Delay.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
                await Task.Delay(answer.Delay, clock, context.RequestAborted);
                if (answer.IsBad) context.Response.Headers[Bad] = "1";
                if (answer.IsError) context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            }

            context.Response.ContentLength = Body.Length;
            await context.Response.Body.WriteAsync(Body);
        }
    }
}
