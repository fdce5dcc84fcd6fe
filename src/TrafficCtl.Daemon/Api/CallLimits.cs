using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Limits;

namespace TrafficCtl.Daemon.Api;

/// <summary>Which calls may begin, for both protocols.</summary>
/// <remarks>
/// Wishes have places and rates of their own, because one of them may be an abort. An abort is only limited by aborts of the same target
/// by the same caller: who floods those has what they ask for.
/// </remarks>
internal sealed class CallLimits(AdminLimits limits, LimitCounts counts, WatchCounts watches, Callers callers) : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1), WhenOneEnds = TimeSpan.FromSeconds(5);

    private readonly Rates calls = new(limits.CallsPerSecond, limits.CallBurst);
    private readonly Rates wishes = new(limits.WishesPerSecond, limits.WishBurst);
    private readonly Rates aborts = new(limits.AbortsPerSecond, limits.AbortBurst);
    private readonly SharedPlaces inProgress = new(limits.Calls, limits.CallsOfCaller);
    private readonly Turnover reading = new(limits.WishesRead);

    /// <summary>A call that begins; <c>Leave</c> is called at its end.</summary>
    public readonly record struct Entry(AdminCall Call, Action? Leave);

    /// <summary>The call, or why it may not begin.</summary>
    public (Entry Entry, Refusal? Refusal) Enter(HttpContext context)
    {
        var reserved = context.Features.Get<ReservedConnection>()?.Place;
        var kind = CallKinds.Of(context);
        if (kind == CallKind.Probe) return Urgent(context, reserved);
        var identity = callers.Near(context, out var mayBeKnown);
        var key = CallerKeys.Of(identity, context.Connection.RemoteIpAddress);
        if (kind == CallKind.Wish && (identity is not null || mayBeKnown)) return Urgent(context, reserved);
        if (reserved is not null)
            return (default, new Refusal(
                RefusalKind.TooMany, "too many connections", $"{limits.Connections} connections are open, or {limits.ConnectionsOfAddress} "
                + "of this address: close some")
            { RetryAfter = WhenOneEnds });
        if (calls.Refuse(key) is { } after)
        {
            counts.Count(LimitKind.Rate, key);
            return (default, TooOften($"{key} asks more than {limits.CallsPerSecond} times a second", after));
        }

        return kind == CallKind.Stream ? Stream(key) : Ordinary(key);
    }

    /// <summary>Why the caller may not make a wish now; null when it may. An abort is asked about again when its target is known.</summary>
    public Refusal? RefuseWish(Caller caller) => RefuseWish(wishes, caller.Key, caller.Key, limits.WishesPerSecond, "wishes");

    /// <summary>As <see cref="RefuseWish(Caller)"/>, of an abort that the caller may make.</summary>
    public Refusal? RefuseAbort(Caller caller, TargetKey target) =>
        RefuseWish(aborts, $"{caller.Key} {target}", caller.Key, limits.AbortsPerSecond, $"aborts of {target}");

    public void Dispose()
    {
        calls.Dispose();
        wishes.Dispose();
        aborts.Dispose();
    }

    private Refusal? RefuseWish(Rates rates, string key, string who, double perSecond, string what)
    {
        if (rates.Refuse(key) is not { } after) return null;
        counts.Count(LimitKind.Wishes, who);
        return TooOften($"{who} makes more than {perSecond} {what} a second", after);
    }

    private (Entry Entry, Refusal? Refusal) Ordinary(string key)
    {
        if (inProgress.TryEnter(key) is not { } full) return (new Entry(new AdminCall(null, null), () => inProgress.Leave(key)), null);
        counts.Count(LimitKind.Calls, key);
        return full.OfKey
            ? (default, TooOften($"{key} has {full.Most} calls in progress", Soon))
            : (default, new Refusal(RefusalKind.TooMany, "too many calls", $"{full.Most} calls are in progress") { RetryAfter = Soon });
    }

    private (Entry Entry, Refusal? Refusal) Stream(string key)
    {
        if (watches.TryEnter(key) is not { } full) return (new Entry(new AdminCall(null, null), () => watches.Leave(key)), null);
        counts.Count(LimitKind.Watches, key);
        return (default, new Refusal(
            full.OfKey ? RefusalKind.TooOften : RefusalKind.TooMany, "too many watchers",
            full.OfKey ? $"{key} has {full.Most} streams open: close one" : $"{full.Most} are watching already: close one")
        { RetryAfter = WhenOneEnds });
    }

    /// <summary>Always begins: a request that is still being read makes room for it.</summary>
    private (Entry Entry, Refusal? Refusal) Urgent(HttpContext context, Turnover.Place? reserved)
    {
        var place = reading.Enter(() =>
        {
            counts.Count(LimitKind.SlowBody, CallerKeys.Of(context.Connection.RemoteIpAddress));
            context.Abort();
        });
        var call = new AdminCall(place, reserved);
        return (new Entry(call, null), null);
    }

    private static Refusal TooOften(string why, TimeSpan after) =>
        new(RefusalKind.TooOften, "too many requests", why) { RetryAfter = after };
}
