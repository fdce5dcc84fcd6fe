using TrafficCtl.Control.Promoting.State;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Rollouts;

namespace TrafficCtl.Control.Promoting.Observing;

/// <summary>Requests that a bundle served at 100 %, where a soak asks for them.</summary>
internal static class ServedFacts
{
    /// <summary>At most one fact of a target in so long.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <returns>The next mark; and the fact, null where none is due.</returns>
    public static (ServedMark? Mark, PromotionFact? Fact) Of(TargetSight at, ServiceView? view, DateTimeOffset now, TimeSpan running)
    {
        if (view is null || !IsAsked(at.Pipeline.Spec, at.Environment.Name) || Find(at, view) is not { } found) return (null, null);
        var counter = $"{found.Bundle} {found.Counter}";
        if (at.Memory.Served is not { } mark || mark.Counter != counter || mark.Requests > found.Requests)
            return (new ServedMark(counter, found.Requests, running), null);
        if (running - mark.At < Every || found.Requests == mark.Requests) return (mark, null);
        var fact = new PromotionFact.RequestsServed(
            new(0, now, FactStamp.Engine, "counted"), at.Environment.Name, at.Memory.Key.Target, found.Bundle,
            found.Requests - mark.Requests);
        return (new ServedMark(counter, found.Requests, running), fact);
    }

    /// <summary>The counter of the arm that has what the target runs; null while that does not have all traffic of its own.</summary>
    private static (string Bundle, string Counter, long Requests)? Find(TargetSight at, ServiceView view)
    {
        if (at.Recorded.Current is not { } current || view.Record is not { } record) return null;
        var version = at.Line.Find(current)?.Bundle.Name;
        if (record.Active is { } active && active.Candidate == version)
            return active.Phase is Phase.Baking ? (current, active.Id, view.Candidate.Requests) : null;
        return record.LastGood == version
            ? (current, $"stable {record.Active?.Id ?? record.LastNumber.ToString(System.Globalization.CultureInfo.InvariantCulture)}",
                view.Stable.Requests)
            : null;
    }

    private static bool IsAsked(PipelineSpec spec, string environment)
    {
        foreach (var other in spec.Promotion.Environments)
            foreach (var gate in other.Needs)
                if (gate.Soak is { Requests: > 0 } soak && soak.In == environment) return true;
        return false;
    }
}
