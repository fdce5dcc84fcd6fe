using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>Which kinds the cluster serves, remembered for a while: definitions come and go seldom.</summary>
internal sealed class KubeKinds(KubeWire wire, KubeClientOptions options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, (JsonObject? Answer, long At)> known = [];

    public async ValueTask<KubeKind?> FindAsync(
        string group, string plural, string kind, ImmutableArray<string> versions, CancellationToken stop)
    {
        foreach (var version in versions)
        {
            var path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
            var served = await AskAsync(path, $"the kinds of {group}/{version}", stop);
            foreach (var resource in served?["resources"]?.AsArray() ?? [])
            {
                if (Text(resource, "name") == plural)
                    return new KubeKind(
                        group, version, plural, Text(resource, "kind") ?? kind, resource!["namespaced"]?.GetValue<bool>() ?? true);
            }
        }

        return null;
    }

    private async ValueTask<JsonObject?> AskAsync(string path, string target, CancellationToken stop)
    {
        if (known.TryGetValue(path, out var cached)
            && clock.GetElapsedTime(cached.At) < (cached.Answer is null ? options.KindsMissing : options.KindsKnown))
            return cached.Answer;
        JsonObject? answer;
        try
        {
            answer = await wire.AskAsync(new KubeAsk("get", HttpMethod.Get, path, target, null, null, options.CallTimeout), stop);
        }
        catch (KubeException e) when (e.Code == HttpStatusCode.NotFound)
        {
            answer = null;
        }

        known[path] = (answer, clock.GetTimestamp());
        return answer;
    }

    private static string? Text(JsonNode? of, string key) => of?[key]?.GetValue<string>();
}
