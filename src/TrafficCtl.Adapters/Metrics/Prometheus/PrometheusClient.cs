using System.Globalization;
using System.Net;
using System.Text.Json;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>Instant queries of Prometheus, or of what speaks its API (Thanos, Mimir, VictoriaMetrics).</summary>
internal sealed class PrometheusClient(HttpMessageInvoker http, PrometheusOptions options, TimeProvider clock)
{
    private const int MostQuoted = 300;

    private readonly Uri address = new(options.Address.AbsoluteUri.TrimEnd('/') + "/api/v1/query");
    private readonly BearerFile? token = options.TokenFile is { } file ? new BearerFile(file) : null;
    private long queries;

    /// <summary>Asked so far.</summary>
    public long Queries => Interlocked.Read(ref queries);

    /// <exception cref="PrometheusException">It was not answered.</exception>
    public async Task<PromAnswer> QueryAsync(string query, DateTimeOffset at, CancellationToken stop)
    {
        Interlocked.Increment(ref queries);
        using var patience = new CancellationTokenSource(options.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        try
        {
            using var request = await RequestAsync(query, at, either.Token);
            using var response = await http.SendAsync(request, either.Token);
            using var body = await JsonBody.ReadAsync(response.Content, options.MostBytes, either.Token);
            return Understand(response, body, query);
        }
        catch (OperationCanceledException late) when (!stop.IsCancellationRequested)
        {
            throw new PrometheusException(
                PrometheusFault.Unreachable,
                $"Prometheus at {options.Address} did not answer within {DurationText.Of(options.Timeout)}; asked was {Quote(query)}",
                late);
        }
        catch (HttpRequestException fault)
        {
            throw new PrometheusException(
                PrometheusFault.Unreachable, $"Prometheus at {options.Address} cannot be reached: {WhyOf(fault)}", fault);
        }
        catch (SmallFileException fault)
        {
            var why = $"the token for Prometheus cannot be read from {token!.Path}: {fault.Message}; nothing was asked";
            throw new PrometheusException(PrometheusFault.NoToken, why, fault);
        }
        catch (IOException fault)
        {
            throw new PrometheusException(
                PrometheusFault.Unreachable, $"Prometheus at {options.Address} broke off: {fault.Message}", fault);
        }
        catch (InvalidDataException large)
        {
            throw Unreadable(query, large.Message, large);
        }
    }

    private async Task<HttpRequestMessage> RequestAsync(string query, DateTimeOffset at, CancellationToken stop)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new FormUrlEncodedContent(
            [
                new("query", query),
                new("time", (at.ToUnixTimeMilliseconds() / 1000m).ToString(CultureInfo.InvariantCulture)),
                new("timeout", string.Create(CultureInfo.InvariantCulture, $"{options.Timeout.TotalMilliseconds:0}ms")),
                new("limit", options.MostSeries.ToString(CultureInfo.InvariantCulture)),
            ]),
        };
        if (token is not null) request.Headers.Authorization = await token.ReadAsync(stop);
        return request;
    }

    private PromAnswer Understand(HttpResponseMessage response, JsonDocument? body, string query)
    {
        var code = response.StatusCode;
        var said = body is null ? null : PromReader.ErrorOf(body.RootElement);
        switch (code)
        {
            case HttpStatusCode.OK: break;
            case HttpStatusCode.BadRequest: throw Refused(PrometheusFault.BadQuery, "does not understand the query", code, said, query);
            case HttpStatusCode.UnprocessableEntity:
                throw Refused(PrometheusFault.NotExecutable, "cannot execute the query", code, said, query);
            case HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests:
                throw Refused(PrometheusFault.Overloaded, "gave the query up", code, said, query);
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                throw Refused(PrometheusFault.Refused, WhatTokenIsWanted(), code, said, query);
            case >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest:
                var elsewhere = $"redirects to {Place(response.Headers.Location)}: name the address that it redirects to";
                throw Refused(PrometheusFault.Unreadable, elsewhere, code, said, query);
            default: throw Refused(PrometheusFault.Unreadable, "answered what its API does not", code, said, query);
        }

        if (body is null) throw Unreadable(query, "it is not JSON");
        try
        {
            return PromReader.Read(body.RootElement);
        }
        catch (Exception wrong) when (wrong is FormatException
            or InvalidOperationException
            or KeyNotFoundException
            or IndexOutOfRangeException)
        {
            throw Unreadable(query, wrong.Message, wrong);
        }
    }

    private PrometheusException Refused(PrometheusFault fault, string what, HttpStatusCode code, string? said, string query) => new(
        fault, $"Prometheus at {options.Address} {what} ({(int)code}{(said is null ? "" : $", {Cut(said)}")}); asked was {Quote(query)}");

    private PrometheusException Unreadable(string query, string why, Exception? inner = null) => new(
        PrometheusFault.Unreadable, $"the answer of Prometheus at {options.Address} cannot be used: {Cut(why)}; asked was {Quote(query)}",
        inner);

    private string WhatTokenIsWanted() => token is null
        ? "wants a token: name a file with one (--prometheus-token-file)"
        : $"refuses the token in {token.Path}: give one that may query";

    /// <summary>Without its query, in which a login keeps its state.</summary>
    private string Place(Uri? location) => location is null ? "nowhere" : new Uri(address, location).GetLeftPart(UriPartial.Path);

    /// <summary>What failed of TLS is inside.</summary>
    private string WhyOf(HttpRequestException fault) =>
        fault is { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: { } inner }
        ? $"{inner.Message.TrimEnd('.')}{(options.CaFile is null ? "; name a file with its certificate authority (--prometheus-ca)" : "")}"
        : fault.Message;

    private static string Quote(string query) => $"`{Cut(query)}`";

    private static string Cut(string text) => text.Length <= MostQuoted ? text : text[..MostQuoted] + "…";
}
