using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Targets;
using TrafficCtl.V1;
using Fact = TrafficCtl.Control.Ports.Fact;

namespace TrafficCtl.Daemon.Api;

/// <summary>Statuses with their newest facts; facts are read again only when a decision was saved.</summary>
internal sealed class Statuses(IServiceProvider services, Views views, IStore store, TimeProvider clock)
{
    private const int RecentFacts = 5;

    /// <summary>A status is owed while the store hangs too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly RouterNow? routerNow = services.GetService<RouterNow>();

    private readonly TargetAddresses? addresses = services.GetService<TargetAddresses>();
    private readonly ConcurrentDictionary<TargetKey, (long Generation, ImmutableArray<Fact> Facts)> recent = new();

    /// <summary>Nothing is declared here.</summary>
    public bool IsEmpty => views.All.IsEmpty;

    /// <summary>Null when nothing declares the target.</summary>
    public async Task<ServiceStatus?> FindAsync(TargetKey key, CancellationToken stop) =>
        views.Find(key) is { } view ? await OfAsync(view, stop) : null;

    /// <summary>A page of what the caller sees, in the order of targets.</summary>
    /// <remarks>Each is made when it is asked for: those of ten thousand services are tens of megabytes.</remarks>
    /// <param name="caller">Who asks.</param>
    /// <param name="after">The target before the first one, as <see cref="TargetKey.ToString"/> writes it; empty for the beginning.</param>
    /// <param name="limit">The most.</param>
    /// <param name="stop">Cancels the reading.</param>
    public async IAsyncEnumerable<ServiceStatus> AllAsync(
        Caller caller, string after, int limit, [EnumeratorCancellation] CancellationToken stop)
    {
        var last = after.Length == 0 ? default(TargetKey?) : KeyOf(after);
        var left = limit;
        foreach (var view in views.All)
        {
            if ((last is { } key && view.Key <= key) || !caller.Sees(view.Key)) continue;
            if (left-- == 0) yield break;
            yield return await OfAsync(view, stop);
        }
    }

    public async Task<ServiceStatus> OfAsync(ServiceView view, CancellationToken stop) =>
        StatusMessages.Of(Now(view), addresses?.Invoke(view.Key), await RecentAsync(view, stop), view.ElapsedNow(clock));

    /// <summary>The view with what its router does at this moment: a round may be seconds old, or still to come.</summary>
    public ServiceView Now(ServiceView view) => routerNow?.Invoke(view.Key) is { } router ? view with { Router = router } : view;

    /// <summary>A status is also owed while the store is gone: then without facts, and the view's warnings say why.</summary>
    private async Task<ImmutableArray<Fact>> RecentAsync(ServiceView view, CancellationToken stop)
    {
        if (view.Record is not { } record) return [];
        if (recent.TryGetValue(record.Key, out var held) && held.Generation == record.Generation) return held.Facts;
        try
        {
            var facts = await store.FactsAsync(new FactQuery(record.Key, Limit: RecentFacts), stop)
                .AsTask()
                .WaitAsync(Patience, clock, stop);
            recent[record.Key] = (record.Generation, facts);
            return facts;
        }
        catch (Exception fault) when (fault is StoreUnavailableException or TimeoutException)
        {
            return held.Facts.IsDefault ? [] : held.Facts;
        }
    }

    /// <summary>It need not exist any more: a page begins after where it would stand.</summary>
    private static TargetKey KeyOf(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        if (at < 0) return new TargetKey(text, TargetKey.DefaultEnvironment);
        var (service, rest) = (text[..at], text[(at + 1)..]);
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new TargetKey(service, rest) : new TargetKey(service, rest[..slash], rest[(slash + 1)..]);
    }
}
