using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Managed;

/// <summary>The objects that managed mode makes, as they are to be.</summary>
/// <remarks>
/// Nothing of the labels and annotations of the user's objects is taken over: by those GitOps tools know what is theirs, and
/// would prune the copy. Nothing of the user's owns them either: the garbage collector would take what carries traffic with an
/// object that is only replaced. What is no longer needed is deleted by <see cref="Clearing"/>.
/// </remarks>
internal static class OwnObjects
{
    public const string ManagedBy = "app.kubernetes.io/managed-by", Us = "trafficctl", ServiceLabel = "trafficctl.io/service";
    public const string Source = "state.trafficctl.io/source", Made = "state.trafficctl.io/made-of", Parked = "state.trafficctl.io/parked";

    /// <summary>On the copy: the version that somebody had changed it to when it was last written again.</summary>
    public const string Repaired = "state.trafficctl.io/repaired";

    private const int LongestLabel = 63, LongestName = 253;
    private static readonly string[] Telling = ["app", "app.kubernetes.io/name", "app.kubernetes.io/instance", "name"];

    /// <summary>Made by a controller, for whichever service.</summary>
    public static bool IsOurs(JsonObject thing) => thing.Label(ManagedBy) == Us;

    /// <summary>Made for this service; what another one has is never taken.</summary>
    public static bool IsOurs(JsonObject thing, ClusterDelivery delivery) => IsOurs(thing) && thing.Label(ServiceLabel) == delivery.Service;

    /// <summary>The controller made all of it.</summary>
    public static bool IsMade(JsonObject thing) => IsOurs(thing) && thing.Annotation(Made) is not null;

    /// <summary>Earlier builds made it with the Service as an owner: it would go with that.</summary>
    public static bool HasServiceAsOwner(JsonObject thing) => thing.ListAt("metadata", "ownerReferences").Any(IsService);

    /// <summary>The owners that somebody else gave it.</summary>
    public static JsonArray OwnersBesideServices(JsonObject thing) =>
        [.. thing.ListAt("metadata", "ownerReferences").Where(o => !IsService(o)).Select(o => o.DeepClone())];

    public static string CopyName(string source) => $"{source}-stable";

    /// <summary>The label of its pods that tells the copy from its source.</summary>
    public static string? SlotLabel(SeenDeployment source) =>
        Array.Find(Telling, source.OwnLabels.Contains)
            ?? (source.OwnLabels.IsEmpty ? null : source.OwnLabels.Order(StringComparer.Ordinal).First());

    /// <summary>A Service over exactly the pods of the source, or of the copy.</summary>
    public static JsonObject Service(ManagedSeen seen, SeenDeployment source, string name, bool isStable)
    {
        var selector = new JsonObject();
        foreach (var key in source.OwnLabels) selector[key] = source.Labels.GetValueOrDefault(key);
        if (isStable && SlotLabel(source) is { } label) selector[label] = Stable(selector[label]!.GetValue<string>());
        var ports = new JsonArray();
        foreach (var port in seen.Root.Object.ListAt("spec", "ports"))
        {
            var copy = port.DeepClone().AsObject();
            copy.Remove("nodePort");
            ports.Add(copy);
        }

        return Sealed(
            seen, KubeKind.Service, name, new JsonObject { ["spec"] = new JsonObject { ["selector"] = selector, ["ports"] = ports } });
    }

    /// <summary>The source with labels and configuration of its own.</summary>
    /// <param name="seen">What there is.</param>
    /// <param name="source">The object that they are copies of.</param>
    /// <param name="replicas">Always said: an apply that leaves out what an earlier one said would take it away.</param>
    public static JsonObject Copy(ManagedSeen seen, SeenDeployment source, int replicas)
    {
        var spec = source.Object.MapAt("spec")!.DeepClone().AsObject();
        spec.Remove("replicas");
        spec.Remove("paused");
        var label = SlotLabel(source)!;
        var was = source.Labels[label];
        spec["selector"]!["matchLabels"]![label] = Stable(was);
        spec["template"]!["metadata"]!["labels"]![label] = Stable(was);
        foreach (var part in ImmutableArray.Create("affinity", "topologySpreadConstraints"))
            Select(spec["template"]!.AsObject().At("spec", part), label, was);
        ConfigReferences.Visit(spec["template"]!.AsObject(), reference =>
            seen.Configs.TryGetValue((reference.Kind, reference.Name), out var config)
                ? ConfigName(seen.Delivery, reference.Kind, config)
                : reference.Name);
        var whole = Sealed(seen, KubeKind.Deployment, CopyName(source.Name), new JsonObject { ["spec"] = spec });
        whole["metadata"]!["annotations"]![Source] = source.Name;
        spec["replicas"] = replicas;
        return whole;
    }

