using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace TrafficCtl.TestKit;

/// <summary>HTTP in front of the objects: who may ask, what is asked, what goes wrong on the way, the answer.</summary>
internal sealed class KubeServer(FakeKube kube, KubeObjects objects, TimeProvider clock)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly KubeReads reads = new(objects);
    private readonly KubeVerbs verbs = new(objects, clock);

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            Authorize(context.Request);
            var path = Segments(context.Request);
            KubeRequest? at;
            lock (objects.Gate) at = KubeRequest.Parse(path, objects);
            if (at is null) await AnswerAsync(context, 200, Discover(path));
            else await AskAsync(context, at);
        }
        catch (KubeRefusal no) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, no.Code, no.Status);
        }
        catch (Exception bug) when (bug is InvalidOperationException or NullReferenceException or KeyNotFoundException or FormatException
            && !context.Response.HasStarted)
        {
            await AnswerAsync(context, 500, KubeRefusal.Of(500, "InternalError", $"the fake is at its end: {bug}", null));
        }
    }

    private async Task AskAsync(HttpContext context, KubeRequest at)
    {
        var call = Call(context.Request, at);
        kube.Record(call);
        var fault = kube.Intercept?.Invoke(call);
        switch (fault)
        {
            case KubeFault.Delay delay: await Task.Delay(delay.By, clock, context.RequestAborted); break;
            case KubeFault.Hold hold: await hold.Until.WaitAsync(context.RequestAborted); break;
            case KubeFault.Drop: context.Abort(); return;
            case KubeFault.Refuse refuse:
                if (refuse.RetryAfterSeconds is { } seconds) context.Response.Headers.RetryAfter = $"{seconds}";
                throw new KubeRefusal(refuse.Code, refuse.Reason, refuse.Message, refuse.RetryAfterSeconds is { } s
                    ? new() { ["retryAfterSeconds"] = s }
                    : null);
        }

        if (call.Verb == "watch")
        {
            await WatchAsync(context, at);
            return;
        }

        var body = await BodyAsync(context.Request);
        (int Code, JsonObject Body) answer;
        lock (objects.Gate)
        {
            objects.By = call;
            try
            {
                answer = call.Verb == "list" ? (200, reads.List(at, context.Request.Query))
                    : kube.Callers.Review(at.Resource!.Kind, body) is { } review ? (201, review)
                    : verbs.Do(call, at, body, context.Request);
            }
            finally
            {
                objects.By = null;
            }
        }

        if (answer.Code == 200
            && call.Verb is "list" or "get"
            && KubeTables.IsAsked(context.Request.Headers.Accept.ToString(), at.Version!))
            answer = (200, KubeTables.Table(
                at.Version!, answer.Body["metadata"],
                call.Verb == "list" ? answer.Body["items"]!.AsArray().Select(i => i!.AsObject()) : [answer.Body], clock.GetUtcNow()));
        if (fault is KubeFault.LoseAnswer) context.Abort();
        else await AnswerAsync(context, answer.Code, answer.Body);
    }

    private async Task WatchAsync(HttpContext context, KubeRequest at)
    {
        KubeWatcher watcher;
        var isTable = KubeTables.IsAsked(context.Request.Headers.Accept.ToString(), at.Version!);
        lock (objects.Gate) watcher = reads.Watch(at, context.Request.Query, kube.RefusesStreamingLists);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, watcher.Cut.Token);
        var seconds = int.TryParse(context.Request.Query["timeoutSeconds"], out var asked) ? asked : 1800;
        await using var timeout = clock.CreateTimer(
            static w => ((KubeWatcher)w!).End(), watcher, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
        await using var bookmarks = clock.CreateTimer(_ => Bookmark(watcher), null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        try
        {
            context.Response.ContentType = "application/json";
            await context.Response.Body.FlushAsync(stop.Token);
            await foreach (var line in watcher.Lines.ReadAllAsync(stop.Token))
            {
                if (watcher.Frozen.Task.IsCompleted) break;
                if (isTable && (string?)line["type"] is "ADDED" or "MODIFIED" or "DELETED")
                    line["object"] = KubeTables.Table(
                        at.Version!, line["object"]!["metadata"], [line["object"]!.AsObject()], clock.GetUtcNow());
                await context.Response.WriteAsync(line.ToJsonString(Plain) + "\n", stop.Token);
                await context.Response.Body.FlushAsync(stop.Token);
            }

            if (watcher.Frozen.Task.IsCompleted) await Hang.UntilAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            context.Abort();
        }
        finally
        {
            lock (objects.Gate) objects.Unwatch(watcher);
        }
    }

    private void Bookmark(KubeWatcher watcher)
    {
        lock (objects.Gate)
        {
            if (watcher.WantsBookmarks) watcher.Bookmark(objects.Revision);
        }
    }

    private JsonObject Discover(string[] path)
    {
        lock (objects.Gate) return KubeDiscovery.Answer(path, objects);
    }

    private void Authorize(HttpRequest request)
    {
        if (kube.Tokens.IsEmpty) return;
        if (!kube.Tokens.Contains(Token(request)))
            throw new KubeRefusal(401, "Unauthorized", "Unauthorized");
    }

    /// <summary>Empty when there is none.</summary>
    private static string Token(HttpRequest request)
    {
        var given = request.Headers.Authorization.ToString();
        return given.StartsWith("Bearer ", StringComparison.Ordinal) ? given["Bearer ".Length..] : "";
    }

    private static string[] Segments(HttpRequest request) =>
        [.. (request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];

    private static KubeCall Call(HttpRequest request, KubeRequest at)
    {
        var watches = request.Query["watch"] is [("true" or "1")];
        var verb = (request.Method, at.Name) switch
        {
            ("GET", null) => watches ? "watch" : "list",
            ("GET", _) => "get",
            ("POST", null) => "create",
            ("PUT", not null) => "update",
            ("PATCH", not null) => "patch",
            ("DELETE", null) => "deletecollection",
            ("DELETE", _) => "delete",
            _ => throw new KubeRefusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource"),
        };
        return new KubeCall(
            verb, at.Resource!.Group, at.Resource.Plural, at.Subresource, at.Namespace, at.Name, request.QueryString.Value ?? "",
            request.Headers.UserAgent.ToString(), request.ContentType?.Split(';')[0] ?? "")
        {
            Token = Token(request),
        };
    }

    private static async Task<JsonNode?> BodyAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync();
        if (string.IsNullOrWhiteSpace(text)) return null;
        try
        {
            return text.TrimStart()[0] is '{' or '[' ? JsonNode.Parse(text) : YamlJson.All(text).First();
        }
        catch (JsonException e)
        {
            throw KubeRefusal.BadRequest($"the object provided is unrecognized: {e.Message}");
        }
    }

    private static async Task AnswerAsync(HttpContext context, int code, JsonObject body)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString(Plain));
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        if (bytes.Length < 4096 || !context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal))
        {
            await context.Response.Body.WriteAsync(bytes);
            return;
        }

        context.Response.Headers.ContentEncoding = "gzip";
        await using var packed = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
        await packed.WriteAsync(bytes);
    }
}
