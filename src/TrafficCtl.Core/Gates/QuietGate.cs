using System.Diagnostics;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Gates;

/// <summary>Open while a source has nothing to say against the service.</summary>
/// <remarks><c>quiet: [alerts]</c> is one such gate; with more sources each is a gate of its own, with its own answer.</remarks>
public sealed record QuietGate(QuietSource Source) : Gate
{
    public static readonly QuietGate Alerts = new(QuietSource.Alerts);

    public override string Name => Source switch
    {
        QuietSource.Alerts => "alerts",
        _ => throw new UnreachableException(),
    };

    public override GateKind Kind => GateKind.Live;

    public override Ability? Ability => Source switch
    {
        QuietSource.Alerts => Targets.Ability.QuietAlerts,
        _ => throw new UnreachableException(),
    };

    public override string Unanswered =>
        $"nothing here can say whether {Name} are quiet: name its address when the process is started, or remove it from needs";
}

/// <summary>What is to be quiet.</summary>
public enum QuietSource
{
    /// <summary>No alert of the service is firing.</summary>
    Alerts,
}
