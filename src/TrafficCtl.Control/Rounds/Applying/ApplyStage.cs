using TrafficCtl.Control.Rounds.State;

namespace TrafficCtl.Control.Rounds.Applying;

/// <summary>The last stage of a round, and the only one that moves traffic: puts the saved state of all its targets in force.</summary>
internal sealed class ApplyStage(Applier applier)
{
    /// <summary>Calls to routers that are not of this process.</summary>
    private const int MostAtOnce = 8;

    private readonly List<Task> asking = [];

    /// <summary>Some at once, where the router has to ask somebody.</summary>
    public async ValueTask ApplyAsync(List<ControlledTarget> targets, CancellationToken stop)
    {
        foreach (var target in targets)
        {
            var applying = ApplyAsync(target, stop);
            if (applying.IsCompletedSuccessfully) continue;
            if (asking.Count == MostAtOnce) asking.Remove(await Task.WhenAny(asking));
            asking.Add(applying.AsTask());
        }

        var rest = Task.WhenAll(asking);
        asking.Clear();
        await rest;
    }

    private async ValueTask ApplyAsync(ControlledTarget target, CancellationToken stop) =>
        target.Take(await applier.ApplyAsync(target.Key, target.State, stop));
}
