using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Promoting.Acting;

/// <summary>What is to be asked of the loop for a target; null for nothing.</summary>
internal static class WishPlan
{
    private const string From = "the pipeline";

    public static WishMemory? Of(TargetSight at, TargetGoal wanted, EnvironmentDecision decided, DateTimeOffset now)
    {
        if (wanted.Abort is { } abort) return Abort(at, abort, decided, now);
        return wanted.Bundle is { } bundle && MayStart(at, bundle.Name) ? Start(at, wanted, decided, now) : null;
    }

    private static WishMemory Abort(TargetSight at, RolloutState rollout, EnvironmentDecision decided, DateTimeOffset now) =>
        new(Make(at, WishKind.Abort, null, Reason(at, decided), $"{rollout.Id} abort", now), default);

    /// <summary>It is listed and serves, has not all traffic already, and is not on its way.</summary>
    private static bool MayStart(TargetSight at, string version)
    {
        if (!at.IsKnown || at.Record is not { } record || record.LastGood == version || record.Queued == version) return false;
        if (record.Active is { } active && (active.Candidate == version || active.Phase is Phase.RollingBack)) return false;
        // Its end is a fact of the next round.
        if (at.OwnRollout is not null && record.Active is null) return false;
        return at.Memory.Declared?.FindVersion(version) is not null && at.Memory.Runtime.Find(version) is { Serves: true };
    }

    private static WishMemory? Start(TargetSight at, TargetGoal wanted, EnvironmentDecision decided, DateTimeOffset now)
    {
        var (record, version) = (at.Record!, wanted.Bundle!.Name);
        var kind = record.HasFailed(at.Memory.Declared!.FindVersion(version)!) ? WishKind.Retry : WishKind.Publish;
        if (kind == WishKind.Retry && record.Active is not null) return null;
        var before = at.Memory.Wish;
        var name = $"{RolloutState.IdOf(at.Memory.Key, record.LastNumber + 1)} {kind} {version}";
        var isSame = before?.Wish.IdempotencyKey?.StartsWith(name, StringComparison.Ordinal) is true;
        var attempt = isSame ? before!.Attempt + (before.Refusal is null ? 0 : 1) : 1;
        if (isSame && before!.Refusal is null) return before;
        return new(Make(at, kind, version, Reason(at, decided), $"{name} {attempt}", now), default, attempt);
    }

    private static Wish Make(TargetSight at, WishKind kind, string? version, string reason, string key, DateTimeOffset now) =>
        new(0, at.Memory.Key, kind, version, FactStamp.Engine, reason, From, now) { IdempotencyKey = key };

    private static string Reason(TargetSight at, EnvironmentDecision decided)
    {
        var why = at.Decision?.Why ?? decided.Why;
        return decided.Skips.IsEmpty ? why : $"{why}; it passes over {string.Join(", ", decided.Skips)}";
    }
}
