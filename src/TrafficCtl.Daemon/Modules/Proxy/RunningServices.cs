using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reading;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Config.Running;
using TrafficCtl.Proxy.Routing;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>What this process serves, for the rules that new files must keep.</summary>
internal sealed class RunningServices(Views views, EmbeddedRouter router, IStore store, DeclaredPipelines pipelines)
{
    /// <summary>What the files would change without a rollout.</summary>
    public async Task<(ImmutableArray<Problem> Problems, ImmutableArray<Problem> Warnings)> CheckAsync(
        Deliveries next, CancellationToken stop)
    {
        // The versions of a pipeline are those that run: no file lists them.
        var ofPipelines = pipelines.Targets.Union(next.PipelineTargets);
        ImmutableArray<RunningService> running =
            [.. views.All.Where(v => v.Spec.Target is EmbeddedTarget && !ofPipelines.Contains(v.Key)).Select(Of)];
        var known = new Dictionary<TargetKey, string?>();
        // Asked of the store one by one, so only for those that take the place of another environment.
        foreach (var key in RunningRules.Moved(next.Services, running)) known[key] = await LastGoodAsync(key, stop);
        return RunningRules.Check(next.Services, running, known.GetValueOrDefault);
    }

    /// <summary>The store's word where it is known, else what the router does.</summary>
    private RunningService Of(ServiceView view)
    {
        var (spec, active) = (view.Spec, view.Record?.Active);
        var now = router.Now(spec.Key);
        var route = now?.Route;
        return new RunningService(spec.Key, view.Record?.LastGood ?? route?.Stable ?? spec.Stable, spec.Versions)
        {
            StandIn = now?.StandIn,
            Candidate = view.Record is null ? route?.Candidate : active?.Candidate,
            IsExposed = view.Record is null ? route?.Candidate is not null : active?.Phase.IsExposed == true,
            Place = spec.Target is EmbeddedTarget embedded ? (embedded.Listen, embedded.Match) : null,
        };
    }

    /// <summary>Null also when the store cannot be asked: then the file's word is all there is.</summary>
    private async Task<string?> LastGoodAsync(TargetKey key, CancellationToken stop)
    {
        try
        {
            return (await store.LoadAsync(key, stop))?.LastGood;
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
