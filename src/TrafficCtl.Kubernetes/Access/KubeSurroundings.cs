namespace TrafficCtl.Kubernetes.Access;

/// <summary>What of the machine decides which cluster is meant.</summary>
public sealed record KubeSurroundings
{
    public static readonly KubeSurroundings Here = new();

    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    public string Home { get; init; } = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    /// <summary>Where a pod finds its token, the cluster's authority and its namespace.</summary>
    public string ServiceAccount { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";
}
