using System.Collections.Frozen;
using TrafficCtl.Control.Ports;
using TrafficCtl.Kubernetes.Discovery;

namespace TrafficCtl.Kubernetes.Events;

/// <summary>Tells saved facts on the Service and the Delivery that they are about.</summary>
internal static class FactStory
{
    private static readonly FrozenDictionary<string, (string Reason, bool IsWarning)> Decisions = new Dictionary<string, (string, bool)>(
        StringComparer.Ordinal)
    {
        ["start"] = ("Started", false),
        ["wait"] = ("Waiting", false),
        ["observe"] = ("Observing", false),
        ["hold"] = ("Holding", false),
        ["advance"] = ("Advanced", false),
        ["promote"] = ("Promoted", false),
        ["good"] = ("Good", false),
        ["resume"] = ("Resumed", false),
        ["refuse"] = ("Refused", false),
        ["supersede"] = ("Superseded", false),
        ["pause"] = ("Paused", true),
        ["rollback"] = ("RollingBack", true),
        ["rolled-back"] = ("RolledBack", true),
        ["abort"] = ("Aborted", true),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static void Tell(Fact fact, IKubeView view, IEventRecorder recorder)
    {
        var dot = fact.Key.Service.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0) return;
        var (space, name) = (fact.Key.Service[..dot], fact.Key.Service[(dot + 1)..]);
        var (reason, isWarning) = ReasonOf(fact);
        foreach (var kind in (ReadOnlySpan<KubeKind>)[KubeKind.Service, KubeKind.Delivery])
        {
            if (view.Get(new KubeName(kind, space, name)) is { } about)
                recorder.Record(new ObjectEvent(DeclaringObjects.OriginOf(kind, about), isWarning, reason, Pascal(fact.What), fact.Text));
        }
    }

    internal static (string Reason, bool IsWarning) ReasonOf(Fact fact) => fact.Kind switch
    {
        "decided" => Decisions.TryGetValue(fact.What, out var known) ? known : (Pascal(fact.What), false),
        "ordered" => ("Ordered", false),
        "published" => ("Published", false),
        "state-lost" => ("StateLost", true),
        "observed" => (Pascal(fact.What), fact.What is not "resumed"),
        _ => (Pascal(fact.What), false),
    };

    /// <summary><c>rolled-back</c> to <c>RolledBack</c>.</summary>
    private static string Pascal(string words) =>
        string.Concat(words.Split('-', StringSplitOptions.RemoveEmptyEntries).Select(w => char.ToUpperInvariant(w[0]) + w[1..]));
}
