namespace TrafficCtl.Kubernetes.Mesh.Consul;

/// <summary>Where Consul's HTTP API is, and who asks.</summary>
public sealed record ConsulOptions
{
    public required Uri Address { get; init; }

    /// <summary>A file with the ACL token, read at each call so that it may be rotated; null for none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Null for the agent's own.</summary>
    public string? Datacenter { get; init; }

    /// <summary>The namespace of Consul Enterprise; null for the default.</summary>
    public string? Namespace { get; init; }

    /// <summary>The partition of Consul Enterprise; null for the default.</summary>
    public string? Partition { get; init; }

    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
