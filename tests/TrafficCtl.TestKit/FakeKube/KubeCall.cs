using System.Text.Json.Nodes;

namespace TrafficCtl.TestKit;

/// <summary>A request as the API server's authorization sees it.</summary>
/// <param name="Verb">get, list, watch, create, update, patch, delete or deletecollection.</param>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Resource">The plural.</param>
/// <param name="Subresource">Empty for the object itself.</param>
/// <param name="Namespace">Null over all namespaces, and for kinds without one.</param>
/// <param name="Name">Null for a collection.</param>
/// <param name="Query">As it came, with its question mark.</param>
/// <param name="Agent">The User-Agent.</param>
/// <param name="ContentType">The content type of the body; empty when there was none.</param>
public sealed record KubeCall(
    string Verb, string Group, string Resource, string Subresource, string? Namespace, string? Name, string Query, string Agent,
    string ContentType)
{
    /// <summary>The bearer token of whoever asks; empty for none.</summary>
    public string Token { get; init; } = "";

    public bool IsWrite => Verb is "create" or "update" or "patch" or "delete" or "deletecollection";

    public override string ToString() =>
        $"{Verb} {Resource}{(Group.Length == 0 ? "" : "." + Group)}{(Subresource.Length == 0 ? "" : "/" + Subresource)} {Namespace}/{Name}";
}

/// <summary>A change that was made. The objects are the server's own: they are read, and never changed.</summary>
/// <param name="By">The request that made it; null for the test itself.</param>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Resource">The plural.</param>
/// <param name="Old">Null for an object that is new.</param>
/// <param name="Now">As it is now, or as it was last.</param>
/// <param name="IsGone">It was deleted.</param>
public sealed record KubeWritten(KubeCall? By, string Group, string Resource, JsonObject? Old, JsonObject Now, bool IsGone);

/// <summary>What goes wrong with one request.</summary>
public abstract record KubeFault
{
    private KubeFault()
    {
    }

    /// <summary>Answers late, by the server's clock.</summary>
    public sealed record Delay(TimeSpan By) : KubeFault;

    /// <summary>Goes on when the task ends.</summary>
    public sealed record Hold(Task Until) : KubeFault;

    /// <summary>Answers without doing it.</summary>
    public sealed record Refuse(int Code, string Reason, string Message = "refused by the test", int? RetryAfterSeconds = null) : KubeFault;

    /// <summary>Closes the connection without doing it.</summary>
    public sealed record Drop : KubeFault;

    /// <summary>Does it, and closes the connection without an answer.</summary>
    public sealed record LoseAnswer : KubeFault;

    /// <summary>What a role that lacks the right makes of the call.</summary>
    public static KubeFault Forbid(KubeCall call) => new Refuse(403, "Forbidden",
        $"{call.Resource}{(call.Group.Length == 0 ? "" : "." + call.Group)}{(call.Name is null ? "" : $" \"{call.Name}\"")} is forbidden: "
        + $"User \"system:serviceaccount:trafficctl:trafficctl\" cannot {call.Verb} resource \"{call.Resource}\" in API group "
        + $"\"{call.Group}\" "
        + (call.Namespace is null ? "at the cluster scope" : $"in the namespace \"{call.Namespace}\""));
}
