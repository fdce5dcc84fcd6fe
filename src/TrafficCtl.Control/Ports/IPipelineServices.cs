using System.Collections.Immutable;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Ports;

/// <summary>Puts what pipelines declare in force, beside what files declare.</summary>
public interface IPipelineServices
{
    /// <summary>All services of all pipelines, from now on: listeners are opened first, then rounds begin.</summary>
    /// <returns>Why it did not take effect, in sentences; then what was in force stays. Empty when it did.</returns>
    ValueTask<ImmutableArray<string>> DeclareAsync(ImmutableArray<ServiceSpec> services, CancellationToken stop);
}
