using System.Text.Json.Nodes;

namespace TrafficCtl.Kubernetes.Client;

/// <summary>One request, and what is said of it when it fails.</summary>
/// <param name="Verb">As roles name it: get, list, watch, create, update, patch, delete.</param>
/// <param name="Method">The method of the HTTP request.</param>
/// <param name="Path">With its query, relative to the server.</param>
/// <param name="Target">What it is about, in words: <c>VirtualService shop/checkout</c>.</param>
/// <param name="Kind">Null for discovery.</param>
/// <param name="In">The namespace; null for all, or none.</param>
/// <param name="Timeout">With all waits and retries.</param>
internal sealed record KubeAsk(string Verb, HttpMethod Method, string Path, string Target, KubeKind? Kind, string? In, TimeSpan Timeout)
{
    public JsonNode? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>Empty, or such as <c>status</c>.</summary>
    public string Subresource { get; init; } = "";

    public bool IsRead => Verb is "get" or "list" or "watch";

    /// <summary>
    /// Waits for no other call: what is said of leases, what lasts, and the endpoints of one Service, which are listed before a write that
    /// is counted itself.
    /// </summary>
    public bool IsUncounted => Kind == KubeKind.Lease || Verb == "watch"
        || (Kind == KubeKind.EndpointSlice && Verb == "list" && Path.Contains("labelSelector=", StringComparison.Ordinal));

    public override string ToString() => Subresource.Length == 0 ? $"{Verb} of {Target}" : $"{Verb} of the {Subresource} of {Target}";
}
