namespace TrafficCtl.Core.Targets;

/// <summary>What some targets can do and others cannot. A file that asks a target for one it lacks is refused.</summary>
public enum Ability
{
    /// <summary>Metrics of one's own are read by a query (<c>analysis.NAME.prometheus</c>).</summary>
    CustomMetrics,

    /// <summary>CPU, memory and throttling of the instances are read (<c>analysis.saturation</c>).</summary>
    Saturation,

    /// <summary>Firing alerts are known (<c>needs: [{ quiet: [alerts] }]</c>).</summary>
    QuietAlerts,

    /// <summary>Other environments of the service are known, and how long a version ran there (<c>needs: [{ soak: … }]</c>).</summary>
    Environments,

    /// <summary>Programs and addresses are asked whether a version is good (<c>needs: [{ verify: … }]</c>).</summary>
    Verification,

    /// <summary>Copies of requests are sent to a candidate (<c>rollout: [{ shadow: 10% }]</c>).</summary>
    Shadow,

    /// <summary>Requests are counted by route (<c>analysis.routes</c>).</summary>
    Routes,

    /// <summary>Versions are started and stopped here (<c>runtime: { process: … }</c>).</summary>
    StartVersions,

    /// <summary>What a version is still asked is known, so that it can be waited for.</summary>
    DrainVersions,
}
