using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Kubernetes.Leading;

/// <summary>Settings of the leader election, with the names and defaults of Kubernetes' own components.</summary>
/// <param name="Namespace">The namespace of the Lease.</param>
/// <param name="Name">The name of the Lease.</param>
/// <param name="Identity">The identity of this process. It must differ from those of other processes and of earlier runs.</param>
public sealed record LeaseSettings(string Namespace, string Name, string Identity)
{
    /// <summary>
    /// How long other candidates wait after the last renewal that they observed; at least 1 s and longer than <see cref="RenewDeadline"/>.
    /// </summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the leader keeps leading after its last successful renewal; longer than 1.2 × <see cref="RetryPeriod"/>.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// For work after which nobody may lead for a <see cref="LeaseDuration"/>, such as an uninstall. The Lease is taken once from its
    /// current holder, the work begins when that holder has certainly stopped, and the Lease is not released at the end.
    /// </summary>
    public bool TakesOver { get; init; }

    public KubeName Lease => new(KubeKind.Lease, Namespace, Name);

    /// <exception cref="InvalidOperationException">
    /// With these settings two processes could lead at once, or none could lead for long.
    /// </exception>
    public LeaseSettings Checked()
    {
        if (Identity.Length == 0) throw new InvalidOperationException("a candidate for a Lease needs an identity");
        if (LeaseDuration < TimeSpan.FromSeconds(1))
            throw new InvalidOperationException($"a Lease is held for at least 1 s, not {DurationText.Of(LeaseDuration)}");
        if (LeaseDuration <= RenewDeadline)
            throw new InvalidOperationException(
                $"the lease duration ({DurationText.Of(LeaseDuration)}) must be longer than the renew deadline "
                    + $"({DurationText.Of(RenewDeadline)}): else two lead at once");
        if (RetryPeriod <= TimeSpan.Zero || RenewDeadline <= RetryPeriod * 1.2)
            throw new InvalidOperationException(
                $"the renew deadline ({DurationText.Of(RenewDeadline)}) must be longer than 1.2 retry periods "
                    + $"({DurationText.Of(RetryPeriod)})");
        return this;
    }

    /// <summary>
    /// The time between two attempts of a candidate: random between half a retry period and a whole one, so that candidates do not collide.
    /// </summary>
    /// <remarks>
    /// Unlike in Kubernetes' own components it is never longer: a candidate observes each renewal within one retry period and tries again
    /// within another after the Lease expired, so it takes over within the lease duration plus two retry periods.
    /// </remarks>
    internal TimeSpan Wait(Random chance) => RetryPeriod * (0.5 + (0.5 * chance.NextDouble()));
}