    /// <summary>The autoscaler of the copy.</summary>
    /// <param name="seen">What there is.</param>
    /// <param name="source">The object that they are copies of.</param>
    /// <param name="least">Replicas that it must keep: what comes down on the copy is not there yet to be measured.</param>
    public static JsonObject Scaler(ManagedSeen seen, SeenDeployment source, int least)
    {
        var scaler = seen.SourceScaler!;
        var spec = Scalers.SpecFor(scaler, CopyName(source.Name), least);
        return Sealed(seen, scaler.Kind, CopyName(scaler.Name), new JsonObject { ["spec"] = spec });
    }

    /// <summary>
    /// What a ConfigMap or Secret holds, under a name of its service and that content: a changed one rolls the copy's pods.
    /// </summary>
    public static JsonObject Config(ManagedSeen seen, KubeKind kind, JsonObject config)
    {
        var copy = new JsonObject();
        foreach (var part in ImmutableArray.Create("data", "binaryData", "type"))
            if (config[part] is { } value) copy[part] = value.DeepClone();
        var whole = Sealed(seen, kind, ConfigName(seen.Delivery, kind, config), copy);
        if (kind == KubeKind.Secret)
            whole["metadata"]!["annotations"]![PodTemplates.Copied] = config.Annotation(PodTemplates.Copied) ?? config.UidOf();
        return whole;
    }

    /// <summary>No other service, and no other content, has this name: two services may use the same configuration.</summary>
    public static string ConfigName(ClusterDelivery delivery, KubeKind kind, JsonObject config)
    {
        var (name, data) = (config.NameOf(), kind == KubeKind.Secret ? PodTemplates.SecretDataOf(config) : PodTemplates.DataOf(config));
        var hash = PodTemplates.HashOf(new JsonArray(delivery.Service, name, data))[..8];
        var end = $"-{delivery.Service}-stable-{hash}";
        return $"{name[..Math.Min(name.Length, LongestName - end.Length)].TrimEnd('-', '.')}{end}";
    }

    /// <summary>Whether an earlier build made it, which named it by its content alone: other services may have it too.</summary>
    public static bool MayBeShared(JsonObject config, ClusterDelivery delivery) =>
        !config.NameOf().Contains($"-{delivery.Service}-stable-", StringComparison.Ordinal);

    /// <summary>There as it is to be.</summary>
    public static bool IsAs(JsonObject? there, JsonObject whole) => there is not null && there.Annotation(Made) == whole.Annotation(Made);

    private static JsonObject Sealed(ManagedSeen seen, KubeKind kind, string name, JsonObject what)
    {
        var hash = PodTemplates.HashOf(what)[..16];
        what["apiVersion"] = kind.ApiVersion;
        what["kind"] = kind.Kind;
        what["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = seen.Delivery.Namespace,
            ["labels"] = new JsonObject { [ManagedBy] = Us, [ServiceLabel] = seen.Delivery.Service },
            ["annotations"] = new JsonObject { [Made] = hash },
        };
        return what;
    }

    private static bool IsService(JsonObject owner) => owner.TextAt("apiVersion") == "v1" && owner.TextAt("kind") == "Service";

    private static void Select(JsonNode? json, string label, string was)
    {
        if (json is JsonArray list)
        {
            foreach (var item in list) Select(item, label, was);
        }
        else if (json is JsonObject map)
        {
            if (map.MapAt("matchLabels") is { } labels && labels.TextAt(label) == was) labels[label] = Stable(was);
            foreach (var (_, value) in map.ToArray()) Select(value, label, was);
        }
    }

    /// <summary>A label's value for the copy, also where it would be too long.</summary>
    private static string Stable(string value) => value.Length + "-stable".Length <= LongestLabel
        ? $"{value}-stable"
        : $"{value[..40].TrimEnd('-', '.', '_')}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)))[..8]}-stable";
}
