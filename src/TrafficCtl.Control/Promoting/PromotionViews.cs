using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace TrafficCtl.Control.Promoting;

/// <summary>The latest view of every pipeline: read by anybody at any time, written by the promotion loop.</summary>
public sealed class PromotionViews
{
    private readonly ConcurrentDictionary<string, PromotionView> views = new(StringComparer.Ordinal);

    /// <summary>In the order of names.</summary>
    public ImmutableArray<PromotionView> All => [.. views.Values.OrderBy(static v => v.Spec.Service, StringComparer.Ordinal)];

    /// <summary>Null when no pipeline of that name is declared.</summary>
    public PromotionView? Find(string service) => views.GetValueOrDefault(service);

    internal void Put(PromotionView view) => views[view.Spec.Service] = view;

    internal void Remove(string service) => views.TryRemove(service, out _);
}
