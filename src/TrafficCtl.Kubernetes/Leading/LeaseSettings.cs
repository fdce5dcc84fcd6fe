using TrafficCtl.Core.Formatting;

namespace TrafficCtl.Kubernetes.Leading;

/// <summary>How leadership is held by a Lease: the names and defaults of Kubernetes' own components.</summary>
/// <param name="Namespace">Of the Lease.</param>
/// <param name="Name">Of the Lease.</param>
/// <param name="Identity">Of this process, unlike any other's and any former life's.</param>
public sealed record LeaseSettings(string Namespace, string Name, string Identity)
{
    /// <summary>
    /// How long the others wait after the last renewal that they saw; at least a second, and longer than <see cref="RenewDeadline"/>.
    /// </summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the leader leads after its last renewal; longer than 1.2 × <see cref="RetryPeriod"/>.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// For work after which nobody is to lead for a <see cref="LeaseDuration"/>: the Lease is taken from whoever holds it, once, begun with
    /// only when the former holder has surely stopped, and not given back at the end.
    /// </summary>
    public bool IsLast { get; init; }

    public KubeName Lease => new(KubeKind.Lease, Namespace, Name);

    /// <exception cref="InvalidOperationException">Two could lead at once, or none could for long.</exception>
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
    /// From one try of a candidate to its next: between half a retry period and a whole one, so that candidates do not meet.
    /// </summary>
    /// <remarks>
    /// Never more, unlike in Kubernetes' own components: a candidate sees each renewal within one period and tries within another after it
    /// ran out, so it takes over within the lease duration and two retry periods.
    /// </remarks>
    internal TimeSpan Wait(Random chance) => RetryPeriod * (0.5 + (0.5 * chance.NextDouble()));
}
