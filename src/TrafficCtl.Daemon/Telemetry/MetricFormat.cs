using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Prometheus;

namespace TrafficCtl.Daemon.Telemetry;

/// <summary>A format of the page, by content negotiation: OpenMetrics where it is asked for, else the Prometheus text format.</summary>
internal static class MetricFormat
{
    public const string Text = "text/plain; version=0.0.4; charset=utf-8";

    public const string OpenMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// <param name="accept">The values of the request's Accept header; of several equally wanted formats the first.</param>
    public static ExpositionFormat For(StringValues accept)
    {
        var (best, quality) = (ExpositionFormat.PrometheusText, 0.0);
        if (!MediaTypeHeaderValue.TryParseList(accept, out var types)) return best;
        foreach (var type in types)
        {
            if (Of(type) is not { } format || !((type.Quality ?? 1) > quality)) continue;
            (best, quality) = (format, type.Quality ?? 1);
        }

        return best;
    }

    /// <summary>
    /// The names of metrics that a request asks for, as Prometheus' own clients read them: <c>?name[]=A&amp;name[]=B</c>; null without one.
    /// </summary>
    public static IReadOnlySet<string>? Names(IQueryCollection query) =>
        query["name[]"] is { Count: > 0 } names ? names.OfType<string>().ToHashSet(StringComparer.Ordinal) : null;

    public static string ContentType(ExpositionFormat format) => format == ExpositionFormat.OpenMetricsText ? OpenMetrics : Text;

    private static ExpositionFormat? Of(MediaTypeHeaderValue type)
    {
        var version = type.Parameters.FirstOrDefault(p => p.Name.Equals("version", StringComparison.OrdinalIgnoreCase))?.Value.Value;
        if (type.MediaType.Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase))
            return version is null or "1.0.0" or "0.0.1" ? ExpositionFormat.OpenMetricsText : null;
        return type.MediaType.Value is "text/plain" or "text/*" or "*/*" ? ExpositionFormat.PrometheusText : null;
    }
}
