using TrafficCtl.Core.Gates;

namespace TrafficCtl.Daemon.Tests.Config.Reading;

/// <summary>A gate that no version has: what the next one takes. docs/contributing.md shows this file, and a test compares them.</summary>
internal sealed record FromHourGate(long Hour) : Gate
{
    public override string Name => "from-hour";

    public override GateKind Kind => GateKind.Live;

    public override GateAnswer Answer(GateFacts facts) => facts.Now.Hour >= Hour
        ? new GateAnswer.Open($"it is past {Hour} h UTC")
        : new GateAnswer.Closed($"it opens at {Hour} h UTC");
}
