namespace TrafficCtl.Daemon.Hosting;

/// <summary>
/// How one of several clusters is measured: null is as the process has it (<see cref="DaemonOptions.Prometheus"/> and so on).
/// </summary>
/// <param name="Address">Where Prometheus answers.</param>
/// <param name="TokenFile">A file with a bearer token.</param>
/// <param name="Ca">A file with certificate authorities, in PEM.</param>
/// <param name="Selector">Label matchers, such as <c>cluster="eu-1"</c>.</param>
public sealed record ClusterPrometheus(Uri? Address = null, string? TokenFile = null, string? Ca = null, string? Selector = null)
{
    public static readonly ClusterPrometheus OfProcess = new();
}
