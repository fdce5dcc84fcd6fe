using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.State;

/// <summary>What the file says of a target.</summary>
/// <param name="spec">The spec of the service there.</param>
/// <param name="last">Where it is born from when the store has never seen it.</param>
internal sealed class Declaration(ServiceSpec spec, LastKnown last)
{
    public ServiceSpec Spec => spec;

    public LastKnown Last => last;

    /// <summary>The versions that are listed, in the order of the file.</summary>
    public ImmutableArray<string> Versions { get; } = [.. spec.Versions.Where(v => !v.IsRetained).Select(v => v.Version)];
}
