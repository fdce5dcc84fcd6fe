using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Access;

namespace TrafficCtl.Daemon.Api;

/// <summary>Whose call it is.</summary>
/// <param name="Identity">Who asks.</param>
/// <param name="From">Where the call came from: an address, or the socket.</param>
internal sealed record Caller(Identity Identity, string From)
{
    /// <summary>What it may not read is unknown to it.</summary>
    public bool Sees(TargetKey key) => Identity.May(Act.Read, key);
}
