using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Ports;

/// <summary>Opens the runtime of one kind of <see cref="RuntimeSpec"/>: one factory a runtime.</summary>
public interface IRuntimeFactory
{
    /// <summary>As in <see cref="RuntimeSpec.Kind"/>.</summary>
    string Kind { get; }

    /// <summary>
    /// Opens it for all targets of the kind, when the first one is declared. Whoever opened it disposes it, where it can be disposed: that
    /// leaves everything running.
    /// </summary>
    /// <param name="find">How a target is run, as it is declared now; null where nothing declares it.</param>
    /// <param name="stop">Ends the opening.</param>
    /// <exception cref="RuntimeUnavailableException">What runs is unknown; it is opened again later.</exception>
    ValueTask<IRuntime> OpenAsync(Func<TargetKey, RuntimeSpec?> find, CancellationToken stop);
}
