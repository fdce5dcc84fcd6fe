using Xunit;

namespace TrafficCtl.Proxy.Tests;

/// <summary>Tests that measure what the whole process shares, as its heap: no other test runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
