using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>What the informers hold at one moment, found by name and by label. Objects that did not change are not read again.</summary>
internal sealed class Inventory
{
    private readonly Dictionary<(string, string), SeenService> services = [];
    private readonly Dictionary<(string, string Pair), List<SeenDeployment>> deployments = [];
    private readonly Dictionary<(string, string), HashSet<string>> ready = [];
    private readonly Dictionary<string, List<SeenDeployment>> byNamespace = [];
    private readonly IKubeView view;
    private readonly Memory memory;
    private HashSet<(string, KubeKind, string)>? named;

    public Inventory(IKubeView view, Memory memory)
    {
        (this.view, this.memory) = (view, memory);
        memory.Turn();
        foreach (var service in view.All(KubeKind.Service))
            services[(service.NamespaceOf(), service.NameOf())] = memory.Services.GetValue(service, SeenService.Of);
        foreach (var (item, deployment) in view.All(KubeKind.Deployment).Select(d => (d, memory.Deployments.GetValue(d, SeenDeployment.Of)))
            .Concat(view.All(KubeKind.DaemonSet).Select(d => (d, memory.Deployments.GetValue(d, SeenDeployment.OfDaemonSet)))))
        {
            var space = item.NamespaceOf();
            if (!byNamespace.TryGetValue(space, out var all)) byNamespace[space] = all = [];
            all.Add(deployment);
            foreach (var (key, value) in deployment.Labels) Listed(deployments, (space, $"{key}={value}")).Add(deployment);
        }

        foreach (var item in view.All(KubeKind.EndpointSlice))
        {
            var slice = memory.Slices.GetValue(item, SeenSlice.Of);
            if (slice.Service.Length == 0) continue;
            var key = (item.NamespaceOf(), slice.Service);
            if (!ready.TryGetValue(key, out var set)) ready[key] = set = new HashSet<string>(StringComparer.Ordinal);
            set.UnionWith(slice.Ready);
        }
    }

    public SeenService? Service(string space, string name) => services.GetValueOrDefault((space, name));

    /// <summary>Distinct endpoints of a Service that take traffic.</summary>
    public int Ready(string space, string service) => ready.TryGetValue((space, service), out var set) ? set.Count : 0;

    /// <summary>The same of EndpointSlices that were just listed.</summary>
    public static int ReadyIn(IEnumerable<JsonObject> slices, string service) =>
        slices.Select(SeenSlice.Of).Where(s => s.Service == service).SelectMany(s => s.Ready).Distinct(StringComparer.Ordinal).Count();

    /// <summary>The Deployments and DaemonSets whose pods a Service selects.</summary>
    public ImmutableArray<SeenDeployment> Behind(string space, SeenService service)
    {
        List<SeenDeployment>? fewest = null;
        foreach (var (key, value) in service.Selector)
        {
            if (!deployments.TryGetValue((space, $"{key}={value}"), out var having)) return [];
            if (fewest is null || having.Count < fewest.Count) fewest = having;
        }

        return fewest is null
            ? []
            : [.. fewest.Where(d => service.Selector.All(s => d.Labels.TryGetValue(s.Key, out var value) && value == s.Value))];
    }

    /// <summary>All Deployments and DaemonSets of a namespace.</summary>
    public IReadOnlyList<SeenDeployment> Deployments(string space) => byNamespace.TryGetValue(space, out var all) ? all : [];

    /// <summary>The pod template of one of these names this ConfigMap or Secret.</summary>
    public bool IsNamed(string space, KubeKind kind, string name)
    {
        if (named is null)
        {
            named = [];
            foreach (var (within, all) in byNamespace)
                foreach (var reference in all.SelectMany(ReferencesOf))
                    named.Add((within, reference.Kind, reference.Name));
        }

        return named.Contains((space, kind, name));

        ConfigReference[] ReferencesOf(SeenDeployment deployment) =>
            memory.References.GetValue(deployment.Object, static o => [.. ConfigReferences.In(o)]);
    }

    /// <summary>A Deployment by its name.</summary>
    public SeenDeployment? Deployment(string space, string name) =>
        view.Get(new KubeName(KubeKind.Deployment, space, name)) is { } found
            ? memory.Deployments.GetValue(found, SeenDeployment.Of)
            : null;

