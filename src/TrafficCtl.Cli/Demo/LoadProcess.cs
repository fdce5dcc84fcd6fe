using System.Globalization;
using System.Net;

namespace TrafficCtl.Cli.Demo;

/// <summary>The hidden command <c>demo-load URL RATE USERS</c>: an open-loop load until stdin closes, a report each half second.</summary>
internal static class LoadProcess
{
    public const string Name = "demo-load";

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(string[] arguments, TimeProvider clock, TextReader orders, TextWriter output)
    {
        using var users = new UserLoad(new Uri(arguments[0]), int.Parse(arguments[2], CultureInfo.InvariantCulture), clock);
        var arrivals = new Arrivals(double.Parse(arguments[1], CultureInfo.InvariantCulture));
        var closed = Task.Run(async () =>
        {
            while (await orders.ReadLineAsync() is not null)
            {
            }
        });
        var start = clock.GetTimestamp();
        var reported = start;
        using var beat = new PeriodicTimer(Beat, clock);
        while (!closed.IsCompleted && await beat.WaitForNextTickAsync())
        {
            users.SendUpTo(arrivals.DueAt(clock.GetElapsedTime(start)));
            if (clock.GetElapsedTime(reported) < ReportEvery) continue;
            reported = clock.GetTimestamp();
            await SayAsync(output, users.Report());
        }

        await SayAsync(output, users.Report());
        return 0;
    }

    private static async Task SayAsync(TextWriter output, LoadReport report)
    {
        await output.WriteLineAsync(report.ToJson());
        await output.FlushAsync();
    }
}

/// <summary>Sends requests of many users and counts what came back.</summary>
internal sealed class UserLoad(Uri target, int users, TimeProvider clock) : IDisposable
{
    private const int MaxOpen = 4000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpMessageInvoker client = new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = MaxOpen,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
    });

    private long due, sent, shed, open, v1, v2, badV1, badV2, firstBad;

    public void SendUpTo(long number)
    {
        for (; due < number; due++)
        {
            if (Interlocked.Read(ref open) >= MaxOpen)
            {
                shed++;
                continue;
            }

            sent++;
            Interlocked.Increment(ref open);
            _ = SendAsync(Arrivals.UserOf(due, users));
        }
    }

    public LoadReport Report() => new(
        sent, shed, Interlocked.Read(ref v1), Interlocked.Read(ref v2), Interlocked.Read(ref badV1), Interlocked.Read(ref badV2),
        Interlocked.Read(ref firstBad) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null);

    public void Dispose() => client.Dispose();

    private async Task SendAsync(int user)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, target);
            request.Headers.TryAddWithoutValidation("x-user-id", user.ToString(CultureInfo.InvariantCulture));
            using var response = await client.SendAsync(request, patience.Token);
            await response.Content.CopyToAsync(Stream.Null, patience.Token);
            var version = response.Headers.TryGetValues(UpstreamProcess.ServedBy, out var by) ? by.First() : null;
            Count(version, (int)response.StatusCode >= 500 || response.Headers.Contains(UpstreamProcess.Bad));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
        {
            Count(null, isBad: true);
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    private void Count(string? version, bool isBad)
    {
        if (version == "v1")
        {
            Interlocked.Increment(ref v1);
            if (isBad) Interlocked.Increment(ref badV1);
            return;
        }

        Interlocked.Increment(ref v2);
        if (!isBad) return;
        Interlocked.Increment(ref badV2);
        Interlocked.CompareExchange(ref firstBad, clock.GetUtcNow().UtcTicks, 0);
    }
}
