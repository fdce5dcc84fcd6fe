namespace TrafficCtl.Core.Targets;

/// <summary>A Service and the version behind it now.</summary>
/// <param name="Service">In the target's namespace.</param>
/// <param name="Port">The port of the Service; null where the routing object names none.</param>
/// <param name="Workload">The Deployment behind it, as metrics name it; null when it is not known.</param>
/// <param name="Version">Null while nothing, or more than one version, runs there.</param>
/// <param name="IsReady">It has the endpoints that its traffic needs.</param>
public sealed record Slot(string Service, int? Port, string? Workload, string? Version, bool IsReady);
