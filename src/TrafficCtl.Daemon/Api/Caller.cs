using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Access;

namespace TrafficCtl.Daemon.Api;

/// <summary>Whose call it is.</summary>
/// <param name="Identity">Who asks.</param>
/// <param name="From">Where the call came from: an address, or the socket.</param>
/// <param name="Key">Whose share of the limits it takes.</param>
internal sealed record Caller(Identity Identity, string From, string Key)
{
    /// <summary>What it may not read is unknown to it.</summary>
    public bool Sees(TargetKey key) => Identity.May(Act.Read, key);
}
