using TrafficCtl.Control.Rounds.State;

namespace TrafficCtl.Control.Rounds.Applying;

/// <summary>The last stage of a round and the only one that moves traffic: applies the saved state of all targets.</summary>
internal sealed class ApplyStage(Applier applier)
{
    /// <summary>Limit of concurrent calls to routers outside this process.</summary>
    private const int MostAtOnce = 8;

    private readonly List<Task> asking = [];

    /// <summary>Targets whose router does not answer synchronously are applied concurrently.</summary>
    public async ValueTask ApplyAsync(List<ControlledTarget> targets, CancellationToken stop)
    {
        foreach (var target in targets)
        {
            var applying = ApplyAsync(target, stop);
            if (applying.IsCompletedSuccessfully) continue;
            asking.Add(applying.AsTask());
            if (asking.Count == MostAtOnce) asking.Remove(await Task.WhenAny(asking));
        }

        var rest = Task.WhenAll(asking);
        asking.Clear();
        await rest;
    }

    private async ValueTask ApplyAsync(ControlledTarget target, CancellationToken stop) =>
        target.Take(await applier.ApplyAsync(target.Key, target.State, stop));
}
