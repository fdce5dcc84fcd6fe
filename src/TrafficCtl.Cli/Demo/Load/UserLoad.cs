using System.Globalization;
using System.Net;
using TrafficCtl.Cli.Demo.Upstreams;

namespace TrafficCtl.Cli.Demo.Load;

/// <summary>Sends requests of many users and counts what came back.</summary>
internal sealed class UserLoad(HttpMessageInvoker client, Uri target, int users, TimeProvider clock)
{
    private const int MaxOpen = 4000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Uri address = target;
    private long due, sent, shed, open, firstBad;
    private ArmCounts v1, v2;

    public static HttpMessageInvoker Client() => new(new SocketsHttpHandler
    {
        MaxConnectionsPerServer = MaxOpen,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
    });

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
        sent, shed, v1.Answers, v2.Answers, v1.Bad, v2.Bad,
        Interlocked.Read(ref firstBad) is var ticks and > 0 ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
        v1.Late, v2.Late, Interlocked.Read(ref open));

    private async Task SendAsync(int user)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        var began = clock.GetTimestamp();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("x-user-id", user.ToString(CultureInfo.InvariantCulture));
            using var response = await client.SendAsync(request, patience.Token);
            await response.Content.CopyToAsync(Stream.Null, patience.Token);
            var isLate = clock.GetElapsedTime(began) - Drawn(response) > LoadReport.LateBeyond;
            var isBad = (int)response.StatusCode >= 500 || HeaderOf(response, UpstreamProcess.Bad) is not null;
            Count(HeaderOf(response, UpstreamProcess.ServedBy) == "v1", isBad, isLate);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
        {
            // Only v2 is ever taken away; a request of the measurement that ends with its daemon is in a phase that nobody reads any more.
            Count(isV1: false, isBad: true, isLate: false);
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    /// <summary>How long the upstream meant to take; an answer that does not say was not an upstream's, and is never late.</summary>
    private static TimeSpan Drawn(HttpResponseMessage response) => HeaderOf(response, UpstreamProcess.Drawn) is { } text
        ? TimeSpan.FromMilliseconds(double.Parse(text, CultureInfo.InvariantCulture))
        : Patience;

    private static string? HeaderOf(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? values.First() : null;

    private void Count(bool isV1, bool isBad, bool isLate)
    {
        ref var arm = ref isV1 ? ref v1 : ref v2;
        Interlocked.Increment(ref arm.Answers);
        if (isLate) Interlocked.Increment(ref arm.Late);
        if (!isBad) return;
        Interlocked.Increment(ref arm.Bad);
        if (!isV1) Interlocked.CompareExchange(ref firstBad, clock.GetUtcNow().UtcTicks, 0);
    }

    private struct ArmCounts
    {
        public long Answers, Bad, Late;
    }
}
