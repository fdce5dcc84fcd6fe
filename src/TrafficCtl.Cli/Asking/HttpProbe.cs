using System.Net;

namespace TrafficCtl.Cli.Asking;

/// <summary>Asks something that does not understand HTTP/2 what it is, in HTTP/1.1 and without a token.</summary>
internal static class HttpProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Its status, and whether a daemon answers so; null where it speaks no HTTP.</summary>
    public static async Task<(HttpStatusCode Status, bool IsDaemon)?> AskAsync(
        AdminTransport transport, Uri address, TimeProvider clock, CancellationToken stop)
    {
        using var asking = new HttpMessageInvoker(transport.Handler, disposeHandler: false);
        using var late = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "v1/services"));
            using var response = await asking.SendAsync(request, either.Token);
            return (response.StatusCode, IsOfDaemon(response));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException
            || (fault is OperationCanceledException && !stop.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>What stands before every body of the admin API.</summary>
    private static bool IsOfDaemon(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType is "application/json" or "application/problem+json"
        && response.Headers.CacheControl is { NoStore: true }
        && response.Headers.TryGetValues("X-Content-Type-Options", out var sniff) && sniff.Contains("nosniff", StringComparer.Ordinal);
}
