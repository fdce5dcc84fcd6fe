using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Access;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>Sends what is asked within its time: the rate limit, who we are, what is retried, what is said when it fails.</summary>
internal sealed class KubeWire(KubeAccess access, KubeClientOptions options, TimeProvider clock) : IDisposable
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly KubeTransport transport = new(access);
    private readonly KubeRateLimit limit = new(options.PerSecond, options.Burst, clock);
    private readonly Uri server = new(access.Server.AbsoluteUri.TrimEnd('/') + "/");
    private readonly Random random = new(options.Seed);
    private readonly Lock gate = new();

    public KubeAccess Access => access;

    /// <returns>The answer's body; null when the object is not there.</returns>
    public ValueTask<JsonObject?> AskAsync(KubeAsk ask, CancellationToken stop) => SendAsync(ask, ReadObjectAsync, stop);

    /// <returns>One page of a list.</returns>
    public async ValueTask<KubePage> AskPageAsync(KubeAsk ask, KubeKind kind, CancellationToken stop) => (await SendAsync(
        ask, async (answer, reading) => KubePage.Read(await answer.Content.ReadAsByteArrayAsync(reading), kind), stop))!;

    /// <returns>An answer whose body is still coming.</returns>
    public async ValueTask<HttpResponseMessage> OpenAsync(KubeAsk ask, CancellationToken stop) =>
        (await SendAsync(ask, static (answer, _) => ValueTask.FromResult<HttpResponseMessage?>(answer), stop))!;

    /// <summary>Between 0 and 1.</summary>
    public double Chance()
    {
        lock (gate) return random.NextDouble();
    }

    public void Dispose() => transport.Dispose();

    /// <param name="ask">What is asked.</param>
    /// <param name="read">What is made of the answer; null when it has no object.</param>
    /// <param name="stop">Ends it.</param>
    private async ValueTask<T?> SendAsync<T>(
        KubeAsk ask, Func<HttpResponseMessage, CancellationToken, ValueTask<T?>> read, CancellationToken stop)
        where T : class
    {
        using var late = new CancellationTokenSource(ask.Timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var since = clock.GetTimestamp();
        var wasRefused = false;
        KubeException? last = null;
        for (var tries = 0; ; tries++)
        {
            try
            {
                if (!ask.IsUncounted) await limit.TakeAsync(both.Token);
                var credential = await access.Credentials.GetAsync(both.Token);
                var (answer, problem, status) = await TryAsync(ask, credential, read, both.Token);
                if (problem is null) return answer;
                if (KubeAnswer.IsMissingObject(problem, status) && ask.Verb is "get" or "delete") return default;
                last = problem;
                if (problem.Code == HttpStatusCode.Unauthorized && !wasRefused)
                {
                    wasRefused = true;
                    access.Credentials.Refuse(credential);
                    continue;
                }

                if (tries >= options.MostRetries || !MayRepeat(ask, problem)) throw problem;
                var wait = problem.RetryAfter ?? TimeSpan.FromSeconds(0.1 * Math.Pow(2, tries) * (0.5 + Chance()));
                if (wait >= ask.Timeout - clock.GetElapsedTime(since)) throw problem;
                await Task.Delay(wait, clock, both.Token);
            }
            catch (OperationCanceledException e) when (!stop.IsCancellationRequested)
            {
                throw last ?? KubeAnswer.TimedOut(ask, access, e);
            }
        }
    }

    private async ValueTask<(T? Answer, KubeException? Problem, JsonObject? Status)> TryAsync<T>(
        KubeAsk ask, KubeCredential credential, Func<HttpResponseMessage, CancellationToken, ValueTask<T?>> read, CancellationToken stop)
        where T : class
    {
        using var request = Request(ask);
        HttpResponseMessage? answer = null;
        try
        {
            answer = await transport.SendAsync(request, credential, stop);
            if (!answer.IsSuccessStatusCode)
            {
                var text = await answer.Content.ReadAsStringAsync(stop);
                var status = KubeAnswer.Parse(text);
                return (default, KubeAnswer.Of(ask, access, answer, status, text, clock), status);
            }

            var made = await read(answer, stop);
            if (ReferenceEquals(made, answer)) answer = null;
            return made is null ? (null, KubeAnswer.NotJson(ask, access, "no object"), null) : (made, null, null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (default, KubeAnswer.Unreachable(ask, access, e), null);
        }
        catch (JsonException e)
        {
            return (default, KubeAnswer.NotJson(ask, access, e.Message), null);
        }
        finally
        {
            answer?.Dispose();
        }
    }

    private static async ValueTask<JsonObject?> ReadObjectAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(stop);
        return await JsonNode.ParseAsync(body, null, KubePage.Strict, stop) as JsonObject;
    }

    private HttpRequestMessage Request(KubeAsk ask)
    {
        var request = new HttpRequestMessage(ask.Method, new Uri(server, ask.Path))
        {
            Version = server.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.UserAgent.ParseAdd(options.Agent);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (ask.Body is null) return request;
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(ask.Body.ToJsonString(Plain)));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(ask.ContentType);
        return request;
    }

    /// <summary>A read that failed for now; a write only when it was refused without being done.</summary>
    private static bool MayRepeat(KubeAsk ask, KubeException problem) => problem.Code switch
    {
        HttpStatusCode.TooManyRequests => true,
        null
            or HttpStatusCode.InternalServerError
            or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable
            or HttpStatusCode.GatewayTimeout =>
            ask.IsRead && ask.Verb != "watch",
        _ => false,
    };
}
