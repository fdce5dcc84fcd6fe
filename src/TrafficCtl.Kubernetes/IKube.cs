using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes;

/// <summary>The API of a cluster. Objects are JSON, so that a field nobody here knows survives.</summary>
/// <remarks>
/// Every method throws <see cref="KubeException"/>: what was asked of which object, what the server said, and what to do.
/// </remarks>
public interface IKube
{
    /// <summary>Null when it does not exist.</summary>
    ValueTask<JsonObject?> GetAsync(KubeName name, CancellationToken stop);

    /// <summary>All pages.</summary>
    /// <param name="kind">The kind of the objects.</param>
    /// <param name="in">A namespace; null for all.</param>
    /// <param name="labels">A label selector; null for all.</param>
    /// <param name="stop">Ends it.</param>
    ValueTask<KubeList> ListAsync(KubeKind kind, string? @in, string? labels, CancellationToken stop);

    /// <exception cref="KubeException">409 AlreadyExists among others.</exception>
    ValueTask<JsonObject> CreateAsync(KubeKind kind, string? @in, JsonObject what, CancellationToken stop);

    /// <summary>PUT: the object's resourceVersion is the precondition, so 409 means somebody else was first.</summary>
    ValueTask<JsonObject> ReplaceAsync(KubeName name, JsonObject what, string? subresource, CancellationToken stop);

    ValueTask<JsonObject> PatchAsync(KubeName name, KubePatch patch, string? subresource, CancellationToken stop);

    /// <returns>False when it did not exist.</returns>
    ValueTask<bool> DeleteAsync(KubeName name, KubeDelete how, CancellationToken stop);

    /// <summary>Changes after a resource version, until the server ends the stream. An ERROR event throws (410: list anew).</summary>
    IAsyncEnumerable<KubeChange> WatchAsync(KubeKind kind, string? @in, string? labels, string resourceVersion, CancellationToken stop);

    /// <summary>The kind under the first of these versions that the cluster serves; null when its CRD is missing.</summary>
    ValueTask<KubeKind?> FindAsync(string group, string plural, string kind, ImmutableArray<string> versions, CancellationToken stop);
}

/// <param name="ResourceVersion">Where a watch goes on from.</param>
public sealed record KubeList(ImmutableArray<JsonObject> Items, string ResourceVersion);

public enum KubeChangeKind
{
    Added,
    Modified,
    Deleted,

    /// <summary>Only the resourceVersion of <see cref="KubeChange.Now"/> means anything.</summary>
    Bookmark,
}

public readonly record struct KubeChange(KubeChangeKind Kind, JsonObject Now);

/// <summary>A patch of one of the kinds that do not lose foreign fields.</summary>
/// <param name="Type">The media type.</param>
/// <param name="Force">Takes fields from other managers; of an apply only.</param>
public sealed record KubePatch(string Type, JsonNode Body, bool Force = false)
{
    /// <summary>RFC 6902. A failed test answers 422, and nothing was changed.</summary>
    public static KubePatch Json(JsonArray operations) => new("application/json-patch+json", operations);

    /// <summary>RFC 7386: arrays are replaced whole.</summary>
    public static KubePatch Merge(JsonObject part) => new("application/merge-patch+json", part);

    /// <summary>Server-side apply; for objects that are ours entirely.</summary>
    public static KubePatch Apply(JsonObject whole, bool force = true) => new("application/apply-patch+yaml", whole, force);
}

/// <param name="Uid">Only the object with this uid; null for any.</param>
/// <param name="ResourceVersion">Only in this version; null for any.</param>
public sealed record KubeDelete(string? Uid = null, string? ResourceVersion = null)
{
    public static readonly KubeDelete Any = new();
}
