using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Promotion.Facts;

namespace TrafficCtl.Core.Promotion.State;

/// <summary>What follows in an environment when a bundle ends there without being Good.</summary>
internal static class Failures
{
    /// <summary>Two failures within that time stop the line.</summary>
    public static readonly TimeSpan StopWindow = TimeSpan.FromMinutes(30);

    /// <summary>There is evidence against it. Reports of further targets change nothing.</summary>
    public static EnvironmentState Fail(EnvironmentState state, string bundle, FactStamp stamp)
    {
        var record = state.Of(bundle);
        if (record.Failure is not null) return EndSeat(state, bundle);
        state = EndSeat(state.With(bundle, record with { Failure = stamp, GoodAt = null }), bundle);
        if (!record.WasReturnedTo && !state.PendingVetoes.Contains(bundle))
            state = state with { PendingVetoes = state.PendingVetoes.Add(bundle) };
        if (state.LastFailure is { } last && stamp.At - last.At <= StopWindow)
            state = state with
            {
                StopDue = $"a second rollback within {DurationText.Of(StopWindow)}: the environment itself may be the cause",
            };
        return state with { LastFailure = new(bundle, stamp.At) };
    }

    /// <summary>There is none: it is not tried again by itself, and nothing else follows.</summary>
    public static EnvironmentState Abort(EnvironmentState state, string bundle, FactStamp stamp) =>
        EndSeat(state.With(bundle, state.Of(bundle) with { Abort = stamp, GoodAt = null }), bundle);

    /// <summary>A target went back to it after a failure of another.</summary>
    public static EnvironmentState Returned(EnvironmentState state, string failed, string? bundle) =>
        bundle is null || bundle == failed || state.Of(bundle).WasReturnedTo
            ? state
            : state.With(bundle, state.Of(bundle) with { WasReturnedTo = true });

    private static EnvironmentState EndSeat(EnvironmentState state, string bundle) =>
        state.Seat is { IsOver: false } seat && seat.Bundle == bundle ? state with { Seat = seat with { IsOver = true } } : state;
}
