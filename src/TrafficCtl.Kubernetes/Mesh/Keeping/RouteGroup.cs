using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh.Keeping;

/// <summary>
/// Keeps all routing objects of one service at the same split, with a <see cref="RouteKeeper"/> for each. Each is written even if others
/// fail, so that a rollback reaches as many as possible; failures are reported with the route's name.
/// </summary>
/// <remarks>Rules of the same object are written sequentially, because each write changes the generation that the next one tests.</remarks>
internal sealed class RouteGroup(TargetKey key, MeshParts all)
{
    private readonly Lock sync = new();
    private ImmutableArray<Part> parts = [new(null, new RouteKeeper(key, all))];
    private ImmutableArray<(RouteReference Route, string Rollout)> left = [];
    private ClusterTarget? last;

    public TargetKey Key => key;

    /// <summary>The newest route whose split was last written, or found to be in place already; null before that.</summary>
    public ServiceRoute? Put => Parts is [var only] ? only.Keeper.Put : Newest(Parts);

    /// <summary>The managed rules as they were last read; null before the first read.</summary>
    public ManagedRule? Rule
    {
        get
        {
            var now = Parts;
            if (now is [var only]) return only.Keeper.Rule;
            if (now[0].Keeper.Rule is not { } first) return null;
            var others = now.Skip(1).Select(p => (p.Route, p.Keeper.Rule)).Where(p => p.Rule is not null).ToArray();
            return new ManagedRule(first.At, [.. first.Services.Union(others.SelectMany(o => o.Rule!.Services), StringComparer.Ordinal)])
            {
                Also = [.. others.Where(o => o.Rule!.At is not null).Select(o => (o.Route!.Name, o.Rule!.At!.Value))],
            };
        }
    }

    private ImmutableArray<Part> Parts
    {
        get
        {
            lock (sync) return parts;
        }
    }

    public async ValueTask<ApplyOutcome> ApplyAsync(ServiceRoute route, CancellationToken stop)
    {
        var now = Follow();
        if (now is [var only]) return await only.Keeper.ApplyAsync(route, stop);
        var outcomes = await EachAsync(now, keeper => keeper.ApplyAsync(route, stop), stop);
        Refuse(outcomes);
        return outcomes.Any(o => o.Says.Answer == ApplyOutcome.Stale) ? ApplyOutcome.Stale : ApplyOutcome.Applied;
    }

    public async ValueTask<RouterStatus?> ObserveAsync(CancellationToken stop)
    {
        var now = Follow();
        var status = now is [var only]
            ? await only.Keeper.ObserveAsync(stop)
            : await StatusAsync(now, keeper => keeper.ObserveAsync(stop), stop);
        return status is not null && LeftAlone(status) is { } warning
            ? status with { Warning = status.Warning is null ? warning : $"{status.Warning}; {warning}" }
            : status;
    }

    public async ValueTask<RouterStatus?> RecallAsync(CancellationToken stop)
    {
        var now = Follow();
        return now is [var only] ? await only.Keeper.RecallAsync(stop) : await StatusAsync(now, keeper => keeper.RecallAsync(stop), stop);
    }

    /// <summary>
    /// Once one route has taken the abort, all routes keep it, even one that was never requested or whose record cannot be read.
    /// </summary>
    public async ValueTask<AbortEffect?> AbortAsync(Wish wish, CancellationToken stop)
    {
        var now = Follow();
        if (now is [var only]) return await only.Keeper.AbortAsync(wish, stop);
        var effects = await EachAsync(now, keeper => keeper.AbortAsync(wish, stop), stop);
        if (now.Select(k => k.Keeper.Abort).FirstOrDefault(a => a is not null) is { } held)
        {
            foreach (var part in now) await part.Keeper.HoldAsync(held, stop);
        }

        Refuse(effects);
        ImmutableArray<RouteSays<AbortEffect>> done =
            [.. effects.Where(e => e.Says.Answer is not null).Select(e => new RouteSays<AbortEffect>(e.Route, e.Says.Answer!))];
        return done.IsEmpty ? null : done[0].Says with
        {
            Candidate = done.Select(e => e.Says.Candidate).FirstOrDefault(c => c is not null),
            Warning = RouteStatuses.Text(done, e => e.Warning),
        };
    }

    public async ValueTask AnsweredAsync(Wish wish, CancellationToken stop)
    {
        var now = Follow();
        if (now is [var only]) await only.Keeper.AnsweredAsync(wish, stop);
        else Refuse(await EachAsync(now, keeper => keeper.AnsweredAsync(wish, stop), stop));
    }

