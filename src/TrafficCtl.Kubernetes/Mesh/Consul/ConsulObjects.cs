using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Consul;

/// <summary>
/// Config entries over Consul's HTTP API: read for some seconds from memory, written by check-and-set, and only while this process surely
/// leads.
/// </summary>
internal sealed class ConsulObjects(
    HttpMessageInvoker http, ConsulOptions options, ILeadership leadership, MeshSettings settings, TimeProvider clock) : IMeshObjects
{
    private const int LongestAnswer = 1 << 20;

    private readonly ConcurrentDictionary<MeshRead, (SceneObjects Found, long At)> seen = [];

    /// <summary>Over a connection of its own.</summary>
    public static ConsulObjects Connect(ConsulOptions options, ILeadership leadership, MeshSettings settings, TimeProvider clock) =>
        new(new HttpMessageInvoker(new SocketsHttpHandler { ConnectTimeout = options.CallTimeout }), options, leadership, settings, clock);

    public async ValueTask<SceneObjects> ReadAsync(string @namespace, MeshRead read, bool isFresh, CancellationToken stop)
    {
        if (!isFresh && seen.TryGetValue(read, out var last) && clock.GetElapsedTime(last.At) < settings.ReadEvery) return last.Found;
        var (code, body) =
            await AskAsync(HttpMethod.Get, Path(read.Of, read.Name!, null), null, $"get of {read.Of.Kind} {read.Name}", stop);
        var found = code switch
        {
            HttpStatusCode.NotFound => new SceneObjects([], "v1"),
            HttpStatusCode.OK => new SceneObjects([Parse(read, body)], "v1"),
            _ => throw Refused($"get of {read.Of.Kind} {read.Name}", code, body, "service:read"),
        };
        if (seen.TryGetValue(read, out var known) && IsSame(known.Found, found)) found = known.Found;
        seen[read] = (found, clock.GetTimestamp());
        return found;
    }

    public async ValueTask WriteAsync(string @namespace, MeshEdit edit, CancellationToken stop)
    {
        var what = $"{(edit is MeshEdit.Delete ? "delete" : "write")} of {edit.Of.Kind} {edit.Name}";
        if (!leadership.Holds(options.CallTimeout))
            throw new MeshException(MeshFault.Unreachable, $"{what}: not sent, this process is not surely the leader for another "
                + $"{DurationText.Of(options.CallTimeout)}; the leader does it");
        // Whatever comes of it, the next look is at the server.
        foreach (var read in seen.Keys.Where(r => edit.IsOf(r.Of, r.Name ?? ""))) seen.TryRemove(read, out _);
        var (code, body) = edit switch
        {
            MeshEdit.Replace replace => await AskAsync(HttpMethod.Put, Path(null, null, replace.Version), replace.Whole, what, stop),
            MeshEdit.Delete delete => await AskAsync(HttpMethod.Delete, Path(delete.Of, delete.Name, delete.Uid), null, what, stop),
            _ => throw new InvalidOperationException($"{edit.GetType().Name} is not written to Consul"),
        };
        if (code != HttpStatusCode.OK)
            throw Refused(what, code, body, "service:write and intentions or operator:write, as the kind demands");
        if (body.Trim() == "false") throw new MeshRaceException($"{what}: the entry is no longer in the version that was read");
    }

    private string Path(MeshResource? of, string? name, string? cas)
    {
        var path = new StringBuilder("v1/config");
        if (of is not null) path.Append('/').Append(of.Kind).Append('/').Append(Uri.EscapeDataString(name!));
        var separator = '?';
        foreach (var (key, value) in new[]
        {
            ("cas", cas), ("dc", options.Datacenter), ("ns", options.Namespace), ("partition", options.Partition)
        })
        {
            if (value is null) continue;
            path.Append(separator).Append(key).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return path.ToString();
    }

    private async ValueTask<(HttpStatusCode Code, string Body)> AskAsync(
        HttpMethod method, string path, JsonObject? body, string what, CancellationToken stop)
    {
        using var time = new CancellationTokenSource(options.CallTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, stop);
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(options.Address, path));
            if (options.TokenFile is { } file)
                request.Headers.TryAddWithoutValidation("X-Consul-Token", (await File.ReadAllTextAsync(file, either.Token)).Trim());
            if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            using var answer = await http.SendAsync(request, either.Token);
            if (answer.Content.Headers.ContentLength > LongestAnswer) throw Unreachable(what, "the answer is longer than 1 MiB", null);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(either.Token));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw Unreachable(what, $"no answer within {DurationText.Of(options.CallTimeout)}", null);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            throw Unreachable(what, fault.Message, fault);
        }
    }

    private static JsonObject Parse(MeshRead read, string body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject ?? throw new JsonException("it is no object");
        }
        catch (JsonException fault)
        {
            throw new MeshException(
                MeshFault.Invalid, $"get of {read.Of.Kind} {read.Name}: Consul's answer is no JSON object: {fault.Message}", fault);
        }
    }

    private static bool IsSame(SceneObjects a, SceneObjects b) =>
        a.Items.Length == b.Items.Length && a.Items.Zip(b.Items).All(p => ConsulEntry.Version(p.First) == ConsulEntry.Version(p.Second)
            && JsonRead.Number(p.First["CreateIndex"]) == JsonRead.Number(p.Second["CreateIndex"]));

    private MeshException Unreachable(string what, string why, Exception? inner) =>
        new(MeshFault.Unreachable, $"{what} at Consul {options.Address}: {why}; it is read again before another try", inner);

    private MeshException Refused(string what, HttpStatusCode code, string body, string right)
    {
        var said = body.Length > 300 ? body[..300] : body.Trim();
        return code switch
        {
            HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized =>
                new(MeshFault.Forbidden, $"{what} at Consul {options.Address}: {(int)code} {said}. Grant the token {right}"),
            // Consul answers an entry that it finds invalid with 400 or 500 and words.
            HttpStatusCode.BadRequest or HttpStatusCode.InternalServerError =>
                new(MeshFault.Invalid, $"{what} at Consul {options.Address}: {(int)code} {said}"),
            _ => new(MeshFault.Unreachable, $"{what} at Consul {options.Address}: {(int)code} {said}"),
        };
    }
}
