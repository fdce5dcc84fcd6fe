using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Adapters.Metrics.Alertmanager;

/// <summary>Alertmanager did not say what fires. The message says why, and where it was asked.</summary>
internal sealed class AlertmanagerException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary><c>GET /api/v2/alerts</c>.</summary>
internal sealed class AlertmanagerClient(HttpMessageInvoker http, AlertmanagerOptions options, TimeProvider clock)
{
    private const int MostQuoted = 200;

    private readonly Uri address = new(
        options.Address.AbsoluteUri.TrimEnd('/') + "/api/v2/alerts?active=true&silenced=false&inhibited=false"
        + string.Concat(options.Filters.Select(f => $"&filter={Uri.EscapeDataString(f)}")));

    private readonly BearerFile? token = options.TokenFile is { } file ? new BearerFile(file) : null;

    /// <summary>All that fires and passes the filters.</summary>
    /// <exception cref="AlertmanagerException">It was not answered.</exception>
    public async Task<ImmutableArray<Alert>> AskAsync(CancellationToken stop)
    {
        using var patience = new CancellationTokenSource(options.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (token is not null) request.Headers.Authorization = await token.ReadAsync(either.Token);
            using var response = await http.SendAsync(request, either.Token);
            using var body = await JsonBody.ReadAsync(response.Content, options.MostBytes, either.Token);
            if (!response.IsSuccessStatusCode)
                throw new AlertmanagerException($"Alertmanager at {options.Address} answers {(int)response.StatusCode}{Said(body)}");
            if (body is null) throw new AlertmanagerException($"the answer of Alertmanager at {options.Address} is not JSON");
            return Read(body.RootElement);
        }
        catch (OperationCanceledException late) when (!stop.IsCancellationRequested)
        {
            throw new AlertmanagerException(
                $"Alertmanager at {options.Address} did not answer within {DurationText.Of(options.Timeout)}", late);
        }
        catch (SmallFileException fault)
        {
            throw new AlertmanagerException(
                $"the token for Alertmanager cannot be read from {token!.Path}: {fault.Message}; nothing was asked", fault);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw new AlertmanagerException($"Alertmanager at {options.Address} cannot be asked: {fault.Message}", fault);
        }
        catch (InvalidDataException large)
        {
            throw new AlertmanagerException(
                $"the answer of Alertmanager at {options.Address} cannot be used: {large.Message}; narrow it by a filter", large);
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new AlertmanagerException($"the answer of Alertmanager at {options.Address} is none of its API: {wrong.Message}", wrong);
        }
    }

    private static ImmutableArray<Alert> Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Array) throw new FormatException($"it is {body.ValueKind}, not a list of alerts");
        return [.. body.EnumerateArray().Where(IsActive).Select(Read1)];
    }

    private static bool IsActive(JsonElement alert) =>
        !alert.TryGetProperty("status", out var status) || !status.TryGetProperty("state", out var state) || state.GetString() == "active";

    private static Alert Read1(JsonElement alert) => new(
        alert.GetProperty("labels")
            .EnumerateObject()
            .ToFrozenDictionary(l => l.Name, l => l.Value.GetString() ?? "", StringComparer.Ordinal),
        DateTimeOffset.Parse(alert.GetProperty("startsAt").GetString() ?? "", CultureInfo.InvariantCulture));

    private static string Said(JsonDocument? body)
    {
        if (body is null) return "";
        var text = body.RootElement.GetRawText();
        return $": {(text.Length <= MostQuoted ? text : text[..MostQuoted] + "…")}";
    }
}
