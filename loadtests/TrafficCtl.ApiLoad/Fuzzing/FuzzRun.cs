using System.Globalization;
using System.Text;

namespace TrafficCtl.ApiLoad.Fuzzing;

/// <summary>Sends inputs that a seed decides to the admin API of a daemon, by both protocols.</summary>
/// <param name="admin">Its address.</param>
/// <param name="token">A token of it; any text where it has none.</param>
/// <param name="seed">Decides every input.</param>
/// <param name="bound">An input that has neither an answer nor an end by then hangs.</param>
public sealed class FuzzRun(Uri admin, string token, int seed, TimeSpan bound)
{
    private const int AtOnce = 48;

    private static readonly string[] Streams = ["Watch", "ServerReflectionInfo"];

    /// <summary>Requests of HTTP/1.1.</summary>
    public async Task<FuzzReport> HttpAsync(int inputs)
    {
        var report = new FuzzReport("HTTP");
        await EachAsync(inputs, async number =>
        {
            var input = HttpInputs.Make(new Chance(seed, number), token);
            var began = TimeProvider.System.GetTimestamp();
            var (answer, ended) = await RawExchange.RunAsync(admin, input, bound);
            var answered = !ended ? "hangs" : StatusOf(answer);
            report.Add(
                number, answered, TimeProvider.System.GetElapsedTime(began), answered is "hangs" or "500", () => Shown(input));
        });
        return report;
    }

    /// <summary>Connections of HTTP/2.</summary>
    /// <remarks>
    /// Kestrel 10.0 ends a connection whose headers refer to index 0 of HPACK with INTERNAL_ERROR and a warning (an index out of range)
    /// instead of COMPRESSION_ERROR. That is counted as GOAWAY 2, and no fault of ours: nothing but that connection ends.
    /// </remarks>
    public async Task<FuzzReport> FramesAsync(int inputs)
    {
        var report = new FuzzReport("HTTP/2 frames");
        await EachAsync(inputs, async number =>
        {
            var input = FrameInputs.Make(new Chance(~seed, number), token);
            var began = TimeProvider.System.GetTimestamp();
            var (answer, ended) = await RawExchange.RunAsync(admin, input, bound);
            var answered = !ended ? "hangs" : EndOf(answer);
            report.Add(
                number, answered, TimeProvider.System.GetElapsedTime(began), answered is "hangs",
                () => Convert.ToHexString(input));
        });
        return report;
    }

    /// <summary>Calls of gRPC.</summary>
    public async Task<FuzzReport> MessagesAsync(int inputs)
    {
        var report = new FuzzReport("gRPC messages");
        using var handler = new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = true };
        using var client = new HttpMessageInvoker(handler, disposeHandler: false);
        await EachAsync(inputs, async number =>
        {
            using var request = MessageInputs.Make(new Chance(seed, number), admin, token);
            var began = TimeProvider.System.GetTimestamp();
            var answered = await AskAsync(client, request);
            report.Add(
                number, answered, TimeProvider.System.GetElapsedTime(began),
                answered is "hangs" or "INTERNAL" or "UNKNOWN" or "DATA_LOSS" or "HTTP 500",
                () => $"{request.RequestUri!.AbsolutePath} {request.Headers.ToString().ReplaceLineEndings(" ")}");
        });
        return report;
    }

    private static string Shown(byte[] input) =>
        Uri.EscapeDataString(Encoding.Latin1.GetString(input, 0, Math.Min(input.Length, 600)))
            .Replace("%20", " ", StringComparison.Ordinal);

    private static Task EachAsync(int inputs, Func<int, Task> send) => Parallel.ForEachAsync(
        Enumerable.Range(0, inputs), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, (number, _) => new ValueTask(send(number)));

    private async Task<string> AskAsync(HttpMessageInvoker client, HttpRequestMessage request)
    {
        using var end = new CancellationTokenSource(bound);
        try
        {
            using var answer = await client.SendAsync(request, end.Token);
            if (StatusOf(answer.Headers) is { } early) return early;
            if (answer.StatusCode != System.Net.HttpStatusCode.OK) return $"HTTP {(int)answer.StatusCode}";
            await using var body = await answer.Content.ReadAsStreamAsync(end.Token);
            var isStream = Streams.Any(s => request.RequestUri!.AbsolutePath.EndsWith(s, StringComparison.Ordinal));
            var buffer = new byte[16 * 1024];
            while (await body.ReadAsync(buffer, end.Token) > 0)
                if (isStream) return "OK (stream)"; // It would go on: the rest is not read.
            return StatusOf(answer.TrailingHeaders) ?? "no status";
        }
        catch (OperationCanceledException)
        {
            return "hangs";
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            return "reset";
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidOperationException)
        {
            return "not sendable";
        }
    }

    private static string? StatusOf(System.Net.Http.Headers.HttpHeaders headers) =>
        headers.TryGetValues("grpc-status", out var values)
        && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            ? Names[Math.Min(code, Names.Length - 1)]
            : null;

    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED", "a status that there is not",
    ];

    /// <summary>Of each answer on the connection the first that is worst: 500 where there is one.</summary>
    private static string StatusOf(byte[] answer)
    {
        if (answer.Length == 0) return "closed";
        var text = Encoding.Latin1.GetString(answer);
        if (text.Contains("HTTP/1.1 500 ", StringComparison.Ordinal)) return "500";
        return text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && text.Length > 12 ? text[9..12] : "something else";
    }

    /// <summary>How the server ended a connection of HTTP/2, or whether it answered a stream.</summary>
    private static string EndOf(byte[] answer)
    {
        var (at, seen) = (0, "closed");
        while (at + 9 <= answer.Length)
        {
            var length = (answer[at] << 16) | (answer[at + 1] << 8) | answer[at + 2];
            var (type, payload) = (answer[at + 3], at + 9);
            at = payload + length;
            if (at > answer.Length) break;
            if (type == 7 && length >= 8)
            {
                var code = answer[payload + 7];
                if (code != 0) return $"GOAWAY {code}";
            }
            else if (type == 3 && length == 4)
            {
                seen = $"RST_STREAM {answer[payload + 3]}";
            }
            else if (type == 1)
            {
                seen = "answered";
            }
        }

        return answer.AsSpan().StartsWith("HTTP/1.1 "u8) ? StatusOf(answer) : seen;
    }
}
