using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace TrafficCtl.Kubernetes.Discovery;

/// <summary>Reports what passes find: to the log, and on the leader as events.</summary>
internal sealed partial class DiscoveryReports(IEventRecorder recorder, Func<bool> isLeader, ILogger log)
{
    /// <summary>Each remark once, and again when it came back.</summary>
    /// <returns>The service, with the remarks as reported.</returns>
    public KnownService Tell(KnownService one, ImmutableArray<(KubeOrigin About, Remark Remark)>.Builder remarks)
    {
        foreach (var (about, remark) in remarks)
            if (!one.Told.Contains((about, remark))) Warn(about, remark.Reason, remark.Text);
        return remarks.Count == 0 && one.Told.IsEmpty ? one : one with { Told = [.. remarks] };
    }

    /// <summary>Its split stays as it is, and nobody watches it any more.</summary>
    public void Left(KubeOrigin origin, string service, string rollout, string candidate) => Warn(
        origin, "LeftInRollout",
        $"{service} is declared no longer in the middle of rollout {rollout} of {candidate}: its split stays as it is, "
        + "and nobody watches it; declare it again to go on, or set its weights yourself");

    public void Departing(KubeOrigin origin, string text) =>
        Send(new ObjectEvent(origin, IsWarning: true, "ServiceDeleted", "Discover", text));

    public void Back(KubeOrigin origin, string text) => Send(new ObjectEvent(origin, IsWarning: false, "ServiceBack", "Discover", text));

    private void Warn(KubeOrigin about, string reason, string text)
    {
        Remarked(log, about, reason, text);
        Send(new ObjectEvent(about, IsWarning: true, reason, "Discover", text));
    }

    private void Send(ObjectEvent told)
    {
        if (isLeader()) recorder.Record(told);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{About}: {Reason}: {Text}")]
    private static partial void Remarked(ILogger log, KubeOrigin about, string reason, string text);
}
