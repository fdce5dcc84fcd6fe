using System.Collections.Immutable;
using Xunit;

namespace TrafficCtl.Control.Tests;

/// <summary>
/// The order of the stages of a round, by the calls that it makes: all that is read, then what is saved, then what has an effect.
/// </summary>
internal static class StageOrder
{
    private enum Stage
    {
        Observe,
        Save,
        Apply,
        Upkeep,
    }

    /// <summary>Holds of each round: no call of an earlier stage follows one of a later stage.</summary>
    /// <param name="calls">The calls of one round, oldest first.</param>
    public static void Check(ImmutableArray<string> calls)
    {
        var reached = Stage.Observe;
        foreach (var call in calls)
        {
            var stage = StageOf(call);
            if (stage < reached) Assert.Fail($"{call} comes after the stage {reached} of its round: {string.Join(' ', calls)}");
            reached = stage;
        }
    }

    private static Stage StageOf(string call) => call switch
    {
        "store.Load" or "store.PendingWishes" or "store.Facts" or "store.Windows" or "router.Observe" or "router.Recall"
            or "metrics.Read" => Stage.Observe,
        "store.RecordWish" or "store.Commit" => Stage.Save,
        "router.Settle" or "router.Apply" or "router.Answered" => Stage.Apply,
        "store.Checkpoint" or "store.Prune" => Stage.Upkeep,
        _ => throw new ArgumentOutOfRangeException(nameof(call), call, "no stage makes this call"),
    };
}
