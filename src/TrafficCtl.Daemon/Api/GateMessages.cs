using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>The gates of a service as the API tells them.</summary>
internal static class GateMessages
{
    /// <param name="spec">The service as it is declared now.</param>
    /// <param name="seen">The last observation; null before the first.</param>
    public static IEnumerable<GateStatus> Of(ServiceSpec spec, Seen? seen)
    {
        foreach (var gate in spec.Needs)
        {
            var view = seen?.Gates.FirstOrDefault(v => v.Gate == gate);
            var status = new GateStatus
            {
                Gate = gate.Name,
                Kind = gate.Kind.ToString().ToLowerInvariant(),
                Asks = gate.Key,
                Passed = view?.IsPassed ?? false,
                Since = view?.Since is { } since ? since.ToTimestamp() : null,
                Left = view?.Left is { } left ? Duration.FromTimeSpan(left) : null,
            };
            if (view is not null) (status.State, status.Why) = (view.Answer.Word, view.Answer.Why);
            if (gate.Terms.Owner is { } owner) status.Owner = owner;
            if (gate.Terms.Reason is { } reason) status.Reason = reason;
            if (gate.Deadline is not null) status.Then = GateWords.Word(gate.Terms.Then);
            yield return status;
        }
    }
}
