using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Control.Promoting.State;

/// <summary>The pipelines as they are declared now: set by anybody, read by anybody.</summary>
internal sealed class Pipelines
{
    private volatile Declared declared = new([]);

    public ImmutableArray<PipelineSpec> All => declared.Specs;

    public void Set(ImmutableArray<PipelineSpec> specs) => declared = new(specs);

    public bool Has(string service) => declared.Specs.Any(s => s.Service == service);

    /// <summary>How a target is run; null where no pipeline declares it.</summary>
    public RuntimeSpec? FindRuntime(TargetKey key) => declared.Specs.FirstOrDefault(s => s.Service == key.Service)?.Find(key)?.Runtime;

    private sealed record Declared(ImmutableArray<PipelineSpec> Specs);
}
