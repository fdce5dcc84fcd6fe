using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using TrafficCtl.Kubernetes.Mesh.Json;

namespace TrafficCtl.Kubernetes.Mesh.Drift;

/// <summary>Who last wrote an object's spec, as its <c>managedFields</c> tell.</summary>
/// <param name="Manager">Such as <c>kubectl-edit</c>.</param>
/// <param name="Operation"><c>Apply</c> or <c>Update</c>.</param>
/// <param name="At">To the second; null when it is not told.</param>
internal sealed record FieldManager(string Manager, string Operation, DateTimeOffset? At)
{
    /// <summary>What they call themselves, by how it begins: Argo CD, and the controllers of Flux.</summary>
    private static readonly ImmutableArray<string> GitOps = ["argocd", "kustomize-controller", "helm-controller", "flux", "gotk"];

    /// <summary>A machine that puts back what Git says.</summary>
    public bool IsGitOps => GitOps.Any(g => Manager.StartsWith(g, StringComparison.OrdinalIgnoreCase));

    /// <summary>With the time: two entries with one mark are one write.</summary>
    public string Mark => $"{this} {At?.UtcDateTime.ToString("s", CultureInfo.InvariantCulture)}";

    public override string ToString() => Operation.Length == 0 ? Manager : $"{Manager} ({Operation})";

    /// <summary>
    /// The newest entry that covers the spec; null when the object keeps no such books. Of two in the same second somebody else's.
    /// </summary>
    public static FieldManager? Newest(JsonObject live, string us)
    {
        FieldManager? newest = null;
        foreach (var (_, entry) in JsonRead.Items(live["metadata"]?["managedFields"]))
        {
            if (JsonRead.Text(entry["subresource"]) is { Length: > 0 } || entry["fieldsV1"]?["f:spec"] is null && !CoversAnnotations(entry))
                continue;
            var found = new FieldManager(
                JsonRead.Text(entry["manager"]) ?? "unknown", JsonRead.Text(entry["operation"]) ?? "", Time(entry["time"]));
            if (newest is null || found.At > newest.At || (found.At == newest.At && found.Manager != us)) newest = found;
        }

        return newest;
    }

    /// <summary>The weights of an Ingress are annotations.</summary>
    private static bool CoversAnnotations(JsonObject entry) =>
        entry["fieldsV1"]?["f:metadata"]?["f:annotations"] is JsonObject fields
            && fields.Any(f => f.Key.Contains("/canary", StringComparison.Ordinal));

    private static DateTimeOffset? Time(JsonNode? node) =>
        DateTimeOffset.TryParse(JsonRead.Text(node), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
}
