using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>How a mesh is read, written and believed.</summary>
public sealed record MeshSettings
{
    public static readonly MeshSettings Default = new();

    /// <summary>The field manager of the controller's own writes.</summary>
    public string Manager { get; init; } = "trafficctl";

    /// <summary>How old an object may be that no informer holds.</summary>
    public TimeSpan ReadEvery { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Tries of a write whose object changed in between.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>
    /// After this long without a request that says otherwise, a split counts as in force. Longer than measuring takes: twice the scrape
    /// interval and some.
    /// </summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The same, where nobody measures shares at all.</summary>
    public TimeSpan SettleUnmeasured { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After this long a rollback is over although requests still reach the candidate, and a split whose requests contradicted it counts as
    /// in force if none came since.
    /// </summary>
    public TimeSpan Patience { get; init; } = RolloutEngine.ConfirmLimit;

    /// <summary>How old what is known of other rules may be while a confirmation needs it.</summary>
    public TimeSpan SendersEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests that a share is judged by before <see cref="Settle"/> is over.</summary>
    public int MinimumRequests { get; init; } = 50;

    /// <summary>A share that is less likely than this under the asked split contradicts it.</summary>
    public double Significance { get; init; } = 1e-3;

    /// <summary>How much more the share scatters where users, and not requests, are assigned (by bucket): the variance's factor.</summary>
    public double StickyDispersion { get; init; } = 30;

    /// <summary>Corrections of one object within <see cref="FlapWindow"/>; the next drift pauses.</summary>
    public int MostCorrections { get; init; } = 3;

    public TimeSpan FlapWindow { get; init; } = TimeSpan.FromMinutes(10);
}