    /// <summary>The Deployment of a name, else the DaemonSet of it.</summary>
    public SeenDeployment? Workload(string space, string name)
    {
        if (Deployment(space, name) is { } deployment) return deployment;
        var set = view.Get(new KubeName(KubeKind.DaemonSet, space, name));
        return set is null ? null : memory.Deployments.GetValue(set, SeenDeployment.OfDaemonSet);
    }

    /// <summary>The version that a Deployment runs behind a Service that selects by its own labels, or by these too.</summary>
    /// <returns>
    /// Null while configuration is missing without which no pod of it starts: what that will hold is part of the version.
    /// </returns>
    public TemplateIdentity? Identify(string space, SeenDeployment deployment, SeenService? service)
    {
        var selected = service?.Selector.Keys ?? [];
        var config = new List<string>();
        var isWhole = true;
        ConfigReferences.Visit(deployment.Template, reference =>
        {
            isWhole &= TryFind(space, reference, out var data);
            config.Add($"{reference.Kind.Kind}/{reference.Name}={data}");
            return reference.Name;
        });
        if (!isWhole) return null;
        var key = new IdentityKey(deployment.Uid, deployment.Generation, string.Join(',', selected), string.Join('\n', config));
        return memory.Identify(key, () => PodTemplates.Identify(
            deployment.Template, selected.Concat(deployment.OwnLabels).ToHashSet(StringComparer.Ordinal),
            reference => TryFind(space, reference, out var data) ? data : null));
    }

    /// <summary>The configuration that a Deployment waits for, such as <c>ConfigMap shop/settings</c>.</summary>
    public ImmutableArray<KubeName> Missing(string space, SeenDeployment deployment)
    {
        var missing = ImmutableArray.CreateBuilder<KubeName>();
        ConfigReferences.Visit(deployment.Template, reference =>
        {
            if (!TryFind(space, reference, out _)) missing.Add(new KubeName(reference.Kind, space, reference.Name));
            return reference.Name;
        });
        return missing.ToImmutable();
    }

    /// <summary>False while it is not there and must be.</summary>
    /// <param name="data">
    /// A hash of what it holds; null when it counts by its name: not watched, not to be tracked, or optional and absent.
    /// </param>
    private bool TryFind(string space, ConfigReference reference, out string? data)
    {
        var name = new KubeName(reference.Kind, space, reference.Name);
        data = null;
        if (view.Get(name) is not { } config) return reference.IsOptional || !view.IsWatched(reference.Kind);
        if (config.Annotation($"{DeclaredService.Prefix}tracked") != "false")
            data = memory.Configs.GetValue(config, reference.Kind == KubeKind.Secret ? PodTemplates.SecretDataOf : PodTemplates.DataOf);
        return true;
    }

    private static List<SeenDeployment> Listed(Dictionary<(string, string), List<SeenDeployment>> index, (string, string) key) =>
        index.TryGetValue(key, out var list) ? list : index[key] = [];

    internal readonly record struct IdentityKey(string Uid, int Generation, string Selector, string Config);

    /// <summary>What was read of objects, as long as they are the same objects.</summary>
    internal sealed class Memory
    {
        private Dictionary<IdentityKey, TemplateIdentity> identities = [], before = [];

        public ConditionalWeakTable<JsonObject, SeenService> Services { get; } = [];

        public ConditionalWeakTable<JsonObject, SeenDeployment> Deployments { get; } = [];

        public ConditionalWeakTable<JsonObject, SeenSlice> Slices { get; } = [];

        public ConditionalWeakTable<JsonObject, string> Configs { get; } = [];

        /// <summary>What the pod templates of Deployments name.</summary>
        public ConditionalWeakTable<JsonObject, ConfigReference[]> References { get; } = [];

        /// <summary>Templates that were hashed since the start; what did not change is not.</summary>
        public long Hashed { get; private set; }

        /// <summary>What the last inventory did not ask for is forgotten.</summary>
        public void Turn() => (before, identities) = (identities, []);

        public TemplateIdentity Identify(IdentityKey key, Func<TemplateIdentity> make)
        {
            if (identities.TryGetValue(key, out var known)) return known;
            if (!before.TryGetValue(key, out known))
            {
                known = make();
                Hashed++;
            }

            return identities[key] = known;
        }
    }
}
