using Google.Protobuf.WellKnownTypes;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api;

/// <summary>A fact of the journal as a message.</summary>
internal static class FactMessages
{
    public static Fact Of(Control.Ports.Fact fact) => new()
    {
        Seq = fact.Seq,
        At = fact.At.ToTimestamp(),
        Service = fact.Key.Service,
        Environment = fact.Key.Environment,
        Rollout = fact.RolloutId ?? "",
        Kind = fact.Kind,
        What = fact.What,
        Text = fact.Text,
        Data = fact.Data,
    };
}
