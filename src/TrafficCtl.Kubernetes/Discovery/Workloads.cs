using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>What a Service says of itself.</summary>
/// <param name="Selector">Empty for a Service that selects nothing.</param>
/// <param name="Port">That requests go to; null without ports.</param>
internal sealed record SeenService(JsonObject Object, ImmutableSortedDictionary<string, string> Selector, int? Port)
{
    public static SeenService Of(JsonObject service) => new(service, service.TextsAt("spec", "selector"), PortOf(service));

    /// <summary>The pods of a Deployment are among those that it selects.</summary>
    public bool Selects(SeenDeployment deployment) =>
        !Selector.IsEmpty && Selector.All(s => deployment.Labels.TryGetValue(s.Key, out var value) && value == s.Value);

    /// <summary>The only port, else the first that is named for HTTP or gRPC, else the first.</summary>
    private static int? PortOf(JsonObject service)
    {
        var ports = service.ListAt("spec", "ports").ToImmutableArray();
        var http = ports.FirstOrDefault(p => IsHttp(p.TextAt("appProtocol")) || IsHttp(p.TextAt("name")));
        return (http ?? ports.FirstOrDefault())?.NumberAt("port");

        static bool IsHttp(string? name) => name is not null
            && (name.StartsWith("http", StringComparison.OrdinalIgnoreCase)
                || name.StartsWith("grpc", StringComparison.OrdinalIgnoreCase)
                || name == "web");
    }
}

/// <summary>What a Deployment or a DaemonSet says of itself.</summary>
/// <param name="Desired">Replicas asked for; of a DaemonSet the nodes that it is to run on.</param>
/// <param name="Least">Replicas that must be available: what is desired without what its rolling update may take away, at least 1.</param>
/// <param name="IsWhole">No pod of an older template is left.</param>
internal sealed record SeenDeployment(JsonObject Object, int Desired, int Least, bool IsWhole)
{
    public string Name { get; } = Object.NameOf();

    public string Uid { get; } = Object.UidOf();

    public int Generation { get; } = Object.GenerationOf();

    /// <summary>The labels of its pods.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; } = Object.TextsAt("spec", "template", "metadata", "labels");

    /// <summary>The labels that it knows its pods by.</summary>
    public ImmutableArray<string> OwnLabels { get; } = [.. Object.TextsAt("spec", "selector", "matchLabels").Keys];

    public KubeKind Kind { get; init; } = KubeKind.Deployment;

    /// <summary>A node each: nobody scales it.</summary>
    public bool IsDaemonSet => Kind == KubeKind.DaemonSet;

    /// <summary>For a person: <c>Deployment checkout</c>.</summary>
    public string Words => $"{Kind.Kind} {Name}";

    /// <summary>For kubectl: <c>deployment/checkout</c>.</summary>
    public string Argument => $"{Kind.Kind.ToLowerInvariant()}/{Name}";

    /// <summary>It asks for no pod, and has none.</summary>
    public bool IsIdle => Desired == 0 && (Object.NumberAt("status", "observedGeneration") ?? -1) >= Generation
        && (Object.NumberAt("status", IsDaemonSet ? "currentNumberScheduled" : "replicas") ?? 0) == 0;

    public JsonObject Template => Object.MapAt("spec", "template") ?? [];

    public static SeenDeployment Of(JsonObject deployment)
    {
        var desired = deployment.NumberAt("spec", "replicas") ?? 1;
        var generation = deployment.GenerationOf();
        return new SeenDeployment(
            deployment, desired, Math.Max(1, desired - MayBeMissing(deployment, "strategy", desired, whenSilent: "25%")),
            (deployment.NumberAt("status", "observedGeneration") ?? -1) >= generation
            && (deployment.NumberAt("status", "replicas") ?? 0) <= (deployment.NumberAt("status", "updatedReplicas") ?? 0));
    }

    /// <summary>A DaemonSet: what it desires is what its controller counted, so without a status nothing is known to be whole.</summary>
    public static SeenDeployment OfDaemonSet(JsonObject set)
    {
        var desired = set.NumberAt("status", "desiredNumberScheduled") ?? 0;
        var generation = set.GenerationOf();
        var missing = MayBeMissing(set, "updateStrategy", desired, whenSilent: "1");
        return new SeenDeployment(
            set, desired, Math.Max(1, desired - missing),
            (set.NumberAt("status", "observedGeneration") ?? -1) >= generation
            && desired <= (set.NumberAt("status", "updatedNumberScheduled") ?? 0))
        { Kind = KubeKind.DaemonSet };
    }

    /// <summary>Its <c>maxUnavailable</c>: a number or a share, rounded down.</summary>
    private static int MayBeMissing(JsonObject workload, string strategy, int desired, string whenSilent)
    {
        if (workload.NumberAt("spec", strategy, "rollingUpdate", "maxUnavailable") is { } number) return number;
        var text = workload.TextAt("spec", strategy, "rollingUpdate", "maxUnavailable") ?? whenSilent;
        var isShare = text.EndsWith('%');
        if (!int.TryParse(isShare ? text.AsSpan(..^1) : text, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return MayBeMissing([], strategy, desired, whenSilent);
        return isShare ? desired * Math.Min(count, 100) / 100 : count;
    }
}

/// <summary>The endpoints of a slice that take traffic.</summary>
/// <param name="Service">Whose they are.</param>
/// <param name="Ready">By pod, else by address: an endpoint with two addresses is in two slices, and is one.</param>
internal sealed record SeenSlice(string Service, ImmutableArray<string> Ready)
{
    /// <summary>The label by which a slice is its Service's.</summary>
    public const string OfService = "kubernetes.io/service-name";

    public static SeenSlice Of(JsonObject slice)
    {
        var ready = ImmutableArray.CreateBuilder<string>();
        foreach (var endpoint in slice.ListAt("endpoints"))
        {
            // A missing word means yes: only a controller that knows better says no.
            if (endpoint.FlagAt("conditions", "ready") == false || endpoint.FlagAt("conditions", "terminating") == true) continue;
            var address = endpoint.At("addresses") is JsonArray { Count: > 0 } addresses ? addresses[0]?.ToString() : null;
            if ((endpoint.TextAt("targetRef", "name") ?? address) is { } id) ready.Add(id);
        }

        return new SeenSlice(slice.Label(OfService) ?? "", ready.ToImmutable());
    }
}
