using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Daemon.Config.Cluster;
using TrafficCtl.Daemon.Config.Schema;
using TrafficCtl.Daemon.Hosting;
using TrafficCtl.Kubernetes;
using TrafficCtl.Kubernetes.Access;
using TrafficCtl.Kubernetes.Client;
using TrafficCtl.Kubernetes.Leading;
using TrafficCtl.Kubernetes.Mesh.Consul;
using TrafficCtl.Kubernetes.Running;

namespace TrafficCtl.Daemon.Modules.Cluster;

/// <summary>
/// How the controller's ownership of a cluster's routes is released: the flags of <c>trafficctl uninstall</c>, which mean what those of the
/// controller mean.
/// </summary>
public sealed record UninstallRequest
{
    /// <summary>How long there is no leader afterwards: enough to remove the controllers, which would write back.</summary>
    public static readonly TimeSpan Held = TimeSpan.FromMinutes(2);

    public string? Kubeconfig { get; init; }

    public string? Context { get; init; }

    public ImmutableArray<string> Namespaces { get; init; } = [];

    public string? LeaseNamespace { get; init; }

    public string Lease { get; init; } = ClusterModuleOptions.DefaultLease;

    public Uri? Consul { get; init; }

    public string? ConsulTokenFile { get; init; }

    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    public bool IsDryRun { get; init; }

    /// <summary>The cluster, where it is known already; null to look for it.</summary>
    public KubeAccess? Access { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where log lines go; null for nowhere.</summary>
    public ILoggerFactory? Logs { get; init; }

    /// <summary>A duration such as <c>5m</c>, of 1 s to 1 h.</summary>
    public static bool TryParseTimeout(string text, out TimeSpan timeout) =>
        Durations.TryParse(text, out timeout) && timeout >= TimeSpan.FromSeconds(1) && timeout <= TimeSpan.FromHours(1);

    /// <param name="tell">Takes what a person who waits should know, a sentence each.</param>
    /// <param name="stop">Ends it; what is not done stays as it is.</param>
    /// <exception cref="DaemonRefusedException">No cluster to be found, or a bad option; nothing was done.</exception>
    public async Task<UninstallReport> RunAsync(Action<string> tell, CancellationToken stop)
    {
        try
        {
            await using var uninstall = new ClusterUninstall(
                Options(), new ClusterReader(), tell, Clock, Logs ?? NullLoggerFactory.Instance);
            var done = await uninstall.RunAsync(stop);
            return new UninstallReport(
                [.. done.Services.Select(s => new UninstalledService(s.Service, s.Outcome.ToString().ToLowerInvariant(), s.Words))],
                done.Problem, done.IsFailed);
        }
        catch (Exception fault) when (fault is KubeException or KubeAccessException or InvalidOperationException or ArgumentException)
        {
            throw new DaemonRefusedException([fault.Message], fault);
        }
    }

    private UninstallOptions Options()
    {
        var access = Access ?? KubeConfig.Find(Kubeconfig, Context, Clock);
        var lease = new LeaseSettings(
            LeaseNamespace ?? access.Namespace ?? "default", Lease,
            $"uninstall-{ClusterModuleOptions.NewIdentity()}")
        { LeaseDuration = Held, TakesOver = true };
        return new UninstallOptions(access with { Namespace = LeaseNamespace ?? access.Namespace }, lease)
        {
            Namespaces = Namespaces,
            Client = KubeClientOptions.Default with { CallTimeout = lease.RenewDeadline / 2 },
            Consul = Consul is null ? null : new ConsulOptions { Address = Consul, TokenFile = ConsulTokenFile },
            IsDryRun = IsDryRun,
            Timeout = Timeout,
        };
    }
}

/// <param name="Services">In the order of names.</param>
/// <param name="Problem">Why not all was done; null when all was.</param>
/// <param name="IsFailed">Something is left to be done.</param>
public sealed record UninstallReport(ImmutableArray<UninstalledService> Services, string? Problem, bool IsFailed);

/// <param name="Outcome">restored, left or failed.</param>
/// <param name="Words">What was done or why not, for a person.</param>
public sealed record UninstalledService(string Service, string Outcome, string Words);
