using System.Collections.Immutable;
using System.Diagnostics;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Core.Services;

/// <summary>What begins when no rollout is active, and what the wishes of that moment are answered.</summary>
/// <param name="Started">The new rollout in Waiting; null when nothing begins.</param>
public sealed record StartDecision(RolloutState? Started, string Reason, ImmutableArray<WishOutcome> Wishes);

/// <summary>Chooses the version that a rollout begins for.</summary>
/// <remarks>
/// By itself: the last listed version that is neither stable nor known from an earlier start; a failed one also when its
/// endpoints changed; none where the service says <see cref="ServiceSpec.StartsByWishOnly"/>. A publish starts any listed version that
/// has not failed, a retry the newest that ended without being good.
/// </remarks>
public static class RolloutStarter
{
    /// <summary>For a service without an active rollout. Wishes after the one that starts a rollout stay pending for the engine.</summary>
    /// <param name="spec">As it is declared now.</param>
    /// <param name="record">As it is saved.</param>
    /// <param name="wishes">Unanswered, oldest first.</param>
    /// <param name="now">The time.</param>
    /// <param name="isDrifted">The split is by an external change: a resume then means that the asked one is written again.</param>
    /// <param name="isLost">The state was lost, and nobody has answered that yet: a resume acknowledges it.</param>
    public static StartDecision Decide(
        ServiceSpec spec, ServiceRecord record, ImmutableArray<Wish> wishes, DateTimeOffset now, bool isDrifted = false,
        bool isLost = false)
    {
        var answered = ImmutableArray.CreateBuilder<WishOutcome>();
        foreach (var wish in wishes)
        {
            if (isDrifted && wish.Kind == WishKind.Resume)
            {
                answered.Add(new WishOutcome(wish, true, $"the split is written again: everything goes to {record.LastGood}"));
                continue;
            }

            if (isLost && wish.Kind == WishKind.Resume)
            {
                answered.Add(new WishOutcome(
                    wish, true, $"the loss is acknowledged: {record.LastGood} serves everything; publish what is to come next"));
                continue;
            }

            var (version, answer) = Answer(spec, record, wish);
            answered.Add(new WishOutcome(wish, version is not null, answer));
            if (version is not null)
                return new(Start(spec, record, version, now, wish.Who), $"{answer}: {RolloutWords.Asked(wish)}", answered.ToImmutable());
        }

        if (record.Queued is { } queued && queued != record.LastGood && spec.FindVersion(queued) is not null)
            return new(Start(spec, record, queued, now), $"{queued} was queued; it starts now", answered.ToImmutable());
        if (FindListed(spec, record) is { } listed)
            return new(Start(spec, record, listed, now), $"{listed} is new and was never tried; it starts now", answered.ToImmutable());
        return new(
            null, answered.Count > 0 ? answered[^1].Answer : $"{record.LastGood} serves everything; nothing newer is there",
            answered.ToImmutable());
    }

    /// <summary>
    /// The version that supersedes the active rollout's candidate or queues behind it: published, or listed after it; null when there is
    /// none.
    /// </summary>
    public static string? Newer(ServiceSpec spec, ServiceRecord record)
    {
        if (record.Active is not { } active) return null;
        if (record.Queued is { } queued && queued != active.Candidate && queued != active.Stable && spec.FindVersion(queued) is not null)
            return queued;
        if (spec.StartsByWishOnly) return null;
        for (var i = spec.Versions.Length - 1; i >= 0 && spec.Versions[i].Version != active.Candidate; i--)
            if (spec.Versions[i].Version != active.Stable && IsNew(record, spec.Versions[i])) return spec.Versions[i].Version;
        return null;
    }

    private static string? FindListed(ServiceSpec spec, ServiceRecord record)
    {
        if (spec.StartsByWishOnly) return null;
        for (var i = spec.Versions.Length - 1; i >= 0; i--)
            if (IsNew(record, spec.Versions[i])) return spec.Versions[i].Version;
        return null;
    }

    private static bool IsNew(ServiceRecord record, VersionSpec version) =>
        version.Version != record.LastGood && !version.IsRetained && record.FindTried(version.Version) is var tried
        && (tried is null || (tried.Trial == Trial.Failed && tried.Fingerprint != version.Fingerprint));

    private static (string? Version, string Answer) Answer(ServiceSpec spec, ServiceRecord record, Wish wish) => wish.Kind switch
    {
        WishKind.Publish => Publish(spec, record, wish.Version),
        WishKind.Retry => Retry(spec, record, wish.Version),
        WishKind.Pause or WishKind.Resume or WishKind.Promote or WishKind.PromoteFull or WishKind.Abort
            or WishKind.Approve or WishKind.Reject =>
            (null, $"no rollout of {spec.Service} is active; {record.LastGood} serves everything"),
        _ => throw new UnreachableException(),
    };

    private static (string? Version, string Answer) Publish(ServiceSpec spec, ServiceRecord record, string? version)
    {
        if (string.IsNullOrEmpty(version)) return (null, "no version is named");
        if (version == record.LastGood) return (null, $"{version} serves everything already");
        if (spec.FindVersion(version) is not { } listed)
            return (null, $"{version} is not {spec.Listing.Where}; {spec.Listing.Names} "
                + $"{string.Join(", ", spec.Versions.Select(v => v.Version))}. {spec.Listing.Add}");
        return record.HasFailed(listed)
            ? (null, $"{version} was rolled back; it starts again by retry or with changed endpoints")
            : (version, $"{version} starts now");
    }

    private static (string? Version, string Answer) Retry(ServiceSpec spec, ServiceRecord record, string? asked)
    {
        var version = string.IsNullOrEmpty(asked) ? record.Tried.LastOrDefault(t => t.Trial != Trial.PassedOver)?.Version : asked;
        if (version is null || record.FindTried(version) is null or { Trial: Trial.PassedOver })
            return (null, version is null
                ? $"no rollout of {spec.Service} has been tried yet"
                : $"{version} has not been tried yet; publish it");
        if (version == record.LastGood)
            return (null, $"the newest rollout was that of {version}, which is good; there is nothing to retry");
        return spec.FindVersion(version) is null
            ? (null, $"{version} is no longer {spec.Listing.Where}")
            : (version, $"{version} is retried");
    }

    private static RolloutState Start(ServiceSpec spec, ServiceRecord record, string version, DateTimeOffset now, string? author = null)
    {
        var number = record.LastNumber + 1;
        var gate = spec.Plan.Strategy == Strategy.BlueGreen
            ? $"a good probe of every endpoint of {version}"
            : $"a first good probe of {version}";
        return new RolloutState(
            RolloutState.IdOf(spec.Key, number), spec.Service, spec.Environment, number,
            record.LastGood, version, record.Generation + 1, now, now, new Phase.Waiting(gate), spec.TargetName)
        {
            Plan = spec.Plan,
            ChangedAfter = TimeSpan.Zero,
            Author = author,
        };
    }
}
