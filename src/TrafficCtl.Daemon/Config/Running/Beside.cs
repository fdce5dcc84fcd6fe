using System.Collections.Immutable;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reading;

namespace TrafficCtl.Daemon.Config.Running;

/// <summary>New files and what is served now, so that each is found in the other without a search through all.</summary>
internal sealed class Beside
{
    private readonly HashSet<TargetKey> named;
    private readonly Dictionary<string, int> environments;
    private readonly ILookup<(string Service, string Environment), TargetKey> coming;
    private readonly Dictionary<TargetKey, RunningService> running;
    private readonly ILookup<string, RunningService> byService;
    private readonly ILookup<(string Host, int Port, RouteMatch Match), RunningService> leaving;

    /// <param name="next">The files that are to be in force next.</param>
    /// <param name="served">Now.</param>
    public Beside(ImmutableArray<Delivered> next, ImmutableArray<RunningService> served)
    {
        named = [.. next.Select(static d => d.Spec.Key)];
        environments = next.CountBy(static d => d.Spec.Service, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        running = served.DistinctBy(static r => r.Key).ToDictionary(static r => r.Key);
        coming = next.Select(static d => d.Spec.Key).Where(key => !running.ContainsKey(key)).ToLookup(PlaceOf);
        byService = served.ToLookup(static r => r.Key.Service, StringComparer.Ordinal);
        leaving = served.Where(r => r.Place is not null && !named.Contains(r.Key))
            .ToLookup(static r => PlaceOf(r.Place!.Value.Listen, r.Place.Value.Match));
    }

    /// <summary>
    /// What serves the target now; where it or its environment has another name in the files, what serves under the former one.
    /// </summary>
    public RunningService? Now(TargetKey key) =>
        running.TryGetValue(key, out var same) ? same
        : environments.GetValueOrDefault(key.Service) == 1 ? Leaving(key).FirstOrDefault()
        : Renamed(key);

    /// <summary>In an environment from which one target goes and to which one comes, that one has another name.</summary>
    private RunningService? Renamed(TargetKey key) =>
        coming[PlaceOf(key)].Skip(1).Any()
            ? null
            : Leaving(key).Where(r => r.Key.Environment == key.Environment).Take(2).ToArray() is [var one] ? one : null;

    /// <summary>What the files name no longer of the service.</summary>
    private IEnumerable<RunningService> Leaving(TargetKey key) => byService[key.Service].Where(r => !named.Contains(r.Key));

    /// <summary>What the files name no longer, of the listener and match that a service of theirs has.</summary>
    public IEnumerable<RunningService> LeavingTo(ServiceSpec spec) =>
        spec.Target is EmbeddedTarget { Listen: { Port: > 0 } listen } target ? leaving[PlaceOf(listen, target.Match)] : [];

    /// <summary>The service's name; the target's where several of it are served.</summary>
    public string Named(TargetKey key) => byService[key.Service].Skip(1).Any() ? key.ToString() : key.Service;

    private static (string Service, string Environment) PlaceOf(TargetKey key) => (key.Service, key.Environment);

    private static (string Host, int Port, RouteMatch Match) PlaceOf(Listener listen, RouteMatch match) =>
        (listen.Host, listen.Port, match);
}
