using System.Collections.Immutable;
using TrafficCtl.Core.Runtimes;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Pipelines;

/// <summary>What starts and stops the versions of a target. A closed family.</summary>
public abstract record RuntimeSpec
{
    private RuntimeSpec()
    {
    }

    /// <summary>The key of the delivery file that declares it.</summary>
    public abstract string Kind { get; }

    /// <summary>The versions run already, at the endpoints of the file.</summary>
    public sealed record Static(ImmutableArray<VersionSpec> Versions, HealthSettings Health) : RuntimeSpec
    {
        public override string Kind => "static";
    }

    /// <summary>They are processes of this machine.</summary>
    public sealed record Process(ProcessSettings Settings) : RuntimeSpec
    {
        public override string Kind => "process";
    }
}
