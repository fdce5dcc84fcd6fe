using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>The health of gRPC: SERVING as long as <c>/readyz</c> says ready.</summary>
internal sealed class ReadinessCheck(Readiness readiness) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(
        readiness.NotReadyBecause is { } because ? HealthCheckResult.Unhealthy(because) : HealthCheckResult.Healthy());
}
