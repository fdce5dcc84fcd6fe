using System.Collections.Immutable;
using TrafficCtl.Core.Pipelines;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Daemon.Modules.Proxy;

/// <summary>The pipelines of the delivery files that are in force.</summary>
internal sealed class DeclaredPipelines
{
    private volatile Declared now = new([]);

    private Action<ImmutableArray<PipelineSpec>>? follower;

    public ImmutableArray<PipelineSpec> All => now.Specs;

    public ImmutableHashSet<TargetKey> Targets => now.Targets;

    /// <summary>Puts them in force.</summary>
    public void Set(ImmutableArray<PipelineSpec> specs)
    {
        now = new Declared(specs);
        follower?.Invoke(specs);
    }

    /// <summary>Takes them now, and again after each change. There is one such follower.</summary>
    public void Follow(Action<ImmutableArray<PipelineSpec>> take)
    {
        follower = take;
        take(All);
    }

    private sealed record Declared(ImmutableArray<PipelineSpec> Specs)
    {
        public ImmutableHashSet<TargetKey> Targets { get; } = [.. Specs.SelectMany(static s => s.Targets).Select(static t => t.Key)];
    }
}