    public void Settle()
    {
        foreach (var part in Parts) part.Keeper.Settle();
    }

    /// <summary>A keeper for each route that is declared now. A route that is no longer declared is left as it was last written.</summary>
    private ImmutableArray<Part> Follow()
    {
        var target = all.Targets.Find(key.Service);
        lock (sync)
        {
            if (target is null || ReferenceEquals(target, last)) return parts;
            last = target;
            ImmutableArray<RouteReference> now = [.. target.Routes.Select(r => r.Route)];
            var before = parts.Select(p => p.Route).OfType<RouteReference>().ToImmutableArray();
            if (before.SequenceEqual(now)) return parts;
            var rollout = Newest(parts)?.RolloutId;
            left = [.. left.Where(l => !now.Contains(l.Route)), .. rollout is null ? [] : before.Except(now).Select(r => (r, rollout))];
            return parts = [.. now.Select((route, i) => new Part(route, i < parts.Length ? parts[i].Keeper : NewKeeper(i)))];
        }
    }

    private RouteKeeper NewKeeper(int index) => new(key, all with { Targets = new RouteTargets(all.Targets, index) });

    private static ServiceRoute? Newest(ImmutableArray<Part> parts) =>
        parts.Select(p => p.Keeper.Put).Where(p => p is not null).MaxBy(p => p!.Generation);

    /// <summary>A warning about routes that are no longer declared, while the rollout lasts that wrote to them; null without one.</summary>
    private string? LeftAlone(RouterStatus status)
    {
        ImmutableArray<(RouteReference Route, string Rollout)> alone;
        lock (sync) alone = left;
        if (alone.IsEmpty) return null;
        var now = (status.Pending ?? status.Route).RolloutId;
        var names = alone.Where(l => l.Rollout == now).Select(l => l.Route).ToArray();
        return names.Length == 0 ? null
            : $"{string.Join(", ", names)} {(names.Length == 1 ? "is" : "are")} declared no more and left as last written, "
              + "also by a rollback: declare it again, or see to its weights by hand";
    }

    private async ValueTask<RouterStatus?> StatusAsync(
        ImmutableArray<Part> now, Func<RouteKeeper, ValueTask<RouterStatus?>> ask, CancellationToken stop)
    {
        var says = await EachAsync(now, ask, stop);
        Refuse(says);
        return RouteStatuses.Of([.. says.Select(s => new RouteSays<RouterStatus?>(s.Route, s.Says.Answer))]);
    }

    /// <summary>Calls all keepers; those of different objects concurrently.</summary>
    private static async ValueTask<ImmutableArray<RouteSays<Outcome<T>>>> EachAsync<T>(
        ImmutableArray<Part> now, Func<RouteKeeper, ValueTask<T>> ask, CancellationToken stop)
    {
        var said = new Outcome<T>[now.Length];
        await Task.WhenAll(Enumerable.Range(0, now.Length).GroupBy(i => (now[i].Route!.Dialect, now[i].Route!.Name)).Select(async rules =>
        {
            foreach (var i in rules)
            {
                try
                {
                    said[i] = new(await ask(now[i].Keeper), null);
                }
                catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
                {
                    said[i] = new(default, fault);
                }
            }
        }));
        return [.. now.Select((part, i) => new RouteSays<Outcome<T>>(part.Route!, said[i]))];
    }

    /// <exception cref="MeshException">Some keepers failed; the message names which, why, and which succeeded.</exception>
    private static void Refuse<T>(ImmutableArray<RouteSays<Outcome<T>>> said)
    {
        if (said.Select(s => s.Says.Fault).FirstOrDefault(f => f is not null) is not { } first) return;
        var done = said.Where(s => s.Says.Fault is null).Select(s => s.Route).ToArray();
        var others = done.Length == 0 ? "" : $"; done for {string.Join(", ", done.AsEnumerable())}";
        throw new MeshException(
            (first as MeshException)?.Fault ?? MeshFault.Unreachable, $"{RouteStatuses.Text(said, s => s.Fault?.Message)}{others}", first);
    }

    private sealed record Outcome<T>(T? Answer, Exception? Fault);

    /// <param name="Route">Null until the target is first known; then there is one part.</param>
    private sealed record Part(RouteReference? Route, RouteKeeper Keeper);
}
