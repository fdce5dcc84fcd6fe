namespace TrafficCtl.TestKit;

/// <summary>What a path of the API points at.</summary>
/// <param name="Name">Null for a collection.</param>
/// <param name="Subresource">Empty for the object itself.</param>
internal sealed record KubeRequest(KubeResource? Resource, KubeVersion? Version, string? Namespace, string? Name, string Subresource)
{
    /// <summary>Null when the path is none of a resource (discovery, version, or nothing).</summary>
    /// <exception cref="KubeRefusal">404: no such resource.</exception>
    public static KubeRequest? Parse(string[] path, KubeObjects objects)
    {
        var (group, version, rest) = path switch
        {
            ["api", var v, .. var tail] => ("", v, tail),
            ["apis", var g, var v, .. var tail] => (g, v, tail),
            _ => ("", "", []),
        };
        if (rest.Length == 0) return null;
        string? space = null;
        if (rest is ["namespaces", var name, var next, ..] && next is not ("status" or "finalize")) (space, rest) = (name, rest[2..]);
        var resource = objects.Find(group, rest[0]);
        var served = resource?.Find(version);
        if (resource is null
            || served is null
            || rest.Length > 3
            || resource.IsNamespaced != (space is not null) && (space is not null || rest.Length > 1))
            throw KubeRefusal.NoSuchPath();
        var subresource = rest.Length > 2 ? rest[2] : "";
        if (subresource.Length > 0 && (subresource != "status" || !served.HasStatus)) throw KubeRefusal.NoSuchPath();
        return new KubeRequest(resource, served, space, rest.Length > 1 ? rest[1] : null, subresource);
    }
}
